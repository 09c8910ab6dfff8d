"""Result files of the released scripts: what is taken in, what is written, what is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from medtrust.core.errors import DataError, UnknownNameError
from medtrust.core.records import Sample
from medtrust.suites.mediconfusion.released_results import (
    MODES,
    NEVER,
    PRINTED_ORDER,
    STAND_INS,
    entry,
    replay_rows,
    results,
)
from parts.mediconfusion_files import load_mediconfusion, write_mediconfusion

MC = "mediconfusion/multiple_choice"
GREEDY = "mediconfusion/letter_scores"
PREFIX = "mediconfusion/prefix_score"
FREE = "mediconfusion/free_form"


@pytest.fixture
def samples(tmp_path: Path) -> list[Sample]:
    return list(load_mediconfusion(write_mediconfusion(tmp_path / "repository", 2)).samples)


def answer(text: str | None, a: object, b: object, **more: object) -> dict[str, object]:
    return {"full_answer": text, "A": a, "B": b, **more}


def result_file(folder: Path, mode: str, *pairs: tuple[Any, Any]) -> Path:
    path = folder / f"llava_{mode}.json"
    content = {
        str(10001 + place): {
            "answer": {"im1": one, "im2": other},
            "score": {"set_score": {"total": 99}},
        }
        for place, (one, other) in enumerate(pairs)
    }
    path.write_text(json.dumps(content), "utf-8")
    return path


def test_every_answer_becomes_a_row_and_the_kept_counters_are_not_believed(
    tmp_path: Path, samples: list[Sample]
) -> None:
    path = result_file(
        tmp_path, "mc", (answer("A.", 0, 10), answer(None, 0, 0)), (answer("", 0, 0),) * 2
    )
    rows = replay_rows(path, samples, task=MC)
    assert [(row["sample"], row["text"]) for row in rows] == [
        ("mediconfusion/10001/im_1", "A."),
        ("mediconfusion/10001/im_2", ""),
        ("mediconfusion/10002/im_1", ""),
        ("mediconfusion/10002/im_2", ""),
    ]
    assert all(
        row.keys() == {"task", "sample", "condition", "role", "text"} and row["role"] == "answer"
        for row in rows
    )


def test_a_file_that_was_left_half_way_gives_the_pairs_it_has(
    tmp_path: Path, samples: list[Sample]
) -> None:
    path = result_file(tmp_path, "mc", (answer("A", 10, 0), answer("B", 0, 10)))
    assert len(replay_rows(path, samples, task=MC)) == 2


def test_a_letter_alone_gets_stand_ins_for_its_probability(
    tmp_path: Path, samples: list[Sample]
) -> None:
    path = result_file(tmp_path, "greedy", (answer("A", 10, 0), answer("B", 0, 10)))
    first, second = (
        row["continuation_logprobs"] for row in replay_rows(path, samples, task=GREEDY)
    )
    assert first == [STAND_INS[0], NEVER, NEVER, STAND_INS[1], NEVER, NEVER]
    assert second == [STAND_INS[1], NEVER, NEVER, STAND_INS[0], NEVER, NEVER]


def test_numbers_that_can_be_probabilities_are_taken_for_them(
    tmp_path: Path, samples: list[Sample]
) -> None:
    path = result_file(tmp_path, "prefix", (answer("A", 0.25, 0.125), answer("B", 0, 1)))
    rows = replay_rows(path, samples, task=PREFIX)
    assert rows[0]["continuation_logprobs"] == [math.log(0.25), math.log(0.125)]
    assert rows[1]["continuation_logprobs"] == [NEVER, 0.0]
    assert [row["continuation_tokens"] for row in rows] == [[1, 1]] * 2


def test_what_the_judge_said_is_put_together_again(tmp_path: Path, samples: list[Sample]) -> None:
    path = result_file(
        tmp_path,
        "gpt4",
        (answer("a bleed", 8, 2, gpt_reason="near"), answer("nothing", 0, 0, gpt_reason="")),
    )
    rows = replay_rows(path, samples, task=FREE)
    assert [(row["role"], row["text"]) for row in rows] == [
        ("answer", "a bleed"),
        ("judge", "A: 8\nB: 2\nYour explanation: near"),
        ("answer", "nothing"),
        ("judge", "A: 0\nB: 0\nYour explanation: "),
    ]


@pytest.mark.parametrize("task", MODES)
def test_what_is_written_comes_back_as_what_it_was(
    tmp_path: Path, samples: list[Sample], task: str
) -> None:
    mode = MODES[task]
    replies = ["A: 8\nB: 2\nYour explanation: near", "A: 1\nB: 7\nYour explanation: far"]
    entries = {
        sample.id: entry(mode, "the B. one", chosen="B", reply=replies[place % 2])
        for place, sample in enumerate(samples)
    }
    whole = {name: row for name, row in entries.items() if row is not None}
    assert len(whole) == 4
    found = results(samples, whole)
    path = tmp_path / f"some_model_{mode}.json"
    path.write_text(json.dumps(found.answers), "utf-8")
    rows = replay_rows(path, samples, task=task)
    texts = {row["sample"]: row["text"] for row in rows if row["role"] == "answer"}
    said = "the B. one" if mode in ("mc", "gpt4") else "B"
    assert texts == {sample.id: said for sample in samples}
    assert [row["text"] for row in rows if row["role"] == "judge"] == (
        replies * 2 if mode == "gpt4" else []
    )
    again = {
        sample.id: entry(mode, texts[sample.id], chosen="B", reply=replies[place % 2])
        for place, sample in enumerate(samples)
    }
    assert again == entries


def test_a_written_file_has_the_released_fields_in_their_order(samples: list[Sample]) -> None:
    letters = {"im_1": "A", "im_2": "B"}
    entries = {sample.id: entry("mc", letters[sample.id[-4:]]) for sample in samples}
    found = results(samples, {name: row for name, row in entries.items() if row})
    first = found.answers["10001"]
    assert list(first) == ["answer", "score"]
    assert list(first["answer"]["im1"]) == ["full_answer", "A", "B"]
    assert list(first["score"]) == list(found.score)
    assert list(found.score["set_score"]) == [*PRINTED_ORDER, "total"]
    assert first["score"]["set_score"]["Head and Neck"] == 1
    assert found.score["set_score"]["total"] == 1
    assert found.score["individual_score"]["total"] == 2
    assert found.left_out == 0
    judged = entry("gpt4", "text", reply="A: 8\nB: 2\nnear")
    assert judged == {"A": 8, "B": 2, "gpt_reason": "near", "full_answer": "text"}
    assert list(judged) == ["A", "B", "gpt_reason", "full_answer"]


def test_pairs_without_both_answers_are_left_out(samples: list[Sample]) -> None:
    said = entry("mc", "A")
    assert said is not None
    found = results(samples, {sample.id: said for sample in samples[:3]})
    assert (list(found.answers), found.left_out) == (["10001"], 1)


def test_no_entry_is_made_where_the_script_would_stop_or_nothing_was_chosen() -> None:
    assert entry("gpt4", "text", reply="A: 8/10\nB: 2/10\nnear") is None
    assert entry("prefix", "") is None
    assert entry("greedy", "", chosen="A") == {"full_answer": "A", "A": 10, "B": 0}


GOOD = answer("A", 10, 0)


@pytest.mark.parametrize(
    ("mode", "content", "sentence"),
    [
        ("mc", "{", "is not valid JSON"),
        ("mc", "[" * 100_000, "is not valid JSON"),
        ("mc", "[]", "holds no pairs"),
        ("mc", "{}", "holds no pairs"),
        ("mc", {"10001": []}, "'im1' and 'im2'"),
        ("mc", {"10001": {"answer": {"im1": GOOD}}}, "'im1' and 'im2'"),
        ("mc", {"10009": {"answer": {"im1": GOOD, "im2": GOOD}}}, "'10009', which is not in"),
        ("mc", {"10001": {"answer": {"im1": GOOD, "im2": {"A": 1}}}}, "no text in 'full_answer'"),
        ("mc", {"10001": {"answer": {"im1": GOOD, "im2": {"full_answer": 3}}}}, "no text in"),
        ("gpt4", {"10001": {"answer": {"im1": GOOD, "im2": answer("", "8", 2)}}}, "number in 'A'"),
        ("greedy", {"10001": {"answer": {"im1": GOOD, "im2": answer("", 0, 0)}}}, "always chooses"),
        ("greedy", {"10001": {"answer": {"im1": GOOD, "im2": answer("", 1, True)}}}, "in 'B'"),
    ],
)
def test_what_is_no_result_file_is_refused_in_one_sentence(
    tmp_path: Path, samples: list[Sample], mode: str, content: object, sentence: str
) -> None:
    path = tmp_path / f"x_{mode}.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    task = next(name for name, each in MODES.items() if each == mode)
    with pytest.raises(DataError) as caught:
        replay_rows(path, samples, task=task)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_of_another_mode_is_not_taken_for_this_one(
    tmp_path: Path, samples: list[Sample]
) -> None:
    path = result_file(tmp_path, "greedy", (GOOD, GOOD))
    with pytest.raises(DataError, match="is of the released mode greedy"):
        replay_rows(path, samples, task=MC)
    with pytest.raises(UnknownNameError):
        replay_rows(path, samples, task="cares/factuality")
    with pytest.raises(DataError, match="cannot be read"):
        replay_rows(tmp_path / "nowhere.json", samples, task=MC)
