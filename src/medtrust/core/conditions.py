"""Conditions: what a task does to a sample before it asks, as canonical text.

A condition is ``name=value`` pairs, sorted by name, joined by ``;``. Clean is the empty text.
"""

from __future__ import annotations

import re
from typing import Final

from medtrust.core.errors import UserError

CLEAN: Final = ""

_PAIR = re.compile(r"[a-z][a-z0-9-]*=[A-Za-z0-9][A-Za-z0-9.+_-]*")


def condition(**parameters: str) -> str:
    """Canonical condition, e.g. ``condition(noise="gaussian-3")`` gives ``noise=gaussian-3``."""
    return canonical_condition(
        ";".join(f"{name.replace('_', '-')}={value}" for name, value in parameters.items())
    )


def canonical_condition(text: str) -> str:
    """Sort the pairs of a condition; ``clean`` and the empty text are the clean condition.

    Raises:
        UserError: If a pair is not ``name=value``, or a name stands twice.
    """
    if text in {CLEAN, "clean"}:
        return CLEAN
    pairs = text.split(";")
    for pair in pairs:
        if not _PAIR.fullmatch(pair):
            raise UserError(
                f"Condition {text!r} is not written as name=value;name=value "
                "(lower-case names, values of letters, digits, '.', '+', '_' and '-')."
            )
    names = [pair.split("=", 1)[0] for pair in pairs]
    if len(set(names)) < len(names):
        raise UserError(f"Condition {text!r} sets the same name twice.")
    return ";".join(sorted(pairs))


def parse_condition(text: str) -> dict[str, str]:
    """The pairs of a canonical condition as a mapping."""
    return dict(pair.split("=", 1) for pair in text.split(";")) if text else {}
