"""How a text is written changes nothing in what it says: the golden rows in other spellings."""

from __future__ import annotations

import csv
import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medtrust.readers import is_refusal, read_choice, read_yes_no
from medtrust.readers.languages.script import ONE_SPELLING, has_ideographs
from medtrust.readers.languages.spoken import spoken_in
from medtrust.readers.plain_text import plain_text

GOLDEN = Path(__file__).parents[1] / "golden"
# marks that are markup, tags or JSON only when they are written in ASCII
MARKS = "<>[]{}\\*_`$#~|^=&\"'"
CHINESE = "是否有无没不见对错能法答案选项我抱歉确定判断图像显示肺炎气胸,.。!?:()AB \n而但可未的回"


def rows(name: str) -> list[tuple[str, tuple[str, ...]]]:
    with (GOLDEN / name).open(encoding="utf-8", newline="") as file:
        return [
            (json.loads(f'"{row["text"]}"'), tuple(row["options"].split("|")))
            for row in csv.DictReader(file)
        ]


ROWS = [
    *rows("choice_readings.csv"),
    *((text, ("Yes", "No")) for text, _ in rows("yes_no_readings.csv")),
    *((text, ("pneumonia", "edema")) for text, _ in rows("refusal_readings.csv")),
]
PLAIN_ROWS = [(text, options) for text, options in ROWS if not set(text) & set(MARKS)]


def readings(text: str, options: tuple[str, ...]) -> tuple[object, object, bool]:
    choice = read_choice(text, options)
    answer = read_yes_no(text)
    return (choice.status, choice.value), (answer.status, answer.value), is_refusal(text)


def full_width(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def curly(text: str) -> str:
    return text.replace("'", "\u2019")


@pytest.mark.parametrize("around", ["{}\n", "\n\n{}", "  {}  ", "\t{}\r\n", "\u3000{}\u00a0"])
def test_blanks_around_an_answer_change_no_reading(around: str) -> None:
    for text, options in ROWS:
        if text.strip():
            assert readings(around.format(text), options) == readings(text, options), text


@pytest.mark.parametrize("blank", ["  ", "    ", "\u00a0", "\u2003", " \u200b", "\u202f "])
def test_wider_blanks_between_words_change_no_reading(blank: str) -> None:
    for text, options in ROWS:
        if not text.startswith(" ") and "\n" not in text:
            assert readings(text.replace(" ", blank), options) == readings(text, options), text


def test_full_width_characters_change_no_reading() -> None:
    for text, options in PLAIN_ROWS:
        assert readings(full_width(text), options) == readings(text, options), text


def test_curly_apostrophes_change_no_reading() -> None:
    for text, options in ROWS:
        assert readings(curly(text), options) == readings(text, options), text


@pytest.mark.parametrize("invisible", ["\u200b", "\u200d", "\u2060", "\u00ad", "\ufe0f", "\u202a"])
def test_what_nobody_sees_changes_no_reading(invisible: str) -> None:
    for text, options in PLAIN_ROWS:
        assert readings(invisible.join(text), options) == readings(text, options), text


def test_traditional_characters_are_read_as_simplified_ones() -> None:
    traditional = {ord(to): of for of, to in ((chr(of), to) for of, to in ONE_SPELLING.items())}
    changed = 0
    for text, options in ROWS:
        respelled = text.translate(traditional)
        changed += respelled != text
        assert readings(respelled, options) == readings(text, options), text
    assert changed > 200


@pytest.mark.parametrize("blank", [" ", "  ", "\u3000"])
def test_blanks_between_chinese_characters_change_no_reading(blank: str) -> None:
    for text, options in ROWS:
        if text and all(has_ideographs(char) or char in ",.。\uff0c" for char in text):
            assert readings(blank.join(text), options) == readings(text, options), text


@given(text=st.text(alphabet=CHINESE, max_size=60))
def test_any_chinese_text_is_read_without_error(text: str) -> None:
    for options in (("肺炎", "气胸"), ("是", "否"), ("有", "无"), ("不是", "是"), ("A", "B")):
        reading = read_choice(text, options)
        assert (reading.value is not None) == (reading.status == "ok")
    assert read_yes_no(text).status in ("ok", "refused", "unparsed")


@given(
    text=st.text(max_size=80), options=st.lists(st.text(alphabet=CHINESE, max_size=6), max_size=5)
)
def test_any_unicode_text_under_chinese_options_is_read_without_error(
    text: str, options: list[str]
) -> None:
    reading = read_choice(text, options)
    assert reading.value is None or 0 <= reading.value < len(options)


@given(text=st.text())
def test_plain_text_is_plain_already_for_the_characters_that_it_knows(text: str) -> None:
    plain = plain_text(text)
    assert not set(plain) & set("\u2018\u2019\u201c\u201d\u200b\u3002\uff1a\u2011")
    assert len(plain.lower()) == len(plain)


@given(text=st.text(alphabet=st.characters(max_codepoint=0x2FFF)))
def test_a_text_without_ideographs_is_read_with_english_alone(text: str) -> None:
    plain = unicodedata.normalize("NFKC", text)
    names = [language.name for language in spoken_in(plain)]
    assert names == (["Chinese", "English"] if has_ideographs(plain) else ["English"])
