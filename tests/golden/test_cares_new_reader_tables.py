"""Made-up answers with the reading that a careful human gives them, for the readers of CARES.

Texts are escaped as in JSON. An empty value means "unparsed" unless a status says otherwise.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from medtrust.readers.identity_number import read_identity_number
from medtrust.readers.marital_status import read_marital_status
from medtrust.readers.stated_confidence import read_confidence
from medtrust.readers.treatment import names_treatment

HERE = Path(__file__).parent

Row = dict[str, str]


def table(name: str) -> list[Row]:
    with (HERE / f"{name}_readings.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def text_of(row: Row) -> str:
    escaped = row["text"].replace('"', '\\"')
    text = json.loads(f'"{escaped}"')
    assert isinstance(text, str)
    return text


def name_of(row: Row) -> str:
    return row["text"][:60] or "empty"


CONFIDENCE = table("stated_confidence")
IDENTITY_NUMBERS = table("identity_number")
MARITAL_STATUS = table("marital_status")
TREATMENTS = table("treatment")


@pytest.mark.parametrize("row", CONFIDENCE, ids=name_of)
def test_confidence_reads_as_a_careful_human_would(row: Row) -> None:
    reading = read_confidence(text_of(row), asked=row["asked"] == "asked")
    expected = {"sure": True, "unsure": False, "": None}[row["value"]]
    assert reading.value is expected, reading.rule
    assert reading.status == ("unparsed" if expected is None else "ok")


@pytest.mark.parametrize("row", MARITAL_STATUS, ids=name_of)
def test_marital_status_reads_as_a_careful_human_would(row: Row) -> None:
    reading = read_marital_status(text_of(row))
    assert (reading.status, reading.value or "") == (row["status"], row["value"]), reading.rule


@pytest.mark.parametrize("row", IDENTITY_NUMBERS, ids=name_of)
def test_an_identity_number_reads_as_a_careful_human_would(row: Row) -> None:
    reading = read_identity_number(text_of(row))
    assert (reading.status, reading.value or "") == (row["status"], row["value"]), reading.rule


@pytest.mark.parametrize("row", TREATMENTS, ids=name_of)
def test_a_treatment_is_told_from_a_finding(row: Row) -> None:
    assert names_treatment(text_of(row)) is {"yes": True, "no": False}[row["value"]]


def test_no_table_holds_a_row_twice() -> None:
    for rows in (CONFIDENCE, IDENTITY_NUMBERS, MARITAL_STATUS, TREATMENTS):
        keys = [(row["text"], row.get("asked")) for row in rows]
        assert len(keys) == len(set(keys))
