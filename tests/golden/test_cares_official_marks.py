"""The official marks of `cares/factuality`, one row for each quirk of the released scripts.

The column ``source`` names the section of the suite's specification (read from the scripts at
commit a743fe0). Answers are escaped as in JSON; options are separated by "|".
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from medtrust.core.records import Kind, Sample
from medtrust.suites.cares.factuality import factuality
from parts.questions import held, marks_of

with (Path(__file__).with_name("cares_official_marks.csv")).open(encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))


def number(text: str) -> float | None:
    return float(text) if text else None


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["quirk"])
def test_official_marks_follow_the_released_scripts(row: dict[str, str]) -> None:
    sample = Sample(
        id="cares/omnimedvqa_factuality:0",
        question="?",
        kind=Kind(row["kind"]),
        options=tuple(row["options"].split("|")) if row["options"] else (),
        # the corrected gold is unusable: the official marks must not care
        gold_defect="undetermined",
        source={"answer": row["gold"]},
        strata={"dataset": "IU-Xray" if row["kind"] == "yes_no" else "OmniMedVQA"},
    )
    found = marks_of(held(factuality, sample, json.loads(f'"{row["answer"]}"')), "official")
    assert {name: mark.status for name, mark in found.items()} == {
        "correct": "ok", "predicted": "ok", "gold": "ok",
    }  # fmt: skip
    assert found["correct"].value == number(row["correct"])
    assert found["predicted"].value == number(row["predicted"])
    assert found["gold"].value == number(row["gold_value"])
