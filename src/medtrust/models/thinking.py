"""What a model thinks aloud is not its answer: telling them apart by the marks models use."""

from __future__ import annotations

from typing import Final

# How models mark their thinking in their text: most; MedGemma; Magistral; Kimi-VL.
THINKING_MARKS: Final = (
    ("<think>", "</think>"),
    ("<unused94>", "<unused95>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
)


def split_thinking(text: str) -> tuple[str, str]:
    """(thinking, answer) of a text in which a model may have thought aloud.

    Without an end mark everything after the start mark is thinking. Without a start mark (some chat
    templates write it into the question) everything before the end mark is.
    """
    for start, end in THINKING_MARKS:
        opened = text.lstrip().startswith(start)
        before, found, after = text.partition(end)
        if opened or found:
            thinking = before.lstrip().removeprefix(start) if opened else before
            return thinking.strip(), after.lstrip()
    return "", text
