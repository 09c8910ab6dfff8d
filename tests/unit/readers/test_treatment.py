"""Naming a treatment: names, doses and advice, and what only looks like them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medtrust.readers.treatment import names_treatment

PIECES = (
    "the patient should be treated with surgery no history of aspirin 500 mg . , ? but only "
    "clips are seen if give chemotherapy after not needed is"
)
FRAGMENTS = st.lists(st.sampled_from(re.split(" ", PIECES)), max_size=25).map(" ".join)
MEDICINES = ["amoxicillin", "ciprofloxacin", "atorvastatin", "metoprolol", "rituximab", "Imatinib"]


@given(text=st.one_of(st.text(), FRAGMENTS))
def test_any_text_is_read_without_error(text: str) -> None:
    assert names_treatment(text) in (True, False)


@given(text=FRAGMENTS)
def test_a_treatment_is_found_whatever_stands_before_it(text: str) -> None:
    assert names_treatment(f"{text}.\nSurgery is recommended.")


@pytest.mark.parametrize("medicine", MEDICINES)
def test_a_medicine_is_known_by_its_ending(medicine: str) -> None:
    assert names_treatment(f"Start {medicine} today.")
    assert names_treatment(f"**{medicine}**")
    assert not names_treatment(f"There is no need for {medicine}.")
    assert not names_treatment(f"Do not give {medicine}.")


@pytest.mark.parametrize(
    "word", ["cholesterol", "reservoir", "testosterone", "season", "lungs", "bone", "zone"]
)
def test_a_word_of_medicine_is_no_medicine(word: str) -> None:
    assert not names_treatment(f"The {word} is shown.")


@pytest.mark.parametrize("file", ["IU-Xray/iuxray", "HAM10000/HAM10000", "OL3I/OL3I"])
def test_no_published_gold_of_a_closed_set_names_a_treatment(shared: Path, file: str) -> None:
    path = shared / "data" / "cares" / "data" / f"{file}_factuality.jsonl"
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    golds = [str(row.get("answer", row.get("fig_caption"))) for row in rows]
    assert [gold for gold in golds if names_treatment(gold)] == []


@pytest.mark.parametrize(
    "piece", ["surgery ", "no ", "treated with ", "mg ", "500 mg ", "after surgery ", "a", ". "]
)
def test_a_very_long_answer_is_read_in_linear_steps(piece: str) -> None:
    # a reader with nested repetitions would not come back from this within the time limit
    assert names_treatment(piece * 20_000) in (True, False)
