from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from medtrust.core.records import Estimate
from medtrust.report import names, wording
from medtrust.report.estimator_tables import estimator_tables
from medtrust.report.findings import Finding, Labels, findings_of
from medtrust.report.html import as_html
from medtrust.report.leads import leading
from medtrust.report.sections import chapters
from medtrust.report.standing_out import standing_out
from medtrust.report.tables import headline, headline_rows
from medtrust.report.terminal import render
from medtrust.report.uncertainty_figures import uncertainty_figures
from medtrust.report.uncertainty_names import DECIMALS, ESTIMATORS, EXPLAINED, FAMILIES, LEADING
from medtrust.run import Run, load_run
from medtrust.suites.clinical_ue.estimated import REFERENCES
from medtrust.uncertainty import estimators
from parts.page import Page, naked_values
from parts.small_run import with_estimates
from parts.uncertain_runs import HOSTILE, QUESTIONS, TASK, uncertain_run, with_refusals

LABELS = Labels(frozenset({"sex"}), frozenset({"modality"}))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return uncertain_run(tmp_path_factory.mktemp("uncertain"))


@pytest.fixture(scope="module")
def findings(run: Run) -> list[Finding]:
    return findings_of(run)


@pytest.fixture(scope="module")
def html(run: Run) -> str:
    return as_html(run)


@pytest.fixture
def copied_run(run: Run, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run.folder, tmp_path / "copy"))


def found(metric: str, value: float | None, group: str = "", **more: object) -> Finding:
    estimate = Estimate(task=TASK, version=1, metric=metric, value=value, group=group, n=100)
    return Finding(replace(estimate, **more), LABELS.place(group))  # type: ignore[arg-type]


def test_every_estimator_and_every_number_of_the_suite_has_words(findings: list[Finding]) -> None:
    assert list(ESTIMATORS) == list(estimators.ESTIMATORS)
    metrics = {finding.estimate.metric for finding in findings}
    ends = (*names.ENDS, "_if_failed_wrong", "_if_failed_right")
    assert not {m for m in metrics if m not in names.METRICS and not m.endswith(ends)}


def test_what_leads_is_what_others_are_compared_with() -> None:
    assert LEADING == REFERENCES


def test_every_number_of_a_family_has_a_name() -> None:
    told = {metric for metrics in FAMILIES.values() for metric in metrics}
    assert told <= set(names.METRICS)
    assert set(EXPLAINED) <= told
    assert len(told) == sum(len(metrics) for metrics in FAMILIES.values())


def test_an_estimator_is_no_group_of_patients() -> None:
    place = LABELS.place("modality=CT;estimator=p_true;calibration=held-out")
    assert place.strata == (("modality", "CT"),)
    assert (place.attribute, place.group) == ("", "")
    assert place.of_estimator
    assert place.name == (
        "modality: CT, P(True): asked whether it is true, recalibrated on other answers"
    )


def test_an_estimator_without_words_of_its_own_is_shown_safely() -> None:
    assert wording.detail_name("estimator=mine_\x1b") == "mine \N{REPLACEMENT CHARACTER}"


def test_ranking_numbers_are_decimals_and_shares_percentages() -> None:
    assert wording.value_with_interval(
        found("error_auroc", 0.7234, low=0.7, high=0.75).estimate
    ) == "0.723 [0.700, 0.750]"  # fmt: skip
    assert wording.value(found("fragility_minus_null", 0.05).estimate) == "+0.050"
    assert wording.value(found("aurc", -0.0001).estimate) == "0.000"
    assert wording.value(found("risk_at_coverage_80", 0.05).estimate) == "5.0 %"
    assert wording.value(found("uncertainty_shift", 0.05, unit="natural").estimate) == "0.05"


def test_the_estimator_that_leads_is_not_the_one_that_ranks_best() -> None:
    own = [
        found("accuracy", 0.7),
        found("error_auroc", 0.6, "estimator=answer_agreement"),
        found("error_auroc", 0.9, "estimator=semantic_entropy"),
        found("error_auroc", None, "estimator=letter_probability"),
    ]
    leads = [(lead.estimate.metric, lead.estimator) for lead in leading(own)]
    assert leads == [("accuracy", ""), ("error_auroc", "answer_agreement")]


def test_without_a_leading_estimator_the_accuracy_stands_alone() -> None:
    own = [found("accuracy", 0.7), found("error_auroc", 0.9, "estimator=semantic_entropy")]
    assert [lead.estimate.metric for lead in leading(own)] == ["accuracy"]


def test_rows_stand_by_auroc_and_those_without_one_last() -> None:
    own = [
        found("error_auroc", 0.6, "estimator=perplexity"),
        found("error_auroc", None, "estimator=letter_margin"),
        found("error_auroc", 0.8, "estimator=p_true"),
        found("aurc", 0.2, "estimator=perplexity"),
        found("aurc", 0.3, "estimator=p_true"),
        found("brier", 0.2, "estimator=perplexity;calibration=held-out"),
        found("unheard_of", 0.2, "estimator=perplexity"),
    ]
    tables = estimator_tables(own, "corrected")
    assert [[row.code for row in table.rows] for table in tables] == [
        ["p_true", "perplexity", "letter_margin"],
        ["p_true", "perplexity"],
        ["perplexity"],
        ["perplexity"],
    ]
    assert [table.headings for table in tables] == [
        (names.METRICS["error_auroc"],), (names.METRICS["aurc"],), ("unheard of",),
        (names.METRICS["brier"],),
    ]  # fmt: skip


def test_conditions_with_one_and_the_same_number_share_a_table() -> None:
    own = [
        found("fragility_auroc", value, f"estimator={name}", condition=condition)
        for condition in ("options=shuffled", "image=blank")
        for name, value in (("perplexity", 0.6), ("p_true", 0.7))
    ]
    own.append(found("error_auroc", 0.8, "estimator=p_true"))
    first, second = estimator_tables(own, "corrected")
    assert first.headings == (names.METRICS["error_auroc"],)
    assert second.headings == ("options in another order", "image blanked")
    assert [row.code for row in second.rows] == ["p_true", "perplexity"]
    assert all(value is not None for row in second.rows for value in row.values)


def test_the_first_table_has_few_rows(run: Run) -> None:
    told = [(row.main.metric, row.main.condition) for row in headline(run)]
    assert told == [
        ("accuracy", ""),
        ("error_auroc", ""),
        ("fragility_minus_null", "nota=replace"),
    ]
    auroc = headline(run)[1]
    assert {e.metric for e in auroc.beside} >= {"answered_accuracy", "auroc_cap"}
    assert auroc.blind == ()


def test_wrong_answers_are_counted_as_they_were_scored(run: Run, findings: list[Finding]) -> None:
    """Also where only the note of another number tells their share."""
    wrong = run.scores.filter(
        pl.col("condition").cast(pl.String) == "",
        pl.col("measure").cast(pl.String) == "correct",
        pl.col("value") == 0.0,
    ).height
    others = [f for f in findings if f.estimate.metric != "answered_accuracy"]
    for known in (findings, others):
        row = next(row for row in headline_rows(known) if row.main.metric == "error_auroc")
        counted = row.companion("wrong_answers")
        assert counted is not None
        assert counted.value == wrong


def test_a_mean_uncertainty_is_named_by_what_high_means(run: Run, findings: list[Finding]) -> None:
    text = " ".join(ET.fromstring(uncertainty_figures(run, findings)[0].svg).itertext())
    assert "high = uncertain" in text
    assert "that agree" not in text


def test_numbers_of_estimators_are_no_rows_of_the_list_of_all_metrics(
    findings: list[Finding],
) -> None:
    (chapter,) = chapters(findings)
    assert chapter.groups == ()
    assert "error_auroc" not in " ".join(row.name for row in chapter.metrics)
    assert chapter.estimators[0].asked == "asked as it stands"
    values = [
        value.estimate.value
        for row in chapter.estimators[0].rows
        if (value := row.values[0]) is not None and value.estimate.value is not None
    ]
    assert values == sorted(values, reverse=True)
    assert len(values) > 20


def test_modalities_are_broken_down_for_accuracy_and_for_auroc(findings: list[Finding]) -> None:
    (chapter,) = chapters(findings)
    told = [(b.stratum, b.about) for b in chapter.breakdowns]
    assert ("modality", "") in told
    assert any(stratum == "modality" and "AUROC" in about for stratum, about in told)


def test_the_figures_are_there_and_say_their_n(run: Run, findings: list[Finding]) -> None:
    figures = uncertainty_figures(run, findings)
    titles = [figure.title for figure in figures]
    assert len(titles) == len(set(titles))
    assert sum(title.startswith("Is it as sure as it is right?") for title in titles) >= 5
    assert sum(not figure.folded for figure in figures) <= 4
    for figure in figures:
        description = ET.fromstring(figure.svg).findtext("{http://www.w3.org/2000/svg}desc")
        assert "n = " in (description or "")


def test_hiding_the_right_option_is_drawn_with_both_accuracies(
    run: Run, findings: list[Finding]
) -> None:
    accuracy = {
        f.estimate.condition: wording.value(f.estimate)
        for f in findings
        if f.estimate.metric == "accuracy" and not f.estimate.group
    }
    svg = uncertainty_figures(run, findings)[0].svg
    assert f"{accuracy['']} / {accuracy['nota=replace']}" in svg
    assert f"n = {QUESTIONS} questions answered both ways, of {QUESTIONS} asked." in svg


def test_the_risk_curve_ends_at_the_share_of_errors(run: Run, findings: list[Finding]) -> None:
    figure = next(f for f in uncertainty_figures(run, findings) if "deferring" in f.title)
    wrong = next(
        1 - (f.estimate.value or 0.0)
        for f in findings
        if f.estimate.metric == "accuracy" and not f.estimate.group and not f.estimate.condition
    )
    assert f"{100 * wrong:.1f} % at 100.0 %" in figure.svg


def test_refused_answers_are_left_out_of_the_figures_and_counted(
    copied_run: Path, findings: list[Finding]
) -> None:
    figures = uncertainty_figures(with_refusals(copied_run, 7), findings)
    hidden, risk = figures[0].svg, figures[1].svg
    assert f"n = {QUESTIONS - 7} questions answered both ways" in hidden
    assert "7 refused" in " ".join(ET.fromstring(risk).itertext())
    assert f"(n = {QUESTIONS - 7})" in risk


def test_there_is_no_figure_without_such_scores(finished: Run) -> None:
    assert uncertainty_figures(finished, findings_of(finished)) == []
    assert 'class="charts"' not in as_html(finished)


def test_without_the_hidden_arm_the_other_figures_are_drawn(
    copied_run: Path, findings: list[Finding]
) -> None:
    plain = pl.col("condition").cast(pl.String) == ""
    frame = pl.read_parquet(copied_run / "scores.parquet").filter(plain)
    frame.write_parquet(copied_run / "scores.parquet")
    own = [finding for finding in findings if not finding.estimate.condition]
    titles = [figure.title for figure in uncertainty_figures(load_run(copied_run), own)]
    assert not [title for title in titles if "hiding" in title]
    assert [title for title in titles if "deferring" in title]


def test_the_page_holds_figures_and_tables_and_nothing_foreign(html: str) -> None:
    page = Page(html)
    assert page.unbalanced == []
    assert not {"script", "img", "iframe", "object"} & {*page.tags}
    assert "http:" not in html
    assert html.count('<svg class="chart"') + html.count('class="chart"') >= 4
    assert "Estimators of uncertainty" in html
    assert naked_values(page) == []


def test_hostile_names_of_the_data_are_text_in_figures(html: str) -> None:
    assert HOSTILE not in html
    assert "&lt;script&gt;alert(2)" in html


def test_hostile_labels_of_estimators_are_text(copied_run: Path, run: Run) -> None:
    attack = '"><svg onload=alert(1)>'
    frame = run.estimates.with_columns(
        (pl.col("group").cast(pl.String) + pl.lit(attack)).alias("group")
    )
    page = Page(as_html(with_estimates(copied_run, frame)))
    assert not [name for name, _ in page.attributes if name == "onload"]
    assert page.unbalanced == []


def test_the_terminal_is_no_longer_than_its_leading_numbers(run: Run) -> None:
    text = render(run, plain=True)
    assert "semantic" not in text
    assert "wrong answers ranked above right ones (AUROC)" in text
    assert all(len(line) <= 100 for line in text.split("\n"))


def test_the_collapse_is_noticed(findings: list[Finding]) -> None:
    said = standing_out(headline_rows(findings), findings)
    assert any("accuracy falls when the right option is hidden" in sentence for sentence in said)


@pytest.mark.parametrize(("low", "noticed"), [(0.45, True), (0.5, True), (0.51, False)])
def test_an_order_not_shown_to_be_better_than_blind_is_noticed(low: float, noticed: bool) -> None:
    lead = found("error_auroc", 0.6, "estimator=p_true", low=low, high=0.7)
    rows = headline_rows([found("accuracy", 0.7), lead])
    said = " ".join(standing_out(rows, [lead]))
    assert ("not shown to be more uncertain than right ones" in said) is noticed


def test_decimals_are_no_bars_of_a_plot_in_percent(html: str) -> None:
    assert "error_auroc" in DECIMALS
    figure = html.partition('<figure role="group"')[2].partition("</figure>")[0]
    assert "AUROC" not in figure
