"""The findings on tables of models in which it is known what is true."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
import polars as pl
import pytest

from medtrust.cli.main import exit_code
from medtrust.core.errors import UnknownNameError
from medtrust.metrics.fragility_null import against_null
from medtrust.metrics.intervals import Interval
from medtrust.metrics.random_effects import Component, RandomEffects
from medtrust.metrics.ranking import auroc
from medtrust.report.study.drivers import drivers
from medtrust.report.study.finding import Finding
from medtrust.report.study.foresight import foresight
from medtrust.report.study.hidden import hidden
from medtrust.report.study.page import findings_of, write_study
from medtrust.report.study.pooling import Pooled, leaving_models_out, spearman, within
from medtrust.report.study.reading import Study, read_study
from parts.page import Page
from parts.study_runs import Hiding, write_runs
from parts.study_worlds import World, draw


def study_of(
    folder: Path, world: World, *, hiding: Hiding | None = None, models: int = 12, items: int = 800
) -> Study:
    table = draw(world, np.random.default_rng(5), models=models, items=items)
    return read_study(write_runs(folder, table, hiding=hiding, seed=5))


@pytest.fixture(scope="module")
def foreseen(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Half of the right answers collapse, foreseen; uncertainty rises by a fifth of itself."""
    hiding = Hiding(collapse=0.5, foreseen=1.0, shift=0.2)
    return study_of(tmp_path_factory.mktemp("foreseen"), "accuracy", hiding=hiding)


@pytest.mark.parametrize(
    ("world", "verdict"),
    [
        ("method", "the AUROC follows the method:"),
        ("accuracy", "the AUROC follows the model's accuracy:"),
        ("nothing", "nothing is seen to drive the AUROC:"),
    ],
)
def test_the_command_tells_three_worlds_apart(
    tmp_path: Path, world: World, verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = write_runs(tmp_path / "runs", draw(world, np.random.default_rng(5)))
    command = ["study", *map(str, runs), "--out", str(tmp_path / "study")]
    assert exit_code(command) == 0
    told = capsys.readouterr().out
    assert verdict in told
    assert "A plain analysis of variance" in told
    assert (tmp_path / "study" / "study.html").stat().st_size > 0


def test_a_plain_analysis_blames_the_model_where_nothing_differs(tmp_path: Path) -> None:
    sources = drivers(study_of(tmp_path, "nothing")).tables["sources"]
    rows = {row["source"]: row for row in sources.iter_rows(named=True)}
    assert rows["the model beyond its accuracy"]["share_if_plain"] > 0.6
    assert rows["the model beyond its accuracy"]["p_holm"] > 0.05


def test_a_cell_of_the_table_is_the_auroc_of_its_scores(foreseen: Study) -> None:
    table = drivers(foreseen).tables["error_detection"]
    row = table.filter(
        (pl.col("model") == "model-03") & (pl.col("estimator") == "letter_entropy")
    ).row(0, named=True)
    wrong = 1.0 - foreseen.correct(3, "")
    assert row["auroc"] == auroc(foreseen.values(3, "", "letter_entropy"), wrong)
    assert row["errors"] == wrong.sum()
    assert row["accuracy"] == pytest.approx(1.0 - wrong.mean())
    assert row["auroc_low"] < row["auroc"] < row["auroc_high"]


def test_methods_that_rank_alike_count_once(tmp_path: Path) -> None:
    table = draw("nothing", np.random.default_rng(0), models=6, items=300)
    table.uncertainty[:, 4] = np.exp(table.uncertainty[:, 2])
    finding = drivers(read_study(write_runs(tmp_path, table)))
    assert "(6 models, 7 methods, 300 questions)" in finding.sentence
    assert any(
        "entropy of meanings as entropy over the letters" in remark for remark in finding.remarks
    )


def test_cells_with_few_errors_are_left_out_and_say_why(tmp_path: Path) -> None:
    table = draw("nothing", np.random.default_rng(0), models=6, items=300)
    table.wrong[2] = 0.0
    table.wrong[2, :19] = 1.0
    cells = drivers(read_study(write_runs(tmp_path, table))).tables["error_detection"]
    few = cells.filter(pl.col("model") == "model-02")
    assert few.get_column("auroc").null_count() == few.height
    assert few.get_column("note").unique().to_list() == [
        "fewer than 20 of either class (19 of 300)"
    ]


def test_one_run_says_that_it_cannot_tell_accuracy_from_method(tmp_path: Path) -> None:
    study = study_of(tmp_path, "nothing", hiding=Hiding(), models=1)
    first, second, third, *_ = findings_of(study)
    assert "takes several models" in first.sentence
    assert "(1 model) accuracy changes" in second.sentence
    assert "averaged over 8 methods; after" in second.sentence
    assert any("speak of these alone" in remark for remark in second.remarks)
    assert "(1 model) uncertainty on the plain question ranks" in third.sentence


def test_four_runs_are_too_few_to_tell_models_apart(tmp_path: Path) -> None:
    finding = drivers(study_of(tmp_path, "method", models=4))
    assert finding.sentence == (
        "In these runs 4 models are too few to tell what drives the AUROC, accuracy, model or "
        "method: that takes 5 or more. Each model's numbers are below."
    )
    assert finding.remarks == ()
    assert set(finding.tables) == {"error_detection", "methods"}


def test_a_planted_collapse_and_shift_are_found(foreseen: Study) -> None:
    finding = hidden(foreseen)
    table = finding.tables["uncertainty_shift_by_method"]
    assert table.get_column("shift").to_list() == pytest.approx([0.2] * 8, abs=1e-3)
    accuracies = finding.tables["hidden_answer_accuracy"]
    lost = -accuracies.get_column("change") / accuracies.get_column("accuracy")
    assert lost.mean() == pytest.approx(0.5, abs=0.03)
    assert "after Holm's correction 8 of 8 methods are seen to rise" in finding.sentence
    assert any("checked for 0.0 % of the questions" in remark for remark in finding.remarks)


def test_no_shift_is_no_rise(tmp_path: Path) -> None:
    table = draw("accuracy", np.random.default_rng(5), models=6, items=400)
    study = read_study(write_runs(tmp_path, table, hiding=Hiding()))
    sentence = hidden(study).sentence
    assert "0 of 8 methods are seen to rise" in sentence


def test_a_model_that_is_equally_sure_of_all_is_left_out_of_shifts_and_counted(
    tmp_path: Path,
) -> None:
    table = draw("accuracy", np.random.default_rng(5), models=6, items=400)
    table.uncertainty[3] = 0.001 + 0.0001 * table.uncertainty[3]
    runs = write_runs(tmp_path, table, hiding=Hiding(shift=0.2))
    calm = read_study(runs)
    for name in calm.estimators:
        calm.table[3, "nota=replace", name][:] += 0.5
    finding = hidden(calm)
    shifts = finding.tables["uncertainty_shift"].filter(pl.col("model") == "model-03")
    assert shifts.get_column("shift").null_count() == shifts.height == 8
    assert shifts.get_column("change").min() == pytest.approx(0.5, abs=0.01)
    assert (
        "uncertainty (in the 5 models where it differs between questions) by 0.20"
        in finding.sentence
    )
    assert any(remark.startswith("8 of 48 shifts") for remark in finding.remarks)
    by_part = findings_of(calm, by=["modality"])[3].tables["by_modality"]
    assert by_part.get_column("shift").max() < 0.3  # type: ignore[operator]


def test_averages_are_over_methods_that_all_models_have(tmp_path: Path) -> None:
    table = draw("nothing", np.random.default_rng(5), models=6, items=400)
    study = read_study(write_runs(tmp_path, table, hiding=Hiding(foreseen=1.0)))
    for arm in ("", "nota=replace"):
        for name in study.estimators[:3]:
            study.table[2, arm, name][:] = np.nan
    _, second, third, by_modality, _ = findings_of(study)
    for finding in (second, third, by_modality):
        assert "averaged over the 5 methods that all of them have" in finding.sentence
        (remark,) = (text for text in finding.remarks if "leaves out 3 of 8 methods" in text)
        assert remark.endswith("the 6 models have: probability of the whole answer, probability of "
                               "the option's letter, entropy over the letters.")  # fmt: skip
    points = by_modality.tables["by_modality_correlation"]
    shown = dict(zip(points["estimator"], points["points"], strict=True))
    assert shown["mean of methods"] == shown["p_true"] == 17
    assert shown["letter_entropy"] == 14


def test_what_lies_beyond_harmless_flips_is_what_the_run_itself_says(foreseen: Study) -> None:
    cells = foresight(foreseen).tables["collapse_detection"]
    row = cells.filter(
        (pl.col("model") == "model-04") & (pl.col("estimator") == "letter_entropy")
    ).row(0, named=True)
    right = foreseen.correct(4, "") == 1.0
    arms = [foreseen.correct(4, arm)[right] for arm in ("options=shuffled", "nota=swap_distractor")]
    found = against_null(
        foreseen.values(4, "", "letter_entropy")[right], np.ones(right.sum()),
        foreseen.correct(4, "nota=replace")[right], arms, clusters=foreseen.clusters[right],
    ).difference.interval  # fmt: skip
    told = [row["beyond_null"], row["beyond_null_low"], row["beyond_null_high"]]
    assert told == [found.value, found.low, found.high]


def test_no_interval_of_a_share_or_an_auroc_leaves_what_it_can_be(tmp_path: Path) -> None:
    table = draw("accuracy", np.random.default_rng(3), models=5, items=120)
    table.wrong[:, ::3] = 0.0
    table.wrong[0, 1::3] = 1.0
    study = read_study(write_runs(tmp_path, table, hiding=Hiding(foreseen=1.0)))
    bounds = {"accuracy": 0.0, "accuracy_hidden": 0.0, "auroc": 0.0, "mean_auroc": 0.0,
              "collapse_auroc": 0.0, "beyond_null": -1.0, "accuracy_change": -1.0}  # fmt: skip
    seen = 0
    for finding in findings_of(study):
        for frame in finding.tables.values():
            for name in bounds.keys() & set(frame.columns):
                ends = frame.select(f"{name}_low", f"{name}_high").drop_nulls().to_numpy()
                seen += ends.size
                assert ((bounds[name] <= ends) & (ends <= 1.0)).all(), name
    assert seen > 100


def beyond(finding: Finding) -> dict[str, float]:
    table = finding.tables["collapse_detection_by_method"]
    return dict(zip(table["estimator"].to_list(), table["beyond_null"].to_list(), strict=True))


def test_a_collapse_that_is_foreseen_is_found_beyond_the_null(foreseen: Study) -> None:
    finding = foresight(foreseen)
    assert all(value > 0.1 for value in beyond(finding).values())
    assert "8 of 8 methods are above 0 there" in finding.sentence


def test_flips_that_are_foreseen_as_well_leave_nothing_beyond_the_null(tmp_path: Path) -> None:
    hiding = Hiding(collapse=0.5, foreseen=1.0, flips=0.5, flips_foreseen=1.0)
    finding = foresight(study_of(tmp_path, "accuracy", hiding=hiding))
    table = finding.tables["collapse_detection_by_method"]
    assert table.get_column("auroc").min() > 0.55  # type: ignore[operator]
    assert max(abs(value) for value in beyond(finding).values()) < 0.03
    assert "0 of 8 methods are above 0 there" in finding.sentence


def test_a_study_without_hidden_answers_says_so(tmp_path: Path) -> None:
    study = study_of(tmp_path, "nothing", models=2, items=200)
    assert hidden(study).sentence == "No run was asked under nota=replace: this cannot be said."
    assert foresight(study).sentence == "No run was asked under nota=replace: this cannot be said."


def test_strata_show_accuracy_and_auroc_over_models_and_parts(foreseen: Study) -> None:
    found = {finding.question: finding for finding in findings_of(foreseen)}
    assert list(found)[3:] == ["By modality", "By options"]
    parts = found["By modality"].tables["by_modality"]
    assert parts.get_column("part").to_list() == ["CT", "MRI", "X-ray"]
    correlation = found["By modality"].tables["by_modality_correlation"].row(0, named=True)
    assert correlation["points"] <= 36
    assert correlation["spearman"] > 0.5
    assert correlation["spearman_low"] < correlation["spearman"] < correlation["spearman_high"]
    with pytest.raises(UnknownNameError, match="did you mean modality"):
        findings_of(foreseen, by=["modalty"])


def test_the_page_opens_offline_and_tables_and_figures_are_files(tmp_path: Path) -> None:
    table = draw("accuracy", np.random.default_rng(2), models=6, items=300)
    runs = write_runs(tmp_path / "runs", table, hiding=Hiding(foreseen=1.0))
    written = write_study(runs, tmp_path / "out", by=["modality"])
    html = written.page.read_text("utf-8")
    page = Page(html)
    assert page.unbalanced == []
    assert not {"script", "link", "iframe", "object", "img", "base", "form"} & {*page.tags}
    assert not [v for n, v in page.attributes if n in {"src", "href"} and not v.startswith("#")]
    assert page.tags.count("svg") == 3
    figures = sorted(path.name for path in (tmp_path / "out" / "figures").iterdir())
    assert figures == [
        "accuracy_against_auroc.svg", "by_modality_accuracy_against_auroc.svg",
        "clean_against_nota.svg",
    ]  # fmt: skip
    names = {path.name for path in (tmp_path / "out" / "tables").iterdir()}
    for name in ("error_detection", "sources", "collapse_detection_by_method", "by_modality"):
        assert {f"{name}.csv", f"{name}.json", f"{name}.md"} <= names
    rows = orjson.loads((tmp_path / "out" / "tables" / "sources.json").read_bytes())
    assert rows[0]["source"] == "the model's accuracy"
    again = write_study(runs, tmp_path / "again", by=["modality"])
    assert again.page.read_text("utf-8") == html


def test_every_table_says_what_its_columns_are(foreseen: Study) -> None:
    for finding in findings_of(foreseen):
        assert finding.tables.keys() == finding.captions.keys() & finding.tables.keys()
        assert all(len(finding.captions[name]) > 40 for name in finding.tables)


def test_models_asked_different_questions_are_the_first_thing_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = write_runs(
        tmp_path / "a", draw("nothing", np.random.default_rng(2), models=2, items=90)
    )
    table = draw("nothing", np.random.default_rng(3), models=2, items=60)
    other = write_runs(tmp_path / "b", table)[1].rename(tmp_path / "b" / "other")
    assert exit_code(["study", str(first[0]), str(other), "--out", str(tmp_path / "out")]) == 0
    warning = "These models were not asked the same questions (60 of 90 were asked of every model)"
    assert capsys.readouterr().out.startswith(warning)
    html = (tmp_path / "out" / "study.html").read_text("utf-8")
    assert f'<p class="lead"><strong>{warning}' in html


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    table = draw("nothing", np.random.default_rng(2), models=2, items=100)
    runs = write_runs(tmp_path / "runs", table)
    odd = runs[0].rename(tmp_path / "runs" / "=<script>alert(1)<")
    written = write_study([odd, runs[1]], tmp_path / "out")
    assert "<script" not in written.page.read_text("utf-8")
    csv = (tmp_path / "out" / "tables" / "error_detection.csv").read_text("utf-8")
    assert "'=<script>" in csv


def test_json_holds_sentences_and_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = draw("nothing", np.random.default_rng(2), models=2, items=100)
    runs = write_runs(tmp_path / "runs", table)
    command = ["study", *map(str, runs), "--out", str(tmp_path / "out"), "--json"]
    assert exit_code(command) == 0
    body = orjson.loads(capsys.readouterr().out)
    assert body["questions"] == 100
    assert len(body["findings"]) == 5
    assert body["findings"][0]["tables"]["error_detection"]


def test_bad_input_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["study", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_the_jackknife_takes_models_for_units() -> None:
    models = np.repeat(np.arange(6), 50)
    x = np.arange(6.0)[models]
    y = np.array([0.0, 1.0, 0.5, 2.0, 1.5, 3.0])[models]
    found = leaving_models_out(spearman, x, y, models, bounded=True)
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low > 0.3
    assert leaving_models_out(spearman, x[:200], y[:200], models[:200]).low is None


def pooled(mean: Interval, bounds: tuple[float, float] | None) -> Pooled:
    component = Component(replace(mean, value=None, low=None, high=None), None)
    return Pooled(RandomEffects(mean, None, None, component), mean.n, bounds=bounds)


def test_the_p_of_an_interval_is_005_where_it_ends() -> None:
    for bounds in (None, (0.0, 1.0), (-1.0, 1.0)):
        eight = pooled(Interval(0.3, 0.1, 0.5, 0.95, "random-effects-t", 8, 8), bounds)
        low, high = eight.mean.low, eight.mean.high
        assert low is not None
        assert high is not None
        assert eight.p_against(low) == pytest.approx(0.05)
        assert eight.p_against(high) == pytest.approx(0.05)
        assert eight.p_against(0.3) == pytest.approx(1.0)
    few = pooled(Interval(0.3, 0.1, 0.5, 0.95, "sampling-error", 2, 2), None)
    assert few.p_against(0.5) == pytest.approx(0.05, abs=1e-6)


def test_the_interval_of_a_pooled_share_stays_within_what_a_share_can_be() -> None:
    plain = Interval(0.761, 0.502, 1.021, 0.95, "random-effects-t", 5, 5)
    found = within(plain, (0.0, 1.0))
    assert found.low is not None
    assert found.high is not None
    assert 0.0 < found.low < 0.761 < found.high < 1.0
    assert found.method == "logit-random-effects-t"
    narrow = within(Interval(0.5, 0.499, 0.501, 0.95, "random-effects-t", 5, 5), (0.0, 1.0))
    assert (narrow.low, narrow.high) == pytest.approx((0.499, 0.501), abs=1e-6)
    edge = within(Interval(1.0, 0.9, 1.1, 0.95, "random-effects-t", 5, 5), (0.0, 1.0))
    assert (edge.value, edge.low, edge.note) == (1.0, None, "no interval at the edge")
    assert within(plain, None) == plain
