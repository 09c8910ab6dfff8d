"""Log-probabilities of a reply as arrays. Names, types and shapes: docs/signals.md."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from medtrust.core.records import Signal

TOKEN_SIGNALS: Final = frozenset({"tokens", "token_logprobs"})
TOP_SIGNALS: Final = frozenset({"top_tokens", "top_logprobs"})

# float32 and a server's own rounding may lift a certain token a hair above 0.
_ROUNDING: Final = 1e-3


class SignalError(ValueError):
    """Log-probabilities that cannot be what they claim to be; the sentence says why."""


def read_signals(
    logprobs: Any, wanted: frozenset[str], *, reasoning: str, text: str
) -> dict[str, Signal]:
    """Arrays of one choice, and nothing where the server gave nothing.

    Args:
        logprobs: The choice's ``logprobs``, as parsed.
        wanted: Names of signals; each brings its tokens along.
        reasoning: What was split off as thinking.
        text: The answer without it. The arrays cover the tokens of this text only.

    Returns:
        Any of ``tokens``, ``token_logprobs``, ``top_tokens``, ``top_logprobs``.

    Raises:
        SignalError: If the numbers are not log-probabilities, or cannot be matched to the text.
    """
    entries = logprobs.get("content") if isinstance(logprobs, dict) else None
    if not isinstance(entries, list) or (not entries and text):
        return {}
    if not all(isinstance(entry, dict) for entry in entries):
        raise SignalError("its log-probabilities have no tokens")
    if reasoning:
        entries = _of_answer(entries, text)
    found: dict[str, Signal] = {"tokens": _texts([[_token(entry) for entry in entries]])[0]}
    if wanted & TOKEN_SIGNALS:
        values = [_logprob(entry) for entry in entries]
        found["token_logprobs"] = np.array(values, dtype=np.float32)
    if wanted & TOP_SIGNALS:
        found.update(_top(entries))
    return found


def _top(entries: Sequence[dict[str, Any]]) -> dict[str, Signal]:
    rows = [entry.get("top_logprobs") or [] for entry in entries]
    if not all(isinstance(row, list) for row in rows):
        return {}
    width = max(map(len, rows), default=0)
    if width == 0:
        return {}
    tokens = [[_token(item) for item in row] + [""] * (width - len(row)) for row in rows]
    values = np.full((len(rows), width), -np.inf, dtype=np.float32)
    for index, row in enumerate(rows):
        values[index, : len(row)] = [_logprob(item) for item in row]
    return {"top_tokens": _texts(tokens), "top_logprobs": values}


def _of_answer(entries: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    """The last tokens, those that spell the answer; thinking comes before them."""
    wanted = text.strip()
    spelled = ""
    for start in range(len(entries) - 1, -1, -1):
        spelled = _token(entries[start]) + spelled
        if spelled.strip() == wanted:
            return entries[start:]
        if len(spelled.strip()) > len(wanted) + 64:
            break
    raise SignalError("its log-probabilities cannot be told apart from those of its thinking")


def _token(entry: Any) -> str:
    token = entry.get("token") if isinstance(entry, dict) else None
    if not isinstance(token, str):
        raise SignalError("its log-probabilities have no tokens")
    return token


def _logprob(entry: dict[str, Any]) -> float:
    value = entry.get("logprob")
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise SignalError("its log-probabilities are not numbers")
    if value > _ROUNDING:
        raise SignalError("its log-probabilities lie above 0, so they are none")
    return min(float(value), 0.0)


def _texts(rows: list[list[str]]) -> Signal:
    return np.array(rows, dtype=np.str_)
