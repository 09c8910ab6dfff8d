from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import pytest

from medtrust.core.errors import UnknownNameError
from medtrust.uncertainty.estimators import ESTIMATORS, Estimator, apply, estimate
from medtrust.uncertainty.evidence import Absent, Evidence
from parts.evidences import complete

NAMES = [
    "sequence_probability",
    "perplexity",
    "mean_token_entropy",
    "letter_probability",
    "letter_entropy",
    "letter_entropy_normalised",
    "letter_margin",
    "option_mass",
    "predictive_entropy",
    "predictive_entropy_length_normalised",
    "semantic_entropy",
    "semantic_entropy_normalised",
    "semantic_entropy_weighted",
    "self_consistency",
    "answer_agreement",
    "lexical_similarity",
    "degree_matrix",
    "eigenvalue_sum",
    "eccentricity",
    "semantic_sets",
    "p_true",
    "stated_one_turn",
    "stated_two_turns",
    "cocoa_probability",
    "cocoa_perplexity",
    "cocoa_entropy",
    "image_consistency",
]


def test_names_and_their_order_are_those_of_reports() -> None:
    assert list(ESTIMATORS) == NAMES


def test_only_these_are_probabilities_that_the_answer_is_right() -> None:
    assert {name for name, row in ESTIMATORS.items() if row.is_probability} == {
        "sequence_probability",
        "letter_probability",
        "answer_agreement",
        "p_true",
        "stated_one_turn",
        "stated_two_turns",
    }
    for row in ESTIMATORS.values():
        if row.is_probability:
            assert (row.low, row.high, row.unit) == (0.0, 1.0, "share")


def test_a_row_is_named_after_its_function_and_says_what_it_is() -> None:
    attributes = {field.name for field in fields(Evidence)}
    for name, row in ESTIMATORS.items():
        assert row.name == name == getattr(row.function, "__name__", "")
        assert row.needs
        assert set(row.needs) <= attributes
        assert row.description
        assert "arXiv" in row.source or "doi" in row.source
        assert (row.unit == "share") == ((row.low, row.high) == (0.0, 1.0))


def test_complete_evidence_gives_a_number_in_range_for_every_row() -> None:
    values = estimate(complete())
    assert list(values) == NAMES
    for name, value in values.items():
        assert isinstance(value, float), name
        row = ESTIMATORS[name]
        assert row.low is None or value >= row.low
        assert row.high is None or value <= row.high


def test_the_estimate_is_that_of_the_function_alone() -> None:
    assert estimate(complete()) == {
        name: row.function(complete()) for name, row in ESTIMATORS.items()
    }


def test_nothing_stored_gives_no_number_at_all() -> None:
    for name, value in estimate(Evidence()).items():
        need = ESTIMATORS[name].needs[0]
        assert value == Absent(f"no-{need.replace('_', '-')}")


@pytest.mark.parametrize("name", NAMES)
def test_each_missing_need_passes_its_own_reason_on(name: str) -> None:
    for need in ESTIMATORS[name].needs:
        change: dict[str, Any] = {need: None, "absent": {need: "not-offered-by-the-server"}}
        lacking = replace(complete(), **change)
        assert estimate(lacking, [name]) == {name: Absent("not-offered-by-the-server")}
        # and a function that is called directly says the same
        assert ESTIMATORS[name].function(lacking) == Absent("not-offered-by-the-server")


def test_what_is_not_needed_may_be_missing() -> None:
    for name, row in ESTIMATORS.items():
        everything = complete()
        kept = {need: getattr(everything, need) for need in row.needs}
        bare = Evidence(text=everything.text, meaning=everything.meaning, **kept)
        assert estimate(bare, [name]) == estimate(everything, [name])


def test_names_choose_estimators_and_their_order() -> None:
    assert list(estimate(complete(), ["p_true", "perplexity"])) == ["p_true", "perplexity"]


def test_an_unknown_name_is_refused_with_near_ones() -> None:
    with pytest.raises(UnknownNameError, match="semantic_entropy"):
        estimate(complete(), ["semantic_entropi"])


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_plug_in_that_returns_no_finite_number_becomes_absent(number: float) -> None:
    def careless(evidence: Evidence) -> float | Absent:
        return number

    plug_in = Estimator(
        name="careless",
        needs=("p_true",),
        is_probability=False,
        unit="nats",
        low=None,
        high=None,
        source="none",
        description="returns what it should not",
        function=careless,
    )
    assert apply(plug_in, complete()) == Absent("not-finite")
    assert apply(plug_in, Evidence()) == Absent("no-p-true")
