"""Result files of the released MediConfusion scripts, and tables of people's answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import Any, Final

from medtrust.cli.released_asked import AnsweredRun, Arm, Import
from medtrust.core.errors import DataError
from medtrust.readers.official.mediconfusion import Letter
from medtrust.suites.cares.released_answers import write_replay
from medtrust.suites.mediconfusion.equal_questions import answered_differently
from medtrust.suites.mediconfusion.reader_answers import (
    TASK,
    file_of,
    is_table_of_readers,
    reader_rows,
)
from medtrust.suites.mediconfusion.released_results import (
    MODES,
    STAND_INS,
    entry,
    mode_of,
    replay_rows,
    results,
)

EXCHANGED: Final = "options=swapped"
_NAMED: Final = 4
_LETTERS: Final[Mapping[float, Letter]] = {0.0: "A", 1.0: "B"}


def import_answers(wanted: Import) -> Iterator[str]:
    """Write the replay file of a result file, or one for each reader of a table.

    Raises:
        DataError: If the file is of another form or mode, or answers what the data do not hold.
    """
    if is_table_of_readers(wanted.answers):
        yield from _import_readers(wanted)
        return
    task = wanted.task.name
    rows = replay_rows(
        wanted.answers, wanted.dataset.samples, task=task, condition=wanted.condition
    )
    write_replay(wanted.write, rows)
    count = sum(row["role"] == "answer" for row in rows)
    key = wanted.answers.stem.removesuffix(f"_{mode_of(task)}")
    official = f" --official {wanted.data} (leave --official out if other words were asked)"
    judge = f" --judge replay/{wanted.write}" if mode_of(task) == "gpt4" else ""
    yield (
        f"{count} answers written to {wanted.write}. Score them with: "
        f"{_command(wanted, wanted.write, key)}{judge}{official}"
    )
    if any(set(STAND_INS) & set(row.get("continuation_logprobs", ())) for row in rows):
        yield (
            "The file tells which option was likelier and no probability: 0.9 and 0.1 stand for "
            "them, so only the choices mean anything."
        )
    yield from _said_twice(wanted, rows)
    if judge:
        yield (
            "The released judge was asked in one order only: the run writes out what it is to be "
            "asked in the other one; answer that, or name a judge of your own by --judge."
        )


def _import_readers(wanted: Import) -> Iterator[str]:
    if wanted.task.name != TASK:
        raise DataError(f"People's answers are letters: they belong to --task {TASK}.")
    found = reader_rows(wanted.answers, wanted.dataset.samples, condition=wanted.condition)
    files = {reader: file_of(wanted.write, reader) for reader in found}
    if len(set(files.values())) < len(files):
        raise DataError("Two readers' names differ in signs only that no file name can have.")
    asked = sum(wanted.task.applies(sample, wanted.condition) for sample in wanted.dataset.samples)
    for reader, rows in found.items():
        path = files[reader] if len(files) > 1 else wanted.write
        write_replay(path, rows)
        yield (
            f"{len(rows)} of {asked} answers of {reader} written to {path}. Score them with: "
            f"{_command(wanted, path, reader)}"
        )
        yield from _said_twice(wanted, rows)


def _said_twice(wanted: Import, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Equal requests are asked once: of two answers to one question, one is lost."""
    found = answered_differently(rows, wanted.dataset.samples)
    if found:
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        yield (
            f"{', '.join(found[:_NAMED])}{more}: answered otherwise than the same question about "
            "the same image in another place. Equal questions are asked once, so that one answer "
            "counts for both, and counters may differ from those of the file by these pairs."
        )


def _command(wanted: Import, path: Path, model: str) -> str:
    return (
        f"medtrust run {wanted.task.name} --model replay/{path} -M {quote(f'model={model}')} "
        f"--condition '{wanted.condition or 'clean'}' --data {wanted.data}"
    )


def export_answers(
    run: AnsweredRun, answers: Mapping[Arm, Mapping[str, str]], folder: Path
) -> Iterator[str]:
    """Write ``KEY/KEY_MODE.json`` and ``KEY/KEY_MODE_score.json`` of every arm; one sentence each.

    The key is the model's name. A condition other than the clean one stands in the file's name;
    arms with exchanged options are left out, as a result file has no place for what was shown.

    Args:
        run: Whose answers.
        answers: By arm and sample.
        folder: To write into.
    """
    if not answers:
        return
    chosen, replies = _chosen(run), run.texts("judge", "judge")
    key = _key_of(run.manifest)
    for arm, texts in answers.items():
        task, condition = arm
        if task not in MODES or EXCHANGED in condition.split(";"):
            yield f"{task} ({condition or 'clean'}): left out, no released file can hold it."
            continue
        said = {
            sample: entry(
                MODES[task], text, chosen=chosen.get((task, condition, sample)),
                reply=replies.get(arm, {}).get(sample, ""),
            )
            for sample, text in texts.items()
        }  # fmt: skip
        entries = {sample: row for sample, row in said.items() if row is not None}
        found = results([sample for sample in run.samples() if sample.id in texts], entries)
        suffix = "_".join(filter(None, (MODES[task], re.sub(r"[^\w.-]+", "-", condition))))
        path = folder / key / f"{key}_{suffix}.json"
        _write(path, found.answers)
        _write(path.with_name(f"{path.stem}_score.json"), found.score)
        left_out = f"; {found.left_out} pairs left out" if found.left_out else ""
        yield f"{path}: {len(found.answers)} pairs{left_out}, their counters beside them."


def _chosen(run: AnsweredRun) -> dict[tuple[str, str, str], Letter]:
    """The released choice of each answer, by task, condition and sample."""
    import polars as pl

    scores = run.folder.read_table("scores").filter(
        (pl.col("measure").cast(pl.String) == "predicted")
        & (pl.col("reading").cast(pl.String) == "official")
        & pl.col("value").is_not_null()
    )
    wanted = scores.select("task", "condition", "sample", "value")
    return {
        (task, condition, sample): _LETTERS[value]
        for task, condition, sample, value in wanted.iter_rows()
        if value in _LETTERS
    }


def _key_of(manifest: Mapping[str, Any]) -> str:
    """The model's name as the name of a folder."""
    settings = manifest["settings"]
    name = str((settings.get("model_options") or {}).get("model") or settings.get("model") or "")
    return re.sub(r"[^\w.-]+", "-", name.rpartition("/")[2]).strip("-.") or "model"


def _write(path: Path, content: object) -> None:
    """As the released script writes JSON.

    Raises:
        DataError: If the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=4), "utf-8")
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror}.") from error
