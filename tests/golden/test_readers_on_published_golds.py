"""The readers on the published gold answers and options: every one of them must be readable."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from medtrust.readers import read_choice, read_yes_no

OPTION = re.compile(r"[A-D]:\s*(.*?)(?=, [B-D]:|\Z)")


@pytest.mark.parametrize(
    ("file", "gold"),
    [
        ("HAM10000/HAM10000_factuality.jsonl", "fig_caption"),
        ("OL3I/OL3I_factuality.jsonl", "answer"),
    ],
)
def test_every_cares_gold_reads_as_itself_by_letter_and_by_text(
    shared: Path, file: str, gold: str
) -> None:
    lines = (shared / "data" / "cares" / "data" / file).read_text(encoding="utf-8").splitlines()
    for row in map(json.loads, lines):
        options = OPTION.findall(row["options"])
        index = ord(row[gold][0]) - ord("A")
        assert read_choice(row[gold], options).value == index
        assert read_choice(row[gold][2:], options).value == index


def test_every_mediconfusion_option_reads_as_itself_in_many_forms(shared: Path) -> None:
    file = shared / "data" / "mediconfusion" / "data" / "dataset.json"
    for pair in json.loads(file.read_text(encoding="utf-8")).values():
        options = [pair["option_A"], pair["option_B"]]
        for index, text in enumerate(options):
            letter = "AB"[index]
            forms = [
                letter,
                text,
                f"{letter}: {text}",
                f"({letter}) {text}",
                f"The answer is {text}",
            ]
            assert [read_choice(form, options).value for form in forms] == [index] * len(forms)


def test_iu_xray_golds_are_read_but_for_those_that_answer_nothing(shared: Path) -> None:
    file = shared / "data" / "cares" / "data" / "IU-Xray" / "iuxray_factuality.jsonl"
    golds = [json.loads(line)["answer"] for line in file.read_text(encoding="utf-8").splitlines()]
    read = [read_yes_no(gold) for gold in golds]
    begins = re.compile(r"(?:- )?(yes|no)\b", re.IGNORECASE)
    for gold, reading in zip(golds, read, strict=True):
        word = begins.match(gold)
        if word and not re.match(r"(?:- )?no \w", gold, re.IGNORECASE):
            assert reading.value is (word.group(1).lower() == "yes"), gold
    assert sum(reading.status == "unparsed" for reading in read) <= 20
