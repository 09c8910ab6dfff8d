"""Markup and typography vanish; words stay."""

from __future__ import annotations

import pytest

from medtrust.readers.plain_text import plain_text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("plain", "plain"),
        ("**B**", "B"),
        ("*B*", "B"),
        ("_B_", "B"),
        ("`B`", "B"),
        ("## Answer", "Answer"),
        ("$B$", "B"),
        ("\\(B\\)", "B"),
        ("\\textbf{B}", "B"),
        ("<b>B</b>", " B "),
        ("\uff22", "B"),
        ("\u201cB\u201d", '"B"'),
        ("can\u2019t", "can't"),
        ("a\u2013b", "a-b"),
        ("B\u200b", "B"),
        ("can\u00b4t", "can't"),
        ("a\u2011b", "a-b"),
        ("\u202aB\u202c", "B"),
        ("so   wide \t gaps", "so wide gaps"),
        ("\uff08\uff21\uff09\uff1a", "(A):"),
        ("\u300cB\u300d", '"B"'),
        ("答案是B。", "答案是 B."),
        ("答案 是 B,因为", "答案是 B, 因为"),
        ("**B**选项", "B 选项"),
        ("無法確認選項", "无法确认选项"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("snake_case_name", "snake_case_name"),
    ],
)
def test_plain_text_takes_markup_away(text: str, plain: str) -> None:
    assert plain_text(text) == plain


def test_a_box_becomes_a_declared_answer() -> None:
    assert plain_text("so $\\boxed{\\text{B}}$").split("\n") == ["so ", "answer: B", ""]


def test_lower_case_has_the_length_of_the_plain_text() -> None:
    every = "".join(chr(code) for code in range(0x11000) if not 0xD800 <= code <= 0xDFFF)
    plain = plain_text(every)
    assert len(plain.lower()) == len(plain)
