"""One pair as the file writes it, every field checked."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final, Literal

from medtrust.core.errors import DataError
from medtrust.data.mediconfusion.published import CATEGORIES

Letter = Literal["A", "B"]

FIELDS: Final = (
    "im_1",
    "im_2",
    "im_1_local",
    "im_2_local",
    "cap_1",
    "cap_2",
    "category_1",
    "category_2",
    "BiomedCLIP_sim",
    "DINO_sim",
    "question",
    "option_A",
    "option_B",
    "im_1_correct",
    "im_2_correct",
    "AI_question",
    "AI_option_A",
    "AI_option_B",
)
"""The 18 that every record has; others are ignored."""

_PLAIN_ID: Final = re.compile(r"[\w.-]{1,64}")
_TEXTS: Final = tuple(name for name in FIELDS if name.startswith(("question", "option", "AI_")))


@dataclass(frozen=True, slots=True)
class Slot:
    """One image in its place in a pair.

    Attributes:
        name: ``im_1`` or ``im_2``.
        roco: Path in the ROCO data set; its first part is the split.
        local: Number under which the released script keeps the file.
        caption: As printed under the figure.
        categories: Tags of the radiologist, one to three, in the file's order.
        correct: The right option.
    """

    name: str
    roco: str
    local: int
    caption: str
    categories: tuple[str, ...]
    correct: Letter

    @property
    def split(self) -> str:
        """Split of ROCO: train, validation or test."""
        return self.roco.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two images, one question, two options, opposite answers.

    Attributes:
        id: E.g. ``10001``.
        slots: Both images.
        question: As asked.
        options: Texts of A and B.
        similarity: Cosine of BiomedCLIP embeddings, in [-1, 1].
        similarity_general: Cosine of DINOv2 embeddings, in [-1, 1].
        draft: Question, option A and option B before the radiologist read them.
    """

    id: str
    slots: tuple[Slot, Slot]
    question: str
    options: tuple[str, str]
    similarity: float
    similarity_general: float
    draft: tuple[str, str, str]


class _Record:
    """Fields of one record; every error names the pair and the field."""

    def __init__(self, file: str, name: str, values: Mapping[str, Any]) -> None:
        self.where = f"{file}, pair {name if name.isprintable() else '?'}"
        self.values = values

    def error(self, name: str, why: str) -> DataError:
        return DataError(f"{self.where}: {name} {why}.")

    def value(self, name: str) -> Any:
        if name not in self.values:
            raise DataError(
                f"{self.where}: there is no {name}; each pair has {len(FIELDS)} fields."
            )
        return self.values[name]

    def text(self, name: str) -> str:
        value = self.value(name)
        if not isinstance(value, str):
            raise self.error(name, "is no text")
        if not value.strip():
            raise self.error(name, "is empty")
        return value

    def number(self, name: str) -> float:
        value = self.value(name)
        try:
            number = float(value) if not isinstance(value, bool) else math.nan
        except (TypeError, ValueError):
            number = math.nan
        if not -1.0 <= number <= 1.0:
            raise self.error(name, "is no cosine between -1 and 1")
        return number

    def local(self, name: str) -> int:
        value = self.value(name)
        written = str(value) if isinstance(value, str | int) else ""
        if not (written.isascii() and written.isdigit() and len(written) <= 12):
            raise self.error(name, "is no whole number")
        return int(written)

    def letter(self, name: str) -> Letter:
        value = self.value(name)
        if value == "A":
            return "A"
        if value == "B":
            return "B"
        raise self.error(name, "is neither A nor B")

    def path(self, name: str) -> str:
        value = self.text(name)
        parts = PurePosixPath(value.replace("\\", "/")).parts
        if ".." in parts or parts[0] == "/" or ":" in parts[0] or not value.isprintable():
            raise self.error(name, "is no path inside the ROCO data set")
        return value

    def categories(self, name: str) -> tuple[str, ...]:
        value = self.value(name)
        if isinstance(value, str):  # the table keeps lists as Python writes them
            try:
                value = ast.literal_eval(value)
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                raise self.error(name, "is no list of categories") from None
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.error(name, "is no list of categories")
        if not value:
            raise self.error(name, "is empty")
        unknown = [item for item in value if item not in CATEGORIES]
        if unknown:
            raise self.error(name, f"has {unknown[0][:40]!r}, which is none of the nine categories")
        if len(set(value)) < len(value):
            raise self.error(name, "names a category twice")
        return tuple(value)


def read_pair(file: str, name: str, values: Mapping[str, Any]) -> Pair:
    """Check one record.

    Args:
        file: Name of the file, for errors.
        name: Id of the pair.
        values: Its fields.

    Raises:
        DataError: One sentence that names pair and field; it repeats no question and no option.
    """
    record = _Record(file, name, values)
    if not _PLAIN_ID.fullmatch(name):
        raise DataError(f"{file}: a pair has no plain id (letters, digits, '.', '-' and '_').")
    for required in FIELDS:
        record.value(required)
    texts = {field: record.text(field) for field in _TEXTS}
    first, second = _slot(record, 1), _slot(record, 2)
    if first.roco == second.roco:
        raise record.error("im_2", "is the image of im_1")
    if first.correct == second.correct:
        raise record.error("im_2_correct", "is that of im_1; the two must be opposite")
    if texts["option_A"].strip().casefold() == texts["option_B"].strip().casefold():
        raise record.error("option_B", "is the same as option_A")
    return Pair(
        id=name,
        slots=(first, second),
        question=texts["question"],
        options=(texts["option_A"], texts["option_B"]),
        similarity=record.number("BiomedCLIP_sim"),
        similarity_general=record.number("DINO_sim"),
        draft=(texts["AI_question"], texts["AI_option_A"], texts["AI_option_B"]),
    )


def _slot(record: _Record, number: int) -> Slot:
    caption = record.value(f"cap_{number}")
    if not isinstance(caption, str):
        raise record.error(f"cap_{number}", "is no text")
    return Slot(
        name=f"im_{number}",
        roco=record.path(f"im_{number}"),
        local=record.local(f"im_{number}_local"),
        caption=caption,
        categories=record.categories(f"category_{number}"),
        correct=record.letter(f"im_{number}_correct"),
    )
