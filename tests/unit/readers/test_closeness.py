"""Two marks of a judge: how they are asked for, and every way in which they come back."""

from __future__ import annotations

import pytest

from medtrust.readers.closeness import PROMPTS, closeness_ask, read_closeness


def test_the_ask_shows_question_answer_and_both_texts_in_the_order_given() -> None:
    ask = closeness_ask("What {is} it?", "a {first} cyst", "a bleed", "{question} a cyst")
    system, user = ask.request.messages
    assert system.content == (PROMPTS["closeness/system"],)
    (shown,) = user.content
    assert isinstance(shown, str)
    places = [
        shown.index(text)
        for text in (
            "What {is} it?", "Statement A:\na {first} cyst", "Statement B:\na bleed",
            "{question} a cyst",
        )
    ]  # fmt: skip
    assert places == sorted(places)
    assert ask.options == ("a {first} cyst", "a bleed")


def test_the_judge_is_asked_at_temperature_0_under_the_name_of_the_step() -> None:
    ask = closeness_ask("a", "b", "c", "d")
    assert (ask.role, ask.respondent) == ("judge", "judge")
    assert ask.request.decoding.temperature == 0
    assert closeness_ask("a", "c", "b", "d", role="judge-swapped").role == "judge-swapped"


READ = (
    "A: 8\nB: 2\nYour explanation: made up",
    "A: 8/10\nB: 2/10",
    "A: 8 out of 10\nB: 2 out of 10",
    "A: 8 / 10 B: 2 / 10",
    "**A**: 8\n**B**: 2",
    "**A: 8**\n**B: 2**",
    "A: `8`\nB: `2`",
    "B: 2\nA: 8",
    "Here are the marks:\n\n\nA: 8\n\n\nB: 2",
    "A:8\nB:2",
    "A: 8, B: 2",
    "A:8,B:2",
    "A = 8; B = 2",
    "a: 8\nb: 2",
    "A: 8\r\nB: 2\r\n",
    "A: 8.\nB: 2.",
    "A: 8.0\nB: 2,0",
    "Answer A: 8\nAnswer B: 2",
    "[Answer A]: 8\n[Answer B]: 2",
    "[Answer A] 8\n[Answer B] 2",
    "Score for A: 8\nScore for B: 2",
    "Statement A gets 8. Statement B gets 2.",
    "A scores 8 and B scores 2.",
    "A: Score: 8\nB: Score: 2",
    '{"A": 8, "B": 2}',
    "| A | 8 |\n| B | 2 |",
    "A - 8\nB - 2",
    "A -> 8\nB -> 2",
    "A (8)\nB (2)",
    "A: [8]\nB: <2>",
    "A 8\nB 2",
    "1. A: 8\n2. B: 2",
    "\uff21\uff1a8\n\uff22\uff1a2",
    "A: 8 points, very close\nB: 2 points",
    "<think>A: 3\nB: 4</think>A: 8\nB: 2",
    "A: 8\nB: 2\nExplanation: option A: 3 lesions are named",
    "Explanation: the same place is named.\nA: 8\nB: 2",
    "A: 8\nB: 2\nAgain: A: 8, B: 2",
)

UNREAD = {
    "": "missing",
    "8\n2\nunlabelled": "missing",
    "A: 8": "missing",
    "A: eight\nB: two": "missing",
    "A and B: 5": "missing",
    "A 8-mm nodule. B: 2": "missing",
    "CTA: 8, PB: 2": "missing",
    "A/B: 8/2": "missing",
    "A: 0\nB: 8": "off-scale",
    "A: 8\nB: 11": "off-scale",
    "A: -3\nB: 4": "off-scale",
    "A: 80%\nB: 20%": "off-scale",
    "A: 80/100\nB: 20/100": "off-scale",
    "A: 4/5\nB: 1/5": "off-scale",
    "A: 8 of 9\nB: 2": "off-scale",
    "A: 7-8\nB: 2": "off-scale",
    "A: 7 to 8\nB: 2": "off-scale",
    "A: 10000000\nB: 2": "off-scale",
    "A: 8\nB: 2\nA: 3": "contradictory",
}


@pytest.mark.parametrize("reply", READ)
def test_every_spelling_of_two_marks_is_read(reply: str) -> None:
    reading = read_closeness(reply)
    assert (reading.status, reading.value, reading.rule) == ("ok", (8.0, 2.0), "marks")


@pytest.mark.parametrize(("reply", "rule"), UNREAD.items())
def test_what_is_not_two_marks_on_the_scale_is_not_guessed(reply: str, rule: str) -> None:
    reading = read_closeness(reply)
    assert (reading.status, reading.value, reading.rule) == ("unparsed", None, rule)


def test_both_ends_of_the_scale_and_halves_are_marks() -> None:
    assert read_closeness("A: 10\nB: 1").value == (10.0, 1.0)
    assert read_closeness("A: 8.5\nB: 8,5").value == (8.5, 8.5)


@pytest.mark.parametrize("unit", ["A", "A ", "A\n", "A: 8 ", "A(", "score ", "a\n\n", "\ud800"])
def test_no_length_of_text_makes_the_reader_fail(unit: str) -> None:
    assert read_closeness(unit * 20_000).status == "unparsed"
