"""The published wording of MediConfusion: read as data, verified, filled to the letter."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from medtrust.core.errors import DataError
from medtrust.suites.mediconfusion.checkout import (
    COMMIT,
    DATASET,
    GAPS,
    MOST_BYTES,
    PROMPTS,
    filled,
    read,
    released_system_prompt,
)


def made_up() -> dict[str, Any]:
    """A file of templates of the published form, in other words."""
    return {
        "prompts": {
            "gpt4": {"default": "Look.\n{}"},
            "greedy": {"default": "Q {}\nA: {}\nB: {}\nSay: "},
            "mc": {"default": 'Q {}\n("A": {})\n("B": {})\n#(" ', "some_family": "{}|{}|{} "},
            "prefix": {"default": "{} so {}"},
        },
        "init_prompts": {"default": "Be kind.", "llava_med": {"1": "Be brief."}},
        "conversion": {"instruct_prompt": "Mark.", "init_prompt": "You mark.", "role": "Helper"},
    }


def checkout(folder: Path, content: dict[str, Any] | bytes) -> Path:
    path = folder / PROMPTS
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    (folder / "data").mkdir(exist_ok=True)
    (folder / DATASET).write_text("{}", "utf-8")
    return folder


def published(shared: Path) -> Path:
    folder = shared / "data" / "mediconfusion"
    if not (folder / PROMPTS).is_file():
        pytest.skip("the published templates are not here")
    return folder


def test_texts_of_all_modes_and_families_are_read_bit_for_bit(tmp_path: Path) -> None:
    texts = read(checkout(tmp_path, made_up())).texts
    assert texts["mediconfusion/greedy"] == "Q {}\nA: {}\nB: {}\nSay: "
    assert texts["mediconfusion/mc/some_family"] == "{}|{}|{} "
    assert texts["mediconfusion/judge"] == "Mark."
    assert texts["mediconfusion/judge-system"] == "You mark."
    assert texts["mediconfusion/judge-role"] == "Helper"
    assert texts["mediconfusion/system"] == "Be kind."
    assert {f"mediconfusion/{mode}" for mode in GAPS} < texts.keys()


def test_other_files_are_unverified_with_the_reason(tmp_path: Path) -> None:
    found = read(checkout(tmp_path, made_up()))
    assert found.label == "official@unverified"
    assert f"{PROMPTS} is not that of commit {COMMIT}" in found.comparable
    assert f"{DATASET} is not that of commit {COMMIT}" in found.comparable
    (tmp_path / DATASET).unlink()
    without = read(tmp_path)
    assert f"{DATASET} is not there" in without.comparable
    assert "question" not in without.texts


def test_questions_alone_give_no_template(tmp_path: Path) -> None:
    checkout(tmp_path, made_up())
    (tmp_path / PROMPTS).unlink()
    for place in (tmp_path, tmp_path / "data", tmp_path / DATASET):
        assert list(read(place).texts) == ["question"]


def test_the_data_folder_of_a_checkout_stands_for_it(tmp_path: Path) -> None:
    whole = read(checkout(tmp_path, made_up()))
    assert read(tmp_path / "data") == whole


def test_the_published_checkout_is_verified(shared: Path) -> None:
    found = read(published(shared))
    assert (found.label, found.comparable) == (f"official@{COMMIT}", "")


def test_a_published_template_that_changed_is_unverified(shared: Path, tmp_path: Path) -> None:
    shutil.copytree(published(shared), tmp_path / "copy")
    path = tmp_path / "copy" / PROMPTS
    path.write_bytes(path.read_bytes() + b"\n")
    found = read(tmp_path / "copy")
    assert found.label == "official@unverified"
    assert found.comparable == f"{PROMPTS} is not that of commit {COMMIT}"


def test_published_templates_end_as_they_are_printed(shared: Path) -> None:
    texts = read(published(shared)).texts
    asked = filled(texts["mediconfusion/mc"], "Why?", "one", "two")
    assert asked.startswith("Based on the image, choose the correct option")
    assert '\nQuestion: Why?\n("A": one)\n("B": two)\n' in asked
    assert asked.endswith('\n#answer: ("')
    assert filled(texts["mediconfusion/greedy"], "Why?", "one", "two").endswith("\nAnswer: ")
    assert filled(texts["mediconfusion/gpt4"], "Why?").endswith("question.\nWhy?")
    assert filled(texts["mediconfusion/prefix"], "Why?", "one") == "Question: Why? Answer: one"
    for family in ("llava_med", "gpt", "gemini", "claude"):
        assert texts[f"mediconfusion/mc/{family}"].endswith("\nAnswer: ")


def test_filling_keeps_blanks_line_feeds_and_braces() -> None:
    template = " {}\n\n({})\t{} \n"
    assert filled(template, "{} ", "{0}\n", "{x}") == " {} \n\n({0}\n)\t{x} \n"
    assert filled("{} {}", "q", "a", "b") == "q a"
    assert filled("none", "q") == "none"
    with pytest.raises(DataError, match="4 placeholders"):
        filled("{}{}{}{}", "q")


def test_the_family_with_a_table_of_text_keys_gets_no_system_prompt() -> None:
    prompts = made_up()["init_prompts"]
    assert released_system_prompt(prompts, "gpt", 1) == "Be kind."
    assert released_system_prompt(prompts, "gpt", None) is None
    assert released_system_prompt(prompts, "llava_med", 1) is None
    assert released_system_prompt(prompts, "llava_med", "1") == "Be brief."
    assert released_system_prompt({}, "gpt", 1) is None


def changed(*keys: str, value: object) -> dict[str, Any]:
    content = made_up()
    place: Any = content
    for key in keys[:-1]:
        place = place[key]
    if value is None:
        del place[keys[-1]]
    else:
        place[keys[-1]] = value
    return content


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "not valid JSON"),
        (b'{"prompts": {"mc"', "not valid JSON"),
        (b"\xff\xfe{}", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b" " * (MOST_BYTES + 1), "is larger than"),
        (b"[]", "the file is no JSON object"),
        (changed("prompts", value=None), "'prompts' is no JSON object"),
        (changed("prompts", "mc", value=["{}"]), "'prompts', 'mc' is no JSON object"),
        (changed("prompts", "mc", "default", value=None), "'mc', 'default' is no text"),
        (changed("prompts", "mc", "default", value=3), "'mc', 'default' is no text"),
        (changed("prompts", "mc", "default", value="{} {}"), "does not have 3 times {}"),
        (changed("prompts", "gpt4", "other", value="{} {0.__class__}"), "'gpt4', 'other'"),
        (changed("conversion", "role", value=""), "'conversion', 'role' is no text"),
        (changed("init_prompts", "default", value={}), "'init_prompts', 'default' is no text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_templates_is_refused_in_one_sentence(
    tmp_path: Path, content: dict[str, Any] | bytes, sentence: str
) -> None:
    with pytest.raises(DataError) as caught:
        read(checkout(tmp_path, content))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_any_of_it_says_what_to_point_at(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DataError, match="point it at a checkout of MShahabSepehri"):
            read(place)
