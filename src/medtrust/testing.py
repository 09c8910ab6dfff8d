"""Conformance checks for the authors of models, tasks and uncertainty estimators.

A plug-in's own test calls them with the real thing::

    from medtrust.testing import check_model, check_task

    def test_my_model_keeps_the_protocol():
        check_model(open_model(ModelOptions("my-model")))

    def test_my_task_keeps_the_protocol():
        check_task(my_task, samples)

    def test_my_estimator_keeps_the_protocol():
        check_estimator(my_estimator)

Each raises `NonconformingError` with one sentence about the first thing that is wrong. Our own
models and tasks pass through the same checks.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from medtrust.core.conditions import canonical_condition
from medtrust.core.keys import request_id
from medtrust.core.model import Call, Model, Origin
from medtrust.core.records import (
    OK,
    REFUSED,
    UNPARSED,
    Access,
    Answer,
    Decoding,
    Estimate,
    Failure,
    ImageRef,
    Kind,
    Message,
    Request,
    Sample,
    missing,
)
from medtrust.core.task import Setting, Task
from medtrust.engine.dialogue import Dialogue
from medtrust.engine.store import Store
from medtrust.engine.tables import Tables
from medtrust.measure import measure
from medtrust.uncertainty.estimators import Estimator, apply
from medtrust.uncertainty.evidence import Absent, Draw, Evidence

MOST_STEPS: Final = 1000
REPLIES: Final = (
    "Yes", "No.", "A", "B) the second", "I am sorry, but I cannot help with that.", "", "7",
    "<think>no</think> \N{GREEK SMALL LETTER ALPHA} " + "word " * 200,
)  # fmt: skip
"""What a conversation must survive hearing."""

JUDGE: Final = "conformance/judge"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_.-]*/[a-z0-9][a-z0-9_./-]*")
_MEASURE: Final = re.compile(r"[a-z][a-z0-9_]*")
_REASON: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_QUESTION: Final = "Is the sky over the sea blue? Answer with yes or no."


class NonconformingError(AssertionError):
    """A model or a task does not keep its protocol; the sentence says how."""


def _require(fact: object, sentence: str) -> None:
    if not fact:
        raise NonconformingError(sentence)


def check_model(model: Model) -> None:
    """Check a model against `medtrust.core.model.Model`; asks it about ten short questions.

    A failure is a valid result throughout, so a model that has nothing to say passes.

    Raises:
        NonconformingError: For the first thing that is wrong.
    """
    _check_declarations(model)
    asyncio.run(_check_answers(model))


def _check_declarations(model: Model) -> None:
    identity, capabilities = model.identity, model.capabilities
    _require(identity.provider and identity.name, "The identity needs a provider and a name.")
    _require(not re.search(r"\s", identity.provider), "The provider's name holds white space.")
    _require(
        model.identity.model_id == identity.model_id, "The model_id changes from look to look."
    )
    _require(
        identity.host is None or identity.host, "The host is empty: name it, or None for no host."
    )
    _require(
        capabilities.asks_by in {"request", "group"}, "asks_by is neither `request` nor `group`."
    )
    _require(
        capabilities.signals is None or isinstance(capabilities.signals, frozenset),
        "Capabilities.signals is neither None nor a frozenset.",
    )
    _require(model.capabilities == capabilities, "The capabilities change from look to look.")


async def _check_answers(model: Model) -> None:
    wanted = model.capabilities.signals or frozenset({"token_logprobs"})
    draws = [_call(_question(), draw=draw) for draw in range(3)]
    try:
        await _ask(model, draws[:1], frozenset())
        await _ask(model, draws, frozenset())
        await _ask(model, draws[:1], wanted | {"no-such-signal"})
        await _check_continuations(model)
        if model.capabilities.needs_pixels:
            await _check_missing_image(model)
        if model.capabilities.asks_by == "group":
            await _check_order(model)
        _require(all(isinstance(note, str) for note in model.notes), "A note is no sentence.")
        _require(
            all(isinstance(count, int) for count in model.counters.values()),
            "A counter is no whole number.",
        )
    finally:
        await model.close()
        await model.close()  # closing twice must do no harm
    _require(model.identity.model_id, "The identity is gone once the model is closed.")


async def _ask(
    model: Model, calls: Sequence[Call], signals: frozenset[str]
) -> Sequence[Answer | Failure]:
    results = await model.answer(calls, signals)
    _require(
        len(results) == len(calls), f"{len(calls)} calls were asked, {len(results)} results came."
    )
    for call, result in zip(calls, results, strict=True):
        if isinstance(result, Answer):
            _check_answer(call, result)
        else:
            _require(isinstance(result, Failure), f"A {type(result).__name__} came as a result.")
            _check_failure(result)
    return results


def _check_answer(call: Call, answer: Answer) -> None:
    _require(isinstance(answer.text, str), "The text of an answer is no text.")
    _require(answer.latency_s >= 0, "The latency of an answer is negative.")
    with TemporaryDirectory() as folder, closing(Store.open(Path(folder) / "s.sqlite")) as store:
        number = store.model_number("conformance")
        asked = frozenset(answer.signals)
        try:
            store.put(number, call.request_id, call.request.draw, answer, asked=asked)
            store.commit()
        except (TypeError, ValueError, OverflowError) as error:
            raise NonconformingError(f"The store cannot keep an answer: {error}.") from error
        kept = store.get(number, call.request_id, call.request.draw, asked)
    _require(
        kept is not None and kept.text == answer.text and set(kept.signals) == set(answer.signals),
        "An answer does not come back from the store as it was.",
    )


def _check_failure(failure: Failure) -> None:
    _require(_REASON.fullmatch(failure.reason), f"The reason {failure.reason!r} is not kebab-case.")
    _require(
        _QUESTION not in failure.message, "A failure's message holds the question: logs keep it."
    )
    _require(not (failure.fatal and failure.retry), "A failure is fatal and to be retried.")
    _require(
        failure.retry_after_s is None or failure.retry_after_s >= 0,
        "A failure asks to wait a negative time.",
    )


async def _check_continuations(model: Model) -> None:
    request = replace(_question(), continuations=("Yes", "No"))
    (result,) = await _ask(model, [_call(request)], frozenset({"continuation_logprobs"}))
    if isinstance(result, Failure):
        return
    given = result.signals.get("continuation_logprobs")
    if given is None:
        _require(
            not model.capabilities.continuations,
            "The model says that it scores continuations and gives no continuation_logprobs.",
        )
        return
    _require(given.shape == (2,), f"Two continuations were scored with shape {given.shape}.")


async def _check_missing_image(model: Model) -> None:
    image = ImageRef("conformance:not-there.png")
    request = Request((Message("user", (image, _QUESTION)),))
    (result,) = await _ask(model, [_call(request)], frozenset())
    _require(
        isinstance(result, Failure),
        "The model needs pixels and answered about an image that is not there.",
    )
    if isinstance(result, Failure):
        _require(not result.retry, "A missing image is to be retried, which never helps.")


async def _check_order(model: Model) -> None:
    """Greedy answers of one call belong to their requests, whatever the order."""
    texts = ("Is one less than two?", "Name a colour.", "Is snow warm?")
    calls = [_call(Request((Message("user", (text,)),), Decoding(max_tokens=8))) for text in texts]
    forward = await _ask(model, calls, frozenset())
    backward = await _ask(model, calls[::-1], frozenset())
    for one, other in zip(forward, reversed(backward), strict=True):
        if isinstance(one, Answer) and isinstance(other, Answer):
            _require(one.text == other.text, "Results do not come in the order of the calls.")


def _question() -> Request:
    return Request((Message("user", (_QUESTION,)),), Decoding(max_tokens=8, temperature=1.0))


def _call(request: Request, draw: int = 0) -> Call:
    sample = Sample(
        id="conformance:1", question=_QUESTION, kind=Kind.YES_NO, answer=True, access=Access.PUBLIC
    )
    asked = replace(request, draw=draw)
    return Call(asked, request_id(asked), Origin("conformance/check", sample, "", "answer"))


def check_task(task: Task, samples: Sequence[Sample], *, gold_in_request: bool = False) -> None:
    """Hold a task's conversations about some samples with all kinds of replies.

    Args:
        task: Any task.
        samples: A few of each kind of question that the task meets.
        gold_in_request: Whether what is asked depends on the gold on purpose, as where the right
            option is taken away.

    Raises:
        NonconformingError: For the first thing that is wrong.
    """
    _require(_NAME.fullmatch(task.name), f"The name {task.name!r} is not written as suite/task.")
    _require(task.version >= 1, "The version is below 1.")
    _require(task.description, "The conversation has no docstring to describe the task.")
    for condition in task.conditions:
        _require(
            canonical_condition(condition) == condition,
            f"The condition {condition!r} is not canonical.",
        )
    _require(len(set(task.conditions)) == len(task.conditions), "A condition stands twice.")
    for reply in (*REPLIES, Failure("timeout"), Failure("image-missing")):
        tables = Tables()
        for dialogue in _held(task, samples, reply):
            _check_marks(dialogue)
            if not gold_in_request:
                _check_gold_stays_out(dialogue, reply)
            tables.add(dialogue)
        _check_metrics(task, tables, samples)


def _held(task: Task, samples: Sequence[Sample], reply: str | Failure) -> Iterator[Dialogue]:
    """Every conversation, held twice with the same replies."""
    for sample in samples:
        for condition in task.conditions:
            if not task.applies(sample, condition):
                continue
            first, second = (_converse(task, sample, condition, reply) for _ in range(2))
            where = f"{task.name} about {sample.id} under {condition or 'clean'}"
            _require(first.steps == second.steps, f"{where} asks differently when replayed.")
            _require(first.marks == second.marks, f"{where} is marked differently when replayed.")
            yield first


def _converse(task: Task, sample: Sample, condition: str, reply: str | Failure) -> Dialogue:
    pairs = dict(pair.split("=", 1) for pair in condition.split(";")) if condition else {}
    dialogue = Dialogue(task, sample, Setting(condition, pairs, judge=JUDGE, draws=2))
    for _ in range(MOST_STEPS):
        if dialogue.ended:
            return dialogue
        result = reply if isinstance(reply, Failure) else Answer(reply)
        dialogue.proceed([result] * len(dialogue.calls))
    raise NonconformingError(f"{task.name} about {sample.id} never ends.")


def _check_marks(dialogue: Dialogue) -> None:
    where = f"{dialogue.task.name} about {dialogue.sample.id}"
    declared = {
        (key.measure, key.reading)
        for key in dialogue.task.measures(dialogue.sample, dialogue.setting.condition)
    }
    marks = list(dialogue.marks or ())
    given = [(mark.measure, mark.reading) for mark in marks]
    _require(len(set(given)) == len(given), f"{where} marks a measure twice.")
    _require(
        set(given) == declared,
        f"{where} declares {sorted(declared)} and marks {sorted(set(given))}.",
    )
    for mark in marks:
        about = f"{where}: {mark.measure}"
        absent = mark.status.startswith(missing(""))
        _require(
            absent or mark.status in {OK, REFUSED, UNPARSED},
            f"{about} has the unknown status {mark.status!r}.",
        )
        _require(not absent or mark.value is None, f"{about} is missing and has a value.")
        _require(mark.value is None or math.isfinite(mark.value), f"{about} is not finite.")


def _check_gold_stays_out(dialogue: Dialogue, reply: str | Failure) -> None:
    sample = dialogue.sample
    other: Any = {
        Kind.YES_NO: not sample.answer,
        Kind.CHOICE: (sample.answer == 0) * 1,
    }.get(sample.kind, "something else entirely")
    changed = replace(sample, answer=other)
    twin = _converse(dialogue.task, changed, dialogue.setting.condition, reply)
    asked, asked_twin = (
        [step for step in one.steps if step[1] == "model"] for one in (dialogue, twin)
    )
    _require(
        asked == asked_twin,
        f"{dialogue.task.name} about {sample.id} lets the gold answer into a request.",
    )


EVIDENCE: Final = Evidence(
    text="left",
    meaning=0,
    token_logprobs=np.array([-0.2, -0.05]),
    token_entropies=np.array([0.5, 0.1]),
    option_logprobs=np.log(np.array([0.6, 0.2, 0.1])),
    draws=(
        Draw("left", 0, -0.3, 2), Draw("right", 1, -1.4, 2), Draw("left", 0, -0.4, 2),
        Draw("Hard to say.", None, -4.0, 5),
    ),
    p_true=0.7,
    stated_one_turn=0.9,
    stated_two_turns=0.8,
    perturbed=(0, 0, 1, None, 0),
)  # fmt: skip
"""One answer about which everything is known."""


def check_estimator(estimator: Estimator) -> None:
    """Check an uncertainty estimator: its needs, its bounds, and that it never invents a number.

    Raises:
        NonconformingError: With the first thing that is wrong.
    """
    name = estimator.name
    _require(_MEASURE.fullmatch(name), f"Estimator {name!r} is not named like a measure.")
    attributes = {field.name for field in fields(Evidence)} - {"absent"}
    _require(estimator.needs, f"Estimator {name} needs nothing of an answer.")
    unknown = set(estimator.needs) - attributes
    _require(not unknown, f"Estimator {name} needs what no evidence has: {sorted(unknown)}.")
    value = apply(estimator, EVIDENCE)
    _require(
        not isinstance(value, Absent),
        f"Estimator {name} has no value for an answer about which everything is known.",
    )
    _require(
        value == apply(estimator, EVIDENCE), f"Estimator {name} gives two values for one answer."
    )
    number = math.nan if isinstance(value, Absent) else value
    low, high = estimator.low, estimator.high
    _require(low is None or number >= low, f"Estimator {name} is below its lower bound.")
    _require(high is None or number <= high, f"Estimator {name} is above its upper bound.")
    if estimator.is_probability:
        _require(
            (estimator.low, estimator.high) == (0.0, 1.0),
            f"Estimator {name} says that it is a probability, but not that it is from 0 to 1.",
        )
    others = attributes - {"text", "meaning", *estimator.needs}
    alone = apply(estimator, _without(*others))
    _require(alone == value, f"Estimator {name} uses more than what it says that it needs.")
    for need in estimator.needs:
        _require(
            apply(estimator, _without(need)) == Absent("not-given"),
            f"Estimator {name} gives a value, or another reason, though {need} is not there.",
        )


def _without(*attributes: str) -> Evidence:
    """What is known of the answer without some attributes."""
    nothing: dict[str, Any] = dict.fromkeys(attributes)
    return replace(EVIDENCE, **nothing, absent=dict.fromkeys(attributes, "not-given"))


def _check_metrics(task: Task, tables: Tables, samples: Sequence[Sample]) -> None:
    for estimate in measure([task], tables.scores(), tables.requests(), samples):
        _check_estimate(task, estimate)


def _check_estimate(task: Task, estimate: Estimate) -> None:
    name = f"The estimate {estimate.metric} ({estimate.group or 'all'}) of {task.name}"
    _require(
        (estimate.task, estimate.version) == (task.name, task.version),
        f"{name} is of {estimate.task} version {estimate.version}.",
    )
    for number in (estimate.value, estimate.low, estimate.high):
        _require(number is None or math.isfinite(number), f"{name} is not finite.")
    _require(
        estimate.value is not None or estimate.note,
        f"{name} has no value and says nothing about why.",
    )
    if estimate.low is not None and estimate.high is not None:
        _require(estimate.low <= estimate.high, f"{name} has an interval upside down.")
