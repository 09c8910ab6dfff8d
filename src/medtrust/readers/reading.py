"""What a reader returns: a value with the rule that found it, or an honest "could not read"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, Literal, TypeVar

READER_VERSION = 2
"""Raised by one whenever any reader gives another output for any text (a test holds a digest)."""

ReadingStatus = Literal["ok", "refused", "unparsed"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """One answer text, read.

    Attributes:
        status: "ok" when a value was read, "refused" when the answer declines or abstains,
            "unparsed" when nothing, or nothing unambiguous, could be read.
        value: What was read; None unless the status is "ok".
        rule: Short name of the rule that decided, for audit tables.
    """

    status: ReadingStatus
    value: T | None
    rule: str


@lru_cache(maxsize=1024)
def chosen(index: int, rule: str) -> Reading[int]:
    """The reading "option number `index`", found by `rule`."""
    return Reading("ok", index, rule)


@lru_cache(maxsize=256)
def no_choice(status: ReadingStatus, rule: str) -> Reading[int]:
    """A choice that could not be read: `status` is "refused" or "unparsed"."""
    return Reading(status, None, rule)


@lru_cache(maxsize=256)
def answered(rule: str, *, yes: bool) -> Reading[bool]:
    """The reading "yes" or "no", found by `rule`."""
    return Reading("ok", yes, rule)


@lru_cache(maxsize=256)
def not_answered(status: ReadingStatus, rule: str) -> Reading[bool]:
    """A yes/no answer that could not be read: `status` is "refused" or "unparsed"."""
    return Reading(status, None, rule)
