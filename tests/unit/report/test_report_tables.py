from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from medtrust.core.records import Estimate
from medtrust.report.export import as_markdown
from medtrust.report.findings import Finding, Place, findings_of
from medtrust.report.html import as_html
from medtrust.report.sections import chapters, extremes
from medtrust.report.standing_out import standing_out
from medtrust.report.tables import HEADLINE, headline, headline_frame, headline_rows
from medtrust.report.terminal import render
from medtrust.report.top_tables import top_tables
from medtrust.run import Run, load_run
from parts.small_run import with_estimates

DATA = Place((("dataset", "A"),))


def estimate(metric: str, value: float | None, **changes: object) -> Estimate:
    made = Estimate(
        task="t", version=1, metric=metric, value=value, low=value, high=value, n=100,
        n_clusters=100, counts={"ok": 100},
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def test_the_first_table_holds_all_data_and_each_data_set(finished: Run) -> None:
    names = [row.place.name for row in headline(finished)]
    assert names == ["all questions", "first", "second"]


def test_groups_never_stand_on_the_first_table(finished: Run) -> None:
    assert all(not row.place.attribute for row in headline(finished))


def test_blank_and_changes_belong_to_the_same_part_of_the_data(finished: Run) -> None:
    for row in headline(finished):
        assert row.blank is not None
        assert row.blank.group == row.main.group
        assert {change.group for change in row.changes} == {row.main.group}
        assert row.changes[0].condition == "image=blank"


def test_refusals_are_those_the_scores_hold(finished: Run) -> None:
    whole = headline(finished)[0]
    scores = finished.scores.filter(
        (finished.scores["measure"].cast(str) == "correct")
        & (finished.scores["condition"].cast(str) == "")
        & (finished.scores["status"].cast(str) == "refused")
    )
    assert whole.refused == scores.height > 0


def test_the_best_constant_answer_stands_beside_accuracy() -> None:
    rows = headline_rows([
        Finding(estimate("accuracy", 0.7), DATA),
        Finding(estimate("majority_baseline", 0.12, note="always 'nevus'"), DATA),
        Finding(estimate("constant_baseline", 0.05), replace(DATA, detail="option=1")),
        Finding(estimate("constant_baseline", 0.95), replace(DATA, detail="option=2")),
    ])  # fmt: skip
    assert [(blind.what, blind.estimate.value) for blind in rows[0].blind] == [
        ("always option 2", 0.95)
    ]
    assert rows[0].majority is not None
    assert rows[0].majority.value == 0.12


def test_over_mixed_forms_the_best_constant_answer_is_the_one_over_all_of_them() -> None:
    rows = headline_rows([
        Finding(estimate("accuracy", 0.7), DATA),
        Finding(estimate("majority_baseline", 0.65, note="always 'no', 'left'"), DATA),
        Finding(estimate("majority_baseline", 0.8, n=50), replace(DATA, kind="yes_no")),
        Finding(estimate("constant_baseline", 0.5, n=50), replace(DATA, kind="choice")),
    ])  # fmt: skip
    ((blind,),) = (row.blind for row in rows)
    assert (blind.estimate.value, blind.estimate.n, blind.kind) == (0.65, 100, "")


def test_without_a_number_over_all_forms_each_form_has_its_own_best_constant_answer() -> None:
    rows = headline_rows([
        Finding(estimate("accuracy", 0.7), DATA),
        Finding(estimate("majority_baseline", 0.8, n=50), replace(DATA, kind="yes_no")),
        Finding(estimate("constant_baseline", 0.5, n=50), replace(DATA, kind="choice")),
    ])  # fmt: skip
    assert [blind.estimate.value for blind in rows[0].blind] == [0.8, 0.5]


def test_the_frame_of_mixed_forms_holds_the_constant_answer_over_all(finished: Run) -> None:
    frame = headline_frame(finished)
    assert frame["constant"].null_count() == 0
    assert frame["constant"].to_list() == frame["majority"].to_list()


def test_an_accuracy_below_a_constant_answer_is_noticed() -> None:
    findings = [
        Finding(estimate("accuracy", 0.7, low=0.65, high=0.75), DATA),
        Finding(estimate("constant_baseline", 0.7), replace(DATA, detail="answer=no")),
    ]
    (sentence,) = standing_out(headline_rows(findings), findings)
    assert "not shown to be better than never looking: always no (70.0 %, n = 100)" in sentence


def test_a_blanked_image_that_costs_nothing_is_noticed_and_one_that_costs_is_not() -> None:
    for high, expected in ((0.01, 1), (-0.01, 0)):
        change = estimate("accuracy_change", -0.02, condition="image=blank", low=-0.05, high=high)
        findings = [Finding(estimate("accuracy", 0.7), DATA), Finding(change, DATA)]
        assert len(standing_out(headline_rows(findings), findings)) == expected


def test_a_planted_gap_is_noticed(finished: Run) -> None:
    findings = findings_of(finished)
    said = standing_out(headline_rows(findings), findings)
    assert any("differs between groups by sex" in sentence for sentence in said)


def failed_run(copied: Path) -> Run:
    """The run as if 24 further questions of the first data set had failed."""
    frame = load_run(copied).estimates
    own = frame.filter(
        (pl.col("metric") == "accuracy")
        & (pl.col("group") == "dataset=first")
        & (pl.col("condition") == "")
    )
    beside = [
        own.with_columns(metric=pl.lit(f"accuracy_if_failed_{how}"), value=pl.lit(value),
                         n=pl.lit(96, pl.Int64))
        for how, value in (("wrong", 0.123), ("right", 0.987))
    ]  # fmt: skip
    return with_estimates(copied, pl.concat([frame, *beside]))


def test_every_form_of_the_report_says_how_far_failed_requests_could_move_a_value(
    copied: Path,
) -> None:
    run = failed_run(copied)
    said = "had they been answered (n = 96), the value would lie between 12.3 % and 98.7 %"
    plain = " ".join(render(run, plain=True).split())
    assert f"first: 24 without an answer; {said}" in plain
    assert said in as_markdown(run)
    top, chapters_of = as_html(run).split('id="part-1"', 1)
    assert said in top
    assert said in chapters_of


def test_bounds_stand_beside_their_own_row_and_in_no_row_of_their_own(copied: Path) -> None:
    findings = findings_of(failed_run(copied))
    assert not [finding for finding in findings if "if_failed" in finding.estimate.metric]
    bounded = {row.place.name: row.bounds for row in headline_rows(findings) if row.bounds}
    assert set(bounded) == {"first"}
    assert [bound.value for bound in bounded["first"]] == [0.123, 0.987]


def test_a_task_without_known_metrics_leads_with_its_first() -> None:
    rows = headline_rows([
        Finding(estimate("leak_rate", 0.1), Place()),
        Finding(estimate("other", 0.2), Place()),
    ])  # fmt: skip
    assert [row.main.metric for row in rows] == ["leak_rate"]


def test_a_task_that_is_never_asked_clean_still_has_rows() -> None:
    rows = headline_rows([Finding(estimate("leak_rate", 0.1, condition="noise=x"), Place())])
    assert [row.main.condition for row in rows] == ["noise=x"]


def test_readings_stand_side_by_side() -> None:
    rows = headline_rows([
        Finding(estimate("accuracy", None, reading="official"), DATA),
        Finding(estimate("accuracy", 0.7), DATA),
    ])  # fmt: skip
    (table,) = top_tables(rows)
    assert table.readings == ("corrected", "official")
    (row,) = table.rows
    assert [found.main.value if found else "" for found in row.by_reading] == [0.7, None]


def test_the_frame_keeps_fractions_and_its_schema(finished: Run) -> None:
    frame = headline_frame(finished)
    assert dict(frame.schema) == HEADLINE
    assert frame["value"].is_between(0, 1).all()
    assert (frame["n"] > 0).all()


def test_small_groups_are_too_few_to_say(finished: Run) -> None:
    whole = chapters(findings_of(finished))[0]
    ward = next(table for table in whole.groups if table.attribute == "ward")
    assert {row.name: row.too_few for row in ward.rows} == {
        "<script>alert(1)</script>": True,
        "east": False,
    }


def test_every_estimate_about_everybody_stands_in_a_chapter(finished: Run) -> None:
    findings = findings_of(finished)
    shown = [
        found
        for chapter in chapters(findings)
        for row in chapter.metrics
        for found in row.by_reading
        if found is not None
    ]
    own = [finding for finding in findings if not finding.place.attribute]
    assert len(shown) == len(own)
    assert all(finding in own for finding in shown)


def test_the_worst_and_the_best_group_come_from_groups_with_enough_samples(finished: Run) -> None:
    rows = extremes(chapters(findings_of(finished)))
    assert [(row.table.attribute, row.worst.name, row.best.name) for row in rows] == [
        ("sex", "female", "male")
    ]
