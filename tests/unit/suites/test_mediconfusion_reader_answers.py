"""People's answers in a table: every reader becomes a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from medtrust.core.errors import DataError
from medtrust.core.records import Sample
from medtrust.suites.mediconfusion.reader_answers import TASK, file_of, reader_rows
from parts.mediconfusion_files import load_mediconfusion, write_mediconfusion

HEAD = "reader,pair,image,answer\n"


@pytest.fixture
def samples(tmp_path: Path) -> list[Sample]:
    return list(load_mediconfusion(write_mediconfusion(tmp_path / "repository", 2)).samples)


def table(folder: Path, text: str, name: str = "readers.csv") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_readers_come_apart_and_images_may_be_named_in_any_way(
    tmp_path: Path, samples: list[Sample]
) -> None:
    number = samples[1].source["local"]
    path = table(
        tmp_path,
        HEAD + f"Ana,10001,1,A\n\nBo,10001,im_1,\nAna,10001,{number},b\nBo,10002,IM2, B \n",
    )
    found = reader_rows(path, samples)
    assert {
        name: [(row["sample"], row["text"]) for row in rows] for name, rows in found.items()
    } == {
        "Ana": [("mediconfusion/10001/im_1", "A"), ("mediconfusion/10001/im_2", "B")],
        "Bo": [("mediconfusion/10001/im_1", ""), ("mediconfusion/10002/im_2", "B")],
    }
    assert found["Ana"][0] == {
        "task": TASK, "sample": "mediconfusion/10001/im_1", "condition": "", "role": "answer",
        "text": "A",
    }  # fmt: skip


def test_columns_stand_in_any_order_and_others_are_passed_over(
    tmp_path: Path, samples: list[Sample]
) -> None:
    path = table(
        tmp_path, "\ufeffseconds\tAnswer\tImage\tPAIR\tReader\n9\tA\t2\t10001\tAna\n", "r.tsv"
    )
    (row,) = reader_rows(path, samples)["Ana"]
    assert (row["sample"], row["text"]) == ("mediconfusion/10001/im_2", "A")


def test_each_reader_has_a_file_of_a_plain_name(tmp_path: Path) -> None:
    path = tmp_path / "replay.jsonl"
    assert file_of(path, "Dr. Ana / 2").name == "replay.Dr.-Ana-2.jsonl"
    assert file_of(path, "../../x").name == "replay.x.jsonl"
    assert file_of(path, "//").name == "replay.reader.jsonl"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no column 'reader'"),
        ("reader,pair,image\nAna,10001,1\n", "no column 'answer'"),
        (HEAD, "holds no answers"),
        (HEAD + "Ana,10009,1,A\n", ":2 answers a pair that is not in the data"),
        (HEAD + "Ana,10001,3,A\n", ":2 names an image that is not of its pair"),
        (HEAD + "Ana,10001,1,C\n", ":2 has an answer that is neither"),
        (HEAD + "Ana,10001,1,A\nAna,10001,im1,B\n", ":3 answers mediconfusion/10001/im_1"),
        (HEAD + ",10001,1,A\n", ":2 names no reader"),
        (HEAD + "A\x1b[2Jna,10001,1,A\n", ":2 names no reader, or by signs"),
        (HEAD + "Ana\n", ":2 answers a pair"),
        (HEAD + '"' + "x" * 200_000 + '",10001,1,A\n', "cannot be read as a table"),
    ],
)
def test_what_is_wrong_with_a_table_is_said_with_its_line(
    tmp_path: Path, samples: list[Sample], text: str, sentence: str
) -> None:
    with pytest.raises(DataError) as caught:
        reader_rows(table(tmp_path, text), samples)
    assert sentence in str(caught.value)


def test_a_table_that_is_absent_or_no_text_is_one_sentence(
    tmp_path: Path, samples: list[Sample]
) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        reader_rows(tmp_path / "nowhere.csv", samples)
    path = tmp_path / "bytes.csv"
    path.write_bytes(b"reader,\xff\n")
    with pytest.raises(DataError, match="not UTF-8"):
        reader_rows(path, samples)
