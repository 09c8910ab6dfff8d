"""One row of an own file as a sample: its options, its gold, its form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from typing import Any, Final

import orjson

from medtrust.core.dataset import DECADES
from medtrust.core.records import NOTHING, Access, ImageRef, Kind, Sample
from medtrust.data.demographics import age_group
from medtrust.data.folder_columns import Columns
from medtrust.data.images import ImageFinder
from medtrust.data.option_text import (
    LETTERS,
    match_gold,
    parse_options,
    strip_option_list,
    strip_yes_no_request,
)
from medtrust.data.pool import ValuePool
from medtrust.data.rows import Row, cell_text

_KINDS: Final[Mapping[str, Kind]] = {
    "choice": Kind.CHOICE,
    "multichoice": Kind.CHOICE,
    "multiplechoice": Kind.CHOICE,
    "mcq": Kind.CHOICE,
    "yesno": Kind.YES_NO,
    "binary": Kind.YES_NO,
    "open": Kind.OPEN,
    "openended": Kind.OPEN,
    "freetext": Kind.OPEN,
    "instruction": Kind.INSTRUCTION,
}
_YES_NO: Final = {"yes": True, "no": False, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Options:
    """Option texts with the labels the file gives them; both empty when there are none."""

    labels: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


NO_OPTIONS: Final = Options()


class RowReader:
    """Turns rows into samples.

    Args:
        name: Name of the data set, the first part of every id.
        columns: Which column plays which part.
        images: Finds the images.
        access: Access class of all samples.
        pool: Keeps equal values once.
        age_bins: Lower edges of the bins that ages are put into.
    """

    def __init__(
        self,
        name: str,
        columns: Columns,
        images: ImageFinder,
        access: Access,
        pool: ValuePool,
        age_bins: tuple[int, ...] = DECADES,
    ) -> None:
        self._name = name
        self._columns = columns
        self._images = images
        self._access = access
        self._pool = pool
        self._age_bins = age_bins
        self._alone: dict[str, tuple[ImageRef]] = {}  # by path, shared by all questions about it

    def identity(self, row: Row) -> str:
        """The id column's value, or the 0-based line when there is no such column.

        Raises:
            DataError: If the column is there but the cell is empty.
        """
        if not self._columns.id:
            return str(row.line)
        written = row.optional(self._columns.id).strip()
        if not written:
            raise row.error(f"the id in {self._columns.id!r} is empty.")
        return written

    def read(self, row: Row) -> Sample:
        """One row as a sample; its cluster is empty where the cluster column says nothing.

        Raises:
            DataError: If the question is empty, or the options or the gold make no sense; names
                file and line.
        """
        columns, pool = self._columns, self._pool
        text = row.optional(columns.question)
        if not text.strip():
            raise row.error(f"the question in {columns.question!r} is empty.")
        options = self._options(row)
        gold = row.optional(columns.answer).strip()
        kind = self._kind(row, options, gold)
        answer = _answer(row, kind, options, gold)
        cluster = row.optional(columns.cluster).strip() if columns.cluster else ""
        return Sample(
            id=f"{self._name}:{self.identity(row)}",
            question=pool.text(_question_alone(text, kind, options)),
            kind=kind,
            images=self._image_refs(row),
            options=pool.texts(options.texts if kind is Kind.CHOICE else ()),
            answer=answer,
            groups=pool.mapping(self._groups(row)),
            strata=pool.mapping(
                {name: row.optional(column).strip() for name, column in columns.strata}
            ),
            cluster=pool.text(f"{columns.cluster}:{cluster}") if cluster else "",
            pair=row.optional(columns.pair).strip() if columns.pair else "",
            licence=pool.text(row.optional(columns.licence).strip()) if columns.licence else "",
            access=self._access,
            gold_defect="empty-answer" if answer is None and kind is not Kind.INSTRUCTION else "",
        )

    def _groups(self, row: Row) -> Mapping[str, str]:
        groups = {name: row.optional(column).strip() for name, column in self._columns.groups}
        if self._columns.age:
            groups["age_group"] = age_group(row.optional(self._columns.age), self._age_bins)
        return groups or NOTHING

    def _image_refs(self, row: Row) -> tuple[ImageRef, ...]:
        column = self._columns.image
        value = row.values.get(column) if column else None
        if value is None or value == "":
            return ()
        if isinstance(value, str) and value.lstrip().startswith("["):
            value = _json_cell(row, column, value)
        if isinstance(value, str):
            alone = self._alone.get(value)
            if alone is None:
                alone = self._alone[value] = (self._images.ref(value, row),)
            return alone
        if not isinstance(value, list) or not all(isinstance(path, str) for path in value):
            raise row.error(f"{column!r} must be a path or a list of paths.")
        return tuple(self._images.ref(path, row) for path in value)

    def _options(self, row: Row) -> Options:
        columns = self._columns
        if columns.option_letters:
            filled = [
                (letter, text)
                for letter, column in columns.option_letters
                if (text := row.optional(column).strip())
            ]
            return _checked(row, Options(*_split(filled)))
        value = row.values.get(columns.options) if columns.options else None
        if value is None or value in ("", [], {}):
            return NO_OPTIONS
        if isinstance(value, str):
            value = self._parsed(row, value)
        if isinstance(value, dict):
            pairs = [(str(label).strip(), cell_text(text).strip()) for label, text in value.items()]
        elif isinstance(value, list):
            # beyond the last letter they stay without one, to be counted and refused
            texts = [cell_text(text).strip() for text in value]
            pairs = list(zip_longest(LETTERS[: len(texts)], texts, fillvalue=""))
        else:
            raise row.error(f"{columns.options!r} must be an object, a list or 'A: .., B: ..'.")
        labels, texts_only = _split(pairs)
        return _checked(row, Options(labels, texts_only))

    def _parsed(self, row: Row, written: str) -> Any:
        """Options written as text: JSON, or letters with texts."""
        if written.lstrip().startswith(("{", "[")):
            return _json_cell(row, self._columns.options, written)
        texts = parse_options(written)
        if not texts:
            raise row.error(
                f"{self._columns.options!r} is not of the form 'A: .., B: ..' (nor a JSON list)."
            )
        return list(texts)

    def _kind(self, row: Row, options: Options, gold: str) -> Kind:
        """The form of the answer: what a column says, else what options and gold show."""
        for column in self._columns.kinds:
            written = row.optional(column)
            said = _said_kind(written)
            if said is Kind.CHOICE and not options.texts:
                raise row.error(f"{column!r} says choice, but there are no options.")
            if said is not None:
                return said
            if self._columns.kind_named and written:
                raise row.error(
                    f"{column!r} says no known kind; known kinds are {', '.join(Kind)}."
                )
        if options.texts:
            return Kind.CHOICE
        return Kind.YES_NO if _yes_no(gold) is not None else Kind.OPEN


@lru_cache(maxsize=256)
def _said_kind(written: str) -> Kind | None:
    """The form of answer that a word means; None for words that mean something else."""
    return _KINDS.get("".join(letter for letter in written.lower() if letter.isalpha()))


def _split(pairs: list[tuple[str, str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(label for label, _ in pairs), tuple(text for _, text in pairs)


def _checked(row: Row, options: Options) -> Options:
    """The options, if there are enough, none is empty and none repeats."""
    if not options.texts:
        return NO_OPTIONS
    if len(options.texts) < 2:
        raise row.error("there is only one option.")
    if len(options.texts) > len(LETTERS):
        raise row.error(f"there are {len(options.texts)} options, more than {len(LETTERS)}.")
    if not all(options.texts):
        raise row.error("an option is empty.")
    if len(set(options.texts)) < len(options.texts):
        raise row.error("two options have the same text, so that the gold names neither.")
    return options


def _json_cell(row: Row, column: str, written: str) -> Any:
    """A cell that holds JSON."""
    try:
        return orjson.loads(written)
    except orjson.JSONDecodeError as error:
        raise row.error(f"{column!r} begins like JSON but is none ({error.msg}).") from None


def _yes_no(gold: str) -> bool | None:
    return _YES_NO.get(gold.strip(" .!").lower())


def _answer(row: Row, kind: Kind, options: Options, gold: str) -> int | bool | str | None:
    """The gold in the form its kind wants; None when the cell is empty.

    Its text stays out of the errors: it may be a patient's.
    """
    if not gold:
        return None
    index = match_gold(gold, options.texts, options.labels) if options.texts else None
    if kind is Kind.CHOICE:
        if index is None:
            raise row.error(
                f"the gold answer is none of the {len(options.texts)} options; write an option's "
                f"text, its label ({', '.join(options.labels)}) or its index from 0."
            )
        return index
    if kind is Kind.YES_NO:
        verdict = _yes_no(gold if index is None else options.texts[index])
        if verdict is None:
            raise row.error("the gold answer is neither yes nor no.")
        return verdict
    return gold


def _question_alone(text: str, kind: Kind, options: Options) -> str:
    """The question without options or the request for yes or no at its end."""
    question = text.strip().removesuffix("<image>").strip() or text.strip()
    if options.texts:
        question = strip_option_list(question, options.texts, options.labels)
    return strip_yes_no_request(question) if kind is Kind.YES_NO else question
