"""Wiring: notebooks, shared images, shared stores, resuming, scoring again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from polars.testing import assert_frame_equal

from medtrust.assembly import Assembly
from medtrust.core.errors import (
    DataError,
    PlanMismatchError,
    StoreError,
    UnknownNameError,
    UserError,
)
from medtrust.run import Run, evaluate, load_run, plan, score
from medtrust.settings import Settings
from parts.conversations import make_task, sample, single
from parts.question_files import number_in, opinions, write_questions
from parts.small_run import with_manifest
from servers.fault_server import FaultServer, Reply, Seen, status


def run(tmp_path: Path, *, count: int = 12, **values: Any) -> Run:
    questions = write_questions(tmp_path, count)
    chosen: dict[str, Any] = {
        "tasks": "folder/factuality",
        "model": "simulated/planted",
        "data": {"folder": questions},
        "out": tmp_path / "run",
        **values,
    }
    return evaluate(**chosen)


def test_a_notebook_whose_loop_is_running_can_evaluate(tmp_path: Path) -> None:
    async def cell() -> Run:
        return run(tmp_path)

    done = asyncio.run(cell())
    assert done.left is None
    assert done.scores.height > 0


def test_two_equal_runs_give_equal_tables(tmp_path: Path) -> None:
    first = run(tmp_path, out=tmp_path / "a")
    second = run(tmp_path, out=tmp_path / "b")
    assert_frame_equal(first.scores, second.scores, categorical_as_str=True)
    assert_frame_equal(first.requests, second.requests, categorical_as_str=True)
    assert_frame_equal(first.estimates, second.estimates)


def test_scoring_again_gives_what_the_run_gave(tmp_path: Path) -> None:
    done = run(tmp_path)
    again = score(done.folder)
    assert_frame_equal(again.scores, done.scores, categorical_as_str=True)
    assert_frame_equal(again.requests, done.requests, categorical_as_str=True)
    assert_frame_equal(again.estimates, done.estimates)


def test_planning_before_and_after_counts_what_is_stored(tmp_path: Path) -> None:
    questions = write_questions(tmp_path, 12)
    values: dict[str, Any] = {
        "tasks": ["folder/factuality"],
        "model": "simulated/planted",
        "data": {"folder": questions},
        "out": tmp_path / "run",
    }
    before = plan(**values)
    assert (before.unique, before.stored, before.to_ask) == (12, 0, 12)
    assert not (tmp_path / "run").exists()
    evaluate(**values)
    after = plan(**values)
    assert (after.unique, after.stored, after.to_ask) == (12, 12, 0)


def test_two_runs_share_a_store_and_ask_once(tmp_path: Path) -> None:
    with FaultServer(opinions()) as server:
        for name in ("a", "b"):
            run(
                tmp_path, model="openai/m", base_url=server.base_url, out=tmp_path / name,
                store=tmp_path / "shared.sqlite",
            )  # fmt: skip
        assert len(server.requests) == 12
    assert load_run(tmp_path / "b").manifest["counts"]["answers_from_store"] == 12


def test_another_plan_in_the_same_folder_is_refused_and_says_how_it_differs(
    tmp_path: Path,
) -> None:
    run(tmp_path)
    with pytest.raises(PlanMismatchError, match=r"differs in: model.*--out"):
        run(tmp_path, model="simulated/constant", model_options={"answer": "yes"})
    with pytest.raises(PlanMismatchError, match="differs in: data, samples"):
        run(tmp_path, count=13)


def test_the_store_of_a_run_that_is_no_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.sqlite").write_text("not a database, but long enough to be read as one\n" * 9)
    with pytest.raises(StoreError, match="not a medtrust store"):
        run(tmp_path, store=tmp_path / "mine.sqlite")


def test_a_folder_without_a_run_is_one_sentence(tmp_path: Path) -> None:
    for call in (load_run, score):
        with pytest.raises(DataError, match="holds no run"):
            call(tmp_path)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"tasks": "folder/factualty"}, "did you mean folder/factuality"),
        ({"tasks": "fodler"}, "did you mean folder"),
        ({"model": "simulated/plante"}, "did you mean planted"),
        ({"model": "openal/x"}, "did you mean openai"),
        ({"model": "my-model"}, "names no provider"),
        ({"model_options": {"acuracy": "0.5"}}, "did you mean accuracy"),
        ({"conditions": ["image=blnk"]}, "did you mean image=blank"),
        ({"concurency": 4}, "did you mean concurrency"),
        ({"limit": 0}, "Setting limit is wrong"),
    ],
)
def test_what_the_user_can_mend_is_one_sentence_with_the_way_out(
    tmp_path: Path, values: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        run(tmp_path, **values)
    assert not (tmp_path / "run").exists()


def test_data_nobody_knows_is_named_with_what_is_near(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean folder"):
        run(tmp_path, data={"folders": tmp_path, "folder": write_questions(tmp_path, 3)})


def test_samples_of_two_data_sets_that_share_an_image_meet_their_own_tasks() -> None:
    of_one = replace(sample(1, image="sha256:same"), id="one:1")
    of_two = replace(sample(2, image="sha256:same"), id="two:2")
    tasks = tuple(replace(make_task(single, f"{name}/task"), data=name) for name in ("one", "two"))
    given = {"one": Path("1"), "two": Path("2")}
    settings = Settings(tasks=("one", "two"), model="simulated/planted", data=given)
    assembly = Assembly(settings, tasks, [of_one, of_two], {}, {"model": "m"})
    held = [(one.task.name, one.sample.id) for group in assembly.groups() for one in group]
    assert held == [("one/task", "one:1"), ("two/task", "two:2")]
    assert assembly.n_conversations == len(held)


def test_scoring_again_keeps_the_reasons_of_what_could_not_be_asked(tmp_path: Path) -> None:
    def behave(seen: Seen) -> Reply:
        number = number_in(seen.question)
        if number < 3:
            return status(400, error={"message": "odd"})(seen)
        if number == 3:
            return status(400, error={"message": "no", "code": "context_length_exceeded"})(seen)
        return opinions()(seen)

    with FaultServer(behave) as server:
        done = run(tmp_path, model="openai/m", base_url=server.base_url)
    assert done.scores.filter(status="missing:http-400").height > 0
    again = score(done.folder)
    assert_frame_equal(again.scores, done.scores, categorical_as_str=True)
    assert_frame_equal(again.estimates, done.estimates)


def test_scoring_an_unfinished_run_says_what_was_not_asked(tmp_path: Path) -> None:
    with FaultServer(opinions()) as server:
        done = run(tmp_path, model="openai/m", base_url=server.base_url, max_requests=5)
    assert done.left is not None
    assert done.scores.filter(status="missing:not-asked").height > 0
    assert_frame_equal(score(done.folder).scores, done.scores, categorical_as_str=True)


def test_scoring_with_the_store_of_another_model_is_refused_and_changes_nothing(
    tmp_path: Path,
) -> None:
    done = run(tmp_path)
    other = run(
        tmp_path, model="simulated/constant", model_options={"answer": "yes"}, out=tmp_path / "b"
    )
    before = (done.folder / "scores.parquet").read_bytes()
    with pytest.raises(StoreError, match=r"answers\.sqlite knows nothing of .*--store"):
        score(done.folder, store=other.folder / "answers.sqlite")
    assert (done.folder / "scores.parquet").read_bytes() == before


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("settings", {"model": "simulated/planted", "limit": "many"}),
        ("official", {"folder": {}}),
        ("official", {"folder": None}),
    ],
)
def test_scoring_by_a_damaged_manifest_is_one_sentence(
    tmp_path: Path, key: str, value: object
) -> None:
    folder = run(tmp_path).folder
    with pytest.raises(DataError, match=r"manifest\.json is damaged: its settings or official"):
        score(with_manifest(folder, **{key: value}).folder)


@pytest.mark.parametrize("name", ["o?", "~"])
def test_a_run_in_a_folder_named_like_a_pattern_shows_its_own_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    run(tmp_path, out=Path("oa"), limit=3)
    done = run(tmp_path, out=Path(name))
    assert done.samples.height == 12
    assert_frame_equal(score(name).scores, done.scores, categorical_as_str=True)
