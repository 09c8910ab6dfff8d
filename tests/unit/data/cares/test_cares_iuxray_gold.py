"""Which golds of IU-Xray the corrected reading takes."""

from __future__ import annotations

import pytest

from medtrust.data.cares.iuxray import (
    gold_verdicts,
    leading_verdict,
    question_alone,
    read_gold,
    row_digest,
)


@pytest.mark.parametrize(
    ("gold", "verdict"),
    [
        ("Yes", True),
        ("No.", False),
        ("- Yes.", True),
        ("- No", False),
        ("No (because it is small).", False),
        ("Yes, at the base.", True),
        ("No; it is small.", False),
        ("Yes  (at the base)", True),
        ("No information is given.", None),
        ("Not said.", None),
        ("It depends.", None),
        ("2. Is it large? - Yes", None),
        ("", None),
    ],
)
def test_a_gold_counts_when_yes_or_no_stands_alone_at_its_beginning(
    gold: str, verdict: bool | None
) -> None:
    assert leading_verdict(gold) is verdict


def test_unlisted_rows_without_a_verdict_say_why() -> None:
    assert read_gold("i.png", "Is it?", " ") == (None, "empty-answer")
    assert read_gold("i.png", "Is it?", "Perhaps.") == (None, "no-leading-verdict")
    assert read_gold("i.png", "Is it?", "- Yes.") == (True, "")


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (
            "Is it large? Please choose from the following two options: [yes, no]\n<image>",
            "Is it large?",
        ),
        ("Please choose from the following two options: [yes, no]\n<image>", ""),
        (" Please choose from the following two options: [yes, no]\n<image>", ""),
        ("Is it large?", "Is it large?"),
    ],
)
def test_the_question_loses_its_options_and_may_turn_out_empty(text: str, question: str) -> None:
    assert question_alone(text) == question


def test_the_list_holds_only_known_codes() -> None:
    verdicts = gold_verdicts()
    assert len(verdicts) == 178
    assert {entry.verdict for entry in verdicts.values()} == {"exclude", "yes", "no"}
    assert {entry.reason for entry in verdicts.values()} == {
        "empty-answer",
        "empty-question",
        "masked-answer",
        "masked-question",
        "not-in-report",
        "question-fragment",
        "self-contradicting",
        "shifted-list",
        "stated-later",
        "undetermined",
    }


def test_a_row_digest_changes_with_every_field() -> None:
    digests = {
        row_digest("a", "b", "c"),
        row_digest("x", "b", "c"),
        row_digest("a", "x", "c"),
        row_digest("a", "b", "x"),
        row_digest("ab", "", "c"),
    }
    assert len(digests) == 5
