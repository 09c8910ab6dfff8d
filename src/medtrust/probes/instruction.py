"""Instructions around a question: put behind it, or in its place.

An instruction is a text of ours, or the published one where the run has it. Equal instructions that
replace the question are one request for all questions about one image.
"""

from __future__ import annotations

from dataclasses import replace

from medtrust.core.records import Decoding, Message, Request, Sample
from medtrust.core.task import Ask, Setting, Skip
from medtrust.probes.question import IMAGE_TOKEN, question

NO_TEXT = "no-published-text"


def worded(setting: Setting, key: str, own: str) -> str:
    """The published text of a key where the run asks in published words, else ours.

    Raises:
        Skip: If published words are asked for and the checkout does not have this one.
    """
    if not setting.official:
        return own
    if key not in setting.official:
        raise Skip(NO_TEXT)
    return setting.official[key].replace(IMAGE_TOKEN, "").strip()


def appended(sample: Sample, setting: Setting, text: str) -> Ask:
    """The question of a sample with an instruction behind it."""
    ask = question(sample, setting)
    (message,) = ask.request.messages
    *before, asked = message.content
    joint = " " if setting.official else "\n\n"
    content = (*before, f"{asked}{joint}{text}")
    return replace(ask, request=replace(ask.request, messages=(Message("user", content),)))


def replaced(sample: Sample, text: str, *, max_tokens: int) -> Ask:
    """The images of a sample with an instruction instead of its question."""
    request = Request((Message("user", (*sample.images, text)),), Decoding(max_tokens=max_tokens))
    return Ask(request, options=())
