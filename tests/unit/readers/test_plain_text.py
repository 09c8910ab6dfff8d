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
