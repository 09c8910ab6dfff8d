"""What must hold of every uncertainty estimator, whatever was stored."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medtrust.uncertainty.estimators import ESTIMATORS, estimate
from medtrust.uncertainty.evidence import Absent, Draw, Evidence, FloatArray
from medtrust.uncertainty.graph import graph_measures
from medtrust.uncertainty.letters import option_probabilities
from medtrust.uncertainty.similarity import similarity
from parts.evidences import OPTIONS, chosen, value

FROM_DRAWS = [name for name, row in ESTIMATORS.items() if "draws" in row.needs]
OF_MEANINGS = (
    "semantic_entropy",
    "semantic_entropy_normalised",
    "self_consistency",
    "semantic_sets",
)
MINIMA = {"eigenvalue_sum": 1.0, "semantic_sets": 1.0}
"""Of measures of K equal draws; the others reach 0."""

logprobs = st.floats(-30.0, 0.0)
anything = st.floats(allow_nan=True, allow_infinity=True)
texts = st.sampled_from((*OPTIONS, "no idea", "a lesion of the left eye", "left eye", "?", "", " "))


def vectors(numbers: st.SearchStrategy[float], most: int = 6) -> st.SearchStrategy[FloatArray]:
    return st.lists(numbers, max_size=most).map(lambda found: np.array(found, dtype=np.float64))


def draws(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[Draw]:
    meanings, lengths = st.none() | st.integers(0, 4), st.none() | st.integers(0, 30)
    return st.builds(Draw, texts, meanings, st.none() | numbers, lengths)


def evidences(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[Evidence]:
    """Answers with anything stored or not, and numbers of the given kind in every place."""
    confidence = st.none() | numbers
    return st.builds(
        Evidence,
        text=texts,
        meaning=st.none() | st.integers(0, 4),
        token_logprobs=st.none() | vectors(numbers),
        token_entropies=st.none() | vectors(numbers.map(abs)),
        option_logprobs=st.none() | vectors(numbers),
        draws=st.none() | st.lists(draws(numbers), max_size=8).map(tuple),
        p_true=confidence,
        stated_one_turn=confidence,
        stated_two_turns=confidence,
        perturbed=st.none() | st.lists(st.none() | st.integers(0, 3), max_size=6).map(tuple),
    )


@st.composite
def full_draws(draw: st.DrawFn, least: int = 2) -> tuple[Draw, ...]:
    """Draws from which every estimator of draws can compute: options, texts, probabilities."""
    found = draw(
        st.lists(
            st.tuples(
                st.none() | st.integers(0, 3),
                st.sampled_from(("no idea", "cannot be told", "left eye")),
                logprobs,
                st.integers(1, 9),
            ),
            min_size=least,
            max_size=8,
        )
    )
    return tuple(
        Draw(text if meaning is None else OPTIONS[meaning], meaning, logprob, length)
        for meaning, text, logprob, length in found
    )


def answer(*drawn: Draw) -> Evidence:
    return Evidence(
        text=OPTIONS[0],
        meaning=0,
        token_logprobs=np.array([-0.2, -0.4]),
        token_entropies=np.array([0.3, 0.5]),
        draws=drawn,
    )


@given(evidences(anything) | evidences(logprobs) | evidences(st.floats(0.0, 1.0)))
def test_every_estimate_is_a_number_in_its_range_or_a_reason(evidence: Evidence) -> None:
    for name, found in estimate(evidence).items():
        row = ESTIMATORS[name]
        if isinstance(found, Absent):
            assert found.reason
            assert found.reason == found.reason.lower().replace(" ", "-").replace("_", "-")
            assert found.reason != "not-finite", name  # every function says why by itself
        else:
            assert isinstance(found, float), name
            assert math.isfinite(found), name
            assert row.low is None or found >= row.low, name
            assert row.high is None or found <= row.high, name


@given(evidences(logprobs))
def test_no_number_without_what_it_needs(evidence: Evidence) -> None:
    for name, found in estimate(evidence).items():
        if any(getattr(evidence, need) is None for need in ESTIMATORS[name].needs):
            assert isinstance(found, Absent), name


@given(full_draws(least=1), st.randoms(use_true_random=False))
def test_the_order_of_draws_never_shows(drawn: tuple[Draw, ...], random: Random) -> None:
    mixed = list(drawn)
    random.shuffle(mixed)
    # equal to the last bit, so that ties between answers stay ties
    first, second = estimate(answer(*drawn), FROM_DRAWS), estimate(answer(*mixed), FROM_DRAWS)
    assert first == second


@given(full_draws())
def test_all_of_them_are_there_for_full_draws(drawn: tuple[Draw, ...]) -> None:
    for name, found in estimate(answer(*drawn), FROM_DRAWS).items():
        assert isinstance(found, float), name


@given(full_draws(), st.integers(2, 4))
def test_drawing_everything_again_changes_no_share(drawn: tuple[Draw, ...], times: int) -> None:
    once, again = answer(*drawn), answer(*drawn * times)
    for name in (
        *("semantic_entropy", "semantic_entropy_weighted", "self_consistency", "answer_agreement"),
        *("semantic_sets", "degree_matrix", "eigenvalue_sum", "cocoa_probability"),
        *("predictive_entropy", "predictive_entropy_length_normalised"),
    ):
        assert value(name, again) == pytest.approx(value(name, once), rel=1e-9, abs=1e-9), name


@given(st.integers(0, 3), st.integers(2, 12), logprobs, st.integers(1, 9))
def test_equal_draws_give_the_minimum(
    meaning: int, times: int, logprob: float, length: int
) -> None:
    equal = replace(
        answer(*[Draw(OPTIONS[meaning], meaning, logprob, length)] * times),
        text=OPTIONS[meaning],
        meaning=meaning,
    )
    for name, found in estimate(equal, FROM_DRAWS).items():
        if not name.startswith("predictive_entropy"):
            assert found == MINIMA.get(name, 0.0), name


@given(st.lists(st.integers(0, 3), min_size=2, max_size=10))
def test_a_draw_that_leaves_the_majority_makes_it_no_more_certain(meanings: list[int]) -> None:
    modal = max(set(meanings), key=meanings.count)
    moved = [*meanings]
    moved[moved.index(modal)] = 4  # an option that nothing chose before
    before = chosen(*meanings)
    after = replace(
        before, draws=tuple(Draw(f"option {meaning}", meaning, -1.0, 2) for meaning in moved)
    )
    # where the majority was one draw, all are as apart as before
    for name in OF_MEANINGS:
        assert value(name, after) >= value(name, before) - 1e-12, name


@given(st.integers(2, 10))
def test_draws_that_share_nothing_are_the_most_uncertain(count: int) -> None:
    apart = answer(*[Draw(f"word{index}", index + 1, -1.0, 2) for index in range(count)])
    assert value("semantic_entropy", apart) == pytest.approx(math.log(count))
    assert value("semantic_entropy_weighted", apart) == pytest.approx(math.log(count))
    assert value("semantic_sets", apart) == count
    assert value("eigenvalue_sum", apart) == pytest.approx(count)
    assert value("degree_matrix", apart) == pytest.approx(1 - 1 / count)
    assert value("eccentricity", apart) == pytest.approx(math.sqrt(count - 1))
    for name in ("semantic_entropy_normalised", "answer_agreement", "lexical_similarity"):
        assert value(name, apart) == pytest.approx(1.0)


@given(full_draws())
def test_measures_stay_below_what_so_many_draws_can_reach(drawn: tuple[Draw, ...]) -> None:
    count, evidence = len(drawn), answer(*drawn)
    sets = value("semantic_sets", evidence)
    assert value("semantic_entropy", evidence) <= math.log(sets) + 1e-12
    assert value("semantic_entropy_weighted", evidence) <= math.log(sets) + 1e-12
    assert value("self_consistency", evidence) <= 1 - 1 / count + 1e-12
    assert value("eigenvalue_sum", evidence) <= count + 1e-9
    assert value("eccentricity", evidence) <= math.sqrt(count - 1) + 1e-9
    assert value("degree_matrix", evidence) <= 1 - 1 / count + 1e-12


@given(st.lists(texts.map(str.strip), min_size=2, max_size=6, unique=True), st.data())
def test_weighted_nodes_equal_the_graph_of_all_draws(
    distinct: list[str], data: st.DataObject
) -> None:
    counts = [data.draw(st.integers(1, 3)) for _ in distinct]
    everything = [text for text, count in zip(distinct, counts, strict=True) for _ in range(count)]
    edges = np.array([[similarity(a, b) for b in everything] for a in everything])
    degrees = edges.sum(axis=1)
    values = np.linalg.eigvalsh(edges / np.sqrt(np.outer(degrees, degrees)))
    found = graph_measures(tuple(distinct), tuple(counts))
    assert found.degree_matrix == pytest.approx(1 - edges.mean(), abs=1e-9)
    assert found.eigenvalue_sum == pytest.approx(np.maximum(values, 0.0).sum(), abs=1e-9)


@given(texts, texts)
def test_similarity_is_symmetric_and_whole_only_for_equal_words(first: str, second: str) -> None:
    assert similarity(first, second) == similarity(second, first)
    assert 0.0 <= similarity(first, second) <= 1.0
    assert similarity(first, first) == 1.0


@given(st.lists(st.floats(0.001, 1.0), min_size=2, max_size=8), st.floats(0.51, 1.0), st.data())
def test_letters_count_the_same_in_any_order_and_at_any_mass(
    weights: list[float], mass: float, data: st.DataObject
) -> None:
    shares = np.array(weights) / sum(weights)
    order = data.draw(st.permutations(range(len(weights))))
    first = Evidence(option_logprobs=np.log(shares))
    second = Evidence(option_logprobs=np.log(shares[order] * mass))
    for name in ("letter_probability", "letter_entropy", "letter_margin"):
        assert value(name, first) == pytest.approx(value(name, second), abs=1e-9)
    found = option_probabilities(second)
    assert isinstance(found, np.ndarray)
    assert found.sum() == pytest.approx(1.0)
    assert 1 - value("option_mass", second) == pytest.approx(mass, abs=1e-6)


@given(st.lists(logprobs, min_size=1, max_size=6), st.floats(0.01, 5.0))
def test_less_probable_tokens_make_an_answer_more_uncertain(
    tokens: list[float], step: float
) -> None:
    likely = Evidence(token_logprobs=np.array(tokens))
    unlikely = Evidence(token_logprobs=np.array([*tokens[:-1], tokens[-1] - step]))
    assert value("perplexity", unlikely) > value("perplexity", likely)
    assert value("sequence_probability", unlikely) >= value("sequence_probability", likely)
