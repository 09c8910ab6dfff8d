"""Answer files of the released scripts become replay rows, line by line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

import orjson
import pytest

from medtrust.core.errors import DataError, UnknownNameError
from medtrust.core.records import Kind, Sample
from medtrust.suites.cares.released_answers import replay_rows, write_replay

STEM = "iuxray_factuality"
SAMPLES = [
    Sample(
        id=f"cares/{STEM}:{line}",
        question=f"Question {line}?",
        kind=Kind.YES_NO,
        answer=False,
        source={"text": f"Question {line}? [yes, no]\n<image>", "answer": "No."},
    )
    for line in range(3)
] + [Sample("cares/OL3I_factuality:0", "Other?", Kind.CHOICE, options=("a", "b"))]


def file_of(tmp_path: Path, rows: Iterable[Mapping[str, object]], name: str = "a.jsonl") -> Path:
    path = tmp_path / name
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return path


def texts(path: Path, key: str | None = None) -> list[str]:
    rows = replay_rows(path, SAMPLES, file=STEM, task="cares/factuality", key=key)
    return [row["text"] for row in rows]


@pytest.mark.parametrize("key", ["text", "Pred", "answer", "model_output"])
def test_the_keys_of_all_released_scripts_are_found(tmp_path: Path, key: str) -> None:
    path = file_of(tmp_path, [{"question_id": 0, key: answer} for answer in ("Yes", "No", "")])
    assert texts(path) == ["Yes", "No", ""]


def test_rows_name_their_samples_in_file_order(tmp_path: Path) -> None:
    path = file_of(tmp_path, [{"text": "Yes"}] * 3)
    rows = list(replay_rows(path, SAMPLES, file=STEM, task="cares/factuality"))
    assert [row["sample"] for row in rows] == [sample.id for sample in SAMPLES[:3]]
    assert {(row["task"], row["condition"], row["role"]) for row in rows} == {
        ("cares/factuality", "", "answer")
    }


def test_a_named_key_wins(tmp_path: Path) -> None:
    path = file_of(tmp_path, [{"text": "Yes", "mine": "No"}] * 3)
    assert texts(path, "mine") == ["No"] * 3


def test_the_output_of_the_judge_script_holds_the_gold_beside_the_answer(tmp_path: Path) -> None:
    """Spec 6.4: question, answer (the reference), model_output, score."""
    row = {"question": "Q?", "answer": "the reference", "model_output": "mine", "score": "8"}
    assert texts(file_of(tmp_path, [row] * 3)) == ["mine"] * 3


def test_questions_copied_into_the_answer_file_are_not_taken_for_answers(tmp_path: Path) -> None:
    rows = [{**sample.source, "answer": "mine"} for sample in SAMPLES[:3]]
    assert texts(file_of(tmp_path, rows)) == ["mine"] * 3


def test_the_question_file_itself_is_refused(tmp_path: Path) -> None:
    rows = [dict(sample.source) for sample in SAMPLES[:3]]
    with pytest.raises(DataError, match="no answer key"):
        texts(file_of(tmp_path, rows))


def test_the_csv_of_the_choice_script_is_read(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Pred", "Label", "Correct"])
        writer.writerows([["a, with comma", "b", 0], ["two\nlines", "b", 0], ["c", "c", 1]])
    assert texts(path) == ["a, with comma", "two\nlines", "c"]


def test_a_byte_order_mark_is_tolerated(tmp_path: Path) -> None:
    path = file_of(tmp_path, [{"text": "Yes"}] * 3)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert texts(path) == ["Yes"] * 3


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1e"])
def test_only_a_line_feed_ends_a_row(tmp_path: Path, separator: str) -> None:
    """The released scripts write JSON without escapes, so answers may hold such characters."""
    path = tmp_path / "a.jsonl"
    answer = orjson.dumps({"text": f"one{separator}two"}).decode()
    path.write_text(f"{answer}\r\n{answer}\n{answer}\n", encoding="utf-8", newline="")
    assert texts(path) == [f"one{separator}two"] * 3


def test_files_of_unequal_length_are_refused_with_both_lengths(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds 2 answers, but iuxray_factuality has 3"):
        texts(file_of(tmp_path, [{"text": "Yes"}] * 2))


@pytest.mark.parametrize("line", ["{", "[1]", '"Yes"', ""])
def test_a_broken_row_is_named_by_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"text": "Yes"}}\n{line}\n{{"text": "No"}}\n')
    with pytest.raises(DataError, match=r"a\.jsonl:2 "):
        texts(path)


def test_a_row_without_text_is_named_by_its_line(tmp_path: Path) -> None:
    path = file_of(tmp_path, [{"text": "Yes"}, {"text": 1}, {"text": "No"}])
    with pytest.raises(DataError, match=r"a\.jsonl:2 has no text in 'text'"):
        texts(path, "text")


def test_a_file_without_any_known_key_says_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="--key"):
        texts(file_of(tmp_path, [{"output": "Yes"}] * 3))


def test_an_absent_file_and_an_unknown_question_file_are_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        texts(tmp_path / "nowhere.jsonl")
    path = file_of(tmp_path, [{"text": "Yes"}] * 3)
    with pytest.raises(UnknownNameError, match=STEM):
        list(replay_rows(path, SAMPLES, file="iuxray_factualty", task="cares/factuality"))


def test_a_replay_file_holds_one_row_a_line(tmp_path: Path) -> None:
    path = tmp_path / "replay.jsonl"
    assert write_replay(path, [{"text": "a\u2028b"}, {"text": "c"}]) == 2
    assert [orjson.loads(line) for line in path.read_bytes().splitlines()] == [
        {"text": "a\u2028b"}, {"text": "c"},
    ]  # fmt: skip


# Any task, condition and step; and answers to some of the questions


def test_rows_name_the_task_condition_and_step_they_answer(tmp_path: Path) -> None:
    path = file_of(tmp_path, [{"answer": "Sure."}] * 3)
    rows = replay_rows(
        path, SAMPLES, file=STEM, task="cares/uncertainty", condition="turns=two", role="second"
    )
    assert {(row["task"], row["condition"], row["role"]) for row in rows} == {
        ("cares/uncertainty", "turns=two", "second")
    }


def test_a_file_may_answer_all_questions_or_those_that_are_asked(tmp_path: Path) -> None:
    def ids(n_answers: int) -> list[str]:
        path = file_of(tmp_path, [{"Pred": f"answer {line}"} for line in range(n_answers)])
        rows = replay_rows(
            path, SAMPLES, file=STEM, task="t", asked=lambda sample: not sample.id.endswith(":0")
        )
        return [f"{row['sample'][-1]}: {row['text']}" for row in rows]

    assert ids(3) == ["1: answer 1", "2: answer 2"]
    assert ids(2) == ["1: answer 0", "2: answer 1"]
    with pytest.raises(DataError, match=r"holds 1 answers, .* 3 questions, of which 2 are asked"):
        ids(1)


def test_rows_that_say_their_sample_need_no_order_and_no_full_length(tmp_path: Path) -> None:
    rows = [
        {"sample": SAMPLES[2].id, "text": "No."},
        {"sample": SAMPLES[0].id, "text": "Yes."},
    ]
    found = replay_rows(file_of(tmp_path, rows), SAMPLES, file=STEM, task="t")
    assert [(row["sample"], row["text"]) for row in found] == [
        (SAMPLES[2].id, "No."),
        (SAMPLES[0].id, "Yes."),
    ]


def test_a_perfect_model_is_not_taken_for_a_copy_of_the_gold(tmp_path: Path) -> None:
    rows = [{"sample": each.id, "answer": each.source["answer"]} for each in SAMPLES[:3]]
    assert texts(file_of(tmp_path, rows)) == ["No."] * 3


def test_a_sample_of_another_file_is_named_by_its_line(tmp_path: Path) -> None:
    rows = [{"sample": SAMPLES[0].id, "text": "Yes."}, {"sample": SAMPLES[3].id, "text": "No."}]
    with pytest.raises(
        DataError, match=r"a\.jsonl:2 answers cares/OL3I_factuality:0, which is not"
    ):
        texts(file_of(tmp_path, rows))


def test_a_csv_that_no_reader_takes_is_told_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'Pred,Label\nNo,No\n"{"x" * (csv.field_size_limit() + 1)}",No\nNo,No\n')
    with pytest.raises(DataError, match=r"a\.csv:3 is no valid CSV: field larger than"):
        texts(path)
