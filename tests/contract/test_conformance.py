"""Every model and task of ours keeps its protocol, and the checks can fail."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from medtrust.assembly import open_model
from medtrust.core.model import Call, Capabilities, ModelIdentity
from medtrust.core.records import Access, Answer, Estimate, Failure, ImageRef, Kind, Mark, Sample
from medtrust.core.registry import load, names
from medtrust.core.task import Setting, SingleConversation, Task
from medtrust.testing import NonconformingError, check_estimator, check_model, check_task
from parts.conversations import ask, make_task, single
from parts.rule_model import Result, RuleModel
from servers.fault_server import Behaviour, FaultServer, hang, ok, reset, status, with_logprobs

BASE: dict[str, Any] = {"access": Access.PUBLIC, "images": (ImageRef("sha256:" + "ab" * 32),)}
HIDE_THE_GOLD = {"clinical_ue/uncertainty"}
"""Tasks whose options depend on the gold, since they take the right one away."""

SAMPLES = [
    Sample(id="x:1", question="Is it there?", kind=Kind.YES_NO, answer=True, **BASE),
    Sample(id="x:2", question="Is it there too?", kind=Kind.YES_NO, answer=False, **BASE),
    Sample(
        id="x:3", question="Which?", kind=Kind.CHOICE, options=("lung", "heart", "bone"),
        answer=1, groups={"sex": "female"}, strata={"dataset": "X"}, cluster="p1", **BASE,
    ),
    Sample(
        id="x:4", question="Which?", kind=Kind.CHOICE, options=("a", "b"), answer=0,
        groups={"sex": "male"}, strata={"dataset": "Y"}, cluster="p1", **BASE,
    ),
    Sample(id="x:5", question="Describe it.", kind=Kind.OPEN, answer="A nodule.", **BASE),
    Sample(
        id="x:6", question="Is it?", kind=Kind.YES_NO, answer=None, gold_defect="empty", **BASE
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("simulated/constant", {"answer": "yes"}),
        ("simulated/constant", {"option": "last"}),
        ("simulated/planted", {"accuracy": "0.6", "refusal": "0.2", "correlation": "0.3"}),
        ("simulated/judge", {}),
        ("simulated/nota", {"auroc": "0.8", "fragility": "0.7", "shift": "0.5"}),
    ],
)
def test_simulated_responders_keep_the_protocol(name: str, parameters: dict[str, str]) -> None:
    check_model(open_model(name, None, parameters))


@pytest.mark.parametrize("name", names("estimator"))
def test_estimators_keep_the_protocol(name: str) -> None:
    check_estimator(load("estimator", name))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"needs": ()}, "needs nothing"),
        ({"needs": ("colour",)}, "what no evidence has"),
        ({"needs": ("draws",)}, "uses more than what it says"),
        ({"high": 0.1}, "above its upper bound"),
        ({"high": None}, "not that it is from 0 to 1"),
        ({"name": "P(True)"}, "not named like a measure"),
        ({"function": lambda _evidence: math.nan}, "no value for an answer"),
    ],
)
def test_an_estimator_that_breaks_its_word_is_found(changed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(NonconformingError, match=sentence):
        check_estimator(replace(load("estimator", "p_true"), **changed))


def test_replay_keeps_the_protocol(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    rows = [
        {"task": "conformance/check", "sample": "conformance:1", "draw": draw, "text": "Yes",
         "token_logprobs": [-0.5], "continuation_logprobs": [-0.5, -1.5]}
        for draw in range(2)
    ]  # fmt: skip
    path.write_bytes(b"\n".join(orjson.dumps(row) for row in rows))
    check_model(open_model(f"replay/{path}", None, {}))


@pytest.mark.parametrize(
    "behaviour",
    [ok("Yes"), with_logprobs("Yes it is"), status(500), status(401), reset(), hang()],
    ids=["ok", "logprobs", "500", "401", "reset", "hang"],
)
def test_a_served_model_keeps_the_protocol_whatever_its_server_does(behaviour: Behaviour) -> None:
    with FaultServer(behaviour) as server:
        check_model(open_model("openai/fault-model", server.base_url, {"timeout": "0.2"}))


def test_a_model_that_follows_a_rule_keeps_the_protocol() -> None:
    check_model(RuleModel())
    check_model(RuleModel(asks_by="group"))


@pytest.mark.parametrize("name", names("task"))
def test_every_task_keeps_the_protocol(name: str) -> None:
    check_task(load("task", name), SAMPLES, gold_in_request=name in HIDE_THE_GOLD)


class Bad(RuleModel):
    """A model with one thing wrong."""

    def __init__(
        self,
        answer: Callable[[Sequence[Call]], Sequence[Any]] | None = None,
        identity: ModelIdentity | None = None,
        capabilities: Capabilities | None = None,
    ) -> None:
        super().__init__()
        self._answers = answer or (lambda calls: [Answer("x") for _ in calls])
        self.identity = identity or self.identity
        self.capabilities = capabilities or self.capabilities

    async def answer(self, calls: Sequence[Call], _signals: frozenset[str]) -> Sequence[Result]:
        await asyncio.sleep(0)
        return self._answers(calls)


def each(result: Any) -> Callable[[Sequence[Call]], Sequence[Any]]:
    return lambda calls: [result for _ in calls]


def failure(**fields: Any) -> Callable[[Sequence[Call]], Sequence[Any]]:
    return each(Failure(**{"reason": "timeout", **fields}))


BAD: list[tuple[Bad, str]] = [
    (Bad(lambda _calls: []), "0 results came"),
    (Bad(each("text")), "A str came as a result"),
    (Bad(each(Answer("\ud800"))), "store cannot keep an answer"),
    (Bad(each(Answer("x", signals={"s": np.array([None])}))), "store cannot keep an answer"),
    (Bad(each(Answer("x", latency_s=-1.0))), "latency of an answer is negative"),
    (Bad(failure(reason="Time out")), "not kebab-case"),
    (Bad(failure(message="Cannot say: Is the sky over the sea blue? Answer with yes or no.")),
     "holds the question"),
    (Bad(failure(fatal=True, retry=True)), "fatal and to be retried"),
    (Bad(failure(retry_after_s=-1.0)), "negative time"),
    (Bad(identity=ModelIdentity("", "x")), "needs a provider and a name"),
    (Bad(identity=ModelIdentity("a b", "x")), "white space"),
    (Bad(identity=ModelIdentity("a", "x", host="")), "host is empty"),
    (Bad(capabilities=Capabilities(asks_by="both")), "neither `request` nor `group`"),  # type: ignore[arg-type]
    (Bad(capabilities=Capabilities(needs_pixels=True)), "about an image that is not there"),
    (Bad(capabilities=Capabilities(needs_pixels=False, continuations=True)),
     "no continuation_logprobs"),
    (Bad(lambda calls: [Answer(str(place)) for place, _ in enumerate(calls)],
         capabilities=Capabilities(needs_pixels=False, asks_by="group")), "order of the calls"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "sentence"), BAD, ids=[sentence for _, sentence in BAD])
def test_a_model_that_breaks_the_protocol_is_told_how(model: Bad, sentence: str) -> None:
    with pytest.raises(NonconformingError, match=sentence):
        check_model(model)
    assert model.closed in {0, 2}


def described(**fields: Any) -> Task:
    return replace(make_task(single, "mine/task"), description="Asks.", **fields)


def twice_marked(sample: Sample, _setting: Setting) -> SingleConversation:
    yield ask(sample.question)
    return [Mark("length", 1.0), Mark("length", 0.0)]


def unmarked(sample: Sample, _setting: Setting) -> SingleConversation:
    yield ask(sample.question)
    return []


def telling(sample: Sample, _setting: Setting) -> SingleConversation:
    yield ask(f"{sample.question} The answer is {sample.answer}.")
    return [Mark("length", 1.0)]


def endless(sample: Sample, _setting: Setting) -> SingleConversation:
    turn = yield ask(sample.question)
    for number in range(2000):
        turn = yield turn.follow_up("And?", role=f"step {number}")
    return [Mark("length", 1.0)]


def changing() -> Callable[[Sample, Setting], SingleConversation]:
    numbers: Iterator[int] = iter(range(10_000))

    def converse(sample: Sample, _setting: Setting) -> SingleConversation:
        yield ask(f"{sample.question} {next(numbers)}")
        return [Mark("length", 1.0)]

    return converse


def marking(mark: Mark) -> Callable[[Sample, Setting], SingleConversation]:
    def converse(sample: Sample, _setting: Setting) -> SingleConversation:
        yield ask(sample.question)
        return [mark]

    return converse


def estimating(**fields: Any) -> Task:
    estimate = Estimate(**{"task": "mine/task", "version": 1, "metric": "m", **fields})
    return described(metrics=(lambda _frame: [estimate],))


BAD_TASKS: list[tuple[Task, str]] = [
    (estimating(value=None), "says nothing about why"),
    (estimating(value=0.5, version=2), "is of mine/task version 2"),
    (estimating(value=float("inf")), "is not finite"),
    (estimating(value=0.5, low=0.6, high=0.4), "upside down"),
    (described(name="Mine"), "not written as suite/task"),
    (described(version=0), "version is below 1"),
    (replace(described(), description=""), "no docstring"),
    (described(conditions=("b=1;a=2",)), "not canonical"),
    (described(conditions=("", "")), "stands twice"),
    (described(converse=twice_marked), "marks a measure twice"),
    (described(converse=unmarked), "declares"),
    (described(converse=telling), "lets the gold answer into a request"),
    (described(converse=endless), "never ends"),
    (described(converse=changing()), "asks differently when replayed"),
    (described(converse=marking(Mark("length", 1.0, "odd"))), "unknown status 'odd'"),
    (described(converse=marking(Mark("length", 1.0, "missing:x"))), "missing and has a value"),
    (described(converse=marking(Mark("length", float("nan")))), "not finite|marked differently"),
]


@pytest.mark.parametrize(("task", "sentence"), BAD_TASKS, ids=[text for _, text in BAD_TASKS])
def test_a_task_that_breaks_the_protocol_is_told_how(task: Task, sentence: str) -> None:
    with pytest.raises(NonconformingError, match=sentence):
        check_task(task, SAMPLES[:2])


def test_a_task_that_needs_the_gold_to_ask_may_say_so() -> None:
    check_task(described(converse=telling), SAMPLES[:2], gold_in_request=True)
