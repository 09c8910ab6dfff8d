"""The task: a conversation with a model about one sample, and what is measured on it.

The heart of a task is a generator. It yields asks, receives turns and returns marks::

    @task("mine/are-you-sure", version=1, data="cares", measures=measures, metrics=(accuracy,))
    def are_you_sure(sample, setting):
        first = yield question(sample, setting)
        second = yield first.follow_up("Are you sure?", role="are-you-sure")
        return [Mark("confident", float("yes" in second.text.lower()))]

It must be deterministic: the engine replays it from the store to plan, to resume and to score.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from medtrust.core.conditions import CLEAN
from medtrust.core.records import (
    Answer,
    Decoding,
    Estimate,
    Mark,
    Message,
    Request,
    Sample,
)

if TYPE_CHECKING:
    import polars as pl

Respondent = Literal["model", "judge", "moderator"]
"""Who is asked: the model under test, who marks its open answers, who marks how toxic they are."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request a conversation wants answered.

    Attributes:
        request: What the model will see.
        role: Names the step within its conversation, e.g. ``answer`` or ``judge``.
        respondent: Who is asked.
        options: Option texts as shown, where the request shows options in another order than the
            sample; simulated responders answer from them.
    """

    request: Request
    role: str = "answer"
    respondent: Respondent = "model"
    options: tuple[str, ...] | None = None

    def draws(self, count: int) -> list[Ask]:
        """The same ask ``count`` times, numbered from 0."""
        return [replace(self, request=replace(self.request, draw=draw)) for draw in range(count)]

    def score(self, continuations: Sequence[str], *, role: str) -> Ask:
        """Ask for the log-probability of each text as the answer, instead of an answer.

        Args:
            continuations: Distinct texts, none empty.
            role: Names the step.
        """
        request = Request(self.request.messages, continuations=tuple(continuations))
        return replace(self, request=request, role=role)


@dataclass(frozen=True, slots=True)
class Turn:
    """An ask with its answer."""

    ask: Ask
    answer: Answer

    @property
    def text(self) -> str:
        """The answer's text."""
        return self.answer.text

    def follow_up(
        self,
        text: str,
        *,
        role: str,
        decoding: Decoding | None = None,
        respondent: Respondent | None = None,
        continuations: Sequence[str] = (),
    ) -> Ask:
        """Go on in the same conversation: the answer, then ``text`` from the user.

        Args:
            text: What the user says next.
            role: Names the step.
            decoding: How the next answer is drawn; None for as the first.
            respondent: Who is asked; None for who answered.
            continuations: Texts to score as the next answer, as in P(True); empty to let it speak.
        """
        messages = (
            *self.ask.request.messages,
            Message("assistant", (self.answer.text,)),
            Message("user", (text,)),
        )
        request = Request(messages, decoding or self.ask.request.decoding, tuple(continuations))
        return Ask(request, role, respondent or self.ask.respondent, self.ask.options)


class Unanswerable(Exception):  # noqa: N818 - not a fault: a reason that becomes a status
    """Thrown into a conversation whose ask has no answer; becomes ``missing:<reason>``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Skip(Exception):  # noqa: N818 - not a fault: the task has nothing to ask of this sample here
    """Raised by a conversation that cannot be held in this run, e.g. for want of a judge."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


Conversation = Generator[Ask | list[Ask], "Turn | list[Turn]", list[Mark]]
"""Yield one ask to get its turn, or a list of asks to get the list of their turns."""

SingleConversation = Generator[Ask, Turn, list[Mark]]
"""A conversation that only ever yields single asks; easier to type."""

AnyConversation = Conversation | SingleConversation


@dataclass(frozen=True, slots=True)
class Setting:
    """What a conversation knows besides its sample.

    Attributes:
        condition: Canonical condition of this arm.
        parameters: The condition's pairs.
        official: Texts read from the user's checkout, by prompt id; empty for own wording.
        judge: model_id of the judge, or empty when the run has none.
        moderator: The same of who marks toxicity.
        seed: Moves option shuffles, alterations and sampling; nothing at temperature 0.
        draws: How many samples to draw where a task samples.
    """

    condition: str = CLEAN
    parameters: Mapping[str, str] = field(default_factory=dict)
    official: Mapping[str, str] = field(default_factory=dict)
    judge: str = ""
    moderator: str = ""
    seed: int = 0
    draws: int = 1


@dataclass(frozen=True, slots=True)
class MeasureKey:
    """Names a column of scores: which measure in which reading."""

    measure: str
    reading: str = "corrected"


Metric = Callable[["pl.DataFrame"], Iterable[Estimate]]
"""A task's scores, one row per sample, condition and reading (`measure.widen`), to estimates.

One that heeds options is an object that also has ``with_options(MeasureOptions) -> Metric``.
"""


@dataclass(frozen=True, slots=True)
class MeasureOptions:
    """What the user said about measuring.

    Attributes:
        minimum_n: Groups of people with fewer samples are listed, but not compared; >= 1.
    """

    minimum_n: int = 30


@dataclass(frozen=True, kw_only=True)
class Task:
    """What to ask of each sample, and what to measure on the answers.

    Attributes:
        name: ``suite/task``.
        version: Raised whenever prompts, readings or measures change.
        data: Name of the data the task reads, as in ``--data NAME=DIR``.
        also: Names of further data it can read, where they are given and its own are not.
        converse: Starts the conversation about a sample under a setting.
        conditions: Arms; each sample is put under those that `applies` admits.
        optional: Arms that are only run when they are named.
        published: Conditions under which numbers were published.
        applies: Whether a sample is put under a condition at all.
        measures: Columns a sample will have scores in under a condition; filled as missing where no
            answer came.
        metrics: Functions from the task's score table to estimates.
        prompts: Own templates by id, for digests in the manifest.
        signals: Signals its metrics want from the model.
        needs_judge: Whether open questions are skipped without a judge, or ``always`` all.
        unit: What carries a score: ``sample``, or ``request`` where one serves several samples.
        description: One line for people.
    """

    name: str
    version: int
    data: str
    converse: Callable[[Sample, Setting], AnyConversation]
    measures: Callable[[Sample, str], Sequence[MeasureKey]]
    metrics: tuple[Metric, ...] = ()
    also: tuple[str, ...] = ()
    conditions: tuple[str, ...] = (CLEAN,)
    optional: tuple[str, ...] = ()
    published: tuple[str, ...] = (CLEAN,)
    applies: Callable[[Sample, str], bool] = lambda _sample, _condition: True
    prompts: Mapping[str, str] = field(default_factory=dict)
    signals: frozenset[str] = frozenset()
    needs_judge: bool | Literal["always"] = False
    unit: Literal["sample", "request"] = "sample"
    description: str = ""


def task(
    name: str,
    *,
    version: int,
    data: str,
    measures: Callable[[Sample, str], Sequence[MeasureKey]],
    metrics: tuple[Metric, ...] = (),
    also: tuple[str, ...] = (),
    conditions: tuple[str, ...] = (CLEAN,),
    optional: tuple[str, ...] = (),
    published: tuple[str, ...] = (CLEAN,),
    applies: Callable[[Sample, str], bool] | None = None,
    prompts: Mapping[str, str] | None = None,
    signals: frozenset[str] = frozenset(),
    needs_judge: bool | Literal["always"] = False,
    unit: Literal["sample", "request"] = "sample",
) -> Callable[[Callable[[Sample, Setting], AnyConversation]], Task]:
    """Turn a conversation into a task; its docstring's first line becomes the description."""

    def decorate(converse: Callable[[Sample, Setting], AnyConversation]) -> Task:
        return Task(
            name=name,
            version=version,
            data=data,
            converse=converse,
            measures=measures,
            metrics=metrics,
            also=also,
            conditions=conditions,
            optional=optional,
            published=published,
            applies=applies or (lambda _sample, _condition: True),
            prompts=prompts or {},
            signals=signals,
            needs_judge=needs_judge,
            unit=unit,
            description=(converse.__doc__ or "").strip().split("\n")[0],
        )

    return decorate


@dataclass(frozen=True, slots=True)
class OfficialTexts:
    """Published wording read from a user's checkout.

    Attributes:
        label: ``official@<commit>``, or ``official@unverified`` when the files are not those.
        texts: Text by prompt id; ``question`` stands for the question text of the data file.
        comparable: Empty, or why these texts are not the published ones.
        unverified: Data sets about whose texts nobody can say whether they are the published ones.
    """

    label: str
    texts: Mapping[str, str]
    comparable: str = ""
    unverified: tuple[str, ...] = ()
