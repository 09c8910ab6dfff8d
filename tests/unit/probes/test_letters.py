from __future__ import annotations

import pytest

from medtrust.core.records import Kind, Message, Request, Sample
from medtrust.core.task import Ask, Setting
from medtrust.probes.letters import letter_continuations, score_letters
from medtrust.probes.question import question

SAMPLE = Sample("x:0", "Which side?", Kind.CHOICE, options=("left", "right"))


def test_each_letter_is_scored_bare_after_a_space_and_in_a_bracket() -> None:
    assert letter_continuations(2) == ("A", " A", "(A", "B", " B", "(B")


def test_the_question_stays_the_same_and_only_the_answer_is_given() -> None:
    asked = question(SAMPLE, Setting())
    scored = score_letters(asked)
    assert scored.request.messages == asked.request.messages
    assert scored.request.continuations == letter_continuations(2)
    assert scored.role == "letters"


def test_without_options_there_are_no_letters() -> None:
    ask = Ask(Request((Message("user", ("Describe it.",)),)))
    with pytest.raises(ValueError, match="options"):
        score_letters(ask)
