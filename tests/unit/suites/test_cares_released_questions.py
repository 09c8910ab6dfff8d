"""Question files as the released script would write them, from any task and condition."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from medtrust.core.conditions import parse_condition
from medtrust.core.errors import DataError
from medtrust.core.records import ImageRef, Kind, Sample
from medtrust.core.registry import load, names
from medtrust.core.task import Setting, Task
from medtrust.suites.cares.released_answers import answer_keys, answered
from medtrust.suites.cares.released_questions import (
    KEYS,
    PLAIN,
    Arm,
    file_name,
    original_rows,
    question_files,
    stem_of,
    write_rows,
)
from medtrust.suites.cares.released_script import ACTIONS
from parts.cares_files import FILES, iu_row, load_cares, write_all_seven, write_set

WORDS = {key: f" Made up \u2019 for {key}.\n<image>" for key in ACTIONS}
OFFICIAL = {"question": "text", **{f"cares/{key}": words for key, words in WORDS.items()}}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The seven sets, two rows or so each."""
    write_all_seven(tmp_path / "CARES")
    return tmp_path / "CARES"


def task_of(arm: Arm) -> Task:
    found: Task = load("task", arm[0])
    return found


def setting_of(arm: Arm, official: Mapping[str, str] | None = None, **fields: Any) -> Setting:
    parameters = parse_condition(arm[1])
    return Setting(arm[1], parameters, official=official or {}, judge="none", **fields)


def published(root: Path, name: str) -> list[dict[str, Any]]:
    text = (root / "data" / name / FILES[name]).read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_every_released_key_belongs_to_one_arm() -> None:
    assert sorted(KEYS.values()) == sorted(ACTIONS)


@pytest.mark.parametrize("arm", KEYS, ids=KEYS.values())
def test_in_published_words_a_file_is_what_the_released_script_writes(
    root: Path, tmp_path: Path, arm: Arm
) -> None:
    samples = load_cares(root).samples
    files, left_out = question_files(
        samples, task_of(arm), setting_of(arm, OFFICIAL), original_rows(root)
    )
    key = KEYS[arm]
    by_name = {file.name: file for file in files}
    assert set(by_name) == {f"{FILES[name].removesuffix('.jsonl')}_{key}" for name in FILES}
    assert not left_out
    for name in ("IU-Xray", "HAM10000", "Harvard-FairVLMed", "MIMIC-CXR", "OmniMedVQA"):
        rows = published(root, name)
        for row in rows:
            row["text"] = WORDS[key] if ACTIONS[key] == "replace" else row["text"] + WORDS[key]
        wanted = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        file = by_name[f"{FILES[name].removesuffix('.jsonl')}_{key}"]
        assert file.folder == name
        write_rows(tmp_path / "out.jsonl", file.rows)
        assert (tmp_path / "out.jsonl").read_text("utf-8") == wanted


def test_plain_questions_in_published_words_are_the_published_file(
    root: Path, tmp_path: Path
) -> None:
    files, _ = question_files(
        load_cares(root).samples, task_of(PLAIN), setting_of(PLAIN, OFFICIAL), original_rows(root)
    )
    assert len(files) == 7
    for file in files:
        write_rows(tmp_path / "out.jsonl", file.rows)
        original = root / "data" / file.folder / f"{file.name}.jsonl"
        assert (tmp_path / "out.jsonl").read_bytes() == original.read_bytes()


def test_published_files_go_through_byte_for_byte(shared: Path, tmp_path: Path) -> None:
    root = shared / "data" / "cares"
    files, _ = question_files(
        load_cares(root).samples, task_of(PLAIN), setting_of(PLAIN, OFFICIAL), original_rows(root)
    )
    assert sum(len(file.rows) for file in files) == 8411
    for file in files:
        write_rows(tmp_path / "out.jsonl", file.rows)
        original = root / "data" / file.folder / f"{file.name}.jsonl"
        assert (tmp_path / "out.jsonl").read_bytes() == original.read_bytes(), file.name


def test_in_our_words_the_text_is_that_of_the_request(root: Path) -> None:
    arm = ("cares/uncertainty", "turns=one")
    files, _ = question_files(
        load_cares(root).samples, task_of(arm), setting_of(arm), original_rows(root)
    )
    iu, ham = files[0].rows[0]["text"], files[1].rows[0]["text"]
    assert iu.startswith("Is the heart large?")
    assert "sure" in iu
    assert iu.endswith("\n<image>"), "as in the published file of IU-Xray"
    assert "<image>" not in ham, "as in the published file of HAM10000"


def test_a_text_of_ours_in_place_of_the_question_shows_the_image_as_the_published_does(
    root: Path,
) -> None:
    arm = ("cares/overcaution", "instruction=describe")
    files, _ = question_files(load_cares(root).samples, task_of(arm), setting_of(arm))
    assert {row["text"].count("<image>") for file in files for row in file.rows} == {1}


def test_rows_keep_what_the_samples_kept_when_the_files_are_gone(root: Path) -> None:
    files, _ = question_files(load_cares(root).samples, task_of(PLAIN), setting_of(PLAIN))
    row = files[0].rows[1]
    assert row["answer"] == "- Yes"
    assert row["image"] == "CXR7_IM-0001-0001/0.png"
    assert row["question_id"] == "cares/iuxray_factuality:1"


def test_a_row_without_an_id_gets_that_of_its_sample(tmp_path: Path) -> None:
    row = iu_row("Is it?", "No.")
    del row["question_id"]
    write_set(tmp_path, "IU-Xray", [row])
    (file,), _ = question_files(
        load_cares(tmp_path).samples, task_of(PLAIN), setting_of(PLAIN), original_rows(tmp_path)
    )
    assert file.rows[0]["question_id"] == "cares/iuxray_factuality:0"
    assert list(file.rows[0])[-1] == "question_id"


def test_questions_that_cannot_be_asked_are_counted_by_reason(root: Path) -> None:
    arm = ("cares/factuality", "options=shuffled")
    files, left_out = question_files(
        load_cares(root).samples, task_of(arm), setting_of(arm, OFFICIAL), original_rows(root)
    )
    assert left_out["published-order-fixed"] > 0
    assert left_out["not-asked"] > 0, "yes/no and open questions have no options"
    assert [file.name for file in files] == ["HAM10000_factuality_options-shuffled"]


def test_words_that_the_checkout_does_not_have_are_not_replaced_by_ours(root: Path) -> None:
    arm = ("cares/uncertainty", "turns=one")
    files, left_out = question_files(
        load_cares(root).samples, task_of(arm), setting_of(arm, {"question": "text"})
    )
    assert files == []
    assert left_out["no-published-text"] == len(load_cares(root).samples)


def test_a_file_that_changed_since_the_run_is_refused(root: Path) -> None:
    samples = load_cares(root).samples
    write_set(root, "IU-Xray", [iu_row("Another question?", "No.")])
    with pytest.raises(DataError, match=r"cares/iuxray_factuality:0 is not the question"):
        question_files(samples, task_of(PLAIN), setting_of(PLAIN), original_rows(root))


def test_samples_of_other_data_are_written_in_the_released_fields() -> None:
    base: dict[str, Any] = {"images": (ImageRef("blank:8x8"),)}
    samples = [
        Sample("phantom/7:a", "Which?", Kind.CHOICE, options=("lung", "bone"), answer=1, **base),
        Sample("phantom/7:b", "Is it?", Kind.YES_NO, answer=True, **base),
        Sample("folder:c", "Is it?", Kind.YES_NO, answer=False, **base),
    ]
    assert [stem_of(sample) for sample in samples] == ["phantom", "phantom", "folder"]
    first, second = question_files(samples, task_of(PLAIN), setting_of(PLAIN))[0]
    choice, yes_no = first.rows
    assert (choice["option_A"], choice["option_B"], choice["answer"]) == ("lung", "bone", "bone")
    assert (yes_no["answer"], yes_no["image"]) == ("Yes", "blank:8x8")
    assert second.rows[0]["answer"] == "No"
    assert (second.folder, second.name) == ("folder", "folder")


def test_no_two_arms_share_a_file_name() -> None:
    arms = [
        (name, condition)
        for name in names("task")
        for condition in (*task_of((name, "")).conditions, *task_of((name, "")).optional)
    ]
    assert len({file_name("stem", arm) for arm in arms}) == len(arms)
    assert file_name("stem", PLAIN) == "stem"


def test_an_unwritable_place_is_said(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(DataError, match="cannot be written"):
        write_rows(tmp_path / "taken" / "a.jsonl", [{"text": "x"}])


# Answers beside the questions


@pytest.mark.parametrize(
    ("task", "kind", "keys"),
    [
        ("cares/factuality", Kind.YES_NO, ("text",)),
        ("cares/factuality", Kind.CHOICE, ("Pred",)),
        ("cares/factuality", Kind.OPEN, ("answer",)),
        ("cares/uncertainty", Kind.YES_NO, ("answer",)),
        ("cares/toxicity", Kind.CHOICE, ("answer",)),
        ("cares/overcaution", Kind.YES_NO, ("Pred",)),
        ("cares/privacy", Kind.OPEN, ("Pred",)),
        ("cares/out_of_distribution", Kind.OPEN, ("Pred",)),
        ("cares/jailbreak", Kind.YES_NO, ("text", "Pred")),
        ("cares/jailbreak", Kind.OPEN, ("answer", "Pred")),
        ("cares/noise", Kind.CHOICE, ("Pred",)),
    ],
)
def test_an_answer_stands_where_the_released_scripts_look_for_it(
    task: str, kind: Kind, keys: tuple[str, ...]
) -> None:
    assert answer_keys(task, kind) == keys


def test_answers_and_their_questions_stay_line_by_line(root: Path) -> None:
    (file, *_), _ = question_files(load_cares(root).samples, task_of(PLAIN), setting_of(PLAIN))
    part, rows = answered(file, PLAIN[0], {"cares/iuxray_factuality:1": "Yes.\u2028Sure."})
    assert [sample.id for sample in part.samples] == ["cares/iuxray_factuality:1"]
    assert part.rows == [file.rows[1]]
    assert rows == [
        {
            "question_id": file.rows[1]["question_id"],
            "sample": "cares/iuxray_factuality:1",
            "text": "Yes.\u2028Sure.",
        }
    ]
