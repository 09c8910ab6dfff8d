"""Plain samples and tasks, and a way to hold their conversations against a real store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from medtrust.core.errors import MedtrustError
from medtrust.core.model import Call, Model
from medtrust.core.records import (
    Access,
    Answer,
    Decoding,
    ImageRef,
    Kind,
    Mark,
    Message,
    Request,
    Sample,
)
from medtrust.core.task import (
    AnyConversation,
    Ask,
    MeasureKey,
    Setting,
    SingleConversation,
    Task,
)
from medtrust.engine.asking import Asking, Effort, Seat, Tally
from medtrust.engine.dialogue import Dialogue
from medtrust.engine.engine import Engine
from medtrust.engine.store import Store

SOON = Effort(concurrency=4, base_delay_s=0.001, max_delay_s=0.01)
"""Retries without waiting long."""


def sample(number: int | str, question: str | None = None, *, image: str = "") -> Sample:
    """A public yes/no sample, by default with a question of its own and no image."""
    return Sample(
        id=f"mine:{number}",
        question=question or f"question {number}",
        kind=Kind.YES_NO,
        answer=True,
        images=(ImageRef(image),) if image else (),
        access=Access.PUBLIC,
    )


def ask(text: str, *, role: str = "answer", image: str = "", draw: int = 0) -> Ask:
    """One user message; sampled, so that draws make sense."""
    content = (ImageRef(image), text) if image else (text,)
    decoding = Decoding(max_tokens=16, temperature=1.0)
    return Ask(Request((Message("user", content),), decoding, draw=draw), role)


def one_measure(_sample: Sample, _condition: str) -> Sequence[MeasureKey]:
    return [MeasureKey("length")]


def make_task(
    converse: Callable[[Sample, Setting], AnyConversation], name: str = "mine/task"
) -> Task:
    return Task(name=name, version=1, data="mine", converse=converse, measures=one_measure)


def single(sample: Sample, _setting: Setting) -> SingleConversation:
    """Asks the question and measures how long the answer is."""
    turn = yield ask(sample.question, image=sample.images[0].key if sample.images else "")
    return [Mark("length", float(len(turn.text)))]


def twice(sample: Sample, _setting: Setting) -> SingleConversation:
    """Asks the question, then again."""
    first = yield ask(sample.question)
    second = yield first.follow_up("Are you sure?", role="again")
    return [Mark("length", float(len(second.text)))]


@dataclass
class Held:
    """What came of holding conversations."""

    dialogues: list[Dialogue] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    stopping: MedtrustError | None = None
    left: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    lowest: int = 0

    @property
    def statuses(self) -> dict[str, str]:
        """Status of the first mark, by sample id."""
        return {
            dialogue.sample.id: dialogue.marks[0].status
            for dialogue in self.dialogues
            if dialogue.marks
        }


def hold(
    path: Path,
    model: Model,
    groups: Iterable[Iterable[Dialogue]],
    *,
    effort: Effort = SOON,
    judge: Model | None = None,
    signals: frozenset[str] = frozenset(),
    ask_again: Callable[[Call, Answer], bool] | None = None,
    window: int | None = None,
    during: Callable[[Asking], None] | None = None,
) -> Held:
    """Hold conversations against the store at a path, as a run does.

    Args:
        path: The store.
        model: The model under test.
        groups: Dialogues that share an image.
        effort: How hard to try.
        judge: Answers what is addressed to the judge.
        signals: Wanted of the model.
        ask_again: Which stored answers to ask again.
        window: Dialogues open at once; by default as in a run.
        during: Called with the asking once the loop runs.
    """
    held = Held()
    with closing(Store.open(path)) as store:
        seats = {"model": Seat(model, store, effort.concurrency, signals, ask_again)}
        if judge is not None:
            seats["judge"] = Seat(judge, store, effort.concurrency)
        asking = Asking(store, seats, effort)
        engine = Engine(asking, held.dialogues.append, window=window or 2 * effort.concurrency)

        async def run() -> None:
            if during is not None:
                during(asking)
            try:
                await engine.hold(groups)
            finally:
                for seat in seats.values():
                    await seat.model.close()
                if store.pending:
                    store.commit()

        try:
            asyncio.run(run())
        finally:
            held.tally = asking.tally
            held.stopping = asking.stopping
            held.left = asking.left
            held.counts = store.counts()
            held.lowest = seats["model"].limit.lowest
    return held


def dialogues(
    task: Task, samples: Iterable[Sample], setting: Setting | None = None
) -> list[list[Dialogue]]:
    """Each sample a group of its own."""
    return [[Dialogue(task, sample, setting or Setting())] for sample in samples]


def stored_draw(path: Path, model_id: str, request_id: str, draw: int = 0) -> Answer | None:
    """What a store holds."""
    with closing(Store.open(path, read_only=True)) as store:
        number = store.known_model(model_id)
        return None if number is None else store.get(number, request_id, draw)
