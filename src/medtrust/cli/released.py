"""Files in the released CARES layout, from data or from a finished run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from medtrust.cli import options
from medtrust.core.conditions import canonical_condition, parse_condition
from medtrust.core.dataset import Dataset
from medtrust.core.errors import DataError, UnknownNameError
from medtrust.core.registry import load
from medtrust.core.task import Setting, Task
from medtrust.data.cares.sets import ALL_SETS
from medtrust.suites.cares.released_answers import answered
from medtrust.suites.cares.released_questions import (
    KEYS,
    PLAIN,
    Arm,
    original_rows,
    question_files,
    write_rows,
)

NO_JUDGE_NEEDED = "none"
"""Stands for a judge, so that questions which one would mark are asked and not skipped."""


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


def how_to_score(
    replay: Path, task: str, condition: str, file: str, data: Sequence[str] | None
) -> str:
    """The command that scores imported answers."""
    typed = "".join(data or ())
    sets = [each.name for each in ALL_SETS if each.stem == file]
    where = f"--where dataset={sets[0]} " if sets else ""
    official = f" --official {typed}" if sets else ""
    hint = " (leave --official out if other words than the published ones were asked)"
    return (
        f"Score them with: medtrust run {task} --model replay/{replay} -M model=NAME "
        f"--condition '{condition or 'clean'}' {where}--data {typed}{official}"
        f"{hint if official else ''}"
    )


def export_questions(
    dataset: Dataset,
    data: Sequence[str] | None,
    folder: Path,
    *,
    arms: Iterable[Arm] | None,
    official: Sequence[str] | None,
    seed: int = 0,
) -> Iterator[str]:
    """Write the question files of some arms, or of all released keys; one sentence each.

    Args:
        dataset: Whose questions.
        data: The ``NAME=PATH`` it was loaded by: the published rows are read there.
        folder: To write into.
        arms: Task and condition, or None for the plain questions and all released keys.
        official: ``NAME=DIR`` of the checkout whose words are written, or None for our own.
        seed: Of option shuffles.

    Raises:
        DataError: If nothing could be written.
    """
    typed = options.typed({"data": data, "official": official})
    originals = original_rows(Path(typed["data"]["cares"])) if dataset.name == "cares" else {}
    texts: dict[str, Mapping[str, str]] = {
        name: load("official", name)(Path(path)).texts
        for name, path in (typed["official"] or {}).items()
    }
    written = 0
    for task_name, condition in arms or (PLAIN, *KEYS):
        words = texts.get(task_name.partition("/")[0], {})
        setting = _setting(condition, words, seed)
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


def export_run(
    run: Path,
    folder: Path,
    *,
    arms: Sequence[Arm] | None,
    data: Path | None,
    role: str,
    store: Path | None,
) -> Iterator[str]:
    """Write the answers of a run and the questions they answer, line by line; one sentence each.

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
    from medtrust.engine.run_folder import RunFolder
    from medtrust.run import load_run

    manifest = load_run(run).manifest
    samples = RunFolder(run).read_samples()
    there = data or Path(manifest["settings"].get("data", {}).get("cares", ""))
    originals = original_rows(there) if str(there) != "." and there.is_dir() else {}
    answers = _answers(run, manifest, role, store)
    if not answers.keys() & (arms or answers):
        raise DataError(f"{run} holds no answer of this task, condition and role.")
    for arm, texts in answers.items():
        if arms is not None and arm not in arms:
            continue
        task: Task = load("task", arm[0])
        official = manifest["official"].get(task.name.partition("/")[0], {}).get("texts", {})
        setting = _setting(arm[1], official, int(manifest["settings"].get("seed", 0)))
        asked = [sample for sample in samples if sample.id in texts]
        for file in question_files(asked, task, setting, originals)[0]:
            part, rows = answered(file, task.name, texts)
            name = file.name if role == "answer" else f"{file.name}_{role}"
            write_rows(folder / file.folder / f"{name}.jsonl", part.rows)
            path = folder / file.folder / f"{name}_answers.jsonl"
            write_rows(path, rows)
            yield f"{path}: {len(rows)} answers, beside their questions."


def _answers(
    run: Path, manifest: Mapping[str, Any], role: str, store: Path | None
) -> dict[Arm, dict[str, str]]:
    """First draws of the model under test, by arm and sample."""
    import polars as pl

    from medtrust.engine.run_folder import RunFolder
    from medtrust.engine.store import Store

    folder = RunFolder(run)
    steps = folder.read_table("requests").filter(
        (pl.col("respondent").cast(pl.String) == "model")
        & (pl.col("role").cast(pl.String) == role)
        & (pl.col("draw") == 0)
    )
    named = manifest["settings"].get("store")
    path = store or (Path(named) if named else folder.store_path)
    found: dict[Arm, dict[str, str]] = {}
    with closing(Store.open(path, read_only=True)) as opened:
        model = opened.known_model(manifest["model_ids"]["model"])
        if model is None:
            raise DataError(f"The store {path} is not that of {run}: name it with --store.")
        wanted = steps.select("task", "condition", "sample", "request_id")
        for task, condition, sample, request_id in wanted.iter_rows():
            answer = opened.get(model, request_id, 0)
            if answer is not None:
                found.setdefault((task, condition), {})[sample] = answer.text
    return found


def _setting(condition: str, official: Mapping[str, str], seed: int) -> Setting:
    return Setting(
        condition,
        parse_condition(condition),
        official=official,
        judge=NO_JUDGE_NEEDED,
        moderator=NO_JUDGE_NEEDED,
        seed=seed,
    )
