from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medtrust.core.errors import DataError, UnknownNameError
from medtrust.report.study.reading import read_study
from parts.small_run import small_run, with_manifest
from parts.study_runs import ESTIMATORS, Hiding, samples, write_run, write_runs
from parts.study_worlds import draw


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("runs")
    table = draw("nothing", np.random.default_rng(0), models=3, items=90)
    return write_runs(folder, table, hiding=Hiding())


def test_answers_are_joined_by_question(runs: list[Path]) -> None:
    study = read_study(runs)
    assert study.models == ("model-00", "model-01", "model-02")
    assert study.estimators == ESTIMATORS
    assert len(study.samples) == 90
    assert {name: int(rows.sum()) for name, rows in study.parts("modality").items()} == {
        "CT": 30, "MRI": 30, "X-ray": 30,
    }  # fmt: skip
    assert set(study.parts("options")) == {"4 options", "5 options"}
    assert study.notes == ()
    assert study.verified() == 0.0


def test_only_the_estimators_asked_for_are_read(runs: list[Path]) -> None:
    assert read_study(runs, estimators=["p_true"]).estimators == ("p_true",)
    with pytest.raises(UnknownNameError, match="did you mean p_true"):
        read_study(runs, estimators=["ptrue"])
    with pytest.raises(UnknownNameError, match="No run has values of semantic_sets"):
        read_study(runs, estimators=["semantic_sets"])


def test_an_arm_that_was_not_asked_is_said(runs: list[Path], tmp_path: Path) -> None:
    table = draw("nothing", np.random.default_rng(1), models=1, items=90)
    plain = write_runs(tmp_path, table)[0].rename(tmp_path / "plain")
    with_manifest(plain, model_ids={"model": "simulated/plain"})
    notes = read_study([*runs, plain]).notes
    assert notes == (
        "Not asked under nota=replace: plain.",
        "Not asked under options=shuffled: plain.",
        "Not asked under nota=swap_distractor: plain.",
    )


def test_different_questions_are_allowed_and_said(runs: list[Path], tmp_path: Path) -> None:
    values = np.arange(60.0) % 2
    other = write_run(
        tmp_path / "other",
        "simulated/other",
        samples(60),
        {"": {"correct": values, "p_true": values}},
    )
    study = read_study([*runs, other])
    assert study.warning.startswith(
        "These models were not asked the same questions (60 of 90 were asked of every model)"
    )
    assert read_study(runs).warning == ""
    assert np.isnan(study.correct(3, "")[60:]).all()


def test_letters_that_the_first_token_does_not_bear_out_are_left_out(
    tmp_path: Path,
) -> None:
    asked, values = samples(60), np.arange(60.0) % 2
    arms = {"": {"correct": values, "letter_entropy": values, "p_true": values}}
    runs = []
    for name, agrees in (("bears", np.ones(60)), ("not", (np.arange(60) % 5 > 0).astype(float))):
        own = {"": {**arms[""], "first_token_agrees": agrees}}
        runs.append(write_run(tmp_path / name, f"simulated/{name}", asked, own))
    study = read_study(runs)
    assert study.values(0, "", "letter_entropy").tolist() == values.tolist()
    assert np.isnan(study.values(1, "", "letter_entropy")).all()
    assert study.values(1, "", "p_true").tolist() == values.tolist()
    assert study.notes[-1] == (
        "Letter estimators of not are left out (the plain question): the first token names the "
        "option that the text chose in fewer than 90.0 % of answers."
    )


def test_an_unfinished_run_is_allowed_and_said(runs: list[Path], tmp_path: Path) -> None:
    copy = Path(shutil.copytree(runs[0], tmp_path / "half"))
    with_manifest(copy, left="7 requests failed.", model_ids={"model": "simulated/half"})
    assert read_study([runs[1], copy]).notes == ("half is unfinished: 7 requests failed.",)


def test_the_same_model_twice_is_an_error(runs: list[Path], tmp_path: Path) -> None:
    copy = Path(shutil.copytree(runs[0], tmp_path / "copy"))
    with pytest.raises(DataError, match="runs of the same model"):
        read_study([runs[0], copy])


def test_a_folder_without_a_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no run"):
        read_study([tmp_path])


def test_a_run_of_another_task_is_an_error(tmp_path: Path) -> None:
    run = small_run(tmp_path)
    with pytest.raises(DataError, match=r"was not asked clinical_ue/uncertainty: run it with"):
        read_study([run.folder])


def test_two_versions_of_the_task_are_an_error(runs: list[Path], tmp_path: Path) -> None:
    copy = Path(shutil.copytree(runs[0], tmp_path / "newer"))
    with_manifest(
        copy, plan={"tasks": {"clinical_ue/uncertainty": 2}}, model_ids={"model": "simulated/newer"}
    )
    with pytest.raises(DataError, match=r"version 1 .* version 2"):
        read_study([runs[1], copy])


def test_one_id_of_two_questions_is_an_error(runs: list[Path], tmp_path: Path) -> None:
    asked = [replace(sample, question="Another one?") for sample in samples(90)]
    values = np.arange(90.0) % 2
    other = write_run(
        tmp_path / "other", "simulated/other", asked, {"": {"correct": values, "p_true": values}}
    )
    with pytest.raises(DataError, match="another question under the id ward/0"):
        read_study([*runs, other])
