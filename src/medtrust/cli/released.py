"""Files in the layouts of released scripts, from data or a finished run; one layout a suite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medtrust.cli import options
from medtrust.core.conditions import canonical_condition, parse_condition
from medtrust.core.dataset import Dataset
from medtrust.core.errors import DataError, UnknownNameError
from medtrust.core.records import Sample
from medtrust.core.registry import load
from medtrust.core.task import Respondent, Setting, Task

Arm = tuple[str, str]
"""Task and condition."""

NO_JUDGE_NEEDED = "none"
"""Stands for a judge, so that questions which one would mark are asked and not skipped."""


@dataclass(frozen=True, slots=True)
class Import:
    """Answers to take in.

    Attributes:
        answers: File in a released script's own format.
        write: Replay file to write.
        dataset: What was answered.
        data: The ``NAME=PATH`` it was loaded by.
        task: Task the answers belong to.
        condition: Its canonical condition.
        role: Step of its conversation.
        file: Stem of the question file, where the layout has several.
        key: Key of the answer, where the layout has several.
    """

    answers: Path
    write: Path
    dataset: Dataset
    data: str
    task: Task
    condition: str
    role: str
    file: str | None = None
    key: str | None = None


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
    from medtrust.cli import released_cares, released_mediconfusion

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
    from medtrust.cli import released_cares

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
    from medtrust.cli import released_cares, released_mediconfusion

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


class AnsweredRun:
    """A run folder with the store its answers are in.

    Args:
        run: The folder.
        store: Where the answers are, if not where the manifest says.

    Raises:
        DataError: If the folder holds no run.
    """

    def __init__(self, run: Path, store: Path | None = None) -> None:
        from medtrust.engine.run_folder import RunFolder
        from medtrust.run import load_run

        self.folder = RunFolder(run)
        self.manifest: Mapping[str, Any] = load_run(run).manifest
        named = self.manifest["settings"].get("store")
        self._path = run
        self._store = store or (Path(named) if named else self.folder.store_path)

    def samples(self) -> list[Sample]:
        """What was asked about, in file order."""
        return list(self.folder.read_samples())

    def setting(self, task: str, condition: str) -> Setting:
        """As it was when the run asked."""
        official = self.manifest["official"].get(task.partition("/")[0], {}).get("texts", {})
        return setting_of(condition, official, int(self.manifest["settings"].get("seed", 0)))

    def texts(self, role: str, respondent: Respondent = "model") -> dict[Arm, dict[str, str]]:
        """First draws of what a respondent said in a step, by arm and sample.

        Raises:
            DataError: If the store knows nothing of who answered.
        """
        import polars as pl

        from medtrust.engine.store import Store

        steps = self.folder.read_table("requests").filter(
            (pl.col("respondent").cast(pl.String) == respondent)
            & (pl.col("role").cast(pl.String) == role)
            & (pl.col("draw") == 0)
        )
        found: dict[Arm, dict[str, str]] = {}
        if respondent not in self.manifest["model_ids"]:
            return found
        with closing(Store.open(self._store, read_only=True)) as opened:
            model = opened.known_model(self.manifest["model_ids"][respondent])
            if model is None:
                raise DataError(
                    f"The store {self._store} is not that of {self._path}: name it with --store."
                )
            wanted = steps.select("task", "condition", "sample", "request_id")
            for task, condition, sample, request_id in wanted.iter_rows():
                answer = opened.get(model, request_id, 0)
                if answer is not None:
                    found.setdefault((task, condition), {})[sample] = answer.text
        return found


def setting_of(condition: str, official: Mapping[str, str], seed: int) -> Setting:
    """A setting in which every question is asked."""
    return Setting(
        condition,
        parse_condition(condition),
        official=official,
        judge=NO_JUDGE_NEEDED,
        moderator=NO_JUDGE_NEEDED,
        seed=seed,
    )
