"""Answer files in the formats of the released CARES scripts: read as replay rows, and written.

The released scripts pair a question file and an answer file by line, and each script reads another
key: ``text`` (yes/no), ``Pred`` (choice, abstention) or ``answer`` (uncertainty, judge, toxicity);
the judge script itself writes ``model_output`` beside ``answer``, which then is the reference.
So line *i* of an answer file answers line *i* of its question file; files of unequal length are
refused here, where the scripts silently drop the rest. Files written here also say which sample a
line is about, so that answers to some of the questions can be taken in again.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any, Final

import orjson

from medtrust.core.conditions import CLEAN
from medtrust.core.errors import DataError, UnknownNameError
from medtrust.core.records import Kind, Sample
from medtrust.suites.cares.released_questions import QuestionFile, Row, stem_of

KEYS: Final = ("model_output", "text", "Pred", "answer")
"""Keys that hold the model's answer, in the order they are tried."""

SAMPLE: Final = "sample"
"""Key of the sample's id, which our own export adds; the released scripts pass over it."""

_BY_TASK: Final[Mapping[str, tuple[str, ...]]] = {
    "cares/uncertainty": ("answer",),
    "cares/toxicity": ("answer",),
    "cares/overcaution": ("Pred",),
    "cares/privacy": ("Pred",),
    "cares/out_of_distribution": ("Pred",),
}
_BY_KIND: Final[Mapping[Kind, str]] = {Kind.YES_NO: "text", Kind.CHOICE: "Pred"}
_ABSTENTION_TOO: Final = frozenset({"cares/jailbreak", "cares/noise"})


def everything(_sample: Sample) -> bool:
    """Every question of a file is asked."""
    return True


def replay_rows(
    path: Path,
    samples: Iterable[Sample],
    *,
    file: str,
    task: str,
    condition: str = CLEAN,
    role: str = "answer",
    key: str | None = None,
    asked: Callable[[Sample], bool] = everything,
) -> Iterator[dict[str, Any]]:
    """One replay row per line of an answer file.

    Args:
        path: JSONL, or the CSV that the choice script writes (``Pred,Label,Correct``).
        samples: All samples of the data set.
        file: Stem of the question file that was answered, e.g. ``iuxray_factuality``.
        task: Task the answers belong to.
        condition: Its canonical condition.
        role: Step of its conversation that they answer.
        key: Key of the answer, or None to take the first of `KEYS` that every row has and that
            does not merely repeat the questions or the gold answers.
        asked: Whether the task asks a sample under the condition. The file answers all lines of
            the question file, or those alone that are asked.

    Raises:
        DataError: For broken lines, rows without an answer, or files of unequal length.
        UnknownNameError: For an unknown question file.
    """
    rows = _read(path)
    chosen = _answered_samples(path, rows, _samples_of(samples, file), file, asked)
    name = key or _key(path, rows, chosen)
    for number, (row, sample) in enumerate(zip(rows, chosen, strict=True), 1):
        text = row.get(name)
        if not isinstance(text, str):
            raise DataError(f"{path}:{number} has no text in {name!r}.")
        if asked(sample):
            yield {
                "task": task,
                "sample": sample.id,
                "condition": condition,
                "role": role,
                "text": text,
            }


def write_replay(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write replay rows; returns how many."""
    lines = [orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows]
    path.write_bytes(b"".join(lines))  # only now: what is wrong with the rows spares the old file
    return len(lines)


def answer_keys(task: str, kind: Kind) -> tuple[str, ...]:
    """Keys under which the released scripts that score a task look for an answer."""
    if task in _BY_TASK:
        return _BY_TASK[task]
    key = _BY_KIND.get(kind, "answer")
    if task in _ABSTENTION_TOO and key != "Pred":
        return (key, "Pred")
    return (key,)


def answered(
    file: QuestionFile, task: str, texts: Mapping[str, str]
) -> tuple[QuestionFile, list[Row]]:
    """The part of a question file that has answers, and the lines of its answer file.

    Args:
        file: A question file.
        task: Task whose scripts are to read the answers.
        texts: Answers by sample id.
    """
    there = [
        (sample, row)
        for sample, row in zip(file.samples, file.rows, strict=True)
        if sample.id in texts
    ]
    part = QuestionFile(
        file.folder, file.name, [sample for sample, _ in there], [row for _, row in there]
    )
    answers = [
        {"question_id": row["question_id"], SAMPLE: sample.id}
        | dict.fromkeys(answer_keys(task, sample.kind), texts[sample.id])
        for sample, row in there
    ]
    return part, answers


def _answered_samples(
    path: Path,
    rows: list[dict[str, Any]],
    whole: list[Sample],
    file: str,
    asked: Callable[[Sample], bool],
) -> list[Sample]:
    """The sample of every row: by the ids that our own export adds, else by line."""
    if rows and all(isinstance(row.get(SAMPLE), str) for row in rows):
        by_id = {sample.id: sample for sample in whole}
        for number, row in enumerate(rows, 1):
            if row[SAMPLE] not in by_id:
                raise DataError(f"{path}:{number} answers {row[SAMPLE]}, which is not in {file}.")
        return [by_id[row[SAMPLE]] for row in rows]
    some = [sample for sample in whole if asked(sample)]
    chosen = some if len(rows) == len(some) else whole
    if len(rows) != len(chosen):
        either = "" if len(some) == len(whole) else f", of which {len(some)} are asked here"
        raise DataError(
            f"{path} holds {len(rows)} answers, but {file} has {len(whole)} questions{either}: "
            "answers are matched line by line, so the files must have the same length."
        )
    return chosen


def _samples_of(samples: Iterable[Sample], file: str) -> list[Sample]:
    by_file: dict[str, list[Sample]] = {}
    for sample in samples:
        by_file.setdefault(stem_of(sample), []).append(sample)
    if file not in by_file:
        raise UnknownNameError.among("question file", file, by_file)
    return by_file[file]


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}.") from error
    if path.suffix.lower() == ".csv":
        return _read_table(path, text)
    rows = []
    # nothing but a line feed ends a row: answers may hold other characters that break lines
    for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise DataError(f"{path}:{number} is not valid JSON: {error.msg}.") from error
        if not isinstance(row, dict):
            raise DataError(f"{path}:{number} is not a JSON object.")
        rows.append(row)
    return rows


def _read_table(path: Path, text: str) -> list[dict[str, Any]]:
    reader = csv.DictReader(StringIO(text))
    try:
        return list(reader)
    except csv.Error as error:
        line = reader.line_num + 1  # counts what was read before
        raise DataError(f"{path}:{line} is no valid CSV: {error}.") from error


def _key(path: Path, rows: list[dict[str, Any]], samples: list[Sample]) -> str:
    copied = [[sample.source.get(field) for sample in samples] for field in ("text", "answer")]
    if rows and SAMPLE in rows[0]:  # no question file: here even a perfect model is believed
        copied = []
    for name in KEYS:
        texts = [row.get(name) for row in rows]
        if rows and all(isinstance(text, str) for text in texts) and texts not in copied:
            return name
    raise DataError(
        f"{path} has no answer key: every row needs one of {', '.join(KEYS)} that is not the "
        "question or its gold answer; or name it by --key."
    )
