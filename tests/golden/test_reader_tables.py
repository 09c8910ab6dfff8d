"""Every form of an answer that the readers know, one row each, and a digest of all outputs.

The tables hold made-up answers with the reading a careful human gives them. Texts are escaped as
in JSON; options are separated by "|".
"""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import pytest

from medtrust.readers import READER_VERSION, is_refusal, read_choice, read_term, read_yes_no

HERE = Path(__file__).parent
RECORDED_VERSION = 2
RECORDED_DIGEST = "94a52771ee7701478750c306096c88af5ff05e9a63943c8767753b48fd750db5"

Row = dict[str, str]


def table(name: str) -> list[Row]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def text_of(row: Row) -> str:
    text = json.loads(f'"{row["text"]}"')
    assert isinstance(text, str)
    return text


def name_of(row: Row) -> str:
    return f"{row['text'][:50]}[{row['options'][:20]}]"


CHOICES = table("choice_readings.csv")
YES_NO = table("yes_no_readings.csv")
REFUSALS = table("refusal_readings.csv")
TERMS = table("term_readings.csv")


@pytest.mark.parametrize("row", CHOICES, ids=name_of)
def test_choice_reads_as_a_careful_human_would(row: Row) -> None:
    reading = read_choice(text_of(row), row["options"].split("|"))
    expected = int(row["value"]) if row["value"] else None
    assert (reading.status, reading.value) == (row["status"], expected), reading.rule


@pytest.mark.parametrize("row", YES_NO, ids=name_of)
def test_yes_no_reads_as_a_careful_human_would(row: Row) -> None:
    reading = read_yes_no(text_of(row))
    expected = {"yes": True, "no": False, "": None}[row["value"]]
    assert (reading.status, reading.value) == (row["status"], expected), reading.rule


@pytest.mark.parametrize("row", TERMS, ids=name_of)
def test_a_term_reads_as_a_careful_human_would(row: Row) -> None:
    reading = read_term(text_of(row), row["options"].split("|"))
    expected = int(row["value"]) if row["value"] else None
    assert (reading.status, reading.value) == (row["status"], expected), reading.rule


@pytest.mark.parametrize("row", REFUSALS, ids=name_of)
def test_refusal_is_told_from_an_answer(row: Row) -> None:
    assert is_refusal(text_of(row)) is (row["status"] == "refused")


def test_no_table_holds_a_row_twice() -> None:
    for rows in (CHOICES, YES_NO, REFUSALS, TERMS):
        keys = [(row["text"], row["options"]) for row in rows]
        assert len(keys) == len(set(keys))


def outputs() -> str:
    lines = []
    for row in CHOICES:
        choice = read_choice(text_of(row), row["options"].split("|"))
        lines.append(f"{row['text']}|{row['options']}|{choice.status}|{choice.value}|{choice.rule}")
    for row in YES_NO:
        answer = read_yes_no(text_of(row))
        lines.append(f"{row['text']}|{answer.status}|{answer.value}|{answer.rule}")
    for row in TERMS:
        term = read_term(text_of(row), row["options"].split("|"))
        lines.append(f"{row['text']}|{row['options']}|{term.status}|{term.value}|{term.rule}")
    lines.extend(f"{row['text']}|{is_refusal(text_of(row))}" for row in REFUSALS)
    return "\n".join(lines)


def test_reader_outputs_change_only_together_with_the_version() -> None:
    digest = hashlib.sha256(outputs().encode()).hexdigest()
    assert (READER_VERSION, digest) == (RECORDED_VERSION, RECORDED_DIGEST), (
        "The readers' outputs over the golden tables are not the recorded ones. If a reader "
        "changed what it returns, raise READER_VERSION in readers/reading.py and record the new "
        f"version and digest here; if only rows were added, record the digest: {digest}"
    )
