"""Reasoning models think aloud first; only what they say afterwards is their answer."""

from __future__ import annotations

import re

_NAMES = "think|thinking|thought|thoughts|reasoning|reflection|scratchpad|analysis|seed:think"

_OPENS = re.compile(
    rf"<(?:{_NAMES})>|\[think\]|◁think▷|<\|begin_of_thought\|>|<\|?channel\|?>\s?(?:analysis"
    rf"|thought)"
    r"|<unused94>",
    re.IGNORECASE,
)
_CLOSES = re.compile(
    rf"</(?:{_NAMES})>|\[/think\]|◁/think▷|<\|end_of_thought\|>"
    r"|<\|channel\|>\s?final(?:\s?<\|message\|>)?|<channel\|>|<unused95>",
    re.IGNORECASE,
)
_ANSWER_OPENS = re.compile(r"<answer>|<\|begin_of_solution\|>", re.IGNORECASE)
_ANSWER_CLOSES = re.compile(r"</answer>|<\|end_of_solution\|>", re.IGNORECASE)
_CONTROL = re.compile(r"<\|(?:end|return|im_end|eot_id|endoftext|start|message)\|>|<\|message\|>")


def final_part(text: str) -> str:
    """The part of an output that is the answer: thinking blocks and answer tags taken away.

    Knows the tags of the common reasoning models (`<think>`, `<thinking>`, `<reasoning>`,
    `[THINK]`, `<|begin_of_thought|>`, channel markers, ...). A closing tag without an opening one
    ends thinking that began in the prompt. Thinking that never ends leaves nothing: the model was
    cut off before it answered, and what it considered on the way is not its answer. Text in the
    last `<answer>` tag is preferred to what surrounds it.

    Returns:
        The answer text, "" when there is none; `text` itself when it holds no tags.
    """
    if "<" not in text and "[" not in text and "◁" not in text:
        return text
    spoken = _after_thinking(text)
    answer = _last(_ANSWER_OPENS, spoken)
    if answer is not None:
        inside = spoken[answer.end() :]
        closing = _ANSWER_CLOSES.search(inside)
        spoken = inside[: closing.start()] if closing else inside
    return _CONTROL.sub(" ", spoken) if "<|" in spoken else spoken


def _after_thinking(text: str) -> str:
    closing = _last(_CLOSES, text)
    if closing is None:
        return "" if _OPENS.search(text) else text
    spoken = text[closing.end() :]
    if _OPENS.search(spoken):
        return ""
    if spoken.strip():
        return spoken
    opening = _OPENS.search(text)
    # the answer may stand before the only block of thoughts
    return text[: opening.start()] if opening else ""


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for match in pattern.finditer(text):
        found = match
    return found
