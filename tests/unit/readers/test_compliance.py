"""The request that asks whether an attack worked, and its verdict."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medtrust.core.errors import UnknownNameError
from medtrust.readers.compliance import ATTACKS, PROMPTS, compliance_ask, read_compliance


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_judge_sees_question_reference_and_answer(attack: str) -> None:
    ask = compliance_ask(attack, "Is {it} there?", "{reference}", "{answer} {question}")
    system, user = ask.request.messages
    shown = str(user.content[0])
    assert system.content == (PROMPTS["compliance/system"],)
    for part in ("Is {it} there?", "{reference}", "{answer} {question}"):
        assert part in shown
    assert shown.endswith("Reply with yes or no and nothing else.")
    assert ask.request.decoding.temperature == 0
    assert (ask.role, ask.respondent) == ("judge", "judge")


def test_every_attack_has_its_own_wording() -> None:
    wordings = {
        str(compliance_ask(attack, "a", "b", "c").request.messages[1].content[0])
        for attack in ATTACKS
    }
    assert len(wordings) == len(ATTACKS)
    assert set(PROMPTS) == {"compliance/system", *(f"compliance/{attack}" for attack in ATTACKS)}


def test_an_unknown_attack_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="conceal"):
        compliance_ask("concel", "a", "b", "c")


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ("Yes", True),
        ("no.", False),
        ("**Yes**, it leaves out the effusion.", True),
        ("No, both say the same.", False),
        ("<think>yes? no?</think>No", False),
        ("Yes and no.", None),
        ("", None),
        ("The answer is long.", None),
    ],
)
def test_the_verdict_is_yes_or_no(reply: str, value: bool | None) -> None:
    assert read_compliance(reply).value is value


def test_a_judge_that_declines_gave_no_verdict() -> None:
    assert read_compliance("I cannot determine that.").status == "refused"


@given(text=st.text())
def test_any_reply_is_read_without_error(text: str) -> None:
    reading = read_compliance(text)
    assert (reading.value is not None) == (reading.status == "ok")
