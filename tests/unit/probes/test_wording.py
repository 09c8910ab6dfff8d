"""The same question in other words, and asking how sure the answer is."""

from __future__ import annotations

import numpy as np
import pytest

from medtrust.core.errors import UserError
from medtrust.core.records import Answer, Sample
from medtrust.core.task import Ask, Setting, Skip, Turn
from medtrust.probes.confidence import confidence_afterwards, true_or_false, with_confidence
from medtrust.probes.question import question
from medtrust.probes.wording import WORDINGS, worded_otherwise
from parts.questions import SIDES, choice, open_ended, yes_no


def text_of(ask: Ask) -> str:
    text = ask.request.messages[-1].content[-1]
    assert isinstance(text, str)
    return text


def wording(name: str) -> Setting:
    return Setting(condition=f"wording={name}", parameters={"wording": name})


@pytest.mark.parametrize("name", WORDINGS)
@pytest.mark.parametrize("sample", [choice(), yes_no()], ids=["choice", "yes-no"])
def test_question_options_and_image_stay_and_the_words_around_change(
    sample: Sample, name: str
) -> None:
    plain, other = question(sample, Setting()), worded_otherwise(sample, wording(name))
    assert text_of(other) != text_of(plain)
    assert sample.question in text_of(other)
    assert all(f"{letter}. {side}" in text_of(other) or not sample.options
               for letter, side in zip("ABC", SIDES, strict=True))  # fmt: skip
    assert other.options == plain.options
    assert other.request.messages[0].content[0] == sample.images[0]


def test_open_endeds_have_no_other_wording() -> None:
    with pytest.raises(Skip, match="no-other-wording"):
        worded_otherwise(open_ended(), wording("second"))


def test_an_unknown_wording_is_refused_in_a_sentence() -> None:
    with pytest.raises(UserError, match="wording=tenth is not understood"):
        worded_otherwise(choice(), wording("tenth"))


def test_a_follow_up_keeps_the_answer_in_the_conversation() -> None:
    turn = Turn(question(choice(), Setting()), Answer("B"))
    for ask in (true_or_false(turn), confidence_afterwards(turn)):
        roles = [message.role for message in ask.request.messages]
        assert roles == ["user", "assistant", "user"]
        assert ask.request.messages[1].content == ("B",)
        assert not ask.request.continuations
    assert np.char.count(text_of(true_or_false(turn)), "True") == 1


def test_confidence_with_the_answer_is_asked_behind_the_whole_question() -> None:
    plain = question(choice(), Setting())
    ask = with_confidence(plain)
    assert text_of(ask).startswith(text_of(plain))
    assert ask.role == "stated-one-turn"
