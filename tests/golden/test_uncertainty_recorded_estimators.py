"""Estimators on the recorded cases; keys that begin with ``lm_`` are what lm-polygraph says.

Where that is another number on purpose, the test computes its formula here to show the difference.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medtrust.readers.first_token import share_of_first
from medtrust.uncertainty.evidence import Draw, Evidence
from medtrust.uncertainty.letters import option_probabilities
from medtrust.uncertainty.meanings import (
    class_log_masses,
    semantic_entropy_weighted,
    weighted_entropy,
)
from parts.evidences import value


def recorded(shared: Path, name: str) -> dict[str, Any]:
    case: dict[str, Any] = json.loads((shared / "golden/uncertainty" / name).read_bytes())
    return case


@pytest.fixture(scope="module")
def semantic(shared: Path) -> dict[str, Any]:
    return recorded(shared, "08_semantic_entropy.json")


@pytest.fixture(scope="module")
def letters(shared: Path) -> dict[str, Any]:
    return recorded(shared, "10_mcq_option_probs.json")


def draws_of(case: dict[str, Any], *, distinct: bool = True) -> Evidence:
    """The recorded draws. No texts were recorded: each gets its own, or that of its meaning."""
    columns = (case["cluster_labels"], case["sample_logprob_sum"], case["sample_lengths"])
    return Evidence(
        draws=tuple(
            Draw(f"text {index if distinct else label}", label, logprob, length)
            for index, (label, logprob, length) in enumerate(zip(*columns, strict=True))
        )
    )


def by_token(case: dict[str, Any]) -> list[float]:
    pairs = zip(case["sample_logprob_sum"], case["sample_lengths"], strict=True)
    return [logprob / length for logprob, length in pairs]


def test_discrete_semantic_entropy(semantic: dict[str, Any]) -> None:
    drawn = draws_of(semantic)
    nats = value("semantic_entropy", drawn)
    assert nats == pytest.approx(semantic["discrete_se_nats"], abs=1e-12)
    assert nats == pytest.approx(semantic["lm_SemanticEntropyEmpirical_mean"], abs=1e-12)
    assert nats / math.log(2) == pytest.approx(semantic["discrete_se_bits"], abs=1e-12)
    sets = value("semantic_sets", drawn)
    assert sets == semantic["num_semantic_sets"]
    assert nats / math.log(sets) == pytest.approx(
        semantic["discrete_se_normalised_logK"], abs=1e-12
    )


def test_the_normalised_entropy_is_over_the_log_of_the_number_of_draws(
    semantic: dict[str, Any],
) -> None:
    # dividing by the number of meanings found would make two meanings, 9 to 1, nearly as uncertain
    # as ten meanings; the recorded "logN" is the one
    assert value("semantic_entropy_normalised", draws_of(semantic)) == pytest.approx(
        semantic["discrete_se_normalised_logN"], abs=1e-12
    )


def test_consistency_and_predictive_entropies(semantic: dict[str, Any]) -> None:
    drawn = draws_of(semantic)
    consistency = value("self_consistency", drawn)
    assert consistency == pytest.approx(semantic["label_prob_uncertainty_lm"], abs=1e-12)
    assert 1 - consistency == pytest.approx(semantic["max_class_frequency"], abs=1e-12)
    assert value("predictive_entropy", drawn) == pytest.approx(
        semantic["predictive_entropy_MC_lm"], abs=1e-12
    )
    assert value("predictive_entropy_length_normalised", drawn) == pytest.approx(
        semantic["predictive_entropy_lengthnorm_lm"], abs=1e-12
    )


def test_masses_of_meanings_with_members_as_given(semantic: dict[str, Any]) -> None:
    masses = class_log_masses(semantic["cluster_labels"], semantic["sample_logprob_sum"])
    recorded_masses = semantic["class_log_mass_unnormalised"]
    assert [masses[label] for label in range(3)] == pytest.approx(recorded_masses, abs=1e-12)
    # members counted as given: the first meaning has more than all probability there is
    assert math.exp(masses[0]) > 1.5
    mean_surprise = -sum(masses.values()) / len(masses)
    expected = semantic["kuhn_mean_over_classes_unnormalised"]
    assert mean_surprise == pytest.approx(expected, abs=1e-12)


def test_weighted_entropy_with_members_as_given(semantic: dict[str, Any]) -> None:
    labels = semantic["cluster_labels"]
    sequence = semantic["rao_blackwell_normalised_sequence_logprob"]
    length = semantic["rao_blackwell_normalised_length_normalised_logprob"]
    assert weighted_entropy(labels, semantic["sample_logprob_sum"]) == pytest.approx(
        sequence, abs=1e-12
    )
    assert weighted_entropy(labels, by_token(semantic)) == pytest.approx(length, abs=1e-12)


def test_the_estimator_gives_the_recorded_number_where_all_texts_differ(
    semantic: dict[str, Any],
) -> None:
    drawn = draws_of(semantic)
    expected = semantic["rao_blackwell_normalised_length_normalised_logprob"]
    assert value("semantic_entropy_weighted", drawn) == pytest.approx(expected, abs=1e-12)
    raw = semantic_entropy_weighted(drawn, length_normalised=False)
    assert raw == pytest.approx(semantic["rao_blackwell_normalised_sequence_logprob"], abs=1e-12)


def test_equal_texts_count_once_and_that_is_another_number(semantic: dict[str, Any]) -> None:
    drawn = draws_of(semantic, distinct=False)
    as_given = semantic_entropy_weighted(drawn, equal_once=False)
    expected = semantic["rao_blackwell_normalised_length_normalised_logprob"]
    assert as_given == pytest.approx(expected, abs=1e-12)
    # by hand: -1.2 over 4 tokens three times and -1.5 over 5 three times are one sequence each
    once = weighted_entropy(
        [0, 0, 0, 1, 1, 2, 2],
        [-1.2 / 4, -1.5 / 5, -1.4 / 5, -2.0 / 4, -2.2 / 5, -3.1 / 6, -3.0 / 6],
    )
    assert value("semantic_entropy_weighted", drawn) == pytest.approx(once, abs=1e-12)
    assert isinstance(as_given, float)
    assert once > as_given + 0.1


def test_lm_polygraphs_sums_over_draws_are_no_entropies_of_meanings(
    semantic: dict[str, Any],
) -> None:
    labels, drawn = semantic["cluster_labels"], draws_of(semantic)
    counts = Counter(labels)
    shares = {label: count / len(labels) for label, count in counts.items()}
    # its "direct" form adds p log p once for each draw instead of once for each meaning
    direct = -sum(shares[label] * math.log(shares[label]) for label in labels)
    assert direct == pytest.approx(semantic["lm_SemanticEntropyEmpirical_direct"], abs=1e-12)
    assert direct > math.log(len(labels)) > value("semantic_entropy", drawn)
    # its weighted form does not make the masses sum to 1: the level of the log-probabilities stays
    masses = class_log_masses(labels, semantic["sample_logprob_sum"])
    not_normalised = -sum(masses[label] for label in labels) / len(labels)
    expected = semantic["kuhn_mean_over_samples_lm_SemanticEntropy"]
    assert not_normalised == pytest.approx(expected, abs=1e-12)
    shifted = [logprob - 5.0 for logprob in semantic["sample_logprob_sum"]]
    assert weighted_entropy(labels, shifted) == pytest.approx(
        weighted_entropy(labels, semantic["sample_logprob_sum"]), abs=1e-12
    )
    moved = class_log_masses(labels, shifted)
    assert -sum(moved[label] for label in labels) / len(labels) == pytest.approx(expected + 5.0)


def test_option_probabilities_from_logits(letters: dict[str, Any]) -> None:
    logits = np.array(letters["option_logits"])
    total = float(np.logaddexp.reduce(logits))
    assert -total == pytest.approx(letters["energy_T1"], abs=1e-12)
    evidence = Evidence(option_logprobs=logits - total)
    found = option_probabilities(evidence)
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, letters["option_probs_renormalised"], rtol=0, atol=1e-12)
    for name, expected in (
        ("letter_probability", letters["one_minus_max"]),
        ("letter_entropy", letters["entropy_nats"]),
        ("letter_entropy_normalised", letters["entropy_normalised_log4"]),
        ("letter_margin", 1 - letters["margin"]),
        ("option_mass", 0.0),
    ):
        assert value(name, evidence) == pytest.approx(expected, abs=1e-12)


def test_option_mass_in_the_vocabulary(letters: dict[str, Any]) -> None:
    evidence = Evidence(option_logprobs=np.array(letters["full_vocab_option_logprobs"]))
    assert 1 - value("option_mass", evidence) == pytest.approx(
        letters["option_mass_in_vocab"], abs=1e-12
    )
    # enough of it to be read, and what is read does not depend on the level
    shifted = Evidence(option_logprobs=np.array(letters["full_vocab_option_logprobs"]) - 0.4)
    assert value("letter_entropy", shifted) == pytest.approx(
        value("letter_entropy", evidence), abs=1e-12
    )


def test_probability_of_true_from_two_logits(letters: dict[str, Any]) -> None:
    inputs = letters["p_true_two_way_inputs"]
    level = 3.0  # any level: only the difference of the two counts
    found = share_of_first(np.array([inputs["logit_true"], inputs["logit_false"]]) - level)
    assert found == pytest.approx(letters["p_true_two_way"], abs=1e-12)
    assert isinstance(found, float)
    assert value("p_true", Evidence(p_true=found)) == pytest.approx(1 - letters["p_true_two_way"])
