"""Scoring option letters: how likely is each letter as the beginning of the answer?"""

from __future__ import annotations

from typing import Final

from medtrust.core.task import Ask
from medtrust.probes.question import LETTERS

VARIANTS: Final = ("{letter}", " {letter}", "({letter}")
"""How an answer may begin with a letter; tokenizers make different tokens of them."""


def letter_continuations(n_options: int) -> tuple[str, ...]:
    """All variants of the first letters: those of A, then those of B ...

    Args:
        n_options: From 1 to 26.
    """
    return tuple(
        variant.format(letter=letter) for letter in LETTERS[:n_options] for variant in VARIANTS
    )


def score_letters(ask: Ask, *, role: str = "letters") -> Ask:
    """Ask for the log-probability of each option's letter instead of an answer.

    Args:
        ask: A choice question, its options as shown.
        role: Names the step.

    Raises:
        ValueError: If the ask shows no options.
    """
    if not ask.options:
        raise ValueError("letters are scored for questions that show options")
    return ask.score(letter_continuations(len(ask.options)), role=role)
