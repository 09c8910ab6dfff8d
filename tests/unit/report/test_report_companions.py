from __future__ import annotations

from dataclasses import replace

import pytest

from medtrust.core.records import Estimate
from medtrust.report import companions, names
from medtrust.report.findings import Finding, Place, put_beside
from medtrust.report.forest import forest
from medtrust.report.leads import LEADS
from medtrust.report.standing_out import standing_out
from medtrust.report.tables import headline_rows
from medtrust.report.top_tables import top_tables

ALL = Place()


def estimate(metric: str, value: float | None, **changes: object) -> Estimate:
    made = Estimate(
        task="t", version=1, metric=metric, value=value, low=value, high=value, n=100,
        n_clusters=100, counts={"ok": 100},
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def findings(*estimates: Estimate) -> list[Finding]:
    return [Finding(one, ALL) for one in estimates]


def said(*estimates: Estimate) -> list[str]:
    found = findings(*estimates)
    return standing_out(headline_rows(found), found)


PAIRS = (
    estimate("set_accuracy", 0.4, low=0.3, high=0.5),
    estimate("random_baseline", 0.25, low=None, high=None),
    estimate("individual_accuracy", 0.6, n=200),
    estimate("confusion", 0.3, n=80),
)
ABSTAINING = (
    estimate("abstention_rate", 0.5),
    estimate("over_refusal_rate", 0.1, n=500),
    estimate("abstention_contrast", 0.4, low=0.3, high=0.5, n=600),
)
SURE = (
    estimate("overconfidence", 0.2, low=0.1, high=0.3),
    estimate("mean_confidence", 0.8),
    estimate("answered_accuracy", 0.6),
)


@pytest.mark.parametrize("numbers", [PAIRS, ABSTAINING, SURE])
def test_companions_stand_in_the_row_of_their_number(numbers: tuple[Estimate, ...]) -> None:
    (row,) = headline_rows(findings(*numbers))
    assert row.main == numbers[0]
    assert row.beside == numbers[1:]
    assert row.remarks == ""


def test_companions_share_condition_reading_and_part_of_the_data() -> None:
    main, twin, _ = ABSTAINING
    elsewhere = Place((("dataset", "A"),))
    rows = headline_rows([
        *findings(main, replace(twin, condition="image=blank"), replace(twin, reading="official")),
        Finding(twin, elsewhere),
    ])  # fmt: skip
    assert rows[0].beside == ()


def test_a_number_without_its_twin_says_so() -> None:
    main, twin, contrast = ABSTAINING
    (row,) = headline_rows(findings(main, replace(twin, value=None), contrast))
    assert row.remarks == "not measured beside it: ordinary questions refused"


def test_a_number_that_is_not_shown_lacks_nothing_beside_it() -> None:
    assert companions.lacking(estimate("set_accuracy", None), ()) == ""
    assert companions.lacking(estimate("accuracy", 0.5), ()) == ""


def test_every_companion_and_every_number_with_companions_has_words_of_its_own() -> None:
    tables = (companions.COMPANIONS, companions.ALSO)
    named = {
        *companions.COMPANIONS,
        *(metric for _, metric in companions.ALSO),
        *(metric for table in tables for found in table.values() for metric in found),
        *(metric for found in LEADS.values() for metric in found),
    }
    assert named <= set(names.METRICS)
    assert set(companions.COUNTED) <= set(companions.COMPANIONS)


@pytest.mark.parametrize(("low", "noticed"), [(0.24, 1), (0.25, 1), (0.26, 0)])
def test_a_set_accuracy_not_above_guessing_is_noticed(low: float, noticed: int) -> None:
    sentences = said(replace(PAIRS[0], low=low), *PAIRS[1:])
    assert len(sentences) == noticed
    assert all("than by guessing (25.0 %, n = 100)" in sentence for sentence in sentences)


@pytest.mark.parametrize(("low", "noticed"), [(-0.1, 1), (0.0, 1), (0.01, 0)])
def test_abstaining_no_more_than_over_refusing_is_noticed(low: float, noticed: int) -> None:
    sentences = said(*ABSTAINING[:2], replace(ABSTAINING[2], low=low))
    assert len(sentences) == noticed
    assert all("ordinary questions (10.0 %, n = 500)" in sentence for sentence in sentences)


@pytest.mark.parametrize(("low", "high", "noticed"), [(0.01, 0.3, 1), (0, 0.3, 0), (-0.3, -0.1, 0)])
def test_answers_surer_than_right_are_noticed_once(low: float, high: float, noticed: int) -> None:
    main = replace(SURE[0], low=low, high=high)
    blank = replace(main, condition="image=blank", low=0.1, high=0.3)
    sentences = said(main, *SURE[1:], blank)
    assert len(sentences) == noticed
    assert all("mean confidence 80.0 %" in sentence for sentence in sentences)


@pytest.mark.parametrize(
    ("condition", "high", "noticed"),
    [("noise=gaussian-0.2", -0.01, 1), ("noise=gaussian-0.2", 0.0, 0), ("options=shuffled", -1, 0)],
)
def test_a_shown_loss_by_noise_is_noticed(condition: str, high: float, noticed: int) -> None:
    change = estimate("accuracy_change", -0.2, condition=condition, low=-0.3, high=high)
    sentences = said(estimate("accuracy", 0.7), change)
    assert len(sentences) == noticed
    assert all("falls with noise of 0.2 of the range" in sentence for sentence in sentences)


def test_sentences_name_their_task_where_there_are_several() -> None:
    one, other = replace(SURE[0], task="a/one"), replace(SURE[0], task="a/other")
    starts = [sentence.split(": ", 1)[0] for sentence in said(one, other)]
    assert starts == ["a/one", "a/other"]
    assert said(one)[0].startswith("all questions: ")


def test_guessing_is_a_tick_of_the_plot() -> None:
    (bar,) = forest(headline_rows(findings(*PAIRS)))
    assert [(mark.name, mark.at) for mark in bar.blind] == [("guessing", 25.0)]
    assert "guessing 25.0 %, n = 100" in bar.said


def test_over_refusal_is_a_tick_of_its_own() -> None:
    (bar,) = forest(headline_rows(findings(*ABSTAINING)))
    assert bar.blind == ()
    assert bar.twin is not None
    assert bar.twin.at == 10.0
    assert "ordinary questions refused 10.0 %, n = 500" in bar.said


def test_a_difference_has_no_place_between_0_and_100_percent() -> None:
    assert forest(headline_rows(findings(*SURE))) == []


def test_the_page_shows_companions_instead_of_constant_answers() -> None:
    pairs, sure = (top_tables(headline_rows(findings(*numbers)))[0] for numbers in (PAIRS, SURE))
    assert pairs.companions == ("random_baseline", "individual_accuracy", "confusion")
    assert not pairs.has_blank
    (accuracy,) = top_tables(headline_rows(findings(estimate("accuracy", 0.5))))
    assert accuracy.companions == ()
    assert accuracy.has_blank
    assert sure.companions == ("mean_confidence", "answered_accuracy")


def test_how_far_failed_requests_could_move_an_abstention_stands_beside_it() -> None:
    ends = (
        estimate("abstention_rate_if_failed_answered", 0.4, n=110),
        estimate("abstention_rate_if_failed_abstained", 0.6, n=110),
    )
    found = put_beside(findings(*ABSTAINING, *ends))
    (row,) = headline_rows(found)
    assert row.bounds == ends
    assert "the value would lie between 40.0 % and 60.0 %" in row.remarks
