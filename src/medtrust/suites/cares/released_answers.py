"""Answer files in the formats of the released CARES scripts, turned into replay rows.

The released scripts pair a question file and an answer file by line, and each script reads another
key: ``text`` (yes/no), ``Pred`` (choice, abstention) or ``answer`` (uncertainty, judge, toxicity);
the judge script itself writes ``model_output`` beside ``answer``, which then is the reference.
So line *i* of an answer file answers line *i* of its question file; files of unequal length are
refused here, where the scripts silently drop the rest.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any, Final

import orjson

from medtrust.core.errors import DataError, UnknownNameError
from medtrust.core.records import Sample

KEYS: Final = ("model_output", "text", "Pred", "answer")
"""Keys that hold the model's answer, in the order they are tried."""


def replay_rows(
    path: Path, samples: Iterable[Sample], *, file: str, task: str, key: str | None = None
) -> Iterator[dict[str, Any]]:
    """One replay row per line of an answer file.

    Args:
        path: JSONL, or the CSV that the choice script writes (``Pred,Label,Correct``).
        samples: All samples of the data set.
        file: Stem of the question file that was answered, e.g. ``iuxray_factuality``.
        task: Task the answers belong to.
        key: Key of the answer, or None to take the first of `KEYS` that every row has and that
            does not merely repeat the questions or the gold answers.

    Raises:
        DataError: For broken lines, rows without an answer, or files of unequal length.
        UnknownNameError: For an unknown question file.
    """
    chosen = _samples_of(samples, file)
    rows = _read(path)
    if len(rows) != len(chosen):
        raise DataError(
            f"{path} holds {len(rows)} answers, but {file} has {len(chosen)} questions: answers "
            "are matched line by line, so the files must have the same length."
        )
    name = key or _key(path, rows, chosen)
    for number, (row, sample) in enumerate(zip(rows, chosen, strict=True), 1):
        text = row.get(name)
        if not isinstance(text, str):
            raise DataError(f"{path}:{number} has no text in {name!r}.")
        yield {"task": task, "sample": sample.id, "condition": "", "role": "answer", "text": text}


def write_replay(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write replay rows; returns how many."""
    lines = [orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows]
    path.write_bytes(b"".join(lines))  # only now: what is wrong with the rows spares the old file
    return len(lines)


def _samples_of(samples: Iterable[Sample], file: str) -> list[Sample]:
    by_file: dict[str, list[Sample]] = {}
    for sample in samples:
        stem = sample.id.partition("/")[2].rpartition(":")[0]
        by_file.setdefault(stem, []).append(sample)
    if file not in by_file:
        raise UnknownNameError.among("question file", file, by_file)
    return by_file[file]


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}.") from error
    if path.suffix.lower() == ".csv":
        return list(csv.DictReader(StringIO(text)))
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


def _key(path: Path, rows: list[dict[str, Any]], samples: list[Sample]) -> str:
    copied = [[sample.source.get(field) for sample in samples] for field in ("text", "answer")]
    for name in KEYS:
        texts = [row.get(name) for row in rows]
        if rows and all(isinstance(text, str) for text in texts) and texts not in copied:
            return name
    raise DataError(
        f"{path} has no answer key: every row needs one of {', '.join(KEYS)} that is not the "
        "question or its gold answer; or name it by --key."
    )
