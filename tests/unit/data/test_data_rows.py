"""Rows of JSONL and CSV files and the errors that name their lines."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from medtrust.core.errors import DataError
from medtrust.data.rows import cell_text, csv_rows, json_rows, read_bytes


def test_blank_lines_of_a_jsonl_file_are_skipped_but_counted() -> None:
    rows = list(json_rows("a.jsonl", b'\xef\xbb\xbf{"a": 1}\r\n\n{"a": 2}\n'))
    assert [(row.line, row.line_shown, row.values["a"]) for row in rows] == [(0, 1, 1), (2, 3, 2)]


@pytest.mark.parametrize("line", [b'{"a": ', b"[1]", b'"text"', b'{"a": "\xff"}'])
def test_a_line_that_is_no_json_object_is_named(line: bytes) -> None:
    with pytest.raises(DataError, match=r"a\.jsonl, line 2: "):
        list(json_rows("a.jsonl", b'{"a": 1}\n' + line + b"\n"))


def test_csv_cells_may_hold_commas_and_line_breaks() -> None:
    raw = b'\xef\xbb\xbfid,text\r\n1,"one, two\nthree"\r\n\r\n2,four\r\n'
    rows = list(csv_rows("a.csv", raw))
    assert [row.values for row in rows] == [
        {"id": "1", "text": "one, two\nthree"},
        {"id": "2", "text": "four"},
    ]
    assert [(row.line, row.line_shown) for row in rows] == [(0, 2), (1, 5)]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"a,b\n1,2\n1,2,3\n", "line 3: 3 cells, but the header has 2"),
        (b"a,b\n1\n", "line 2: 1 cells"),
        (b"a,a\n1,2\n", "the header names a more than once"),
        (b'a,b\n1,"2\n', "line 2: broken CSV"),
        (b"a,b\n1,2\n1,\xe9\n", "line 3: not UTF-8"),
    ],
)
def test_a_broken_csv_names_its_line(raw: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        list(csv_rows("a.csv", raw))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_of_a_csv_may_end_as_on_any_system(end: str) -> None:
    raw = end.join(["id,text", '1,"one', 'two"', "", "2,three", ""]).encode()
    rows = list(csv_rows("a.csv", raw))
    assert [row.values for row in rows] == [
        {"id": "1", "text": f"one{end}two"},
        {"id": "2", "text": "three"},
    ]
    assert [row.line_shown for row in rows] == [2, 5]


@pytest.mark.parametrize("raw", [b"", b"\xef\xbb\xbf", b"\n\r\n"])
def test_an_empty_file_has_no_rows(raw: bytes) -> None:
    assert list(json_rows("a.jsonl", raw)) == []
    assert list(csv_rows("a.csv", raw)) == []


def test_rows_come_one_at_a_time_from_a_stream() -> None:
    stream = io.BytesIO(b'{"a": 1}\n{"a": 2}\nno json\n')
    rows = json_rows("a.jsonl", stream)
    assert [next(rows).values["a"], next(rows).values["a"]] == [1, 2]
    with pytest.raises(DataError, match="line 3"):
        next(rows)


def test_cells_read_as_people_write_them() -> None:
    assert [cell_text(value) for value in (None, 53, 53.0, 0.5, True, False, "x")] == [
        "", "53", "53", "0.5", "yes", "no", "x",
    ]  # fmt: skip


def test_a_missing_file_and_a_folder_are_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no file"):
        read_bytes(tmp_path / "none.jsonl")
    with pytest.raises(DataError, match="is a folder"):
        read_bytes(tmp_path)


def test_a_required_column_must_be_there_and_be_text() -> None:
    (row,) = json_rows("a.jsonl", b'{"text": 3}\n')
    with pytest.raises(DataError, match=r"a\.jsonl, line 1: 'text' is int"):
        row.text("text")
    with pytest.raises(DataError, match="there is no 'answer'; the row has text"):
        row.text("answer")
    assert row.optional("answer") == ""


def test_a_row_whose_keys_are_sentences_keeps_them_to_itself() -> None:
    (row,) = json_rows("a.jsonl", b'{"text": "x", "Is it private?": "y"}\n')
    with pytest.raises(DataError, match="there is no 'answer'; the row has 2 columns") as told:
        row.text("answer")
    assert "private" not in str(told.value)
