"""Files in the layouts of released scripts, from data or a finished run; one layout a suite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from medtrust.cli import options, released_cares, released_mediconfusion
from medtrust.cli.released_asked import AnsweredRun, Arm, Import
from medtrust.core.conditions import canonical_condition
from medtrust.core.dataset import Dataset
from medtrust.core.errors import DataError, UnknownNameError
from medtrust.core.registry import load
from medtrust.core.task import Task


def arm_of(task: str, condition: str) -> tuple[Task, str]:
    """A task and one of its conditions, as typed; ``clean`` is the empty one.

    Raises:
        UnknownNameError: If there is no such task, or it has no such condition.
    """
    found: Task = load("task", task)
    named = canonical_condition(condition)
    known = (*found.conditions, *found.optional)
    if named not in known:
        raise UnknownNameError.among(
            f"condition of {task}", condition, [name or "clean" for name in known]
        )
    return found, named


def arms_of(task: str, condition: str | None) -> list[Arm]:
    """One arm of a task, or all that it has without being asked for."""
    if condition is not None:
        return [(task, arm_of(task, condition)[1])]
    found: Task = load("task", task)
    return [(task, each) for each in found.conditions]


def import_answers(wanted: Import) -> Iterator[str]:
    """Write answers as a replay file, in the layout of their task's suite; one sentence each."""
    if _is_mediconfusion(wanted.task.name):
        return released_mediconfusion.import_answers(wanted)
    return released_cares.import_answers(wanted)


def export_questions(
    dataset: Dataset,
    data: Sequence[str] | None,
    folder: Path,
    *,
    arms: Iterable[Arm] | None,
    official: Sequence[str] | None,
) -> Iterator[str]:
    """Write the question files of some arms, or of all released keys; one sentence each.

    Args:
        dataset: Whose questions.
        data: The ``NAME=PATH`` it was loaded by.
        folder: To write into.
        arms: Task and condition, or None for the plain questions and all released keys.
        official: ``NAME=DIR`` of the checkout whose words are written, or None for our own.

    Raises:
        DataError: If nothing could be written.
    """
    if dataset.name == "mediconfusion" or any(_is_mediconfusion(task) for task, _ in arms or ()):
        raise DataError(
            "The released MediConfusion scripts read data/dataset.json as it is, there is no "
            "question file to write; name a run folder to write its results."
        )
    typed = options.typed({"data": data, "official": official})
    return released_cares.export_questions(
        dataset, typed["data"], folder, arms=arms, official=typed["official"] or {}
    )


def export_run(
    run: Path,
    folder: Path,
    *,
    arms: Sequence[Arm] | None,
    data: Path | None,
    role: str,
    store: Path | None,
) -> Iterator[str]:
    """Write the answers of a run, each suite's in its own layout; one sentence a file.

    Args:
        run: A run folder.
        folder: To write into.
        arms: Task and condition, or None for all that the run has.
        data: The CARES repository the run was made from, or None for where it was then.
        role: Step of the conversations whose answers are written.
        store: Where the run's answers are, if not where its manifest says.

    Raises:
        DataError: If the folder holds no run, or none of these answers.
    """
    answered = AnsweredRun(run, store)
    texts = {
        arm: found for arm, found in answered.texts(role).items() if arms is None or arm in arms
    }
    if not texts:
        raise DataError(f"{run} holds no answer of this task, condition and role.")
    pairs = {arm: found for arm, found in texts.items() if _is_mediconfusion(arm[0])}
    others = {arm: found for arm, found in texts.items() if arm not in pairs}
    yield from released_cares.export_answers(answered, others, folder, data=data, role=role)
    yield from released_mediconfusion.export_answers(answered, pairs, folder)


def _is_mediconfusion(task: str) -> bool:
    return task.partition("/")[0] == "mediconfusion"
