"""Properties of the readers over random options and random text."""

from __future__ import annotations

import random
import re

from hypothesis import given
from hypothesis import strategies as st

from medtrust.readers import is_refusal, read_choice, read_yes_no
from medtrust.readers.official import cares

WORDS = st.text(alphabet="abcdefghijklmnoprstuvw", min_size=2, max_size=9).filter(
    lambda word: word not in ("an", "the", "no", "not", "yes", "none", "never", "without")
)
TEXTS = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
OPTIONS = st.lists(TEXTS, min_size=2, max_size=8, unique=True)
PIECES = (
    "A B C (A) b) answer: Answer is not and or pneumonia edema I so yes no . , \n : ** the "
    "correct option 2 cannot <think> </think> \\boxed{ } [ ] neither sorry"
)
FRAGMENTS = st.lists(st.sampled_from(re.split(" ", PIECES)), max_size=25).map(" ".join)
TEMPLATES = [
    "{0}",
    "({0})",
    "**{0}**",
    "{0}.",
    "{0})",
    "Answer: {0}",
    "answer: ({0})",
    "The answer is {0}.",
    "The correct answer is ({0})",
    "Final answer: **{0}**",
    "I choose {0}.",
    "My choice is option {0}.",
    "$\\boxed{{{0}}}$",
    '{{"answer": "{0}"}}',
    "<think>perhaps (A), perhaps (B)</think>{0}",
    "<answer>{0}</answer>",
    "Let us think step by step. It may be (A). It may be (B). So the answer is ({0}).",
    "Option {0} is correct.",
    "The right choice: {0}\n\nThe others do not fit.",
]


@given(options=OPTIONS, data=st.data(), template=st.sampled_from(TEMPLATES))
def test_a_declared_letter_is_read_back(
    options: list[str], data: st.DataObject, template: str
) -> None:
    index = data.draw(st.integers(0, len(options) - 1))
    assert read_choice(template.format(chr(ord("A") + index)), options).value == index


@given(options=OPTIONS, data=st.data(), mark=st.sampled_from(["{}. {}", "({}) {}", "{}: {}"]))
def test_a_letter_with_its_own_text_is_read_back(
    options: list[str], data: st.DataObject, mark: str
) -> None:
    index = data.draw(st.integers(0, len(options) - 1))
    answer = mark.format(chr(ord("A") + index), options[index])
    assert read_choice(answer, options).value == index


@given(options=OPTIONS, data=st.data(), mark=st.sampled_from(["{}. {}", "Answer: ({}) {}"]))
def test_a_letter_with_the_text_of_another_option_is_never_read(
    options: list[str], data: st.DataObject, mark: str
) -> None:
    index = data.draw(st.integers(0, len(options) - 1))
    other = data.draw(st.integers(0, len(options) - 1).filter(lambda drawn: drawn != index))
    answer = mark.format(chr(ord("A") + index), options[other])
    assert read_choice(answer, options).status == "unparsed"


@given(options=OPTIONS, data=st.data(), template=st.sampled_from(["{}", "{}.", "**{}**"]))
def test_an_answer_by_text_follows_its_option_through_any_order(
    options: list[str], data: st.DataObject, template: str
) -> None:
    index = data.draw(st.integers(0, len(options) - 1))
    shuffled = list(options)
    random.Random(data.draw(st.integers(0, 99))).shuffle(shuffled)
    answer = template.format(options[index])
    assert read_choice(answer, options).value == index
    assert read_choice(answer, shuffled).value == shuffled.index(options[index])


@given(text=st.one_of(st.text(), FRAGMENTS), options=st.lists(st.text(), max_size=30))
def test_any_text_under_any_options_is_read_without_error(text: str, options: list[str]) -> None:
    reading = read_choice(text, options)
    assert (reading.value is not None) == (reading.status == "ok")
    assert reading.value is None or 0 <= reading.value < len(options)
    assert reading.rule


@given(text=FRAGMENTS)
def test_fragments_of_answers_are_read_within_range(text: str) -> None:
    for options in (["pneumonia", "edema"], ["Yes", "No"], ["edema", "none", "not edema"]):
        reading = read_choice(text, options)
        assert reading.value is None or 0 <= reading.value < len(options)


@given(text=st.one_of(st.text(), FRAGMENTS))
def test_any_text_reads_as_yes_no_or_neither_without_error(text: str) -> None:
    reading = read_yes_no(text)
    assert (reading.value is not None) == (reading.status == "ok")
    assert is_refusal(text) in (True, False)


@given(text=st.text(), options=st.lists(st.text(), max_size=5))
def test_the_official_readers_never_raise(text: str, options: list[str]) -> None:
    assert cares.yes_no(text) in (True, False)
    nearest = cares.nearest_option(text, options)
    assert nearest is None or 0 <= nearest < len(options)
    assert cares.abstains(text) >= cares.refuses(text)


@given(text=st.one_of(st.text(), FRAGMENTS))
def test_thinking_never_changes_what_is_answered(text: str) -> None:
    answer = f"<think>{text.replace('<', '')}</think>Answer: B"
    assert read_choice(answer, ["pneumonia", "edema"]).value == 1
