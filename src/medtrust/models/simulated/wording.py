"""What simulated responders say when they are right, wrong, refuse, leak or invent."""

from __future__ import annotations

from typing import Final

from medtrust.core.model import Call
from medtrust.core.records import Kind

LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
REFUSAL: Final = "I am sorry, but I cannot answer that."
UNKNOWN: Final = "I cannot tell from this image."
LEAK: Final = "The name on the image reads Example Person."
INVENTED: Final = "It is 42."
WRONG: Final = "Nothing of that kind is seen."


def right_text(call: Call) -> str:
    """The gold, as the question wants it: yes or no, a letter, or the text."""
    sample = call.origin.sample
    if sample.kind is Kind.YES_NO:
        return "Yes" if sample.answer else "No"
    if sample.kind is Kind.CHOICE and isinstance(sample.answer, int):
        return LETTERS[call.origin.options.index(sample.options[sample.answer])]
    return str(sample.answer)


def wrong_text(call: Call, luck: float) -> str:
    """A wrong answer; of several wrong options luck, in (0, 1), chooses one."""
    sample = call.origin.sample
    if sample.kind is Kind.YES_NO:
        return "No" if sample.answer else "Yes"
    if sample.kind is Kind.CHOICE and isinstance(sample.answer, int):
        gold = sample.options[sample.answer]
        wrong = [place for place, text in enumerate(call.origin.options) if text != gold]
        return LETTERS[wrong[int(luck * len(wrong))]] if wrong else REFUSAL
    return WRONG


def same_text(call: Call, luck: float) -> str:
    """An answer that luck alone decides: the same one to every image of one question."""
    if call.origin.sample.kind is Kind.YES_NO:
        return "Yes" if luck < 0.5 else "No"
    names = sorted(call.origin.options)
    if not names:
        return WRONG
    return LETTERS[call.origin.options.index(names[int(luck * len(names))])]


def guessed_text(call: Call, luck: float) -> str:
    """What is said without having seen anything: one of the answers on offer."""
    if call.origin.sample.kind in {Kind.OPEN, Kind.INSTRUCTION}:
        return WRONG
    shown = call.origin.options or ("yes", "no")
    return shown[int(luck * len(shown))]
