"""What is marked about one answer of an arm, and that nothing missing is taken for certain."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import pytest

from medtrust.core.model import Call
from medtrust.core.records import Answer, Failure, Mark, Outcome, Sample, Signal
from medtrust.core.task import Setting
from medtrust.engine.dialogue import Dialogue
from medtrust.probes.nota import WORDS
from medtrust.suites.clinical_ue.arms import CONDITIONS, OPTIONAL
from medtrust.suites.clinical_ue.gathering import BLURS
from medtrust.suites.clinical_ue.marks import ESTIMATORS, estimators_of
from medtrust.suites.clinical_ue.uncertainty import uncertainty
from parts.questions import choice, marks_of, setting, yes_no

OPTIONS = ("cyst", "nodule", "edema", "fracture")
SAMPLE = choice(answer=1, options=OPTIONS)
DRAWS = 4

Reply = Callable[[Call], Answer | Failure]


def letters(**shares: float) -> Mapping[str, Signal]:
    """First-token probabilities of letters, by letter."""
    found = np.full(26, -np.inf)
    for letter, share in shares.items():
        found[ord(letter) - ord("A")] = math.log(share)
    return {"letter_logprobs": found.astype(np.float32)}


def says(text: str, **shares: float) -> Answer:
    """An answer of two tokens with everything that a local model tells."""
    tokens: dict[str, Signal] = {
        "token_logprobs": np.array([-0.3, -0.1], dtype=np.float32),
        "token_entropies": np.array([0.6, 0.2], dtype=np.float32),
    }
    return Answer(text, signals={**tokens, **letters(**(shares or {"A": 0.1, "B": 0.8}))})


def fully(call: Call) -> Answer:
    """A model that answers everything."""
    match call.origin.role:
        case "p-true":
            return Answer("A", signals=letters(A=0.75, B=0.25))
        case "stated-two-turns":
            return Answer("80")
        case "stated-one-turn":
            return Answer("B\nConfidence: 90")
        case _:
            return says("B")


def marks(sample: Sample, reply: Reply, condition: str = "", draws: int = DRAWS) -> dict[str, Mark]:
    """Hold the whole conversation of an arm."""
    dialogue = Dialogue(uncertainty, sample, setting(condition, draws=draws))
    while not dialogue.ended:
        dialogue.proceed([reply(call) for call in dialogue.calls])
    return marks_of(dialogue)


def texts_asked(condition: str, under: Setting | None = None) -> list[str]:
    """Everything that is asked, one text a request."""
    texts = []

    def reply(call: Call) -> Answer:
        texts.append(str(call.request.messages[0].content[-1]))
        return fully(call)

    dialogue = Dialogue(uncertainty, SAMPLE, under or setting(condition, draws=DRAWS))
    while not dialogue.ended:
        dialogue.proceed([reply(call) for call in dialogue.calls])
    return texts


def test_of_the_plain_question_everything_is_known() -> None:
    found = marks(SAMPLE, fully)
    missing = [name for name in ESTIMATORS if found[name].value is None]
    assert missing == []
    assert found["correct"].value == 1
    assert found["p_true"].value == pytest.approx(0.25)
    assert found["stated_two_turns"].value == pytest.approx(0.2)
    assert found["stated_one_turn"].value == pytest.approx(0.1)
    assert found["sequence_probability"].value == pytest.approx(1 - math.exp(-0.4))
    assert found["option_mass"].value == pytest.approx(0.1)
    assert found["first_token_agrees"].value == 1
    shares = [found[f"option_probability_{place}"].value for place in range(1, 5)]
    assert shares == pytest.approx([1 / 9, 8 / 9, 0, 0])


def test_the_plain_question_is_asked_once_greedily_and_in_all_further_ways() -> None:
    roles = []

    def reply(call: Call) -> Answer:
        roles.append(call.origin.role)
        return fully(call)

    marks(SAMPLE, reply)
    assert roles.count("draw") == DRAWS
    assert [role for role in roles if role.startswith("blur")] == [f"blur-{r}" for r in BLURS]
    rest = ["answer", "p-true", "stated-two-turns", "stated-one-turn"]
    assert [role for role in roles if role in rest] == rest


@pytest.mark.parametrize("condition", [*CONDITIONS, *OPTIONAL])
def test_every_arm_has_the_estimators_it_has_signals_for(condition: str) -> None:
    found = marks(SAMPLE, fully, condition)
    assert {name for name in ESTIMATORS if name in found} == set(estimators_of(condition))
    assert all(found[name].value is not None for name in estimators_of(condition))


def test_hidden_behind_nota_the_option_is_right_and_its_code_is_one_more() -> None:
    found = marks(SAMPLE, fully, "nota=replace")
    assert (found["correct"].value, found["predicted"].value, found["gold"].value) == (1, 4, 4)
    assert found["picked_nota"].value == 1
    assert found["verified"].value == 0
    assert found["first_token_agrees"].value == 1


def test_a_wrong_option_under_nota_keeps_its_place_in_the_file() -> None:
    found = marks(SAMPLE, lambda _call: says("C", C=0.9), "nota=replace_last")
    # offered are cyst, edema, fracture, NOTA: the third is the file's fourth
    assert (found["correct"].value, found["predicted"].value, found["gold"].value) == (0, 3, 4)
    assert found["picked_nota"].value == 0


@pytest.mark.parametrize(
    ("text", "correct", "status"),
    [
        ("None of these is correct.", 1, "refused"),
        ("I am sorry, I cannot answer that.", 1, "refused"),
        ("A", 0, "ok"),
        ("Hm.", 0, "unparsed"),
    ],
)
def test_where_nothing_offered_is_right_saying_so_or_declining_is(
    text: str, correct: int, status: str
) -> None:
    found = marks(SAMPLE, lambda _call: says(text, A=0.9), "nota=remove")
    assert (found["correct"].value, found["correct"].status) == (correct, status)
    assert (found["gold"].value, found["gold"].status) == (None, "missing:gold-none-offered")
    assert found["picked_nota"].value == 0


def test_a_yes_no_question_has_no_option_to_hide_and_is_counted_as_skipped() -> None:
    found = marks(yes_no(), fully, "nota=add")
    assert {mark.status for mark in found.values()} == {"missing:nota-yes-no"}
    assert {mark.value for mark in found.values()} == {None}


@pytest.mark.parametrize("text", ["I am sorry, I cannot answer that.", "Hm.", ""])
def test_an_answer_that_chooses_nothing_has_nothing_to_be_sure_of(text: str) -> None:
    found = marks(SAMPLE, lambda _call: says(text, B=0.99))
    assert {found[name].value for name in ESTIMATORS} == {None}
    assert len({found[name].status for name in ESTIMATORS} & {"refused", "unparsed"}) == 1


def test_a_filtered_answer_is_refused_whatever_came_along() -> None:
    found = marks(SAMPLE, lambda _call: Answer("B", Outcome.FILTERED))
    assert (found["correct"].value, found["correct"].status) == (0, "refused")
    assert found["self_consistency"].value is None


@pytest.mark.parametrize(
    ("role", "answer", "measure", "reason"),
    [
        ("p-true", Answer("A"), "p_true", "no-letter-logprobs"),
        ("p-true", Failure("http-500"), "p_true", "http-500"),
        ("stated-two-turns", Answer("very"), "stated_two_turns", "confidence-unparsed"),
        ("stated-two-turns", Answer("I cannot say."), "stated_two_turns", "confidence-refused"),
        ("stated-one-turn", Answer("A\nConfidence: 95"), "stated_one_turn", "another-answer"),
        ("stated-one-turn", Answer("B"), "stated_one_turn", "confidence-unparsed"),
        ("draw", Failure("timeout"), "self_consistency", "timeout"),
        ("blur-1.0", Failure("image-missing"), "image_consistency", "image-missing"),
    ],
)
def test_what_one_pass_cannot_give_is_missing_with_its_reason_and_takes_nothing_with_it(
    role: str, answer: Answer | Failure, measure: str, reason: str
) -> None:
    found = marks(SAMPLE, lambda call: answer if call.origin.role == role else fully(call))
    assert (found[measure].value, found[measure].status) == (None, f"missing:{reason}")
    assert found["correct"].value == 1
    assert found["letter_probability"].value is not None


def test_without_signals_text_alone_is_read() -> None:
    """What a hosted model without log-probabilities leaves."""
    found = marks(SAMPLE, lambda call: Answer(fully(call).text))
    there = {name for name in ESTIMATORS if found[name].value is not None}
    assert {
        "self_consistency",
        "semantic_entropy",
        "stated_two_turns",
        "lexical_similarity",
    } <= there
    assert not there & {"letter_entropy", "perplexity", "p_true", "predictive_entropy"}


def test_letters_say_nothing_where_the_first_token_is_none() -> None:
    found = marks(SAMPLE, lambda _call: says("The answer is B", T=0.9, B=0.05))
    assert found["letter_entropy"].status == "missing:option-mass-below-0.5"
    assert found["option_mass"].value == pytest.approx(0.95)


def test_draws_with_shuffled_options_are_read_by_content() -> None:
    """Whoever always names the nodule is sure, whichever letter it has."""

    def nodule(call: Call) -> Answer:
        return says("ABCD"[call.origin.options.index("nodule")])

    def second(_call: Call) -> Answer:
        return says("B")

    sure = marks(SAMPLE, nodule, "draws=shuffled", draws=12)
    assert sure["self_consistency"].value == 0
    assert sure["semantic_entropy"].value == 0
    torn = marks(SAMPLE, second, "draws=shuffled", draws=12)
    assert (torn["self_consistency"].value or 0) > 0.3
    asked = texts_asked("draws=shuffled", setting("draws=shuffled", draws=12))
    assert len(set(asked)) > 4


def test_both_arms_of_a_pair_differ_in_one_option_text_alone() -> None:
    plain, hidden = texts_asked("")[0], texts_asked("nota=replace")[0]
    assert hidden == plain.replace("B. nodule", f"B. {WORDS['others']}")
