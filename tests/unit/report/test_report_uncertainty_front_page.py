from __future__ import annotations

from dataclasses import replace

import pytest

from medtrust.core.records import Estimate
from medtrust.report import wording
from medtrust.report.estimator_tables import estimator_tables
from medtrust.report.findings import Finding, Labels
from medtrust.report.standing_out import standing_out
from medtrust.report.tables import Headline, headline_rows
from medtrust.report.top_tables import top_tables
from medtrust.report.uncertainty_names import ESTIMATORS, METRICS, TASK, UNSURE, value_name

LABELS = Labels(frozenset(), frozenset())
LETTER = "estimator=letter_probability"
HIDDEN = "nota=replace"
FEW = "no guarantee: fewer than 59 can show nothing"


def found(metric: str, value: float | None, group: str = "", **more: object) -> Finding:
    estimate = Estimate(task=TASK, version=1, metric=metric, value=value, group=group, n=107)
    return Finding(replace(estimate, **more), LABELS.place(group))  # type: ignore[arg-type]


def ranked(wrong: int, n: int = 107, **more: object) -> list[Finding]:
    """Accuracy and AUROC of n answers."""
    value = 0.8 if 0 < wrong < n else None
    ends = {"low": 0.6, "high": 0.9} if value else {"note": "needs both classes: no AUROC"}
    return [
        found("accuracy", 1 - wrong / n, n=n),
        found("answered_accuracy", 1 - wrong / n, n=n),
        found("error_auroc", value, LETTER, n=n, **ends, **more),
    ]


def collapsing(collapsed: int, verified: float, *more: Finding) -> list[Finding]:
    return [
        *ranked(60, 200),
        found("fragility_minus_null", 0.2, LETTER, low=0.1, high=0.3, n=100, condition=HIDDEN),
        found("collapse", collapsed / 100, n=100, condition=HIDDEN),
        found("nota_verified", verified, n=140, condition=HIDDEN),
        *more,
    ]


def row_of(metric: str, findings: list[Finding]) -> Headline:
    return next(row for row in headline_rows(findings) if row.main.metric == metric)


def said(findings: list[Finding]) -> str:
    return " ".join(standing_out(headline_rows(findings), findings))


def test_every_short_name_that_says_the_opposite_has_another_for_values() -> None:
    assert set(UNSURE) <= set(ESTIMATORS)
    assert value_name("answer_agreement") == "draws that disagree with the answer"
    assert value_name("semantic_entropy") == ESTIMATORS["semantic_entropy"]
    certain = ("probability of", "share of the commonest", "that agree", "confidence stated")
    assert not [name for name in ESTIMATORS if value_name(name).startswith(certain)]


def test_a_change_of_uncertainty_names_what_its_value_is() -> None:
    shift = found("uncertainty_shift", 0.1, "estimator=answer_agreement", unit="natural")
    auroc = found("error_auroc", 0.7, "estimator=answer_agreement")
    names = [table.rows[0].name for table in estimator_tables([auroc, shift], "corrected")]
    assert names == ["draws that agree with the answer", "draws that disagree with the answer"]


@pytest.mark.parametrize(
    ("made", "said_of_it"),
    [("platt", " (Platt)"), ("isotonic", " (isotonic)"), ("held-out", ""), ("other", None)],
)
def test_what_recalibrated_is_named(made: str, said_of_it: str | None) -> None:
    name = wording.detail_name(f"estimator=p_true;calibration={made}")
    known = f"recalibrated on other answers{said_of_it}"
    assert name.endswith(known if said_of_it is not None else ", calibration other")


def test_a_number_without_a_unit_of_its_own_is_a_decimal() -> None:
    ratio = found("image_reliance_chance_corrected", 1.15, unit="ratio", low=1.0, high=1.3)
    assert wording.value_with_interval(ratio.estimate) == "1.150 [1.000, 1.300]"
    odds = found("collapse_odds_ratio", 6.2434, unit="ratio", low=2.2, high=46974605863.7)
    assert wording.value_with_interval(odds.estimate) == "6.24 [2.2, 4.7e+10]"
    assert wording.value(found("uncertainty_signed_rank", 0.5).estimate) == "+0.500"


def test_nobody_s_numbers_have_no_words() -> None:
    gone = ("conformal_", "escalated_", "maximum_calibration_error")
    assert not [metric for metric in METRICS if metric.startswith(gone)]


def test_a_share_without_a_guarantee_is_not_zero() -> None:
    share = found("guaranteed_share_5", None, LETTER, n=54, note=FEW)
    ten = found("guaranteed_share_10", 0.4, LETTER, n=54)
    findings = [*ranked(40), share, ten]
    (table,) = top_tables([row_of("error_auroc", findings)])
    assert wording.not_said(share.estimate) == "not guaranteed"
    shares = [names[0] for _, names in table.columns if names[0].startswith("guaranteed")]
    assert shares == ["guaranteed_share_10", "guaranteed_share_5"]
    assert table.rows[0].unsaid(["guaranteed_share_5"]) == share.estimate
    assert table.rows[0].unsaid(["guaranteed_share_10"]) is None


def test_without_a_wrong_answer_the_row_says_so() -> None:
    row = row_of("error_auroc", ranked(0))
    assert row.value_said == "cannot be said: 0 wrong of 107"
    assert top_tables([row])[0].has_values
    assert "cannot be said: 0 wrong of 107" in said(ranked(0))


@pytest.mark.parametrize(("wrong", "few"), [(2, True), (19, True), (20, False), (87, False),
                                            (88, True)])  # fmt: skip
def test_an_auroc_of_few_wrong_or_few_right_answers_says_so(wrong: int, few: bool) -> None:
    row = row_of("error_auroc", ranked(wrong))
    counted = row.companion("wrong_answers")
    assert counted is not None
    assert counted.value == wrong
    assert (f"{wrong} wrong of 107" in row.remarks) is few
    assert ("rests on few answers" in said(ranked(wrong))) is few


def test_wrong_answers_are_those_of_the_ranking_not_of_all() -> None:
    """40 choices are ranked and 10 of them wrong; of all 100 answers 50 are."""
    findings = [
        found("accuracy", 0.5, n=100),
        found("answered_accuracy", 0.5, n=100),
        found(
            "error_auroc", 0.8, LETTER, n=40, counts={"ok": 40, "missing:no-option-logprobs": 60}
        ),
        found("error_average_precision", 0.6, LETTER, n=40, note="a blind order has 0.250"),
    ]
    row = row_of("error_auroc", findings)
    assert wording.value(row.companion("wrong_answers")) == "10 (too few)"
    assert "60 questions are outside its n" in row.remarks
    assert "no letters to choose from, or none told (60)" in row.remarks


def test_how_many_are_wrong_is_not_told_of_other_answers() -> None:
    findings = [
        found("accuracy", 0.5, n=100),
        found("answered_accuracy", 0.5, n=100),
        found("error_auroc", 0.8, LETTER, n=40),
    ]
    assert row_of("error_auroc", findings).companion("wrong_answers") is None


def test_unchecked_replacements_are_marked_with_the_checked_figure_beside() -> None:
    checked = found("collapse", 0.6, "verified=yes", n=40, condition=HIDDEN)
    findings = collapsing(50, 0.4, checked)
    row = row_of("fragility_minus_null", findings)
    assert wording.value(row.companion("collapse")) == "50.0 %"
    assert wording.value(row.companion("collapse_verified")) == "60.0 %"
    assert "not all checked to be right: checked were 40.0 % (n = 140)" in row.remarks
    assert "40.0 % were checked to be right; of the checked ones 60.0 %" in said(findings)


def test_checked_replacements_need_no_mark() -> None:
    findings = collapsing(50, 1.0)
    assert "checked" not in row_of("fragility_minus_null", findings).remarks
    assert "checked" not in said(findings)


def test_a_few_collapses_are_told() -> None:
    assert "rests on few answers: 3 collapsed of 100" in said(collapsing(3, 1.0))


@pytest.mark.parametrize(("low", "noticed"), [(0.01, True), (0.0, False), (-0.1, False)])
def test_a_leading_estimator_surer_than_right_is_noticed(low: float, noticed: bool) -> None:
    sure = found("overconfidence", 0.2, LETTER, low=low, high=0.3)
    assert ("answers are surer than right, by +20.0 points" in said([*ranked(40), sure])) is noticed


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ("nota=add", '"none of the others" offered as one option more'),
        ("wording=third", "by what changes no answer: other words again"),
    ],
)
@pytest.mark.parametrize(("high", "noticed"), [(-0.01, True), (0.0, False)])
def test_a_fall_by_what_leaves_the_right_option_is_noticed(
    condition: str, sentence: str, high: float, noticed: bool
) -> None:
    change = found("accuracy_change", -0.1, low=-0.2, high=high, condition=condition)
    assert (sentence in said([*ranked(40), change])) is noticed


@pytest.mark.parametrize(
    ("low", "sentence"),
    [(0.01, "without the image it does better"), (-0.1, "no loss is shown when the image")],
)
def test_doing_better_without_the_image_is_noticed(low: float, sentence: str) -> None:
    change = found("accuracy_change", 0.1, low=low, high=0.2, condition="image=blank")
    assert sentence in said([*ranked(40), change])


def test_whether_it_may_stand_beside_others_is_said_once() -> None:
    tables = top_tables(headline_rows(collapsing(50, 1.0)))
    assert [table.repeats for table in tables] == [False, True, True]
