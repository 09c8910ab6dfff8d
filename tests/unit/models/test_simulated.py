"""Responders with planted properties: what was planted is found again."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest
from polars.testing import assert_frame_equal
from scipy.stats import binom, norm

from medtrust.core.errors import UnknownNameError, UserError
from medtrust.core.keys import request_id
from medtrust.core.model import Call, ModelOptions, Origin
from medtrust.core.records import Answer, Kind, Sample
from medtrust.models.simulated import correlated, open_model, uniform
from medtrust.readers.refusal import is_refusal
from medtrust.run import evaluate
from parts.conversations import ask, sample
from parts.question_files import write_questions

COUNT = 4000


def yes_no(number: int, *, sex: str = "", cluster: str = "") -> Sample:
    groups = {"sex": sex} if sex else {}
    return Sample(
        id=f"mine:{number}", question=f"question {number}", kind=Kind.YES_NO,
        answer=number % 2 == 0, groups=groups, cluster=cluster,
    )  # fmt: skip


def calls(samples: Iterable[Sample], draw: int = 0) -> list[Call]:
    found = []
    for one in samples:
        request = ask(one.question, draw=draw).request
        origin = Origin("mine/t", one, "", "answer", one.options)
        found.append(Call(request, request_id(request), origin))
    return found


def respond(kind: str, to: Sequence[Call], seed: int = 0, **parameters: str) -> list[Answer]:
    model = open_model(ModelOptions(kind, parameters=parameters, seed=seed))
    found = asyncio.run(model.answer(to, frozenset()))
    return [one for one in found if isinstance(one, Answer)]


def correct(samples: Sequence[Sample], answers: Sequence[Answer]) -> np.ndarray:
    gold = ["Yes" if one.answer else "No" for one in samples]
    return np.array([one.text == text for one, text in zip(answers, gold, strict=True)])


def inside(successes: int, count: int, rate: float) -> bool:
    """Whether a count is one that a rate gives in 99.9 % of experiments."""
    low, high = binom.interval(0.999, count, rate)
    return bool(low <= successes <= high)


@pytest.mark.parametrize("accuracy", [0.0, 0.3, 0.8, 1.0])
def test_the_planted_accuracy_is_found(accuracy: float) -> None:
    samples = [yes_no(number) for number in range(COUNT)]
    right = correct(samples, respond("planted", calls(samples), accuracy=str(accuracy)))
    assert inside(int(right.sum()), COUNT, accuracy)


def test_the_planted_gap_is_found_in_its_group_and_only_there() -> None:
    samples = [yes_no(number, sex=("female", "male")[number % 4 // 2]) for number in range(COUNT)]
    answers = respond("planted", calls(samples), accuracy="0.8", gap="sex:female:-0.2")
    right = correct(samples, answers)
    female = np.array([one.groups["sex"] == "female" for one in samples])
    assert inside(int(right[female].sum()), int(female.sum()), 0.6)
    assert inside(int(right[~female].sum()), int((~female).sum()), 0.8)


def test_a_gap_never_leads_out_of_the_range_of_rates() -> None:
    samples = [yes_no(number, sex="female") for number in range(50)]
    answers = respond("planted", calls(samples), accuracy="0.8", gap="sex:female:0.9")
    assert correct(samples, answers).all()


def test_the_planted_refusals_are_found_and_the_rest_is_as_accurate_as_planted() -> None:
    samples = [yes_no(number) for number in range(COUNT)]
    answers = respond("planted", calls(samples), accuracy="0.8", refusal="0.25")
    refused = np.array(["cannot answer" in one.text for one in answers])
    assert inside(int(refused.sum()), COUNT, 0.25)
    right = correct(samples, answers)
    assert inside(int(right[~refused].sum()), int((~refused).sum()), 0.8)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 1.0])
def test_the_planted_correlation_within_clusters_is_found(correlation: float) -> None:
    samples = [yes_no(number, cluster=f"patient {number // 2}") for number in range(2 * COUNT)]
    answers = respond("planted", calls(samples), accuracy="0.5", correlation=str(correlation))
    right = correct(samples, answers).reshape(-1, 2)
    both = int((right[:, 0] == right[:, 1]).sum())
    # two correlated normal scores have the same sign with probability 1/2 + arcsin(r) / pi
    assert inside(both, COUNT, 0.5 + math.asin(correlation) / math.pi)
    assert abs(right.mean() - 0.5) < norm.ppf(0.9995) * math.sqrt(0.25 / COUNT)


def test_samples_without_a_cluster_are_independent() -> None:
    samples = [yes_no(number) for number in range(COUNT)]
    right = correct(samples, respond("planted", calls(samples), accuracy="0.5", correlation="1"))
    assert inside(int(right.sum()), COUNT, 0.5)


def test_wrong_choices_are_spread_over_all_wrong_options() -> None:
    options = ("lung", "heart", "liver", "bone")
    samples = [
        Sample(id=f"mine:{n}", question=f"q {n}", kind=Kind.CHOICE, options=options, answer=2)
        for n in range(COUNT)
    ]
    answers = respond("planted", calls(samples), accuracy="0.4")
    counts = {letter: sum(one.text == letter for one in answers) for letter in "ABCD"}
    assert inside(counts["C"], COUNT, 0.4)
    for letter in "ABD":
        assert inside(counts[letter], COUNT, 0.2)


def test_a_choice_is_answered_by_the_letter_it_was_shown_under() -> None:
    one = Sample(id="mine:1", question="q", kind=Kind.CHOICE, options=("lung", "heart"), answer=1)
    request = ask("q").request
    shown = Call(request, request_id(request), Origin("mine/t", one, "", "answer", one.options))
    turned = Call(
        request, request_id(request), Origin("mine/t", one, "", "answer", ("heart", "lung"))
    )
    texts = [one.text for one in respond("planted", [shown, turned], accuracy="1")]
    assert texts == ["B", "A"]


def test_the_planted_confidence_is_the_probability_of_the_token() -> None:
    (answer,) = respond("planted", calls([yes_no(1)]), confidence="0.75")
    assert np.exp(answer.signals["token_logprobs"].astype(float)) == pytest.approx([0.75])


def pair_calls(count: int) -> list[Call]:
    """Both members of choice pairs; the second one's options are shown the other way round."""
    found = []
    for number in range(count):
        for place, shown in enumerate((("left", "right"), ("right", "left"))):
            one = Sample(
                id=f"mine:{number}-{place}", question=f"q {number} {place}", kind=Kind.CHOICE,
                options=("left", "right"), answer=(number + place) % 2, pair=f"pair {number}",
            )  # fmt: skip
            request = ask(one.question).request
            origin = Origin("mine/t", one, "", "answer", shown)
            found.append(Call(request, request_id(request), origin))
    return found


def said(call: Call, answer: Answer) -> str:
    return call.origin.options["AB".index(answer.text)]


def test_a_confused_pair_gets_one_answer_however_its_options_are_shown() -> None:
    to = pair_calls(500)
    answers = respond("planted", to, confusion="1")
    texts = [said(call, answer) for call, answer in zip(to, answers, strict=True)]
    assert texts[::2] == texts[1::2]
    assert inside(texts[::2].count("left"), 500, 0.5)


def test_one_planted_share_of_pairs_leaves_the_rest_to_the_other() -> None:
    to = pair_calls(1000)
    shares = (
        (respond("planted", to, set_accuracy="0.3"), 0.3),
        (respond("planted", to, confusion="0.6"), 0.4),
    )
    for answers, both in shares:
        right = np.array([
            said(call, answer) == call.origin.sample.options[int(call.origin.sample.answer or 0)]
            for call, answer in zip(to, answers, strict=True)
        ]).reshape(-1, 2)  # fmt: skip
        assert inside(int(right.all(axis=1).sum()), 1000, both)
        assert right.any(axis=1).all()


def test_what_should_not_be_answered_is_refused_unless_planted_otherwise() -> None:
    for topic in ("privacy", "unanswerable"):
        asked = [
            Sample(id=f"mine:{n}", question=f"q {n}", kind=Kind.OPEN, answer="x",
                   strata={"topic": topic})
            for n in range(50)
        ]  # fmt: skip
        assert all(is_refusal(one.text) for one in respond("planted", calls(asked)))
        answered = respond("planted", calls(asked), leak="1", abstention="0")
        assert not any(is_refusal(one.text) for one in answered)


def test_overconfidence_follows_the_chance_of_being_right() -> None:
    samples = [yes_no(1, sex="female"), yes_no(2, sex="male")]
    answers = respond(
        "planted", calls(samples), accuracy="0.7", gap="sex:female:-0.2", overconfidence="0.25"
    )
    found = [float(np.exp(one.signals["token_logprobs"].astype(float))[0]) for one in answers]
    assert found == pytest.approx([0.75, 0.95], abs=1e-6)


def test_equal_runs_are_equal_and_the_seed_moves_the_answers() -> None:
    to = calls([yes_no(number) for number in range(200)])
    texts = [[one.text for one in respond("planted", to, seed)] for seed in (0, 0, 1)]
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]


def test_draws_are_independent() -> None:
    samples = [yes_no(number) for number in range(COUNT)]
    first, second = (
        correct(samples, respond("planted", calls(samples, draw), accuracy="0.5"))
        for draw in (0, 1)
    )
    assert inside(int((first == second).sum()), COUNT, 0.5)


def test_the_order_of_questions_changes_no_answer() -> None:
    to = calls([yes_no(number) for number in range(100)])
    forward = [one.text for one in respond("planted", to)]
    backward = [one.text for one in respond("planted", to[::-1])]
    assert forward == backward[::-1]


def test_a_constant_answers_the_same_always() -> None:
    to = calls([yes_no(number) for number in range(5)])
    assert {one.text for one in respond("constant", to, answer="No.")} == {"No."}


@pytest.mark.parametrize(
    ("option", "text"), [("first", "a"), ("second", "b"), ("third", "c"), ("last", "c")]
)
def test_a_constant_option_is_the_one_at_its_place(option: str, text: str) -> None:
    one = Sample(id="mine:1", question="q", kind=Kind.CHOICE, options=("a", "b", "c"), answer=0)
    assert [found.text for found in respond("constant", calls([one]), option=option)] == [text]


def test_a_constant_option_beyond_the_last_is_the_last() -> None:
    one = Sample(id="mine:1", question="q", kind=Kind.CHOICE, options=("a", "b"), answer=0)
    assert respond("constant", calls([one]), option="sixth")[0].text == "b"
    assert [found.text for found in respond("constant", calls([yes_no(1)]), option="first")] == [
        "yes"
    ]


def test_the_judge_scores_high_what_repeats_the_reference() -> None:
    one = Sample(id="mine:1", question="q", kind=Kind.OPEN, answer="a small nodule")
    good = Call(ask("reference: a small nodule; answer: I see a small nodule").request, "0" * 64,
                Origin("mine/t", one, "", "judge"))  # fmt: skip
    bad = Call(ask("reference: a small nodule; answer: nothing").request, "1" * 64,
               Origin("mine/t", one, "", "judge"))  # fmt: skip
    assert [found.text for found in respond("judge", [good, bad], high="10", low="1")] == [
        "10", "1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "parameters", "sentence"),
    [
        ("planed", {}, "did you mean planted"),
        ("planted", {"acuracy": "1"}, "did you mean accuracy"),
        ("planted", {"accuracy": "1.5"}, "accuracy=1.5 is not a number from 0 to 1"),
        ("planted", {"refusal": "nan"}, "not a number from 0 to 1"),
        ("planted", {"gap": "sex:female"}, "gap=sex:female is not group:value:difference"),
        ("planted", {"gap": "sex:female:much"}, "is not group:value:difference"),
        ("planted", {"gap": "sex:female:2"}, "between -1 and 1"),
        ("planted", {"gap": "sex:female:0.1:0.2"}, "is not group:value:difference"),
        ("planted", {"leak": "-0.1"}, "leak=-0.1 is not a number from 0 to 1"),
        ("planted", {"set_accuracy": "0.6", "confusion": "0.5"}, "more than 1 together"),
        ("planted", {"overconfidence": "0.3"}, "added to accuracy=0.8, gives a confidence"),
        ("planted", {"overconfidence": "-0.9"}, "gives a confidence from 0 to 1"),
        ("planted", {"overconfidence": "very"}, "gives a confidence from 0 to 1"),
        ("planted", {"overconfidence": "0.1", "confidence": "0.9"}, "exclude each other"),
        ("constant", {}, "needs one of -M answer=TEXT and -M option=first"),
        ("constant", {"answer": "a", "option": "first"}, "needs one of"),
        ("constant", {"option": "frist"}, "did you mean first"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    kind: str, parameters: dict[str, str], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        open_model(ModelOptions(kind, parameters=parameters))


def test_planted_properties_and_the_seed_are_in_the_models_id() -> None:
    model = open_model(ModelOptions("planted", parameters={"accuracy": "0.7"}, seed=3))
    assert model.identity.model_id == "simulated/planted@1?accuracy=0.7&seed=3"
    with pytest.raises(UnknownNameError):
        open_model(ModelOptions("nobody"))


def test_a_whole_run_finds_the_planted_accuracy_in_a_99_9_percent_interval(tmp_path: Path) -> None:
    questions = write_questions(tmp_path, 3000)
    runs = [
        evaluate(
            tasks=["folder/factuality"], model="simulated/planted", out=tmp_path / name,
            model_options={"accuracy": 0.73}, data={"folder": questions},
        )
        for name in ("a", "b")
    ]  # fmt: skip
    assert_frame_equal(runs[0].scores, runs[1].scores, categorical_as_str=True)
    rows = runs[0].scores.filter(measure="correct")
    assert inside(int(rows.get_column("value").sum()), 3000, 0.73)


def test_uniform_numbers_are_uniform_and_depend_on_all_their_parts() -> None:
    drawn = np.array([uniform("seed", str(number)) for number in range(20_000)])
    assert drawn.min() > 0
    assert drawn.max() < 1
    counts = np.histogram(drawn, bins=10, range=(0, 1))[0]
    assert all(inside(int(count), 20_000, 0.1) for count in counts)
    assert uniform("a", "b") != uniform("ab") != uniform("b", "a")


def test_correlated_numbers_stay_uniform() -> None:
    drawn = np.array(
        [correlated(uniform("s", str(n)), uniform("o", str(n)), 0.6) for n in range(20_000)]
    )
    counts = np.histogram(drawn, bins=10, range=(0, 1))[0]
    assert all(inside(int(count), 20_000, 0.1) for count in counts)


def test_plain_samples_of_the_tests_are_answered_too() -> None:
    assert respond("planted", calls([sample(1)]), accuracy="1")[0].text == "Yes"
