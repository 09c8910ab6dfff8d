"""Holding conversations: order, sharing, slowness, faults."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from medtrust.core.model import Call
from medtrust.core.records import Answer, Failure, Mark, Sample
from medtrust.core.task import Ask, Conversation, Setting, SingleConversation, Unanswerable
from medtrust.engine.asking import Effort
from medtrust.engine.dialogue import Dialogue
from parts.conversations import SOON, ask, dialogues, hold, make_task, sample, single, twice
from parts.rule_model import Result, RuleModel, echo, text_of


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "answers.sqlite"


def test_every_conversation_ends_with_its_marks(store: Path) -> None:
    model = RuleModel()
    held = hold(store, model, dialogues(make_task(twice), [sample(n) for n in range(50)]))
    assert len(held.dialogues) == 50
    assert set(held.statuses.values()) == {"ok"}
    assert held.counts["answers"] == held.tally.answered == len(model.asked) == 100
    assert model.most_under_way <= SOON.concurrency
    assert model.closed == 1


def test_a_second_run_asks_nothing(store: Path) -> None:
    samples = [sample(n) for n in range(20)]
    first = hold(store, RuleModel(), dialogues(make_task(twice), samples))
    model = RuleModel()
    second = hold(store, model, dialogues(make_task(twice), samples))
    assert model.asked == []
    assert second.tally.from_store == 40
    assert second.statuses == first.statuses


def test_equal_requests_in_one_group_are_asked_once(store: Path) -> None:
    model = RuleModel()
    task = make_task(single)
    group = [Dialogue(task, sample(n, "same", image="sha256:aa"), Setting()) for n in range(5)]
    held = hold(store, model, [group])
    assert model.asked == ["same"]
    assert held.tally.shared == 4
    assert len(held.dialogues) == 5


def test_equal_requests_of_two_tasks_and_groups_are_asked_once(store: Path) -> None:
    model = RuleModel()
    groups = [
        *dialogues(make_task(single, "mine/one"), [sample(1, "same")]),
        *dialogues(make_task(single, "mine/two"), [sample(2, "same")]),
    ]
    held = hold(store, model, groups)
    assert model.asked == ["same"]
    assert held.tally.shared + held.tally.from_store == 1
    assert set(held.statuses.values()) == {"ok"}


def test_the_same_text_about_two_images_is_two_questions(store: Path) -> None:
    model = RuleModel()
    samples = [sample(n, "same", image=f"sha256:{n:064x}") for n in range(2)]
    hold(store, model, dialogues(make_task(single), samples))
    assert model.asked == ["same", "same"]


def test_a_failed_shared_request_fails_for_everyone_and_is_asked_once(store: Path) -> None:
    model = RuleModel(lambda _call, _before: Failure("context-length", "too long"))
    task = make_task(single)
    group = [Dialogue(task, sample(n, "same", image="sha256:aa"), Setting()) for n in range(3)]
    held = hold(store, model, [group])
    assert model.asked == ["same"]
    assert set(held.statuses.values()) == {"missing:context-length"}


@pytest.mark.parametrize("asks_by", ["request", "group"])
def test_with_one_slot_a_conversation_ends_before_the_next_group_begins(
    store: Path, asks_by: str
) -> None:
    model = RuleModel(asks_by="group" if asks_by == "group" else "request")
    samples = [sample(n) for n in range(6)]
    hold(store, model, dialogues(make_task(twice), samples), effort=Effort(concurrency=1))
    expected = [text for n in range(6) for text in (f"question {n}", "Are you sure?")]
    assert model.asked == expected


def test_follow_ups_of_earlier_groups_go_before_first_questions_of_later_ones(
    store: Path,
) -> None:
    async def after_a_moment(call: Call, before: int) -> Result:
        await asyncio.sleep(0.001)
        return echo(call, before)

    model = RuleModel(after_a_moment)
    samples = [sample(n) for n in range(30)]
    hold(store, model, dialogues(make_task(twice), samples), effort=Effort(concurrency=3))
    opened = 0
    for text in model.asked:
        opened += 1 if text != "Are you sure?" else -1
        assert opened <= 3 + 1  # at most the slots are open, and one that just ended


def test_a_slow_request_holds_up_nobody_else(store: Path) -> None:
    others = asyncio.Event()

    async def slow_first(call: Call, before: int) -> Result:
        if text_of(call) == "question 0":
            await others.wait()  # ends only once all others have been answered
        elif len(model.asked) == 101:
            others.set()
        return Answer("fine")

    model = RuleModel(slow_first)
    samples = [sample(n) for n in range(101)]
    held = hold(store, model, dialogues(make_task(single), samples), effort=Effort(concurrency=2))
    assert held.dialogues[-1].sample.id == "mine:0"
    assert set(held.statuses.values()) == {"ok"}


def test_a_slow_request_in_a_large_group_does_not_hold_up_other_groups(store: Path) -> None:
    others = asyncio.Event()

    async def slow_first(call: Call, before: int) -> Result:
        if text_of(call) == "question 0":
            await others.wait()
        elif text_of(call) == "question later":
            others.set()
        return Answer("fine")

    task = make_task(single)
    large = [Dialogue(task, sample(n, image="sha256:aa"), Setting()) for n in range(40)]
    later = [Dialogue(task, sample("later"), Setting())]
    held = hold(
        store, RuleModel(slow_first), [large, later], effort=Effort(concurrency=2), window=4
    )
    assert len(held.dialogues) == 41


def test_groups_are_started_only_when_there_is_room(store: Path) -> None:
    started: list[int] = []
    ended: list[int] = []

    def groups() -> Iterator[list[Dialogue]]:
        for n in range(200):
            started.append(n)
            assert len(started) - len(ended) <= 9  # the window, and the group waiting for room
            yield [Dialogue(make_task(watched), sample(n), Setting())]

    def watched(subject: Sample, setting: Setting) -> SingleConversation:
        marks = yield from single(subject, setting)
        ended.append(1)
        return marks

    held = hold(store, RuleModel(), groups(), effort=Effort(concurrency=4), window=8)
    assert len(held.dialogues) == 200


def test_a_list_of_asks_gets_the_list_of_its_turns(store: Path) -> None:
    def draws(subject: Sample, _setting: Setting) -> Conversation:
        turns = yield ask(subject.question).draws(7)
        assert isinstance(turns, list)
        assert [turn.ask.request.draw for turn in turns] == list(range(7))
        return [Mark("length", float(len({turn.text for turn in turns})))]

    model = RuleModel(lambda call, _before: Answer(f"draw {call.request.draw}"))
    held = hold(store, model, dialogues(make_task(draws), [sample(0)]))
    (dialogue,) = held.dialogues
    assert dialogue.marks == [Mark("length", 7.0)]
    assert model.batches == [7]
    assert held.counts["answers"] == 7


def test_more_draws_later_reuse_the_first_ones(store: Path) -> None:
    def draws(subject: Sample, setting: Setting) -> Conversation:
        turns = yield ask(subject.question).draws(setting.draws)
        assert isinstance(turns, list)
        return [Mark("length", float(len(turns)))]

    task = make_task(draws)
    hold(store, RuleModel(), dialogues(task, [sample(0)], Setting(draws=10)))
    model = RuleModel()
    held = hold(store, model, dialogues(task, [sample(0)], Setting(draws=20)))
    assert [call.request.draw for call in model.calls] == list(range(10, 20))
    assert held.tally.from_store == 10


def test_an_empty_list_of_asks_gets_an_empty_list_of_turns(store: Path) -> None:
    def nothing(_subject: Sample, _setting: Setting) -> Conversation:
        turns = yield []
        assert turns == []
        return [Mark("length", 0.0)]

    model = RuleModel()
    held = hold(store, model, dialogues(make_task(nothing), [sample(0)]))
    assert held.statuses == {"mine:0": "ok"}
    assert model.asked == []


def judged(subject: Sample, _setting: Setting) -> SingleConversation:
    first = yield ask(subject.question)
    verdict = yield Ask(ask(f"judge {first.text}").request, "judge", "judge")
    return [Mark("length", float(len(verdict.text)))]


@pytest.mark.parametrize("asks_by", ["request", "group"])
def test_the_judge_is_asked_about_the_answer(store: Path, asks_by: str) -> None:
    model = RuleModel(asks_by="group" if asks_by == "group" else "request")
    judge = RuleModel(lambda _call, _before: Answer("12"), name="judge")
    held = hold(
        store, model, dialogues(make_task(judged), [sample(n) for n in range(3)]), judge=judge
    )
    assert sorted(judge.asked) == [f"judge answer to question {n}" for n in range(3)]
    assert [dialogue.marks for dialogue in held.dialogues] == [[Mark("length", 2.0)]] * 3


@pytest.mark.parametrize("asks_by", ["request", "group"])
def test_one_step_may_ask_model_and_judge_at_once(store: Path, asks_by: str) -> None:
    def both(subject: Sample, _setting: Setting) -> Conversation:
        turns = yield [
            Ask(ask("judge this").request, "judge", "judge"),
            ask(subject.question),
        ]
        assert isinstance(turns, list)
        return [Mark(turn.text, 1.0) for turn in turns]

    model = RuleModel(
        lambda _call, _before: Answer("model"), asks_by="group" if asks_by == "group" else "request"
    )
    judge = RuleModel(lambda _call, _before: Answer("judge"), name="judge")
    held = hold(store, model, dialogues(make_task(both), [sample(0), sample(1)]), judge=judge)
    for dialogue in held.dialogues:
        assert dialogue.marks is not None
        assert [mark.measure for mark in dialogue.marks] == ["judge", "model"]


def test_a_local_model_gets_all_open_requests_of_a_group_at_once(store: Path) -> None:
    model = RuleModel(asks_by="group")
    task = make_task(twice)
    group = [Dialogue(task, sample(n, image="sha256:aa"), Setting()) for n in range(4)]
    hold(store, model, [group])
    assert model.batches == [4, 4]


def test_a_caught_failure_lets_the_conversation_go_on(store: Path) -> None:
    def careful(subject: Sample, _setting: Setting) -> SingleConversation:
        try:
            yield ask(subject.question)
        except Unanswerable as why:
            second = yield ask("instead", role="instead")
            return [Mark(why.reason, float(len(second.text)))]
        return []

    model = RuleModel(
        lambda call, _before: (
            Answer("x") if text_of(call) == "instead" else Failure("image-missing", "gone")
        )
    )
    held = hold(store, model, dialogues(make_task(careful), [sample(0)]))
    assert held.dialogues[0].marks == [Mark("image-missing", 1.0)]


def test_a_fault_in_a_task_surfaces_and_keeps_what_was_answered(store: Path) -> None:
    def faulty(subject: Sample, _setting: Setting) -> SingleConversation:
        yield ask(subject.question)
        if subject.id == "mine:3":
            raise ZeroDivisionError("a fault of the task")
        return [Mark("length", 1.0)]

    model = RuleModel()
    groups = dialogues(make_task(faulty), [sample(n) for n in range(500)])
    with pytest.raises(ZeroDivisionError):
        hold(store, model, groups)
    assert 4 <= len(model.asked) < 500
    again = RuleModel()
    hold(store, again, dialogues(make_task(single), [sample(n) for n in range(4)]))
    assert again.asked == []


def test_a_fault_before_the_first_question_waits_for_requests_under_way(store: Path) -> None:
    async def slow(call: Call, _before: int) -> Result:
        await asyncio.sleep(0.05 if text_of(call) == "question 0" else 0)
        return Answer("kept")

    def broken(subject: Sample, setting: Setting) -> SingleConversation:
        if subject.id == "mine:3":
            raise ZeroDivisionError("a fault of the task")
        return (yield from single(subject, setting))

    def groups() -> Iterator[list[Dialogue]]:
        for n in range(3):
            yield [Dialogue(make_task(single), sample(n), Setting())]
        yield [Dialogue(make_task(broken), sample(3), Setting())]  # only once there is room for 2

    with pytest.raises(ZeroDivisionError):
        hold(store, RuleModel(slow), groups(), window=2)
    again = RuleModel()
    hold(store, again, dialogues(make_task(single), [sample(0)]))
    assert again.asked == []


def test_a_model_that_returns_too_few_results_is_a_fault(store: Path) -> None:
    class Forgetful(RuleModel):
        async def answer(self, _calls: object, _signals: object) -> list[Result]:
            return []

    with pytest.raises(ValueError, match="zip"):
        hold(store, Forgetful(), dialogues(make_task(single), [sample(0)]))


def test_an_answer_no_store_can_keep_is_a_fault_and_no_hang(store: Path) -> None:
    import numpy as np

    bad = Answer("x", signals={"odd": np.array([object()])})
    held_groups = dialogues(make_task(single), [sample(n) for n in range(4)])
    with pytest.raises(TypeError, match="odd"):
        hold(store, RuleModel(lambda _c, _b: bad), held_groups, signals=frozenset({"odd"}))


def test_a_text_no_store_can_keep_is_a_fault_and_no_hang(store: Path) -> None:
    model = RuleModel(lambda _call, _before: Answer("\ud800"))
    with pytest.raises(UnicodeEncodeError):
        hold(store, model, dialogues(make_task(single), [sample(n) for n in range(4)]))
