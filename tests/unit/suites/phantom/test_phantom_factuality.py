"""The factuality of phantoms: who is asked what, and how single terms are marked."""

from __future__ import annotations

import pytest

from medtrust.core.records import Answer, Mark, Outcome
from medtrust.data.phantom.terms import ALL_FINDINGS
from medtrust.suites.phantom.factuality import NOISE, factuality
from medtrust.suites.phantom.terms import LISTS, TERMS, term_marks
from parts.answered_tasks import estimates_by, simulated
from parts.phantom_samples import finding, normal, pair_of, private, side, unanswerable
from parts.questions import groups, named

CONDITIONS = ("", "image=blank", NOISE, "options=shuffled")


def marks(text: str | Answer, gold: str = "infarct") -> dict[str, Mark]:
    answer = Answer(text) if isinstance(text, str) else text
    return {mark.measure: mark for mark in term_marks(finding(1, gold), answer)}


def test_no_term_stands_in_two_lists() -> None:
    assert len(set(TERMS)) == len(TERMS) == sum(len(terms) for terms in LISTS)


def test_naming_the_gold_term_is_right_and_another_one_wrong() -> None:
    right = marks("There is an infarct on the left side.")
    assert (right["correct"].value, right["correct"].status) == (1.0, "ok")
    assert right["predicted"].value == right["gold"].value == TERMS.index("infarct")
    wrong = marks("A hemorrhage.")
    assert (wrong["correct"].value, wrong["correct"].status) == (0.0, "ok")
    assert wrong["predicted"].value == TERMS.index("hemorrhage")


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("An infarct or a hemorrhage.", "unparsed"),
        ("Something dark.", "unparsed"),
        ("No infarct.", "unparsed"),
        ("I cannot tell from this image.", "refused"),
        (Answer("An infarct.", Outcome.FILTERED), "refused"),
    ],
    ids=str,
)
def test_what_names_no_term_or_two_is_not_right_and_stays_inside_n(
    answer: str | Answer, status: str
) -> None:
    found = marks(answer)
    assert (found["correct"].value, found["correct"].status) == (0.0, status)
    assert (found["predicted"].value, found["predicted"].status) == (None, status)
    assert found["gold"].value == TERMS.index("infarct")


def test_only_terms_of_the_golds_own_list_count() -> None:
    assert marks("A brain CT with an infarct, left.")["correct"].value == 1
    assert marks("A brain CT with an infarct, left.", "left")["correct"].value == 1
    assert marks("A brain CT with an infarct, left.", "MRI")["correct"].value == 0


def test_a_gold_that_is_no_known_term_is_a_defect_and_no_wrong_answer() -> None:
    found = marks("An infarct.", "a rare thing")
    assert {mark.status for mark in found.values()} == {"missing:gold-unknown-term"}
    assert {mark.value for mark in found.values()} == {None}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_form_meets_the_conditions_that_mean_something_for_it(condition: str) -> None:
    for sample in (finding(1), normal(1)):
        assert factuality.applies(sample, condition) is (condition != "options=shuffled")
    assert factuality.applies(side(1), condition)
    without = normal(1, images=())
    assert factuality.applies(without, condition) is (condition == "")


@pytest.mark.parametrize("condition", CONDITIONS)
def test_questions_of_other_tasks_are_not_asked(condition: str) -> None:
    for sample in (private(1), unanswerable(1), *pair_of(1)):
        assert not factuality.applies(sample, condition)


def test_open_questions_stand_beside_their_majority_baseline_by_name() -> None:
    samples = [finding(n, "infarct" if n % 4 else "normal") for n in range(40)]
    samples += [normal(n, n % 4 == 0) for n in range(40)]
    found = estimates_by(simulated(accuracy=1), samples, "phantom/factuality")
    assert named(found, "accuracy", "kind=open").value == 1
    baseline = named(found, "majority_baseline", "kind=open")
    assert (baseline.value, baseline.note) == (0.75, "always 'infarct'")
    assert named(found, "macro_f1", "kind=open").value == 1
    assert groups(found, "constant_baseline") >= {"kind=yes_no;answer=yes"}
    assert not {group for group in groups(found, "constant_baseline") if "kind=open" in group}
    assert named(found, "accuracy", "topic=finding").value == 1
    assert named(found, "majority_baseline").value == 0.75


def test_the_lists_hold_every_finding_that_is_drawn() -> None:
    assert {"normal", *ALL_FINDINGS} == set(LISTS[0])
