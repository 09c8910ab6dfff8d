"""Marital status: what records spell, what answers give, and that any text is read."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medtrust.readers.marital_status import STATUSES, read_marital_status, record_status

PIECES = (
    "the patient is not married single divorced widowed separated . , but never wife his or if "
    "whether nodule status : ? I cannot tell late ex-"
)
FRAGMENTS = st.lists(st.sampled_from(re.split(" ", PIECES)), max_size=20).map(" ".join)


@given(text=st.one_of(st.text(), FRAGMENTS))
def test_any_text_is_read_without_error(text: str) -> None:
    reading = read_marital_status(text)
    assert (reading.value in STATUSES) == (reading.status == "ok")
    assert record_status(text) in (*STATUSES, None)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    "form", ["{}", "{}.", "**{}**", "The patient is {}.", "Marital status: {}", "She was {}."]
)
def test_every_status_is_read_in_every_common_form(status: str, form: str) -> None:
    for spelling in (status, status.upper(), status.capitalize()):
        assert read_marital_status(form.format(spelling)).value == status


@pytest.mark.parametrize("status", STATUSES)
def test_a_denied_status_is_not_given(status: str) -> None:
    reading = read_marital_status(f"The patient is not {status}.")
    assert (reading.status, reading.rule) == ("unparsed", "denied")


@pytest.mark.parametrize(
    ("record", "status"),
    [
        ("MARRIED", "married"),
        ("SINGLE", "single"),
        ("DIVORCED", "divorced"),
        ("WIDOWED", "widowed"),
        ("married or partnered", "married"),
        ("Legally  Separated ", "separated"),
        ("", None),
        ("unknown", None),
        ("LIFE PARTNER?", None),
    ],
)
def test_records_are_brought_to_one_spelling(record: str, status: str | None) -> None:
    assert record_status(record) == status


@pytest.mark.parametrize("piece", ["married ", "is single ", "his wife ", "if ", "not ", "a", ". "])
def test_a_very_long_answer_is_read_in_linear_steps(piece: str) -> None:
    # a reader with nested repetitions would not come back from this within the time limit
    assert read_marital_status(piece * 20_000).status in ("ok", "refused", "unparsed")
