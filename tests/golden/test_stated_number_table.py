"""Stated confidence in numbers, with the reading that a careful human gives it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from medtrust.readers.stated_number import read_stated_number

TABLE = Path(__file__).parent / "stated_number_readings.csv"
with TABLE.open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))


@pytest.mark.parametrize("row", ROWS, ids=[row["text"][:60] or "empty" for row in ROWS])
def test_a_stated_number_reads_as_a_careful_human_would(row: dict[str, str]) -> None:
    text = json.loads(f'"{row["text"]}"')
    reading = read_stated_number(text, labelled=bool(row["labelled"]))
    assert reading.status == row["status"], reading.rule
    assert reading.value == (float(row["value"]) if row["value"] else None)
