"""Answers made elsewhere, read from a file of rows.

A row names its request by ``request_id`` or by ``task``, ``sample``, ``condition``, ``role``; a
``draw`` other than 0 is given beside either. Its ``text`` is the answer. Optional are
``token_logprobs``, ``top_logprobs``, ``continuation_logprobs`` (natural log),
``continuation_tokens`` (how many tokens each given text has), ``finish_reason``,
``reasoning``. What the answers give rise to and the file does not hold is pending: the run writes
it out for the next round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from medtrust.core.conditions import canonical_condition
from medtrust.core.errors import DataError, UserError
from medtrust.core.model import Call, Capabilities, ModelIdentity, ModelOptions
from medtrust.core.records import Answer, Failure, Outcome, Signal
from medtrust.models.parameters import check_names

_SIGNALS: Final = (
    "token_logprobs", "top_logprobs", "continuation_logprobs", "continuation_tokens",
)  # fmt: skip
_OF_EACH_TEXT: Final = ("continuation_logprobs", "continuation_tokens")
_ROUNDING: Final = 1e-3
"""How far above 0 a log-probability may lie by rounding."""

_PENDING: Final = Failure("pending", "The replay file has no row for this yet.", pending=True)

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """What one line of the file answers."""

    line: int
    answer: Answer


class ReplayModel:
    """Answers from rows.

    Args:
        rows: From `read_rows`.
        name: Name of the model that really answered.
    """

    def __init__(self, rows: Mapping[Key, Row], name: str) -> None:
        self._rows = rows
        self.identity = ModelIdentity("replay", name)
        self.notes: tuple[str, ...] = ()
        self.counters: Mapping[str, int] = {}
        self.capabilities = Capabilities(
            needs_pixels=False, asks_by="group", continuations=True, recheck=True
        )

    async def answer(
        self,
        calls: Sequence[Call],
        signals: frozenset[str],  # noqa: ARG002 - a file gives all it has
    ) -> list[Answer | Failure]:
        """Look each call up; a row that is not there is pending."""
        return [self._find(call) for call in calls]

    def _find(self, call: Call) -> Answer | Failure:
        draw = str(call.request.draw)
        origin = call.origin
        named = (origin.task, origin.sample.id, origin.condition, origin.role, draw)
        by_id, by_name = self._rows.get((call.request_id, draw)), self._rows.get(named)
        if by_id is not None and by_name is not None:
            first, second = sorted((by_id.line, by_name.line))
            raise DataError(
                f"In the answers of {self.identity.name}, lines {first} and {second} answer the "
                f"same request (about {origin.sample.id}): keep one row."
            )
        row = by_id or by_name
        if row is None:
            return _PENDING
        self._require_scores_of_each_text(call, row)
        return row.answer

    def _require_scores_of_each_text(self, call: Call, row: Row) -> None:
        """Scores are one for each text that was to be scored, and logarithms."""
        n = len(call.request.continuations)
        where = f"In the answers of {self.identity.name}, line {row.line}"
        for name in _OF_EACH_TEXT if n else ():
            values = row.answer.signals.get(name)
            if values is not None and values.shape != (n,):
                raise DataError(
                    f"{where}: {name} needs one number for each of the {n} texts to score."
                )
        logprobs = row.answer.signals.get("continuation_logprobs")
        if n and logprobs is not None and np.greater(logprobs, _ROUNDING).any():
            raise DataError(
                f"{where}: continuation_logprobs holds a number above 0: the natural logarithm of "
                "a probability is meant."
            )

    async def close(self) -> None:
        """Nothing to release."""


def _answer(path: Path, number: int, row: Mapping[str, Any]) -> Answer:
    finish = str(row.get("finish_reason") or "")
    return Answer(
        text=row["text"],
        outcome=Outcome.TRUNCATED if finish == "length" else Outcome.OK,
        reasoning=str(row.get("reasoning") or ""),
        finish_reason=finish,
        signals={
            name: _numbers(path, number, name, row[name])
            for name in _SIGNALS
            if row.get(name) is not None
        },
    )


def _numbers(path: Path, number: int, name: str, value: Any) -> Signal:
    try:
        with np.errstate(over="ignore"):
            return np.asarray(value, dtype=np.float32)
    except (TypeError, ValueError):
        raise DataError(
            f"{path}:{number}: {name} is no array of numbers, the same many in each row."
        ) from None


def open_model(options: ModelOptions) -> ReplayModel:
    """Read the rows of ``replay/FILE``; ``-M model=NAME`` says who answered.

    Raises:
        DataError: For a broken line, a row without text or key, or two rows for one request; names
            the line. A file that is not there yet is one without rows: the run writes out what it
            should hold.
    """
    check_names(options.parameters, ("model",))
    path = Path(options.name)
    model = ReplayModel(read_rows(path), options.parameters.get("model", path.stem))
    if not path.exists():
        model.notes = (f"{path} is not there yet: nothing is answered from it.",)
    return model


def read_rows(path: Path) -> dict[Key, Row]:
    """Rows by key; see `open_model` for what is refused."""
    if not path.exists():
        return {}
    if not path.is_file():
        raise DataError(f"{path} is not a file of replay rows.")
    rows: dict[Key, Row] = {}
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            row = _parse(path, number, line)
            if "format" in row and "text" not in row:
                continue
            key = _key(path, number, row)
            if key in rows:
                raise DataError(
                    f"{path}:{number} answers the same request as line {rows[key].line}: "
                    "keep one row."
                )
            rows[key] = Row(number, _answer(path, number, row))
    return rows


def _parse(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise DataError(f"{path}:{number} is not valid JSON: {error.msg}.") from error
    if not isinstance(row, dict):
        raise DataError(f"{path}:{number} is not a JSON object.")
    return row


def _key(path: Path, number: int, row: Mapping[str, Any]) -> Key:
    if not isinstance(row.get("text"), str):
        raise DataError(f"{path}:{number} has no text: each row needs a string `text`.")
    draw = str(row.get("draw") or 0)
    if not draw.isdecimal():
        raise DataError(f"{path}:{number}: draw {draw} is not a number from 0.")
    if row.get("request_id"):
        return (str(row["request_id"]), draw)
    if row.get("task") and row.get("sample"):
        named = (str(row["task"]), str(row["sample"]), _condition(path, number, row))
        return (*named, str(row.get("role") or "answer"), draw)
    raise DataError(f"{path}:{number} names no request: give request_id, or task and sample.")


def _condition(path: Path, number: int, row: Mapping[str, Any]) -> str:
    try:
        return canonical_condition(str(row.get("condition") or ""))
    except UserError as problem:
        raise DataError(f"{path}:{number}: {problem}") from None
