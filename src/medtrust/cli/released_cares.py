"""Files in the released CARES layout: question files, and answer files beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from medtrust.cli.released_asked import AnsweredRun, Arm, Import, setting_of
from medtrust.core.dataset import Dataset
from medtrust.core.errors import DataError
from medtrust.core.registry import load
from medtrust.core.task import Task
from medtrust.data.cares.sets import ALL_SETS
from medtrust.suites.cares.released_answers import answered, replay_rows, write_replay
from medtrust.suites.cares.released_questions import (
    KEYS,
    PLAIN,
    original_rows,
    question_files,
    write_rows,
)


def import_answers(wanted: Import) -> Iterator[str]:
    """Write the replay file of one answer file.

    Raises:
        DataError: If the question file is not named, or the answers do not fit to it.
    """
    if wanted.file is None:
        raise DataError("Say which question file was answered: --file iuxray_factuality.")
    task, condition = wanted.task, wanted.condition
    rows = replay_rows(
        wanted.answers, wanted.dataset.samples, file=wanted.file, task=task.name,
        condition=condition, role=wanted.role, key=wanted.key,
        asked=lambda sample: task.applies(sample, condition),
    )  # fmt: skip
    count = write_replay(wanted.write, rows)
    yield f"{count} answers written to {wanted.write}. {_how_to_score(wanted, wanted.file)}"


def _how_to_score(wanted: Import, file: str) -> str:
    """The command that scores imported answers."""
    sets = [each.name for each in ALL_SETS if each.stem == file]
    where = f"--where dataset={sets[0]} " if sets else ""
    official = f" --official {wanted.data}" if sets else ""
    hint = " (leave --official out if other words than the published ones were asked)"
    return (
        f"Score them with: medtrust run {wanted.task.name} --model replay/{wanted.write} "
        f"-M model=NAME --condition '{wanted.condition or 'clean'}' {where}--data {wanted.data}"
        f"{official}{hint if official else ''}"
    )


def export_questions(
    dataset: Dataset,
    data: Mapping[str, str],
    folder: Path,
    *,
    arms: Iterable[Arm] | None,
    official: Mapping[str, str],
    seed: int = 0,
) -> Iterator[str]:
    """Write the question files of some arms, or of all released keys; one sentence each.

    Args:
        dataset: Whose questions.
        data: Path of the data by name: the published rows are read there.
        folder: To write into.
        arms: Task and condition, or None for the plain questions and all released keys.
        official: Checkout by suite whose words are written; empty for our own.
        seed: Of option shuffles.

    Raises:
        DataError: If nothing could be written.
    """
    originals = original_rows(Path(data["cares"])) if dataset.name == "cares" else {}
    texts: dict[str, Mapping[str, str]] = {
        name: load("official", name)(Path(path)).texts for name, path in official.items()
    }
    written = 0
    for task_name, condition in arms or (PLAIN, *KEYS):
        words = texts.get(task_name.partition("/")[0], {})
        setting = setting_of(condition, words, seed)
        files, left_out = question_files(
            dataset.samples, load("task", task_name), setting, originals
        )
        for file in files:
            path = folder / file.folder / f"{file.name}.jsonl"
            write_rows(path, file.rows)
            yield f"{path}: {len(file.rows)} questions."
        written += len(files)
        for reason, count in left_out.items():
            arm = f"{task_name} ({condition or 'clean'})"
            yield f"{arm}: {count} questions left out: {reason}."
    if not written:
        raise DataError("There is no question to write: every one was left out.")


def export_answers(
    run: AnsweredRun,
    answers: Mapping[Arm, Mapping[str, str]],
    folder: Path,
    *,
    data: Path | None,
    role: str,
) -> Iterator[str]:
    """Write answers and the questions they answer, line by line; one sentence each.

    Args:
        run: Whose answers.
        answers: By arm and sample.
        folder: To write into.
        data: The CARES repository the run was made from, or None for where it was then.
        role: Step of the conversations.
    """
    there = data or Path(run.manifest["settings"].get("data", {}).get("cares", ""))
    originals = original_rows(there) if str(there) != "." and there.is_dir() else {}
    samples = run.samples()
    for arm, texts in answers.items():
        task: Task = load("task", arm[0])
        asked = [sample for sample in samples if sample.id in texts]
        for file in question_files(asked, task, run.setting(*arm), originals)[0]:
            part, rows = answered(file, task.name, texts)
            name = file.name if role == "answer" else f"{file.name}_{role}"
            write_rows(folder / file.folder / f"{name}.jsonl", part.rows)
            path = folder / file.folder / f"{name}_answers.jsonl"
            write_rows(path, rows)
            yield f"{path}: {len(rows)} answers, beside their questions."
