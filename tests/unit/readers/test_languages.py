"""Which tables a text is read with, and what the tables themselves must keep."""

from __future__ import annotations

import subprocess
import sys

import pytest

from medtrust.readers import read_choice, read_yes_no
from medtrust.readers.languages.chinese import CHINESE
from medtrust.readers.languages.english import CUES, ENGLISH
from medtrust.readers.languages.language import Language
from medtrust.readers.languages.respelling import respelled
from medtrust.readers.languages.script import evenly_spaced, has_ideographs
from medtrust.readers.languages.spoken import spoken_in
from medtrust.readers.plain_text import plain_text

LANGUAGES = [ENGLISH, CHINESE]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("There is no effusion.", ["English"]),
        ("Pas d'épanchement, c'est négatif.", ["English"]),
        ("未见积液", ["Chinese", "English"]),
        ("Yes (有积液)", ["Chinese", "English"]),
        ("胸水は見られません", ["English"]),
        ("", ["English"]),
    ],
)
def test_the_script_of_a_text_decides_over_the_tables(text: str, names: list[str]) -> None:
    assert [language.name for language in spoken_in(text)] == names


def test_english_texts_never_load_the_chinese_tables() -> None:
    code = (
        "import sys\n"
        "from medtrust.readers import is_refusal, read_choice, read_yes_no\n"
        "read_choice('The answer is B\u2019s.', ['a b', 'c d']); read_yes_no('No \u2013 none.')\n"
        "is_refusal('I can\u2019t.')\n"
        "sys.exit('medtrust.readers.languages.chinese' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], timeout=60, check=True)


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)
def test_the_words_of_a_table_are_of_one_mind(language: Language) -> None:
    phrases = language.yes_no
    assert not phrases.yes & phrases.no
    assert phrases.bare <= phrases.yes | phrases.no
    for word in phrases.bare:
        assert read_yes_no(word).value is (word in phrases.yes)
    for word in phrases.yes_words:
        assert read_yes_no(word).value is not False


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)
def test_every_group_that_the_readers_ask_for_is_in_its_pattern(language: Language) -> None:
    phrases = language.yes_no
    for pattern in (phrases.declared, phrases.leading, phrases.last):
        assert "word" in pattern.groupindex
    assert "stop" in phrases.leading.groupindex


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("答案是B", "answer is B"),
        ("我选择 A", "choose A"),
        ("选项C。", "option C."),
        ("A和B都不对", "A and B is wrong"),
        ("不是A", "not A"),
        ("诊断为肺炎", "diagnosis is 肺炎"),
        ("The answer is B.", "The answer is B."),
    ],
)
def test_announcements_are_respelled_with_words_that_the_cues_know(text: str, english: str) -> None:
    assert " ".join(respelled(plain_text(text)).split()) == english


def test_every_respelling_leads_to_a_word_of_the_choice_reader() -> None:
    known = {word for word, _ in (*CUES.strong, *CUES.weak)}
    others = {
        "and", "or", "not", ", not", "is wrong", "is correct", "because", ",", "",
        "none of the above",
    }  # fmt: skip
    for _, words in CHINESE.choices.respelled:
        said = words.replace("\\1", "").replace("\\n", "").strip()
        assert said in others or any(word in said for word in known), said


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("选项C。", "leading-letter"),
        ("答案是B", "declared-letter"),
        ("答案是肺炎", "declared-text"),
        ("肺炎", "option-text"),
        ("我看了图像\uff0cB正确。", "verdict"),
        ("两肺清晰。\nB", "last-letter"),
        ("A、C和D都不对", "negation-elimination"),
        ("我无法回答。", "refusal"),
        ("B. 肺炎", "conflict"),
        ("A或B", "several"),
        ("以上都不是", "none-of-them"),
        ("胸片", "nothing"),
    ],
)
def test_the_rules_have_the_same_names_in_chinese(text: str, rule: str) -> None:
    assert read_choice(text, ["肺炎", "正常", "胸腔积液", "气胸"]).rule == rule


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("是", "only-word"),
        ("没有\uff0c肺野清晰。", "leading-word"),
        ("答案\uff1a否。", "declared"),
        ("图像如上。 没有。", "last-word"),
        ("未见胸腔积液。", "negative-statement"),
        ("可见胸腔积液。", "affirmative-statement"),
        ("无法排除肺炎。", "ambiguous-statement"),
        ("是和否", "both"),
        ("我不知道。", "refusal"),
    ],
)
def test_yes_and_no_are_found_by_the_same_rules_in_chinese(text: str, rule: str) -> None:
    assert read_yes_no(text).rule == rule


def test_blanks_stand_between_scripts_and_nowhere_else() -> None:
    assert evenly_spaced("答 案是B选项,因为 CT 示") == "答案是 B 选项, 因为 CT 示"
    assert has_ideographs("CT示")
    assert not has_ideographs("é ひらがな ①")
