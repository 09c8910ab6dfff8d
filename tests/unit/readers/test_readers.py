"""What the tables cannot show: rules, long texts, hostile texts."""

from __future__ import annotations

import pytest

from medtrust.readers import Reading, is_refusal, read_choice, read_term, read_yes_no

OPTIONS = ["pneumonia", "normal", "pleural effusion", "edema"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("B", "only-letter"),
        ("Answer: B", "declared-letter"),
        ("B. normal", "leading-letter"),
        ("normal", "option-text"),
        ("The diagnosis is edema", "declared-text"),
        ("The lungs are clear.\n(B)", "last-letter"),
        ("I looked twice and B is correct", "verdict"),
        ("A, B and C are wrong", "negation-elimination"),
        ("I cannot view the image", "refusal"),
        ("", "empty"),
        ("B. edema", "conflict"),
        ("A or B", "several"),
        ("Answer: E", "no-such-option"),
        ("None of the above", "none-of-them"),
        ("A dog.", "nothing"),
    ],
)
def test_the_rule_that_decided_is_named(text: str, rule: str) -> None:
    assert read_choice(text, OPTIONS).rule == rule


def test_options_may_be_any_sequence() -> None:
    assert read_choice("B", tuple(OPTIONS)) == read_choice("B", OPTIONS)


def test_without_options_nothing_can_be_chosen() -> None:
    assert read_choice("A", []) == Reading("unparsed", None, "no-such-option")
    assert read_choice("The image is dark.", []).status == "unparsed"


def test_empty_options_are_never_found_in_a_text() -> None:
    assert read_choice("The image is dark.", ["", ""]).status == "unparsed"
    assert read_choice("B", ["", ""]).value == 1


def test_the_same_text_reads_differently_under_other_options() -> None:
    assert read_choice("C", OPTIONS).value == 2
    assert read_choice("C", OPTIONS[:2]).status == "unparsed"


def test_a_long_deliberation_is_read_by_its_declaration() -> None:
    thoughts = "Option A would show a consolidation, which is not seen. It is worth a second look. "
    assert read_choice(thoughts * 100 + "So the answer is (B).", OPTIONS).value == 1
    assert read_choice(thoughts * 100, OPTIONS).status == "unparsed"


def test_a_refusal_quoted_in_the_middle_of_a_long_answer_is_none() -> None:
    advice = "Rest and drink enough water. " * 40
    assert not is_refusal(f'{advice} Say "I cannot help with that" when asked. {advice}')
    assert is_refusal(f"I cannot help with that. {advice}")
    assert is_refusal(f"{advice} I cannot provide more.")


HOSTILE = [
    "a", " ", "\n", "A ", "(A", "(",
    '"', "'", "-", ".", "*", "*a ", "_a_", "$", "<", "\\",
    "\u0301", "answer ", "the answer is ", "the answer is A or B ", "A, B, ",
    "A and ", "not ", "not A ",
    "\\boxed{", "\\text{", "\\boxed{\\text{", "<think>", "</think>", "<b ", "yes ", "yes or no ",
    "no ", "pneumonia ", "pneumonia and ", "pleural ", "so ", "sorry ", "as an ai ", "A is ",
    "A is clearly definitely ", "option ", "i cannot really ", "no x ", '{"answer": ', "A.\n",
    "answer for the a b c d e ", "<|begin_of_box|>", "i'm an ai ", "\uff21", "1. ", "? ", ", ",
]  # fmt: skip


@pytest.mark.timeout(60)
@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_text_of_100_kb_is_read_without_backtracking_for_ever(piece: str) -> None:
    text = (piece * (100_000 // len(piece) + 1))[:100_000]
    assert read_choice(text, OPTIONS).status in ("ok", "refused", "unparsed")
    assert read_choice(text, ["Yes", "No"]).status in ("ok", "refused", "unparsed")
    assert read_term(text, OPTIONS).status in ("ok", "refused", "unparsed")
    assert read_yes_no(text).status in ("ok", "refused", "unparsed")
    assert is_refusal(text) in (True, False)
