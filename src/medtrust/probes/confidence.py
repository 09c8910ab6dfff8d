"""Asking a model how sure it is: along with the answer, afterwards, and as true or false."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from medtrust.core.records import Decoding, Message
from medtrust.core.task import Ask, Turn

PROMPTS: Final[Mapping[str, str]] = {
    "confidence/one-turn": (
        'Give your answer on a first line. On a second line write "Confidence:" and a number '
        "from 0 (surely wrong) to 100 (surely right)."
    ),
    "confidence/two-turns": (
        "How sure are you that this answer is right? Reply with one number from 0 (surely wrong) "
        "to 100 (surely right)."
    ),
    "confidence/p-true": (
        "Is this answer right?\n\nA. True\nB. False\n\nAnswer with one letter, A or B."
    ),
}
SHORT: Final = Decoding(max_tokens=16)


def with_confidence(ask: Ask) -> Ask:
    """The same question with the request to state a confidence beside the answer."""
    (message,) = ask.request.messages
    *before, asked = message.content
    content = (*before, f"{asked}\n\n{PROMPTS['confidence/one-turn']}")
    request = replace(ask.request, messages=(Message("user", content),))
    return replace(ask, request=request, role="stated-one-turn")


def confidence_afterwards(turn: Turn) -> Ask:
    """How sure the model is of the answer it gave, from 0 to 100."""
    text = PROMPTS["confidence/two-turns"]
    return turn.follow_up(text, role="stated-two-turns", decoding=SHORT)


def true_or_false(turn: Turn) -> Ask:
    """Whether the answer it gave is right: A for true, B for false.

    A generate request, so that a server's top log-probabilities tell the two letters apart where
    texts cannot be scored.

    Source: Kadavath et al. 2022, arXiv 2207.05221, section 3: P(True), here of the one greedy
        answer, in the same conversation.
    """
    return turn.follow_up(PROMPTS["confidence/p-true"], role="p-true", decoding=SHORT)
