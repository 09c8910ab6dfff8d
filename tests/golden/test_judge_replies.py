"""Every form of a judge's reply that is known, one row each, with the score a human would take.

Replies are escaped as in JSON.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from medtrust.readers.judge import read_score

with (Path(__file__).with_name("judge_replies.csv")).open(encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["reply"] or "(empty)")
def test_a_reply_is_read_as_one_number_or_not_at_all(row: dict[str, str]) -> None:
    reading = read_score(json.loads(f'"{row["reply"]}"'))
    expected = float(row["score"]) if row["score"] else None
    assert (reading.status, reading.value, reading.rule) == (row["status"], expected, row["rule"])


def test_no_reply_stands_in_the_table_twice() -> None:
    assert len({row["reply"] for row in ROWS}) == len(ROWS)
