"""What an answer says about its own confidence: rules, order of evidence, totality."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medtrust.readers.stated_confidence import read_confidence

PIECES = (
    "I am not sure certain confident , . ? but although wait 95 % confidence : 7/10 may be wrong "
    "yes no cannot confirm <think> </think> ** ( \n doubt if uncertain the answer"
)
FRAGMENTS = st.lists(st.sampled_from(re.split(" ", PIECES)), max_size=25).map(" ".join)


@given(text=st.one_of(st.text(), FRAGMENTS))
def test_any_text_is_read_without_error(text: str) -> None:
    for asked in (True, False):
        reading = read_confidence(text, asked=asked)
        assert reading.status == ("unparsed" if reading.value is None else "ok")
        assert reading.rule


@given(percent=st.integers(0, 100))
def test_above_half_of_the_scale_is_confident(percent: int) -> None:
    for text in (f"I am {percent}% confident.", f"Confidence: {percent}/100"):
        reading = read_confidence(text)
        assert reading.value is (percent > 50)
        assert reading.rule == ("number-above-half" if percent > 50 else "number-up-to-half")


@given(percent=st.integers(101, 999))
def test_a_number_off_its_scale_says_nothing(percent: int) -> None:
    assert read_confidence(f"I am {percent}% confident.").value is None


@pytest.mark.parametrize("degree", ["", "very ", "absolutely ", "100% "])
@pytest.mark.parametrize("state", ["sure", "certain", "confident"])
def test_a_denial_turns_every_statement_around(degree: str, state: str) -> None:
    assert read_confidence(f"I am {degree}{state}.").value is True
    assert read_confidence(f"I am not {degree}{state}.").value is False


def test_a_correction_wins_and_a_contradiction_does_not() -> None:
    assert read_confidence("I am sure. Wait, I am not sure.").rule == "correction"
    assert read_confidence("I am sure. I am not sure.").rule == "both"
    assert read_confidence("I may be wrong, though I am sure.").rule == "concession"


def test_a_bare_word_counts_only_as_a_reply_to_the_question() -> None:
    assert read_confidence("Yes.").status == "unparsed"
    assert read_confidence("Yes.", asked=True).value is True


@pytest.mark.parametrize(
    "piece",
    [
        "i am ",
        "i am sure. ",
        "i am not so very quite ",
        "confidence 7/",
        "although ",
        "9",
        ".",
        "\n",
    ],
)
def test_a_very_long_answer_is_read_in_linear_steps(piece: str) -> None:
    # a reader with nested repetitions would not come back from this within the time limit
    assert read_confidence(piece * 20_000).status in ("ok", "unparsed")


@pytest.mark.parametrize("file", ["IU-Xray/iuxray", "HAM10000/HAM10000", "OL3I/OL3I"])
def test_no_published_gold_claims_to_be_sure(shared: Path, file: str) -> None:
    path = shared / "data" / "cares" / "data" / f"{file}_factuality.jsonl"
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    golds = [str(row.get("answer", row.get("fig_caption"))) for row in rows]
    assert [gold for gold in golds if read_confidence(gold).value] == []
