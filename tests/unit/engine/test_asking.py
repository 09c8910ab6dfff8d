"""Getting answers: retries, attempts, budget, stopping, what is kept and what is asked again."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medtrust.core.errors import DataError, ModelError, StoreError, WorkLeft
from medtrust.core.keys import request_id
from medtrust.core.model import Call
from medtrust.core.records import Answer, Failure, Mark, Outcome, Sample
from medtrust.core.task import Conversation, Setting, Turn
from medtrust.engine.asking import GIVE_UP_AFTER, Asking, Effort
from medtrust.engine.dialogue import Dialogue
from medtrust.engine.store import Store
from parts.conversations import (
    SOON,
    Held,
    ask,
    dialogues,
    hold,
    make_task,
    sample,
    single,
    stored_draw,
    twice,
)
from parts.rule_model import Result, RuleModel, text_of

BUSY = Failure("http-500", "The server is busy.", retry=True, congestion=True)
GONE = Failure("unreachable", "No server answers.", retry=True, unreachable=True)
LONG = Failure("context-length", "The question is too long.")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "answers.sqlite"


def ask_singles(store: Path, model: RuleModel, count: int = 1, **how: Any) -> Held:
    return hold(
        store, model, dialogues(make_task(single), [sample(n) for n in range(count)]), **how
    )


def rows(store: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(store)) as connection:
        return connection.execute(query).fetchall()


def test_a_request_that_fails_for_now_is_tried_again_and_every_attempt_recorded(
    store: Path,
) -> None:
    model = RuleModel(lambda _call, before: BUSY if before < 3 else Answer("at last"))
    held = ask_singles(store, model)
    assert held.statuses == {"mine:0": "ok"}
    assert held.tally.retries == 3
    assert held.tally.sent == 4
    assert rows(store, "SELECT attempt, reason FROM attempts ORDER BY attempt") == [
        (1, "http-500"), (2, "http-500"), (3, "http-500"),
    ]  # fmt: skip
    assert rows(store, "SELECT text, attempts FROM answers") == [("at last", 4)]


def test_after_its_last_attempt_a_request_is_missing_with_its_reason_and_work_is_left(
    store: Path,
) -> None:
    model = RuleModel(lambda _call, _before: BUSY)
    held = ask_singles(store, model, effort=Effort(max_attempts=3, base_delay_s=0.001))
    (dialogue,) = held.dialogues
    assert dialogue.marks == [Mark("length", None, "missing:http-500")]
    assert len(model.asked) == 3
    assert held.left == 1
    assert held.tally.failed == {"http-500": 1}
    assert held.counts["answers"] == 0
    assert held.counts["attempts"] == 3


def test_the_next_run_asks_what_failed_and_only_that(store: Path) -> None:
    first = RuleModel(
        lambda call, _before: BUSY if text_of(call) == "question 1" else Answer("fine")
    )
    ask_singles(store, first, 3)
    second = RuleModel(lambda _call, _before: Answer("fine"))
    held = ask_singles(store, second, 3)
    assert second.asked == ["question 1"]
    assert set(held.statuses.values()) == {"ok"}
    assert held.left == 0


def test_a_failure_that_retrying_cannot_mend_is_not_retried_and_leaves_no_work(
    store: Path,
) -> None:
    model = RuleModel(lambda _call, _before: LONG)
    held = ask_singles(store, model)
    assert len(model.asked) == 1
    assert held.statuses == {"mine:0": "missing:context-length"}
    assert held.left == 0
    assert held.stopping is None


def test_an_error_never_becomes_a_score(store: Path) -> None:
    reasons = ["http-500", "timeout", "reply-not-json", "image-missing"]
    model = RuleModel(lambda call, _before: Failure(reasons[int(text_of(call)[-1])], "no"))
    held = ask_singles(store, model, 4)
    marks = [mark for dialogue in held.dialogues for mark in dialogue.marks or ()]
    assert sorted(mark.status for mark in marks) == sorted(f"missing:{why}" for why in reasons)
    assert {mark.value for mark in marks} == {None}


def test_every_outcome_is_an_answer_and_counted_as_what_it_is(store: Path) -> None:
    outcomes = list(Outcome)
    model = RuleModel(lambda call, _before: Answer("x", outcome=outcomes[int(text_of(call)[-1])]))
    held = ask_singles(store, model, 3)
    assert held.tally.outcomes == {"ok": 1, "filtered": 1, "truncated": 1}
    assert held.counts["answers"] == 3


def test_a_fatal_failure_stops_the_run(store: Path) -> None:
    fatal = Failure("http-401", "The server refuses the key.", fatal=True)
    model = RuleModel(lambda _call, _before: fatal)
    held = ask_singles(store, model, 200)
    assert isinstance(held.stopping, ModelError)
    assert str(held.stopping) == "The server refuses the key."
    assert len(model.asked) <= SOON.concurrency
    assert len(held.dialogues) == 200
    assert set(held.statuses.values()) == {"missing:http-401", "missing:not-asked"}


def test_an_absent_server_leaves_the_work(store: Path) -> None:
    model = RuleModel(lambda _call, _before: GONE)
    held = ask_singles(store, model, 100)
    assert isinstance(held.stopping, WorkLeft)
    assert held.left == 100
    # those under way and those that wait for their next attempt
    assert len(model.asked) <= 2 * SOON.concurrency * SOON.max_attempts


def test_a_server_that_only_fails_is_given_up_after_a_while(store: Path) -> None:
    model = RuleModel(lambda _call, _before: BUSY)
    effort = Effort(concurrency=4, max_attempts=2, base_delay_s=0.0001)
    held = ask_singles(store, model, 500, effort=effort)
    assert isinstance(held.stopping, WorkLeft)
    assert "20 requests in a row, each 2 times, last with http-500" in str(held.stopping)
    assert len(model.asked) <= 2 * (GIVE_UP_AFTER + 4)
    assert held.left == 500


def unanswered(store: Path, model: RuleModel, count: int = 3) -> str:
    seen: list[Asking] = []
    asked = dialogues(make_task(single), [sample(n) for n in range(count)])
    hold(store, model, asked, during=seen.append)
    return seen[0].nothing_answered()


def test_where_nothing_was_answered_the_commonest_failure_speaks_for_itself(store: Path) -> None:
    odd = Failure("image-missing", "There is no image file a.png.")
    model = RuleModel(
        lambda call, _before: odd if text_of(call) == "question 0" else LONG, asks_by="group"
    )
    assert unanswered(store, model) == (
        "No request was answered (context-length: 2, image-missing: 1). The question is too long."
    )


def test_the_first_sentence_of_a_reason_is_the_one_that_is_quoted(store: Path) -> None:
    model = RuleModel(
        lambda call, _before: Failure("refused-so", f"No to {text_of(call)[-1]}."), asks_by="group"
    )
    assert unanswered(store, model) == "No request was answered (refused-so: 3). No to 0."


def test_about_a_server_that_answers_nothing_the_doctor_is_named_too(store: Path) -> None:
    refused = Failure("http-400", "The server refuses this request.")
    said = unanswered(store, RuleModel(lambda _call, _before: refused, host="localhost"))
    assert said.startswith(
        "No request was answered (http-400: 3). The server refuses this request. Check "
    )
    assert "`medtrust doctor --model ...`" in said


def test_a_failure_without_a_sentence_leaves_the_doctor(store: Path) -> None:
    said = unanswered(store, RuleModel(lambda _call, _before: Failure("odd")))
    assert said.startswith("No request was answered (odd: 3). Check the model's name")
    assert "`medtrust doctor --model ...`" in said


def test_failures_between_answers_are_no_reason_to_give_up(store: Path) -> None:
    model = RuleModel(
        lambda call, _before: Answer("x") if int(text_of(call).split()[1]) % 3 == 0 else BUSY
    )
    effort = Effort(concurrency=1, max_attempts=1)
    held = ask_singles(store, model, 120, effort=effort)
    assert held.stopping is None
    assert held.left == 80


def test_the_budget_is_never_exceeded_and_the_next_run_goes_on(store: Path) -> None:
    asked = []
    for _ in range(4):
        model = RuleModel()
        held = ask_singles(store, model, 25, effort=Effort(concurrency=4, max_requests=10))
        asked.append(len(model.asked))
    assert asked == [10, 10, 5, 0]
    assert held.stopping is None


def test_using_up_the_budget_is_said_and_counts_attempts(store: Path) -> None:
    model = RuleModel(lambda _call, _before: BUSY)
    effort = Effort(concurrency=2, max_requests=7, base_delay_s=0.0001, max_attempts=100)
    held = ask_singles(store, model, 5, effort=effort)
    assert len(model.asked) == 7
    assert str(held.stopping) == "The budget of 7 requests is used up."
    assert held.left == 5


@pytest.mark.parametrize(("budget", "asked"), [(8, [8, 4, 0]), (10, [8, 4, 0]), (3, [4, 4, 4])])
def test_the_budget_counts_every_draw_and_never_stands_still(
    store: Path, budget: int, asked: list[int]
) -> None:
    def draws(subject: Sample, _setting: Setting) -> Conversation:
        yield ask(subject.question).draws(4)
        return []

    found = []
    for _ in range(3):
        model = RuleModel()
        samples = [sample(n) for n in range(3)]
        effort = Effort(concurrency=1, max_requests=budget)
        held = hold(store, model, dialogues(make_task(draws), samples), effort=effort)
        assert held.tally.sent == len(model.asked)
        found.append(len(model.asked))
    assert found == asked


def test_a_budget_that_is_just_enough_leaves_nothing(store: Path) -> None:
    held = ask_singles(store, RuleModel(), 10, effort=Effort(concurrency=4, max_requests=10))
    assert held.stopping is None
    assert held.left == 0


def test_stopping_keeps_what_is_under_way_and_asks_nothing_more(store: Path) -> None:
    async def slow(call: Call, _before: int) -> Result:
        if len(model.asked) == 4:
            asking[0].stop(WorkLeft("enough"))
        await asyncio.sleep(0.01)
        return Answer("kept")

    asking: list[Asking] = []
    model = RuleModel(slow)
    held = ask_singles(store, model, 50, during=asking.append)
    assert len(model.asked) == 4
    assert held.counts["answers"] == 4
    assert sorted(held.statuses.values()) == ["missing:not-asked"] * 46 + ["ok"] * 4
    assert held.left == 46


def test_stopping_ends_pauses_between_attempts_at_once(store: Path) -> None:
    patient = Failure("http-429", "Too often.", retry=True, congestion=True, retry_after_s=600.0)
    asking: list[Asking] = []

    def during(started: Asking) -> None:
        asking.append(started)
        asyncio.get_running_loop().call_later(0.02, started.stop, WorkLeft("enough"))

    model = RuleModel(lambda _call, _before: patient)
    held = ask_singles(store, model, 20, during=during)
    assert str(held.stopping) == "enough"
    assert held.left == 20


def test_a_server_that_asks_for_a_day_of_patience_leaves_the_work(store: Path) -> None:
    patient = Failure("http-429", "Too often.", retry=True, congestion=True, retry_after_s=86400.0)
    held = ask_singles(store, RuleModel(lambda _call, _before: patient), 20)
    assert isinstance(held.stopping, WorkLeft)
    assert "1440 minutes" in str(held.stopping)
    assert held.left == 20


def test_a_refusal_after_the_stop_pauses_nobody(store: Path) -> None:
    patient = Failure("http-429", "Too often.", retry=True, congestion=True, retry_after_s=600.0)

    async def late(_call: Call, _before: int) -> Result:
        await asyncio.sleep(0.03)
        return patient

    def during(started: Asking) -> None:
        asyncio.get_running_loop().call_later(0.01, started.stop, WorkLeft("enough"))

    held = ask_singles(store, RuleModel(late), 20, during=during)
    assert held.left == 20


def test_what_the_server_asks_us_to_wait_is_waited_by_everyone(store: Path) -> None:
    moments: list[tuple[str, float]] = []

    def rule(call: Call, before: int) -> Result:
        moments.append((text_of(call), asyncio.get_running_loop().time()))
        if text_of(call) == "question 0" and before == 0:
            return Failure("http-429", "", retry=True, congestion=True, retry_after_s=0.1)
        return Answer("x")

    ask_singles(store, RuleModel(rule), 10, effort=Effort(concurrency=1, base_delay_s=0.001))
    assert moments[0][0] == "question 0"
    assert min(moment for _, moment in moments[1:]) - moments[0][1] >= 0.1


def test_congestion_lowers_the_number_of_requests_under_way(store: Path) -> None:
    async def crowded(_call: Call, _before: int) -> Result:
        crowd = model._under_way
        await asyncio.sleep(0.001)
        return BUSY if crowd > 3 else Answer("x")

    model = RuleModel(crowded)
    effort = Effort(concurrency=16, base_delay_s=0.001, max_delay_s=0.002, max_attempts=100)
    held = ask_singles(store, model, 60, effort=effort)
    assert set(held.statuses.values()) == {"ok"}
    assert held.lowest <= 4


def test_some_draws_may_fail_while_the_others_are_kept(store: Path) -> None:
    def draws(subject: Sample, _setting: Setting) -> Conversation:
        turns = yield ask(subject.question).draws(4)
        assert isinstance(turns, list)
        return [Mark("length", float(len(turns)))]

    model = RuleModel(
        lambda call, before: BUSY if call.request.draw == 2 and before == 0 else Answer("x")
    )
    held = hold(store, model, dialogues(make_task(draws), [sample(0)]))
    assert held.statuses == {"mine:0": "ok"}
    assert model.batches == [4, 1]
    assert held.counts["answers"] == 4


def test_wanted_signals_reach_the_model_and_the_store(store: Path) -> None:
    wanted = frozenset({"token_logprobs"})
    signals = {"token_logprobs": np.array([-0.5], dtype=np.float32)}
    model = RuleModel(lambda _call, _before: Answer("x", signals=signals))
    ask_singles(store, model, signals=wanted)
    assert model.signals == [wanted]
    again = RuleModel()
    ask_singles(store, again, signals=wanted)
    assert again.asked == []


def test_a_stored_answer_without_a_wanted_signal_is_asked_again_as_a_new_generation(
    store: Path,
) -> None:
    ask_singles(store, RuleModel(lambda _call, _before: Answer("plain")))
    model = RuleModel(lambda _call, _before: Answer("with signals"))
    held = ask_singles(store, model, signals=frozenset({"token_logprobs"}))
    assert len(model.asked) == 1
    assert held.counts["answers"] == 2
    third = RuleModel()
    ask_singles(store, third, signals=frozenset({"token_logprobs"}))
    assert third.asked == []  # asked for and not given is remembered


def test_answers_to_be_asked_again_are_asked_once_and_seen_new_by_everyone(store: Path) -> None:
    task = make_task(single)

    def group() -> list[list[Dialogue]]:
        same = [sample(n, "same", image="sha256:aa") for n in range(3)]
        return [[Dialogue(task, one, Setting()) for one in same], *dialogues(
            make_task(single, "mine/later"), [sample("later", "same", image="sha256:aa")]
        )]  # fmt: skip

    hold(store, RuleModel(lambda _call, _before: Answer("old")), group())
    model = RuleModel(lambda _call, _before: Answer("newer"))
    held = hold(store, model, group(), ask_again=lambda _call, _answer: True)
    assert model.asked == ["same"]
    assert [one.marks for one in held.dialogues] == [[Mark("length", 5.0)]] * 4
    assert held.counts["answers"] == 2


def test_only_chosen_answers_are_asked_again(store: Path) -> None:
    ask_singles(store, RuleModel(), 3)
    model = RuleModel()
    ask_singles(store, model, 3, ask_again=lambda _call, answer: "question 1" in answer.text)
    assert model.asked == ["question 1"]


def test_an_answer_is_committed_before_the_conversation_sees_it(store: Path) -> None:
    def converse(subject: Sample, _setting: Setting) -> Any:
        turn = yield ask(subject.question)
        found = stored_draw(store, "tests/rule@1", request_id(turn.ask.request))
        return [Mark("stored", float(found is not None and found.text == turn.text))]

    held = hold(store, RuleModel(), dialogues(make_task(converse), [sample(n) for n in range(30)]))
    assert [one.marks for one in held.dialogues] == [[Mark("stored", 1.0)]] * 30


def test_a_store_that_fails_stops_the_run_and_keeps_what_it_held(store: Path) -> None:
    ask_singles(store, RuleModel(), 5)

    def during(asking: Asking) -> None:
        (pages,) = asking.store._connection.execute("PRAGMA page_count").fetchone()
        asking.store._connection.execute(f"PRAGMA max_page_count={pages + 1}")

    model = RuleModel(lambda _call, _before: Answer("x" * 2000))
    groups = dialogues(make_task(single), [sample(n) for n in range(5, 500)])
    with pytest.raises(StoreError, match="is full"):
        hold(store, model, groups, during=during)
    assert len(model.asked) < 100
    again = RuleModel()
    ask_singles(store, again, 5)
    assert again.asked == []
    assert rows(store, "PRAGMA integrity_check") == [("ok",)]


class TestAModelWhoseAnswersComeFromAFile:
    """It is asked in every run, so that an edit is noticed."""

    def run(self, store: Path, answer: Answer, **how: Any) -> RuleModel:
        model = RuleModel(lambda _call, _before: answer, recheck=True)
        ask_singles(store, model, **how)
        return model

    def test_it_is_asked_again_and_kept_once(self, store: Path) -> None:
        self.run(store, Answer("x"))
        assert self.run(store, Answer("x")).asked == ["question 0"]
        assert rows(store, "SELECT count(*) FROM answers") == [(1,)]

    @pytest.mark.parametrize(
        "edited",
        [
            Answer("edited"),
            Answer("x", outcome=Outcome.TRUNCATED),
            Answer("x", reasoning="thought"),
        ],
        ids=["text", "outcome", "reasoning"],
    )
    def test_an_answer_that_differs_from_the_kept_one_is_refused(
        self, store: Path, edited: Answer
    ) -> None:
        self.run(store, Answer("x"))
        with pytest.raises(DataError, match=r"mine:0 \(mine/task, role answer\) differs"):
            self.run(store, edited)
        assert rows(store, "SELECT text FROM answers") == [("x",)]

    def test_also_when_the_new_run_wants_signals_the_old_did_not(self, store: Path) -> None:
        self.run(store, Answer("x"))
        with pytest.raises(DataError, match="differs"):
            self.run(store, Answer("edited"), signals=frozenset({"token_logprobs"}))

    def test_signals_added_to_the_file_later_are_noticed(self, store: Path) -> None:
        wanted = frozenset({"token_logprobs"})
        self.run(store, Answer("x"), signals=wanted)
        given = {"token_logprobs": np.array([-0.5], dtype=np.float32)}
        with pytest.raises(DataError, match="differs"):
            self.run(store, Answer("x", signals=given), signals=wanted)

    def test_the_same_answer_with_signals_wanted_now_is_a_new_generation(self, store: Path) -> None:
        wanted = frozenset({"token_logprobs"})
        given = {"token_logprobs": np.array([-0.5], dtype=np.float32)}
        self.run(store, Answer("x"))
        self.run(store, Answer("x", signals=given), signals=wanted)
        self.run(store, Answer("x", signals=given), signals=wanted)
        assert rows(store, "SELECT signals_asked FROM answers ORDER BY generation") == [
            ("",), ("token_logprobs",),
        ]  # fmt: skip

    def test_rows_still_to_come_are_pending_and_not_failed(self, store: Path) -> None:
        pending = Failure("pending", "not yet", pending=True)
        model = RuleModel(lambda _call, _before: pending, recheck=True)
        seen: list[Asking] = []
        held = ask_singles(store, model, 3, during=seen.append)
        assert set(held.statuses.values()) == {"missing:pending"}
        assert len(seen[0].pending) == 3
        assert (held.left, held.counts["attempts"], held.tally.failed) == (0, 0, {})


def test_a_second_step_finds_the_stored_answer_of_the_first_run(store: Path) -> None:
    groups = dialogues(make_task(twice), [sample(0)])
    hold(store, RuleModel(), groups, effort=Effort(concurrency=1, max_requests=1))
    model = RuleModel()
    hold(store, model, dialogues(make_task(twice), [sample(0)]))
    assert model.asked == ["Are you sure?"]


def test_where_another_process_was_first_its_kept_answer_is_the_one_that_counts(
    store: Path,
) -> None:
    seen: list[str] = []

    def conversation(subject: Sample, _setting: Setting) -> Conversation:
        turn = yield ask(f"question {subject.id}")
        assert isinstance(turn, Turn)
        seen.append(turn.text)
        return [Mark("length", float(len(turn.text)))]

    def late(call: Call, _before: int) -> Result:
        with closing(Store.open(store)) as other:  # another process, quicker with the same request
            number = other.model_number(model.identity.model_id)
            other.put(number, call.request_id, 0, Answer("theirs"))
            other.commit()
        return Answer("ours")

    model = RuleModel(late)
    hold(store, model, dialogues(make_task(conversation), [sample(0)]))
    assert seen == ["theirs"]
    assert rows(store, "SELECT text FROM answers") == [("theirs",)]
