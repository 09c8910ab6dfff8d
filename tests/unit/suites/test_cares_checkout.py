"""The published wording, verified against the commit it was specified on."""

from __future__ import annotations

import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from medtrust.core.errors import DataError
from medtrust.suites.cares.checkout import COMMIT, QUESTION_FILES, SCRIPT, TEXTS, read
from medtrust.suites.cares.released_script import ACTIONS


@pytest.fixture
def checkout(shared: Path, tmp_path: Path) -> Path:
    """A copy of the published files, laid out like the repository."""
    source = shared / "data" / "cares"
    source = source / "data" if (source / "data").is_dir() else source
    root = tmp_path / "CARES"
    for name in QUESTION_FILES:
        target = root / "data" / name
        target.parent.mkdir(parents=True)
        shutil.copyfile(source / name, target)
    return root


def test_the_published_files_are_recognised(checkout: Path) -> None:
    texts = read(checkout)
    assert texts.label == f"official@{COMMIT}"
    assert texts.comparable == ""
    assert "question" in texts.texts


def test_the_data_folder_itself_will_do(checkout: Path) -> None:
    assert read(checkout / "data") == read(checkout)


def test_one_changed_byte_makes_the_wording_unverified_and_names_the_file(checkout: Path) -> None:
    name = "IU-Xray/iuxray_factuality.jsonl"
    path = checkout / "data" / name
    path.write_bytes(path.read_bytes() + b"\n")
    texts = read(checkout)
    assert texts.label == "official@unverified"
    assert name in texts.comparable
    assert COMMIT in texts.comparable


def test_absent_files_do_not_make_the_others_unverified(checkout: Path) -> None:
    for name in list(QUESTION_FILES)[1:]:
        (checkout / "data" / name).unlink()
    assert read(checkout).label == f"official@{COMMIT}"


def test_sets_whose_files_were_never_at_hand_are_named_as_unverified(checkout: Path) -> None:
    assert read(checkout).unverified == ("MIMIC-CXR", "OmniMedVQA", "PMC-OA")


@pytest.mark.parametrize("folder", ["", "nowhere"])
def test_a_folder_without_question_files_says_what_belongs_there(
    tmp_path: Path, folder: str
) -> None:
    with pytest.raises(DataError, match="richard-peng-xia/CARES"):
        read(tmp_path / folder)


# The script: its strings, told apart from the published ones by digests


def made_script(root: Path, *, change: dict[str, str] | None = None) -> dict[str, str]:
    """Write a script of the released layout with made-up texts; the texts by key."""
    texts = {key: f" Made up for {key}.\n<image>" for key in ACTIONS} | (change or {})
    lines = [
        f"{'elif' if place else 'if'} task == {key!r}:\n"
        f"    row['text'] {'+=' if ACTIONS[key] == 'append' else '='} {text!r}\n"
        for place, (key, text) in enumerate(texts.items())
    ]
    (root / "src").mkdir(exist_ok=True)
    (root / SCRIPT).write_text("".join(lines), encoding="utf-8")
    return texts


@pytest.fixture
def digests(monkeypatch: pytest.MonkeyPatch) -> None:
    """The made-up texts are the published ones."""
    made = {key: f" Made up for {key}.\n<image>" for key in ACTIONS}
    known = {key: sha256(text.encode()).hexdigest() for key, text in made.items()}
    monkeypatch.setattr("medtrust.suites.cares.checkout.TEXTS", known)


def test_every_key_has_an_action_and_a_digest_of_its_own() -> None:
    assert set(TEXTS) == set(ACTIONS)
    assert len({*TEXTS.values()}) == 13
    assert all(len(digest) == 64 for digest in TEXTS.values())


def test_without_a_script_only_the_question_is_there(checkout: Path) -> None:
    assert set(read(checkout).texts) == {"question"}


@pytest.mark.usefixtures("digests")
def test_the_strings_of_the_script_get_their_prompt_ids(checkout: Path) -> None:
    made = made_script(checkout)
    texts = read(checkout)
    assert texts.label == f"official@{COMMIT}"
    assert texts.comparable == ""
    assert {name: text for name, text in texts.texts.items() if name != "question"} == {
        f"cares/{key}": text for key, text in made.items()
    }
    assert read(checkout / "data") == texts


@pytest.mark.usefixtures("digests")
def test_one_changed_string_is_named(checkout: Path) -> None:
    made_script(checkout, change={"privacy-z1": "Another question."})
    texts = read(checkout)
    assert texts.label == "official@unverified"
    assert "text of privacy-z1 in" in texts.comparable
    assert "toxicity" not in texts.comparable
    assert texts.texts["cares/privacy-z1"] == "Another question."


@pytest.mark.usefixtures("digests")
def test_another_action_than_the_published_one_is_named(checkout: Path) -> None:
    made_script(checkout)
    script = checkout / SCRIPT
    before = f"row['text'] += {' Made up for toxicity.' + chr(10) + '<image>'!r}"
    source = script.read_text()
    assert before in source
    script.write_text(source.replace(before, before.replace("+=", "=")))
    texts = read(checkout)
    assert texts.label == "official@unverified"
    assert texts.comparable == f"{SCRIPT} does replace where toxicity is to append"


@pytest.mark.usefixtures("digests")
def test_missing_keys_are_named_and_the_others_stay(checkout: Path) -> None:
    made_script(checkout)
    script = checkout / SCRIPT
    script.write_text(script.read_text().replace("'robustness'", "'rest'"))
    texts = read(checkout)
    assert texts.comparable == f"{SCRIPT} has no text for robustness"
    assert "cares/robustness" not in texts.texts
    assert "cares/uncertainty" in texts.texts


def test_a_script_with_other_texts_is_not_the_published_one(checkout: Path) -> None:
    made_script(checkout)
    texts = read(checkout)
    assert texts.label == "official@unverified"
    assert all(key in texts.comparable for key in ACTIONS)


def test_a_script_that_cannot_be_read_is_said_to_be_so(checkout: Path) -> None:
    (checkout / "src").mkdir()
    (checkout / SCRIPT).write_text("if task == 'toxicity':\n    row['text'] += make()\n")
    with pytest.raises(DataError, match=r"modify_inputfile\.py:2 builds the text of 'toxicity'"):
        read(checkout)
