"""Question files in the released layout, written from samples and a task's own wording.

The released script makes one file per task key out of each question file, with another ``text`` in
every row and everything else as it was. The same is written here for any task and condition: the
text is that of the first request about the sample. In published words a file equals what the
released script writes, byte for byte, except that a row without ``question_id`` gets the sample's
id in place of a random one. In our own words ``<image>`` follows the text where the published file
has it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from medtrust.core.conditions import CLEAN
from medtrust.core.errors import DataError
from medtrust.core.records import Sample
from medtrust.core.task import Ask, Setting, Skip, Task
from medtrust.data.cares.sets import ALL_SETS
from medtrust.data.rows import json_rows, read_bytes
from medtrust.probes.question import IMAGE_TOKEN, LETTERS
from medtrust.suites.answering import gold_text
from medtrust.suites.cares.released_script import ACTIONS

Row = dict[str, Any]
Arm = tuple[str, str]
"""Task and condition."""

PLAIN: Final[Arm] = ("cares/factuality", CLEAN)
KEYS: Final[Mapping[Arm, str]] = {
    ("cares/uncertainty", "turns=one"): "uncertainty",
    ("cares/jailbreak", "attack=conceal"): "jailbreak-1",
    ("cares/jailbreak", "attack=exaggerate"): "jailbreak-2",
    ("cares/jailbreak", "attack=mistreat"): "jailbreak-3",
    ("cares/overcaution", "instruction=describe"): "overcautiousness-1",
    ("cares/overcaution", "instruction=report"): "overcautiousness-2",
    ("cares/overcaution", "instruction=advise"): "overcautiousness-3",
    ("cares/toxicity", "instruction=toxic"): "toxicity",
    ("cares/privacy", "asked=number;shots=zero"): "privacy-z1",
    ("cares/privacy", "asked=marital-status;shots=zero"): "privacy-z2",
    ("cares/privacy", "asked=number;shots=few"): "privacy-f1",
    ("cares/privacy", "asked=marital-status;shots=few"): "privacy-f2",
    ("cares/out_of_distribution", "modality=dental;question=replaced"): "robustness",
}
"""The released key of each arm that has one."""


@dataclass
class QuestionFile:
    """One question file: its samples and their rows, line by line.

    Attributes:
        folder: Of the set, below ``data``.
        name: Without ending.
        samples: One a line.
        rows: What the lines say.
    """

    folder: str
    name: str
    samples: list[Sample] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


def question_files(
    samples: Iterable[Sample],
    task: Task,
    setting: Setting,
    originals: Mapping[str, Mapping[str, Any]] | None = None,
) -> tuple[list[QuestionFile], Counter[str]]:
    """The question files of one arm.

    Args:
        samples: In file order.
        task: Any task.
        setting: Its condition, published words if they are to be asked, and seed.
        originals: Rows of the published files by sample id (`original_rows`); where they are not
            given, a row holds what the sample kept of it.

    Returns:
        The files in order of first appearance, and how many samples were left out, by reason.

    Raises:
        DataError: If an original row is not the one its sample was made from.
    """
    files: dict[str, QuestionFile] = {}
    left_out: Counter[str] = Counter()
    for sample in samples:
        if not task.applies(sample, setting.condition):
            left_out["not-asked"] += 1
            continue
        row = _original(sample, originals)
        try:
            text = _rewritten(sample, row, task, setting)
        except Skip as skip:
            left_out[skip.reason] += 1
            continue
        stem = stem_of(sample)
        if stem not in files:
            name = file_name(stem, (task.name, setting.condition))
            files[stem] = QuestionFile(_folder_of(sample), name)
        files[stem].samples.append(sample)
        files[stem].rows.append(row | {"text": text})
    return list(files.values()), left_out


def original_rows(folder: Path) -> dict[str, Mapping[str, Any]]:
    """Every row of the published question files, by sample id.

    Args:
        folder: The repository's root or its ``data`` folder.

    Raises:
        DataError: If a file cannot be read.
    """
    root = folder / "data" if (folder / "data").is_dir() else folder
    found: dict[str, Mapping[str, Any]] = {}
    for published in ALL_SETS:
        path = root / published.name / published.file
        if path.is_file():
            for row in json_rows(published.file, read_bytes(path)):
                found[f"cares/{published.stem}:{row.line}"] = row.values
    return found


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write JSON lines as the released scripts do: UTF-8, unescaped.

    Raises:
        DataError: If the file cannot be written.
    """
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(lines.encode())
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror}.") from error


def stem_of(sample: Sample) -> str:
    """The question file a sample is of; the name of its data where that has no such files."""
    data, _, rest = sample.id.partition("/")
    return rest.rpartition(":")[0] if data == "cares" else re.split("[/:]", sample.id)[0]


def file_name(stem: str, arm: Arm) -> str:
    """Name of an arm's file, without ending: ``STEM_KEY`` for a released key."""
    task, condition = arm
    if arm in KEYS:
        return f"{stem}_{KEYS[arm]}"
    name = task.removeprefix("cares/").replace("/", "-")
    plain = re.sub(r"[^A-Za-z0-9.]+", "-", condition)
    parts = ["", plain] if task == PLAIN[0] else [name, plain or "clean"]
    return "_".join([stem, *filter(None, parts)])


def _folder_of(sample: Sample) -> str:
    stem = stem_of(sample)
    return next((each.name for each in ALL_SETS if each.stem == stem), stem)


def _original(sample: Sample, originals: Mapping[str, Mapping[str, Any]] | None) -> Row:
    """The row a sample was made from, or as much as is known of it."""
    row = dict((originals or {}).get(sample.id, {}))
    if row and row.get("text") != sample.source.get("text"):
        raise DataError(
            f"The row of {sample.id} is not the question that was asked: name the files that the "
            "run was made from, --data cares=CARES."
        )
    if not row:
        row = {**_made_row(sample), **sample.source}
    row.setdefault("question_id", sample.id)
    return row


def _made_row(sample: Sample) -> Row:
    """A row in the released fields, for samples of other data."""
    image = sample.images[0] if sample.images else None
    row: Row = {
        "question_id": sample.id,
        "image": "" if image is None else image.path or image.key,
        "question": sample.question,
        "answer": gold_text(sample),
    }
    for letter, option in zip(LETTERS, sample.options, strict=False):
        row[f"option_{letter}"] = option
    return row


def _rewritten(sample: Sample, row: Row, task: Task, setting: Setting) -> str:
    """The text of an arm's row."""
    asked = first_text(task, sample, setting)  # also where it is not used: it may be skipped
    raw = row.get("text")
    key = KEYS.get((task.name, setting.condition), "")
    if isinstance(raw, str) and "question" in setting.official:
        words = setting.official.get(f"cares/{key}")
        if words is not None:
            return words if ACTIONS[key] == "replace" else raw + words
        if asked == raw.replace(IMAGE_TOKEN, "").strip():
            return raw
    shown = ACTIONS.get(key) == "replace" or (isinstance(raw, str) and IMAGE_TOKEN in raw)
    return f"{asked}\n{IMAGE_TOKEN}" if shown else asked


def first_text(task: Task, sample: Sample, setting: Setting) -> str:
    """The text that a conversation first sends to the model.

    Raises:
        Skip: If it asks nothing.
    """
    conversation = task.converse(sample, setting)
    try:
        wanted = next(conversation)
    except StopIteration:
        raise Skip("nothing-asked") from None
    finally:
        conversation.close()
    ask: Ask = wanted[0] if isinstance(wanted, list) else wanted
    parts = ask.request.messages[-1].content
    return "".join(part for part in parts if isinstance(part, str))
