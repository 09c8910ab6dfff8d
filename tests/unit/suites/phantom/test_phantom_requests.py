"""What the phantom tasks ask: the same question is asked once for all of them."""

from __future__ import annotations

from medtrust.core.conditions import parse_condition
from medtrust.core.records import Sample
from medtrust.core.registry import BUILT_IN, load
from medtrust.core.task import Setting, Task
from medtrust.engine.dialogue import Dialogue
from parts.phantom_samples import finding, normal, pair_of, private, side, unanswerable

NAMES = [entry.name for entry in BUILT_IN if entry.name.startswith("phantom/")]
SAMPLES = [finding(1), normal(1), side(1), private(1), unanswerable(1), *pair_of(2)]


def requests_of(name: str) -> set[str]:
    task: Task = load("task", name)
    return {
        call.request_id
        for sample in SAMPLES
        for condition in task.conditions
        if task.applies(sample, condition)
        for call in Dialogue(task, sample, Setting(condition, parse_condition(condition))).calls
    }


def test_there_are_five_tasks_on_made_images() -> None:
    assert len(NAMES) == 5
    assert {load("task", name).data for name in NAMES} == {"phantom"}


def test_calibration_asks_nothing_that_factuality_does_not_ask() -> None:
    assert requests_of("phantom/calibration") < requests_of("phantom/factuality")


def test_the_over_refusal_twins_ask_nothing_of_their_own() -> None:
    for name in ("phantom/privacy", "phantom/unanswerable"):
        assert len(requests_of(name) - requests_of("phantom/factuality")) == 1


def test_every_sample_is_asked_about_by_some_task() -> None:
    def asked(sample: Sample) -> bool:
        return any(load("task", name).applies(sample, "") for name in NAMES)

    assert all(asked(sample) for sample in SAMPLES)
