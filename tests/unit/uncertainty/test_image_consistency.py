from __future__ import annotations

import math

import pytest

from medtrust.uncertainty.evidence import Evidence
from parts.evidences import reason, value


def altered(*meanings: int | None) -> Evidence:
    return Evidence(perturbed=meanings)


def test_one_meaning_under_all_alterations_is_certain() -> None:
    assert value("image_consistency", altered(2, 2, 2, 2, 2)) == 0.0


def test_a_new_meaning_each_time_is_as_uncertain_as_can_be() -> None:
    assert value("image_consistency", altered(0, 1, 2, 3, 4)) == 1.0


def test_the_entropy_is_over_the_log_of_the_number_of_images() -> None:
    assert value("image_consistency", altered(0, 0, 1, 2)) == pytest.approx(0.75)


def test_an_unreadable_answer_agrees_with_no_other() -> None:
    found = value("image_consistency", altered(0, 0, 0, None, None))
    shares = (0.6, 0.2, 0.2)
    entropy = -sum(share * math.log(share) for share in shares)
    assert found == pytest.approx(entropy / math.log(5))


@pytest.mark.parametrize(
    ("evidence", "why"),
    [
        (altered(None, None, None), "altered-answers-unreadable"),
        (altered(0), "fewer-than-2-altered-images"),
        (altered(), "no-altered-images"),
        (Evidence(), "no-perturbed"),
    ],
)
def test_nothing_to_compare_gives_a_reason(evidence: Evidence, why: str) -> None:
    assert reason("image_consistency", evidence) == why
