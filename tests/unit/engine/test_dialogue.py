"""One conversation: asks and turns, failures, faults, and that it replays."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from medtrust.core.keys import request_id
from medtrust.core.records import Answer, Decoding, Failure, Mark, Message, Request, Sample
from medtrust.core.task import (
    Ask,
    Conversation,
    MeasureKey,
    Setting,
    SingleConversation,
    Skip,
    Task,
    Turn,
    Unanswerable,
)
from medtrust.engine.dialogue import Dialogue, group_samples, open_dialogues, settings_for
from parts.conversations import ask, make_task, sample, single, twice

CLEAN = Setting()


def test_it_waits_for_the_first_ask_as_soon_as_it_begins() -> None:
    dialogue = Dialogue(make_task(single), sample(1), CLEAN)
    (call,) = dialogue.calls
    assert not dialogue.ended
    assert call.request_id == request_id(call.request)
    assert call.origin.sample.id == "mine:1"
    assert (call.origin.task, call.origin.condition, call.origin.role) == (
        "mine/task", "", "answer",
    )  # fmt: skip


def test_a_follow_up_holds_the_answer_and_the_new_question() -> None:
    dialogue = Dialogue(make_task(twice), sample(1), CLEAN)
    dialogue.proceed([Answer("Yes.")])
    (call,) = dialogue.calls
    assert call.request.messages == (
        Message("user", ("question 1",)),
        Message("assistant", ("Yes.",)),
        Message("user", ("Are you sure?",)),
    )
    dialogue.proceed([Answer("No, no.")])
    assert dialogue.ended
    assert dialogue.calls == []
    assert dialogue.marks == [Mark("length", 7.0)]
    assert [(role, respondent) for role, respondent, _, _ in dialogue.steps] == [
        ("answer", "model"),
        ("again", "model"),
    ]


def test_a_follow_up_keeps_decoding_respondent_and_options_unless_told() -> None:
    first = Ask(ask("q").request, "judge", "judge", ("a", "b"))
    turn = Turn(first, Answer("x"))
    kept = turn.follow_up("more", role="next")
    assert kept.request.decoding == first.request.decoding
    assert (kept.respondent, kept.options) == ("judge", ("a", "b"))
    told = turn.follow_up("more", role="next", decoding=Decoding(max_tokens=1), respondent="model")
    assert told.request.decoding.max_tokens == 1
    assert told.respondent == "model"


def test_a_follow_up_of_a_later_draw_is_a_first_draw_itself() -> None:
    turn = Turn(ask("q", draw=3), Answer("x"))
    assert turn.follow_up("more", role="next").request.draw == 0


def test_draws_are_the_same_request_numbered_from_zero() -> None:
    draws = ask("q").draws(3)
    assert [draw.request.draw for draw in draws] == [0, 1, 2]
    assert len({request_id(draw.request) for draw in draws}) == 1


def test_a_list_of_asks_gets_its_turns_in_order() -> None:
    seen: list[str] = []

    def draws(subject: Sample, _setting: Setting) -> Conversation:
        turns = yield ask(subject.question).draws(3)
        assert isinstance(turns, list)
        seen.extend(turn.text for turn in turns)
        return []

    dialogue = Dialogue(make_task(draws), sample(1), CLEAN)
    assert [call.request.draw for call in dialogue.calls] == [0, 1, 2]
    dialogue.proceed([Answer("a"), Answer("b"), Answer("c")])
    assert seen == ["a", "b", "c"]
    assert dialogue.marks == []


def test_a_list_of_one_ask_still_gets_a_list() -> None:
    def one(subject: Sample, _setting: Setting) -> Conversation:
        turns = yield [ask(subject.question)]
        assert isinstance(turns, list)
        return [Mark("length", float(len(turns)))]

    dialogue = Dialogue(make_task(one), sample(1), CLEAN)
    dialogue.proceed([Answer("a")])
    assert dialogue.marks == [Mark("length", 1.0)]


def test_a_failure_nobody_catches_leaves_every_measure_missing_with_its_reason() -> None:
    def two_measures(_sample: Sample, _condition: str) -> Sequence[MeasureKey]:
        return [MeasureKey("correct"), MeasureKey("correct", "official")]

    task = Task(name="mine/t", version=1, data="mine", converse=single, measures=two_measures)
    dialogue = Dialogue(task, sample(1), CLEAN)
    dialogue.proceed([Failure("http-500", "down")])
    assert dialogue.ended
    assert dialogue.reason == "http-500"
    assert dialogue.marks == [
        Mark("correct", None, "missing:http-500"),
        Mark("correct", None, "missing:http-500", "official"),
    ]


def test_a_failure_is_thrown_where_the_answer_was_awaited() -> None:
    def careful(subject: Sample, _setting: Setting) -> SingleConversation:
        try:
            yield ask(subject.question)
        except Unanswerable as why:
            return [Mark("length", None, f"missing:{why.reason}"), Mark("asked", 1.0)]
        return []

    dialogue = Dialogue(make_task(careful), sample(1), CLEAN)
    dialogue.proceed([Failure("timeout")])
    assert dialogue.reason == ""
    assert dialogue.marks == [Mark("length", None, "missing:timeout"), Mark("asked", 1.0)]


def test_one_failed_draw_fails_the_step() -> None:
    def draws(subject: Sample, _setting: Setting) -> Conversation:
        yield ask(subject.question).draws(2)
        return []

    dialogue = Dialogue(make_task(draws), sample(1), CLEAN)
    dialogue.proceed([Answer("fine"), Failure("timeout")])
    assert dialogue.marks == [Mark("length", None, "missing:timeout")]


def test_a_skip_ends_it_before_anything_is_asked() -> None:
    def unjudged(subject: Sample, _setting: Setting) -> SingleConversation:
        if not _setting.judge:
            raise Skip("no-judge")
        yield ask(subject.question)
        return []

    dialogue = Dialogue(make_task(unjudged), sample(1), CLEAN)
    assert dialogue.ended
    assert dialogue.steps == []
    assert dialogue.marks == [Mark("length", None, "missing:no-judge")]


def test_giving_up_ends_it_with_the_reason_given() -> None:
    dialogue = Dialogue(make_task(twice), sample(1), CLEAN)
    dialogue.give_up("not-asked")
    assert dialogue.ended
    assert dialogue.marks == [Mark("length", None, "missing:not-asked")]
    assert dialogue.calls == []


def test_two_steps_of_one_role_are_a_clear_fault() -> None:
    def forgetful(subject: Sample, _setting: Setting) -> SingleConversation:
        first = yield ask(subject.question)
        yield first.follow_up("Sure?", role="answer")
        return []

    dialogue = Dialogue(make_task(forgetful), sample(1), CLEAN)
    with pytest.raises(RuntimeError, match=r"mine/task asked twice in the role 'answer'.*mine:1"):
        dialogue.proceed([Answer("x")])


def test_two_asks_of_one_role_and_draw_in_one_step_are_a_clear_fault() -> None:
    def forgetful(_subject: Sample, _setting: Setting) -> Conversation:
        yield [ask("a"), ask("b")]
        return []

    with pytest.raises(RuntimeError, match="asked twice in the role 'answer', draw 0"):
        Dialogue(make_task(forgetful), sample(1), CLEAN)


def test_returning_no_marks_is_a_clear_fault() -> None:
    def silent(subject: Sample, _setting: Setting) -> SingleConversation:
        yield ask(subject.question)
        return None  # type: ignore[return-value]

    dialogue = Dialogue(make_task(silent), sample(1), CLEAN)
    with pytest.raises(RuntimeError, match="mine/task returned no marks for mine:1"):
        dialogue.proceed([Answer("x")])


def test_yielding_something_else_than_an_ask_is_a_clear_fault() -> None:
    def odd(subject: Sample, _setting: Setting) -> SingleConversation:
        yield subject.question  # type: ignore[misc]
        return []

    with pytest.raises(TypeError, match=r"mine/task yielded a str about mine:1.*ask"):
        Dialogue(make_task(odd), sample(1), CLEAN)


def test_a_conversation_replays_the_same_from_the_same_answers() -> None:
    def run() -> tuple[list[tuple[str, str, int, str]], object]:
        dialogue = Dialogue(make_task(twice), sample(1), CLEAN)
        while not dialogue.ended:
            dialogue.proceed([Answer("the same") for _ in dialogue.calls])
        return dialogue.steps, dialogue.marks

    assert run() == run()


def test_what_the_model_is_shown_as_options_travels_with_the_call() -> None:
    def shuffled(_subject: Sample, _setting: Setting) -> SingleConversation:
        yield Ask(ask("q").request, options=("b", "a"))
        return []

    (call,) = Dialogue(make_task(shuffled), sample(1), CLEAN).calls
    assert call.origin.options == ("b", "a")


def test_samples_are_grouped_by_their_first_image_in_order_of_appearance() -> None:
    samples = [
        sample(0, image="sha256:x"),
        sample(1),
        sample(2, image="sha256:y"),
        sample(3, image="sha256:x"),
        sample(4),
    ]
    ids = [[one.id for one in group] for group in group_samples(samples)]
    assert ids == [["mine:0", "mine:3"], ["mine:1"], ["mine:2"], ["mine:4"]]


def test_a_task_meets_only_samples_and_conditions_it_applies_to() -> None:
    task = Task(
        name="mine/t", version=1, data="mine", converse=single,
        measures=lambda _sample, _condition: [], conditions=("", "image=blank"),
        applies=lambda subject, condition: not condition or bool(subject.images),
    )  # fmt: skip
    settings = settings_for(task, Setting(seed=3, judge="j", draws=2))
    assert [setting.parameters for setting in settings] == [{}, {"image": "blank"}]
    assert all((one.seed, one.judge, one.draws) == (3, "j", 2) for one in settings)
    group = [sample(0), sample(1, image="sha256:x")]
    opened = [
        (one.sample.id, one.setting.condition) for one in open_dialogues(group, [(task, settings)])
    ]
    assert opened == [("mine:0", ""), ("mine:1", ""), ("mine:1", "image=blank")]
    assert settings_for(task, Setting(), ["image=blank"]) == [
        Setting("image=blank", {"image": "blank"})
    ]


def test_a_request_without_follow_up_text_is_not_changed_by_its_draw() -> None:
    request = Request((Message("user", ("q",)),))
    assert request_id(request) == request_id(Request(request.messages, draw=5))
