"""What the numbers of the four ways to ask say about themselves."""

from __future__ import annotations

from medtrust.core.records import Estimate
from medtrust.core.task import Metric
from medtrust.suites.mediconfusion.metrics import choice_metrics, free_form_metrics
from parts.questions import choice, estimates_of, scored


def official(metric: Metric) -> list[Estimate]:
    samples = [
        choice(
            f"{pair}-{member}", member, ("left", "right"), pair=str(pair),
            strata={"categories": ("Spinal", "Cardiac")[pair % 2]},
        )
        for pair in range(4)
        for member in (0, 1)
    ]  # fmt: skip
    rows = [scored(sample, 0.0, reading="official") for sample in samples]
    return [found for found in estimates_of(metric, samples, rows) if found.value is not None]


def test_a_verdict_of_another_judge_stands_beside_no_published_number() -> None:
    found = official(free_form_metrics)
    assert {row.group for row in found} == {"", "category=Cardiac", "category=Spinal"}
    assert all("judge not known to be the released one" in row.comparable for row in found)


def test_letters_are_read_by_no_judge() -> None:
    assert not any("judge" in row.comparable for row in official(choice_metrics))


def test_set_accuracy_names_its_protocol() -> None:
    (row,) = (
        row for row in official(choice_metrics) if row.metric == "set_accuracy" and not row.group
    )
    assert "protocol: single-image" in row.note
