"""MediConfusion (arXiv 2409.15477) as its released scripts read answers, commit 40a8b41.

These functions reproduce what was computed for the leaderboard, including what it got wrong;
`medtrust.readers` holds the corrected counterparts. Each docstring names the quirks.
"""

from __future__ import annotations

import math
from typing import Final, Literal, TypeAlias

Letter: TypeAlias = Literal["A", "B"]
Choice: TypeAlias = Literal["A", "B", "-"]

LETTERS: Final[tuple[Letter, Letter]] = ("A", "B")
INVALID: Final = "-"
"""What stands for an answer that chose neither option."""

THRESHOLD: Final = 3
"""How far one score must lie above the other; ``--tr`` of the released script."""

_FOUND: Final = 10
_FORMS: Final = (
    "{}", "{}:", ".{}", ".{}:", "{}.", '{}")', '("{}":', '("{}")', '("{}").',
)  # fmt: skip
_EXPLANATION: Final = "Your explanation: "


def letter_scores(text: str | None) -> tuple[int, int]:
    """Scores of A and B out of an answer that was to name one letter (``clean_up_manual``).

    The text is cut at line feeds and at single blanks; a letter scores 10 where a piece is exactly
    the letter in one of nine spellings, else 0, and both score 0 where both are found. Hence
    ``(A)``, ``A)``, ``a``, ``"A"``, ``**A**``, ``A,`` and ``Answer:A`` are nothing; a tab or a
    carriage return beside the letter hides it; the article in "A mass is seen" is option A, also in
    an answer that quotes an option B which begins with "A "; and whoever gives both letters, e.g.
    by repeating the prompt or by refuting the other one, chose nothing. Two more spellings of the
    released list hold a line feed and can never be found.

    Args:
        text: The answer; None where there was none.
    """
    if text is None:
        return 0, 0
    pieces = set(text.replace("\n", " ").split(" "))
    a, b = (any(form.format(letter) in pieces for form in _FORMS) for letter in LETTERS)
    return (_FOUND * a, _FOUND * b) if a != b else (0, 0)


def choice(score_a: float, score_b: float, *, threshold: float = THRESHOLD) -> Choice:
    """The option whose score lies at least ``threshold`` above the other's; "-" where none does.

    A is tried first: with a threshold of 0 a tie is A, and below 0 A wins more than ties.
    """
    if score_a >= score_b + threshold:
        return "A"
    if score_b >= score_a + threshold:
        return "B"
    return "-"


def greedy_choice(logprob_a: float, logprob_b: float) -> Letter:
    """The likelier letter as the next token; a tie, or no number at all, is A. Never invalid."""
    return "B" if logprob_b > logprob_a else "A"


def prefix_choice(mean_a: float, mean_b: float) -> Letter:
    """The option whose tokens are likelier in geometric mean; else B.

    So B is what a tie gives, and NaN, and two probabilities too small for a float.

    Args:
        mean_a: Mean log-probability of the tokens of option A (natural log, at most 0).
        mean_b: The same of option B.
    """
    return "A" if _exponential(mean_a) > _exponential(mean_b) else "B"


def _exponential(logprob: float) -> float:
    return math.exp(min(logprob, 0.0))


def judge_scores(reply: str | None) -> tuple[int, int, str] | None:
    """Scores of A and B and the reason out of a judge's reply.

    After double line feeds have become single ones, the first line must be a whole number with or
    without "A: ", the second one with or without "B: ", and a third line must be there. Numbers are
    taken as they are, also off the scale.

    Args:
        reply: The reply; None where the judge could not be reached, which scores 0 and 0.

    Returns:
        None where the released script dies: "8/10", "8.5", bold, "A:8", a preamble, the other
        order, no third line, or two blank lines in a row.
    """
    if reply is None:
        return 0, 0, ""
    lines = reply.replace("\n\n", "\n").split("\n")
    try:
        a, b = int(lines[0].replace("A: ", "")), int(lines[1].replace("B: ", ""))
        return a, b, lines[2].replace(_EXPLANATION, "")
    except (ValueError, IndexError):
        return None


def judge_text(
    instruction: str, question: str, options: tuple[str, str], answer: str, *, role: str
) -> str:
    """What the released script shows its judge: four blocks and the instruction, no image, no key.

    Args:
        instruction: ``conversion.instruct_prompt`` of the prompt file.
        question: As in the data.
        options: Texts of A and B, in the order shown.
        answer: What the model said.
        role: ``conversion.role`` of the prompt file, which heads and ends the answer.
    """
    blocks = {
        "Question": question,
        "Answer A": options[0],
        "Answer B": options[1],
        role: answer,
        f"End of {role}": None,
        "System": instruction,
    }
    return "".join(
        f"[{head}]\n\n" if body is None else f"[{head}]\n{body}\n\n"
        for head, body in blocks.items()
    )
