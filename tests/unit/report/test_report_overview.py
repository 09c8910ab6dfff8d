from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from medtrust.core.records import Estimate
from medtrust.report.export import as_markdown
from medtrust.report.findings import Finding, Place, put_beside
from medtrust.report.html import as_html
from medtrust.report.overview import Line, overview
from medtrust.report.tables import headline_frame, headline_rows
from medtrust.report.terminal import WIDTH, render
from medtrust.run import Run, evaluate
from parts.page import Page, naked_values
from parts.small_run import with_estimates, with_manifest


def estimate(task: str, metric: str, value: float | None, **changes: object) -> Estimate:
    made = Estimate(
        task=task, version=1, metric=metric, value=value, low=value, high=value, n=100,
        n_clusters=50, counts={"ok": 100},
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


ACCURACY = estimate("s/one", "accuracy", 0.7)
PRIVACY = estimate("s/two", "abstention_rate", 0.5, n_clusters=100)


def lines(*estimates: Estimate, gaps: tuple[Estimate, ...] = ()) -> list[Line]:
    found = put_beside([
        *(Finding(one, Place()) for one in estimates),
        *(Finding(gap, Place(attribute="sex")) for gap in gaps),
    ])  # fmt: skip
    return overview(headline_rows(found), found)


def test_a_run_of_one_task_has_no_overview() -> None:
    assert lines(ACCURACY) == []


def test_each_task_has_one_line_without_the_suite_that_all_share() -> None:
    assert [line.name for line in lines(ACCURACY, PRIVACY)] == ["one", "two"]
    other = replace(PRIVACY, task="r/two")
    assert [line.name for line in lines(ACCURACY, other)] == ["s/one", "r/two"]


def test_a_line_holds_what_must_stand_beside_its_number_with_n_where_that_differs() -> None:
    one, two = lines(
        ACCURACY,
        estimate("s/one", "constant_baseline", 0.6),
        estimate("s/one", "accuracy", 0.4, condition="image=blank", n=90),
        PRIVACY,
        estimate("s/two", "over_refusal_rate", 0.1, n=400),
        estimate("s/two", "abstention_contrast", 0.4, n=500),
    )
    assert one.said == (
        "accuracy 70.0 % [70.0, 70.0], n = 100 (50); constant 60.0 %, blanked 40.0 % (n = 90)",
    )
    assert two.said == (
        "share abstained 50.0 % [50.0, 50.0], n = 100; ordinary questions refused 10.0 % (n = 400)",
    )


def test_changes_and_gaps_have_lines_of_their_own() -> None:
    gap = estimate("s/one", "accuracy_gap", 0.12, group="sex", p_value=0.2)
    floor = replace(gap, metric="accuracy_gap_noise_floor", value=0.05)
    changes = [
        estimate("s/one", "accuracy_change", -0.1, condition=condition)
        for condition in ("image=blank", "noise=gaussian-0.2")
    ]
    one, _ = lines(ACCURACY, *changes, PRIVACY, gaps=(gap, floor))
    assert one.said[1:] == (
        "asked otherwise: noise of 0.2 of the range -10.0 points",
        "gaps: by sex 12.0 points (by chance 5.0 points)",
    )


def test_a_twin_that_was_not_measured_is_missed_on_its_line() -> None:
    _, two = lines(ACCURACY, PRIVACY)
    assert "not measured beside it: ordinary questions refused" in two.said[0]


def test_a_task_without_a_value_says_why() -> None:
    nothing = replace(PRIVACY, value=None, low=None, high=None, note="no samples")
    assert lines(ACCURACY, nothing)[1].said == ("share abstained: no value (no samples)",)


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """All phantom tasks, answered by a responder that guesses with a plan."""
    return evaluate(
        tasks="phantom",
        model="simulated/planted",
        model_options={"accuracy": "0.8"},
        out=tmp_path_factory.mktemp("several") / "run",
    )


TASKS = ["calibration", "factuality", "pairs", "privacy", "unanswerable"]


def test_all_tasks_stand_on_the_first_screen_of_a_terminal(several: Run) -> None:
    for plain in (True, False):
        text = render(several, plain=plain)
        screen = text.split("At a glance:\n", 1)[1].split("\n\n", 1)[0].split("\n")
        assert sorted(line.split()[0] for line in screen if line[:1] != " ") == TASKS
        assert len(screen) <= 20
        assert max(len(line) for line in render(several, plain=True).split("\n")) <= WIDTH


def test_no_number_is_parted_from_its_unit(several: Run) -> None:
    rows = [line.strip() for line in render(several, plain=True).split("\n")]
    assert not [line for line in rows if line.startswith(("% ", "points", "= "))]


def test_every_form_shows_every_companion(several: Run) -> None:
    page = as_html(several)
    for text in (render(several, plain=True), as_markdown(several), page.lower()):
        for words in ("single answers right", "mean confidence", "ordinary questions refused"):
            assert words in text
    assert "At a glance" in page
    assert "at a glance" in as_markdown(several)


def test_the_page_is_well_formed_and_no_value_stands_without_its_n(several: Run) -> None:
    page = Page(as_html(several))
    assert page.unbalanced == []
    assert naked_values(page) == []
    assert len(page.values) > 50


def test_the_page_tells_tasks_apart_for_those_who_do_not_see_its_plot(several: Run) -> None:
    labels = [value for name, value in Page(as_html(several)).attributes if name == "aria-label"]
    pairs = [label for label in labels if label.startswith("phantom/pairs: ")]
    assert any("guessing 25.0 %" in label for label in pairs)


def test_the_frame_keeps_companions_as_fractions(several: Run) -> None:
    frame = headline_frame(several)
    pairs = frame.row(by_predicate=pl.col("metric") == "set_accuracy", named=True)
    beside = {number["metric"]: number for number in pairs["beside"]}
    assert list(beside) == ["random_baseline", "individual_accuracy", "confusion"]
    assert 0 < beside["random_baseline"]["value"] < 1
    accuracy = frame.row(by_predicate=pl.col("metric") == "accuracy", named=True)
    assert accuracy["beside"] == []


def test_the_parts_of_one_generator_are_one_data_set(several: Run) -> None:
    assert '<th scope="row">phantom</th>' in as_html(several)
    assert "phantom/5" not in as_html(several)


def test_hostile_names_keep_the_overview_narrow(several: Run, tmp_path: Path) -> None:
    folder = tmp_path / "copied"
    folder.mkdir()
    for path in several.folder.glob("*.*"):
        (folder / path.name).write_bytes(path.read_bytes())
    attack = "/\x1b[2J<b>" + "very long name " * 12
    with_manifest(folder, notes=[])
    run = with_estimates(folder, several.estimates.with_columns(task=pl.col("task") + attack))
    text = render(run, plain=True)
    assert max(len(line) for line in text.split("\n")) <= WIDTH
    assert "\x1b" not in text
    assert "<b>" not in as_html(run)
