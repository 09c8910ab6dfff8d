"""What is marked about one answer of an arm.

* ``correct``, ``predicted``, ``gold``: as elsewhere, in codes of the file's options; "none of the
  others" is the number of options. Under ``nota=remove`` nothing offered is right: an answer that
  declines, or says that none of them is right, is correct.
* ``picked_nota``: whether "none of the others" was chosen; ``verified``: whether it was checked
  that it is right (arms with ``nota=``).
* one measure for each estimator, high = uncertain.
* ``first_token_agrees``, ``option_probability_1`` ... (arms in which everything is asked).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from medtrust.core.conditions import parse_condition
from medtrust.core.records import OK, REFUSED, Kind, Mark, Sample, missing
from medtrust.core.task import MeasureKey, Turn
from medtrust.probes.nota import Offered
from medtrust.readers.choice import read_choice
from medtrust.suites.answering import CLOSED, closed_marks
from medtrust.suites.clinical_ue.arms import FULL, UNALTERED, is_verified
from medtrust.uncertainty.estimators import apply
from medtrust.uncertainty.evidence import Absent, Evidence
from medtrust.uncertainty.known import known_estimators
from medtrust.uncertainty.letters import first_token_agrees, option_probabilities

ESTIMATORS: Final = known_estimators()

NEEDS_DRAWS: Final = frozenset(
    name for name, estimator in ESTIMATORS.items() if "draws" in estimator.needs
)
NEEDS_QUESTIONS: Final = frozenset(
    name
    for name, estimator in ESTIMATORS.items()
    if {"p_true", "stated_two_turns"} & set(estimator.needs)
)
NEEDS_PLAIN: Final = frozenset(
    name
    for name, estimator in ESTIMATORS.items()
    if {"stated_one_turn", "perturbed"} & set(estimator.needs)
)
AGREES: Final = "first_token_agrees"
PICKED: Final = "picked_nota"
VERIFIED: Final = "verified"
PROBABILITY: Final = "option_probability_"


@lru_cache(maxsize=64)
def estimators_of(condition: str) -> tuple[str, ...]:
    """Estimators that an arm has the signals for."""
    left_out: frozenset[str] = frozenset()
    if condition not in FULL:
        left_out = NEEDS_DRAWS | NEEDS_QUESTIONS | NEEDS_PLAIN
    elif condition not in UNALTERED:
        left_out = NEEDS_PLAIN
    return tuple(name for name in ESTIMATORS if name not in left_out)


def measures(sample: Sample, condition: str) -> Sequence[MeasureKey]:
    """Columns of a sample in an arm."""
    options = len(sample.options) if sample.kind is Kind.CHOICE else 2
    return _measures(condition, options if condition in FULL else 0)


@lru_cache(maxsize=256)
def _measures(condition: str, n_options: int) -> tuple[MeasureKey, ...]:
    names = [*CLOSED, *estimators_of(condition)]
    if "nota=" in condition:
        names += [PICKED, VERIFIED]
    if n_options:
        names += [AGREES, *(f"{PROBABILITY}{place + 1}" for place in range(n_options))]
    return tuple(MeasureKey(name) for name in names)


def marks_of(arm: Offered, turn: Turn, evidence: Evidence, condition: str) -> list[Mark]:
    """All marks of an answer.

    An answer that was refused or could not be read gives nothing to be sure of: its estimators
    have its status and no value.
    """
    answered = _answered(arm, turn, condition)
    status = next(mark.status for mark in answered if mark.measure == "predicted")
    marks = [*answered, *_estimated(evidence, condition, status)]
    if "nota=" in condition:
        picked = float(arm.nota is not None and evidence.meaning == arm.nota)
        marks += [Mark(PICKED, picked, status), Mark(VERIFIED, float(is_verified(arm.sample)))]
    if condition in FULL:
        marks += _letters(arm, evidence, status)
    return marks


def _answered(arm: Offered, turn: Turn, condition: str) -> list[Mark]:
    marks = closed_marks(arm.sample, turn.ask, turn.answer)
    if arm.sample.kind is not Kind.CHOICE:
        return marks
    if parse_condition(condition).get("nota") == "remove":
        marks = _declining(arm, turn, marks)
    return [_coded(arm, mark) for mark in marks]


def _declining(arm: Offered, turn: Turn, marks: Sequence[Mark]) -> list[Mark]:
    """Where nothing offered is right, to say so or to decline is."""
    reading = read_choice(turn.text, arm.sample.options)
    declined = marks[1].status == REFUSED or reading.rule == "none-of-them"
    status = REFUSED if declined else marks[1].status
    return [
        Mark("correct", float(declined), status),
        Mark("predicted", marks[1].value, status),
        Mark("gold", None, missing("gold-none-offered")),
    ]


def _coded(arm: Offered, mark: Mark) -> Mark:
    """Places among the offered options as codes of the file."""
    if mark.measure == "correct" or mark.value is None:
        return mark
    return Mark(mark.measure, float(arm.codes[int(mark.value)]), mark.status)


def _estimated(evidence: Evidence, condition: str, status: str) -> list[Mark]:
    names = estimators_of(condition)
    if status != OK:
        return [Mark(name, None, status) for name in names]
    return [_mark(name, apply(ESTIMATORS[name], evidence)) for name in names]


def _mark(measure: str, value: float | Absent) -> Mark:
    if isinstance(value, Absent):
        return Mark(measure, None, missing(value.reason))
    return Mark(measure, value)


def _place(arm: Offered, meaning: int | None) -> int | None:
    """Place among the offered options, which letters follow, of a code of the file."""
    if meaning is None or arm.sample.kind is not Kind.CHOICE:
        return meaning
    return arm.codes.index(meaning)


def _letters(arm: Offered, evidence: Evidence, status: str) -> list[Mark]:
    count = len(arm.sample.options) if arm.sample.kind is Kind.CHOICE else 2
    names = [f"{PROBABILITY}{place + 1}" for place in range(count)]
    if status != OK:
        return [Mark(name, None, status) for name in (AGREES, *names)]
    agrees = first_token_agrees(replace(evidence, meaning=_place(arm, evidence.meaning)))
    first = _mark(AGREES, agrees if isinstance(agrees, Absent) else float(agrees))
    shares = option_probabilities(evidence)
    if isinstance(shares, Absent):
        return [first, *(_mark(name, shares) for name in names)]
    return [first, *(Mark(name, float(v)) for name, v in zip(names, shares, strict=True))]
