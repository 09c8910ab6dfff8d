from __future__ import annotations

import math

import numpy as np
import pytest

from medtrust.metrics.arrays import FloatArray
from medtrust.uncertainty.evidence import Evidence
from medtrust.uncertainty.similarity import similarity
from parts.evidences import chosen, reason, said, value

NAMES = ("degree_matrix", "eigenvalue_sum", "eccentricity")
MIXED = said(
    "a nodule in the left lobe",
    "a nodule in the left lobe",
    "a large mass in the left lobe",
    "nothing at all",
    "nothing at all",
    "a nodule in the right lobe",
    "nothing at all",
)


def full_graph(evidence: Evidence) -> FloatArray:
    """Similarities of all draws, one row a draw: what the weighted nodes stand for."""
    assert evidence.draws is not None
    texts = [draw.text for draw in evidence.draws]
    return np.array([[similarity(a, b) for b in texts] for a in texts])


def by_definition(evidence: Evidence) -> tuple[float, float, float]:
    """The three measures as the paper writes them, on the graph of all draws."""
    edges = full_graph(evidence)
    degrees = edges.sum(axis=1)
    laplacian = np.eye(len(edges)) - edges / np.sqrt(np.outer(degrees, degrees))
    values, vectors = np.linalg.eigh(laplacian)
    places = vectors[:, values < 0.9]
    return (
        float(1 - edges.sum() / edges.size),
        float(np.maximum(0.0, 1 - values).sum()),
        float(np.linalg.norm(places - places.mean(axis=0))),
    )


@pytest.mark.parametrize("evidence", [MIXED, chosen(0, 0, 1, 2, 0, 3), said("a b", "b c", "c a")])
def test_weighted_nodes_give_what_the_graph_of_all_draws_gives(evidence: Evidence) -> None:
    found = tuple(value(name, evidence) for name in NAMES)
    assert found == pytest.approx(by_definition(evidence), abs=1e-12)


def test_equal_draws_are_one_set_at_one_place() -> None:
    assert [value(name, said(*["left"] * 5)) for name in NAMES] == [0.0, 1.0, 0.0]


@pytest.mark.parametrize("sets", [2, 3, 5])
def test_draws_without_a_common_word_are_as_many_sets(sets: int) -> None:
    apart = said(*[f"word{index}" for index in range(sets)])
    assert value("eigenvalue_sum", apart) == pytest.approx(sets)
    assert value("degree_matrix", apart) == pytest.approx(1 - 1 / sets)
    assert value("eccentricity", apart) == pytest.approx(math.sqrt(sets - 1))


def test_two_sets_of_several_draws_count_as_two() -> None:
    assert value("eigenvalue_sum", said("x", "x", "x", "y", "y")) == pytest.approx(2.0)


@pytest.mark.parametrize("name", NAMES)
def test_one_draw_has_no_graph(name: str) -> None:
    assert reason(name, chosen(0)) == "fewer-than-2-draws"


def test_an_eigenvalue_on_the_bound_places_nothing() -> None:
    # similarity s between two draws: eigenvalues of the Laplacian are 0 and 2s/(1 + s); s = 9/11
    # puts the second exactly at 1 - (1 - s)/(1 + s) = 0.9
    shared = " ".join(f"w{index}" for index in range(9))
    on_bound = said(f"{shared} a1 a2", f"{shared} b1 b2")
    assert similarity(*[draw.text for draw in on_bound.draws or ()]) == pytest.approx(9 / 11)
    assert value("eccentricity", on_bound) == pytest.approx(0.0, abs=1e-6)
