"""Answers from a file: which row answers what, and what is wrong with a file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from medtrust.core.errors import DataError, UnknownNameError
from medtrust.core.keys import request_id
from medtrust.core.model import Call, ModelOptions, Origin
from medtrust.core.records import Answer, Failure, Outcome
from medtrust.models.replay import open_model, read_rows
from medtrust.run import Run, evaluate
from parts.conversations import ask, sample
from parts.question_files import write_questions

QUESTION = "Is it there?"
KEY = request_id(ask(QUESTION).request)


def write(path: Path, *rows: Any) -> Path:
    lines = (row if isinstance(row, bytes) else orjson.dumps(row) for row in rows)
    path.write_bytes(b"\n".join(lines))
    return path


def call(*, draw: int = 0, role: str = "answer", condition: str = "") -> Call:
    request = ask(QUESTION, draw=draw).request
    return Call(request, request_id(request), Origin("mine/t", sample(1), condition, role))


def replay(path: Path, *calls: Call, **parameters: str) -> Sequence[Answer | Failure]:
    model = open_model(ModelOptions(str(path), parameters=parameters))
    return asyncio.run(model.answer(calls or [call()], frozenset()))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "answers.jsonl"


@pytest.mark.parametrize(
    "row",
    [
        {"request_id": KEY},
        {"request_id": KEY, "draw": 0},
        {"task": "mine/t", "sample": "mine:1"},
        {"task": "mine/t", "sample": "mine:1", "condition": "", "role": "answer", "draw": 0},
        {"task": "mine/t", "sample": "mine:1", "condition": None, "role": None},
        {"task": "mine/t", "sample": "mine:1", "condition": "clean"},
    ],
    ids=["id", "id and draw", "short name", "full name", "nulls", "clean as it is typed"],
)
def test_a_row_answers_the_request_it_names(path: Path, row: dict[str, Any]) -> None:
    assert replay(write(path, {**row, "text": "Yes."})) == [Answer("Yes.")]


@pytest.mark.parametrize(
    "row",
    [
        {"request_id": "0" * 64},
        {"request_id": KEY, "draw": 1},
        {"task": "mine/t", "sample": "mine:2"},
        {"task": "mine/u", "sample": "mine:1"},
        {"task": "mine/t", "sample": "mine:1", "role": "judge"},
        {"task": "mine/t", "sample": "mine:1", "condition": "image=blank"},
    ],
)
def test_a_request_no_row_names_is_pending(path: Path, row: dict[str, Any]) -> None:
    (found,) = replay(write(path, {**row, "text": "Yes."}))
    assert isinstance(found, Failure)
    assert found.pending


def test_draws_roles_and_conditions_have_rows_of_their_own(path: Path) -> None:
    name = {"task": "mine/t", "sample": "mine:1"}
    write(
        path,
        {**name, "text": "a"},
        {**name, "draw": 1, "text": "b"},
        {**name, "role": "again", "text": "c"},
        {**name, "condition": "image=blank", "text": "d"},
    )
    found = replay(path, call(), call(draw=1), call(role="again"), call(condition="image=blank"))
    assert [one.text for one in found if isinstance(one, Answer)] == ["a", "b", "c", "d"]


def test_everything_a_row_may_hold_arrives(path: Path) -> None:
    row = {
        "request_id": KEY, "text": "Yes", "finish_reason": "length", "reasoning": "because",
        "token_logprobs": [-0.5, None], "top_logprobs": [[-0.5, -1.0], [-2.0, -3.0]],
        "continuation_logprobs": [-1.5, -2.5],
    }  # fmt: skip
    (found,) = replay(write(path, row))
    assert isinstance(found, Answer)
    assert (found.outcome, found.finish_reason) == (Outcome.TRUNCATED, "length")
    assert found.reasoning == "because"
    assert {name: array.shape for name, array in found.signals.items()} == {
        "token_logprobs": (2,), "top_logprobs": (2, 2), "continuation_logprobs": (2,),
    }  # fmt: skip
    np.testing.assert_array_equal(
        found.signals["token_logprobs"], np.array([-0.5, np.nan], dtype=np.float32)
    )


@pytest.mark.parametrize(
    "signals",
    [
        {"token_logprobs": ["a"]},
        {"token_logprobs": "high"},
        {"top_logprobs": [[-1.0], [-1.0, -2.0]]},
        {"top_logprobs": [{"Yes": -0.1}]},
    ],
    ids=["words", "a word", "ragged", "objects"],
)
def test_signals_that_are_no_array_of_numbers_name_the_line(
    path: Path, signals: dict[str, Any]
) -> None:
    write(path, {"request_id": "0" * 64, "text": "x"}, {"request_id": KEY, "text": "x", **signals})
    with pytest.raises(DataError, match=rf"answers\.jsonl:2.*{next(iter(signals))}"):
        replay(path)


def test_a_condition_is_known_whatever_the_order_of_its_parts(path: Path) -> None:
    row = {"task": "mine/t", "sample": "mine:1", "condition": "b=2;a=1", "text": "Yes."}
    assert replay(write(path, row), call(condition="a=1;b=2")) == [Answer("Yes.")]


def test_a_condition_that_is_none_names_the_line(path: Path) -> None:
    row = {"task": "mine/t", "sample": "mine:1", "condition": "as it was", "text": "Yes."}
    with pytest.raises(DataError, match=r"answers\.jsonl:1: Condition 'as it was' is not written"):
        replay(write(path, row))


def score_call() -> Call:
    request = ask(QUESTION).score(("A", "B"), role="answer").request
    return Call(request, request_id(request), Origin("mine/t", sample(1), "", "answer"))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("continuation_logprobs", []),
        ("continuation_logprobs", -1),
        ("continuation_logprobs", [-1]),
        ("continuation_logprobs", [-1, -2, -3]),
        ("continuation_logprobs", [[-1], [-2]]),
        ("continuation_tokens", [1]),
        ("continuation_tokens", [[1], [1]]),
    ],
)
def test_scores_that_are_not_one_for_each_text_name_the_line(
    path: Path, name: str, values: Any
) -> None:
    row = {"task": "mine/t", "sample": "mine:1", "text": "", name: values}
    with pytest.raises(DataError, match=f"line 1: {name} needs one number for each of the 2 texts"):
        replay(write(path, row), score_call())


@pytest.mark.parametrize("values", [[0.9, 0.1], [1e308, -1.0]])
def test_probabilities_are_no_log_probabilities(path: Path, values: list[float]) -> None:
    row = {"task": "mine/t", "sample": "mine:1", "text": "", "continuation_logprobs": values}
    with pytest.raises(DataError, match=r"line 1: continuation_logprobs .* above 0"):
        replay(write(path, row), score_call())


def test_the_header_and_empty_lines_are_passed_over(path: Path) -> None:
    header = {"format": "medtrust-requests", "version": 1}
    write(path, header, b"", {"request_id": KEY, "text": "x"}, b"  ", b"")
    assert len(read_rows(path)) == 1


def test_two_rows_for_one_request_are_refused(path: Path) -> None:
    write(path, {"request_id": KEY, "text": "a"}, {"request_id": KEY, "draw": 0, "text": "a"})
    with pytest.raises(DataError, match=r":2 answers the same request as line 1: keep one row"):
        replay(path)


def test_two_rows_for_one_request_are_refused_though_they_name_it_differently(path: Path) -> None:
    named = {"task": "mine/t", "sample": "mine:1"}
    write(path, {"request_id": KEY, "text": "a"}, {**named, "text": "b"})
    with pytest.raises(DataError, match=r"lines 1 and 2 answer the same request.*mine:1"):
        replay(path)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b'{"request_id": ', r":2 is not valid JSON"),
        (b"[1, 2]", r":2 is not a JSON object"),
        (b'{"request_id": "a"}', r":2 has no text"),
        (b'{"request_id": "a", "text": null}', r":2 has no text"),
        (b'{"request_id": "a", "text": 3}', r":2 has no text"),
        (b'{"text": "x"}', r":2 names no request"),
        (b'{"text": "x", "sample": "mine:1"}', r":2 names no request"),
        (b'{"request_id": "a", "text": "x", "draw": "first"}', r":2: draw"),
        (b'{"request_id": "a", "text": "x", "draw": -1}', r":2: draw"),
        (b"\xff\xfe", r":2 is not valid JSON"),
    ],
)
def test_a_broken_line_is_named(path: Path, line: bytes, sentence: str) -> None:
    write(path, {"request_id": KEY, "text": "a"}, line)
    with pytest.raises(DataError, match=sentence):
        replay(path)


def test_a_file_that_is_not_there_yet_answers_nothing_and_says_so(tmp_path: Path) -> None:
    model = open_model(ModelOptions(str(tmp_path / "later.jsonl")))
    assert "later.jsonl is not there yet" in model.notes[0]
    (result,) = asyncio.run(model.answer([call()], frozenset()))
    assert isinstance(result, Failure)
    assert result.pending


def test_a_folder_is_no_replay_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a file of replay rows"):
        open_model(ModelOptions(str(tmp_path)))


def test_the_model_is_called_as_the_user_says_or_as_the_file(path: Path) -> None:
    write(path, {"request_id": KEY, "text": "a"})
    assert open_model(ModelOptions(str(path))).identity.model_id == "replay/answers"
    named = open_model(ModelOptions(str(path), parameters={"model": "theirs"}))
    assert named.identity.model_id == "replay/theirs"
    assert named.identity.host is None
    with pytest.raises(UnknownNameError, match="did you mean model"):
        open_model(ModelOptions(str(path), parameters={"modle": "theirs"}))


def run(tmp_path: Path, path: Path) -> Run:
    return evaluate(
        tasks=["folder/factuality"], model=f"replay/{path}", out=tmp_path / "run",
        data={"folder": write_questions(tmp_path, 3)},
    )  # fmt: skip


def rows(*texts: str) -> list[dict[str, str]]:
    return [
        {"task": "folder/factuality", "sample": f"folder:q{n}", "text": text}
        for n, text in enumerate(texts)
    ]


def test_rows_still_to_come_are_written_out_and_leave_the_work(tmp_path: Path, path: Path) -> None:
    done = run(tmp_path, write(path, *rows("yes", "no")))
    assert done.left is not None
    assert "1 requests are still to be answered" in done.left
    lines = (tmp_path / "run" / "next" / "requests.jsonl").read_bytes().splitlines()
    assert [orjson.loads(line).get("sample") for line in lines] == [None, "folder:q2"]
    assert run(tmp_path, write(path, *rows("yes", "no", "no"))).left is None


def test_an_edited_row_that_differs_from_the_kept_answer_is_refused(
    tmp_path: Path, path: Path
) -> None:
    before = run(tmp_path, write(path, *rows("yes", "no", "no"))).scores
    with pytest.raises(DataError, match=r"folder:q1 .* differs from the one this store keeps"):
        run(tmp_path, write(path, *rows("yes", "yes", "no")))
    after = run(tmp_path, write(path, *rows("yes", "no", "no"))).scores
    assert after.equals(before)
