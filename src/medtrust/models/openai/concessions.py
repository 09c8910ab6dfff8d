"""What a server turned out not to take, found out by asking and remembered for the session.

Only what leaves the answer what it claims to be is given up without asking the user: wanted
log-probabilities (they are then not given), seeds (the draws cannot be repeated, which is said),
several draws in one request, and the older name of the token limit. A temperature, a stop word or
top_p that a server refuses ends the run with a sentence: another one is another experiment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from medtrust.core.records import Failure
from medtrust.models.openai.failures import ServerError
from medtrust.models.openai.settings import DROPPABLE, Settings

_GIVEN_UP: Final = {
    "logprobs": "The server refuses logprobs: no log-probabilities.",
    "top_logprobs": (
        "The server refuses top_logprobs as asked: no alternatives to a token (a smaller "
        "-M top_logprobs=K may do)."
    ),
    "seed": "The server refuses seeds: its draws cannot be repeated.",
    "n": "The server refuses several draws in one request: they are asked one by one.",
}
_RENAMED: Final = "The server calls its token limit max_completion_tokens."

# These words also occur in questions, which an error may echo: only a quoted one is a field's name.
_COMMON_WORDS: Final = frozenset({"n", "seed", "stop", "temperature", "model"})
_NEVER: Final = frozenset({"model", "messages"})


class Concessions:
    """What is no longer sent to a server.

    Args:
        settings: If they name the field of the token limit, that name is not given up.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._refused: set[str] = set()
        self.max_tokens_field = (
            "max_tokens" if settings.max_tokens_field == "auto" else settings.max_tokens_field
        )

    def allows(self, field: str) -> bool:
        """Whether a field may still be sent."""
        return field not in self._refused

    def allowed(self, fields: dict[str, Any]) -> dict[str, Any]:
        """The fields without those that were given up; without logprobs no alternatives either."""
        for name in self._refused:
            fields.pop(name, None)
        if "logprobs" not in fields:
            fields.pop("top_logprobs", None)
        return fields

    def give_up(self, field: str) -> None:
        """No longer send a field that the server takes and ignores."""
        self._refused.add(field)

    def concede(self, field: str, error: ServerError, sent: Mapping[str, Any]) -> str | Failure:
        """Give a refused field up if that is honest.

        Args:
            field: From `refused_field`.
            error: What the server said.
            sent: The fields of the refused request.

        Returns:
            A sentence to note, if it is worth sending again; else the failure of the request.
        """
        if field == "logprobs" and "top_logprobs" in sent:
            field = "top_logprobs"  # the number of alternatives may be all it refuses
        if field in _GIVEN_UP:
            self._refused.add(field)
            return _GIVEN_UP[field]
        renamed = "max_completion_tokens" in error.message or "unsupported" in error.code
        if field == "max_tokens" and self._settings.max_tokens_field == "auto" and renamed:
            self.max_tokens_field = "max_completion_tokens"
            return _RENAMED
        return _refusal(field, sent, self._settings)


def refused_field(error: ServerError, sent: Mapping[str, Any]) -> str | None:
    """Which of the fields sent an error of status 400 or 422 is about, if any."""
    names = [name for name in sent if name not in _NEVER]
    if error.param in names:
        return error.param
    for name in sorted(names, key=len, reverse=True):
        if re.search(rf"[\"'`]{re.escape(name)}[\"'`]|\b{re.escape(name)}=", error.message):
            return name
        if name not in _COMMON_WORDS and re.search(rf"\b{re.escape(name)}\b", error.message):
            return name
    return None


def _refusal(field: str, sent: Mapping[str, Any], settings: Settings) -> Failure:
    if field in DROPPABLE:
        drops = ",".join(sorted({*settings.drop, field}))
        way_out = f"to let the model choose its own, say so with -M drop={drops}"
    elif field == "reasoning_effort":
        way_out = "choose another -M reasoning_effort or leave it out"
    elif field in dict(settings.extra):
        way_out = f"change or leave out -M extra.{field}"
    elif field.startswith("max_"):
        way_out = "see -M max_tokens_field and the token limit of the task"
    else:
        way_out = "see -M prefill"
    value = f"={sent[field]}" if isinstance(sent[field], int | float) else ""
    return Failure(
        "parameter-refused",
        f"The server {settings.host} refuses {field}{value}; {way_out}.",
        fatal=True,
    )
