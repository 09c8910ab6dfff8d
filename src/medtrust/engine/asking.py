"""Getting answers: from the store if it holds them, else from the model, once.

An answer is committed before its slot is freed and before the conversation sees it. Commits are
shared: whatever arrived within a few milliseconds is written in one transaction.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from medtrust.core.errors import DataError, MedtrustError, ModelError, WorkLeft
from medtrust.core.model import Call, Model
from medtrust.core.records import Answer, Failure
from medtrust.engine.limit import AdaptiveLimit
from medtrust.engine.store import Store

COMMIT_WITHIN_S: Final = 0.004
STARTING_LIMIT: Final = 8
LONGEST_WAIT_S: Final = 900.0
"""A server that asks for more patience than this ends the run; the same command resumes it."""

GIVE_UP_AFTER: Final = 20
"""Requests in a row that used up all their attempts before the run stops."""

NOT_ASKED: Final = Failure("not-asked", "The run stopped before this was asked.", retry=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How hard to try.

    Attributes:
        concurrency: Most requests under way at once.
        max_attempts: Attempts per request, the first included.
        max_requests: Attempts in all before the run stops, or None.
        base_delay_s: Upper bound of the first pause between attempts; doubles each time.
        max_delay_s: Longest pause, unless the server asks for more.
    """

    concurrency: int = 32
    max_attempts: int = 5
    max_requests: int | None = None
    base_delay_s: float = 0.5
    max_delay_s: float = 30.0


@dataclass(slots=True)
class Tally:
    """What happened so far; the progress display and the manifest read it.

    Attributes:
        failed: Requests without an answer, by reason.
        said: The sentence of the first failure of each reason, where it had one.
    """

    sent: int = 0
    answered: int = 0
    from_store: int = 0
    shared: int = 0
    retries: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    said: dict[str, str] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def count(self, answer: Answer) -> None:
        """Count one committed answer."""
        self.answered += 1
        self.outcomes[answer.outcome.value] += 1
        self.prompt_tokens += answer.usage.prompt_tokens or 0
        self.completion_tokens += answer.usage.completion_tokens or 0

    def count_failure(self, failure: Failure) -> None:
        """Count one request that stays without an answer."""
        self.failed[failure.reason] += 1
        if failure.message:
            self.said.setdefault(failure.reason, failure.message)


class Seat:
    """A respondent at work: the model, its number in the store, its limit, its wanted signals."""

    def __init__(
        self,
        model: Model,
        store: Store,
        concurrency: int,
        signals: frozenset[str] = frozenset(),
        ask_again: Callable[[Call, Answer], bool] | None = None,
    ) -> None:
        self.model = model
        self.number = store.model_number(model.identity.model_id)
        # what answers groups in this process is not congested: nothing to feel one's way to
        first = concurrency if model.capabilities.asks_by == "group" else STARTING_LIMIT
        self.limit = AdaptiveLimit(concurrency, first)
        self.signals = signals
        self.ask_again = ask_again
        self.in_flight: dict[tuple[str, int], asyncio.Future[Answer | Failure]] = {}
        self.failures_in_a_row = 0


class Asking:
    """Asks what the store does not hold, with retries, limits and a budget.

    Attributes:
        tally: Counts so far.
        stopping: Why no new request is sent any more, or None.
        left: Requests that failed for now and that the same command will ask again.
        pending: Calls whose rows are still to come (replay).
    """

    def __init__(self, store: Store, seats: dict[str, Seat], effort: Effort) -> None:
        self.store = store
        self.seats = seats
        self.effort = effort
        self.tally = Tally()
        self.stopping: MedtrustError | None = None
        self.left = 0
        self.pending: dict[tuple[str, str, int], Call] = {}
        self._stopped = asyncio.Event()
        self._commit: asyncio.Future[None] | None = None
        self._under_way = 0
        self._jitter = random.Random()  # noqa: S311 - spreads retries, keeps no secret
        self._asked_again: set[tuple[int, str, int]] = set()

    def stop(self, why: MedtrustError) -> None:
        """Send nothing new; what is under way is awaited and kept."""
        if self.stopping is None:
            self.stopping = why
            self._stopped.set()
            for seat in self.seats.values():
                seat.limit.end_pause()

    def nothing_answered(self) -> str:
        """What to say about a run in which every request failed: the commonest failure's words."""
        counts = self.tally.failed.most_common()
        kinds = ", ".join(f"{reason}: {count}" for reason, count in counts)
        said = next((self.tally.said[why] for why, _ in counts if why in self.tally.said), "")
        parts = [f"No request was answered ({kinds}).", said]
        if not said or any(seat.model.identity.host for seat in self.seats.values()):
            parts.append(
                "Check the model's name and the images, and ask `medtrust doctor --model ...` what "
                "the model really does."
            )
        return " ".join(filter(None, parts))

    async def obtain(
        self, respondent: str, calls: Sequence[Call], place: int = 0
    ) -> list[Answer | Failure]:
        """Results for calls, in order: stored, under way already, or asked now.

        Args:
            respondent: Who is asked.
            calls: What is asked.
            place: Place in the queue; lower goes first.
        """
        seat = self.seats[respondent]
        results: list[Answer | asyncio.Future[Answer | Failure]] = []
        new: list[Call] = []
        for call in calls:
            key = (call.request_id, call.request.draw)
            future = seat.in_flight.get(key)
            if future is not None:
                self.tally.shared += 1
                results.append(future)
                continue
            answer = self._known(seat, call)
            if answer is not None:
                results.append(answer)
                continue
            future = seat.in_flight[key] = asyncio.get_running_loop().create_future()
            new.append(call)
            results.append(future)
        if new:
            await self._ask_new(seat, respondent, new, place)
        return [
            await result if isinstance(result, asyncio.Future) else result for result in results
        ]

    def _known(self, seat: Seat, call: Call) -> Answer | None:
        request = call.request
        if seat.model.capabilities.recheck and self._first_time(seat, call):
            return None
        answer = self.store.get(seat.number, call.request_id, request.draw, seat.signals)
        if answer is None:
            return None
        again = seat.ask_again is not None and seat.ask_again(call, answer)
        if again and self._first_time(seat, call):
            return None
        self.tally.from_store += 1
        return answer

    def _first_time(self, seat: Seat, call: Call) -> bool:
        """Whether this run has not asked this again yet."""
        key = (seat.number, call.request_id, call.request.draw)
        if key in self._asked_again:
            return False
        self._asked_again.add(key)
        return True

    async def _ask_new(self, seat: Seat, respondent: str, calls: list[Call], place: int) -> None:
        if seat.model.capabilities.asks_by == "group":
            units = [calls]
        else:
            by_request: dict[str, list[Call]] = {}
            for call in calls:
                by_request.setdefault(call.request_id, []).append(call)
            units = list(by_request.values())
        if len(units) == 1:
            await self._ask_unit(seat, respondent, units[0], place)
        else:
            await asyncio.gather(*(self._ask_unit(seat, respondent, unit, place) for unit in units))

    async def _ask_unit(self, seat: Seat, respondent: str, calls: list[Call], place: int) -> None:
        """Ask calls that travel together until each has a result; settle their futures."""
        open_calls = calls
        attempt = 0
        try:
            while open_calls:
                attempt += 1
                results = await self._attempt(seat, open_calls, attempt, place)
                open_calls, pause_s = self._settle(seat, respondent, open_calls, results, attempt)
                if open_calls:
                    self.tally.retries += len(open_calls)
                    await self._pause(attempt, pause_s)
        finally:
            for call in open_calls:  # only when an exception passes through
                self._resolve(seat, call, NOT_ASKED)

    async def _attempt(
        self, seat: Seat, calls: list[Call], attempt: int, place: int
    ) -> Sequence[Answer | Failure]:
        taken_at = await seat.limit.acquire(place)
        try:
            if not self._may_send(len(calls)):
                return [NOT_ASKED] * len(calls)
            self._under_way += 1
            try:
                results = await seat.model.answer(calls, seat.signals)
                await self._keep(seat, calls, results, attempt, taken_at)
            finally:
                self._under_way -= 1
        finally:
            seat.limit.release()
        return results

    def _may_send(self, count: int) -> bool:
        budget = self.effort.max_requests
        # calls that travel together may exceed the budget on their own: then they alone are sent
        if budget is not None and self.tally.sent + count > max(budget, count):
            self.stop(WorkLeft(f"The budget of {budget} requests is used up."))
        if self.stopping is not None:
            return False
        self.tally.sent += count
        return True

    async def _keep(
        self,
        seat: Seat,
        calls: list[Call],
        results: Sequence[Answer | Failure],
        attempt: int,
        taken_at: float,
    ) -> None:
        congested, pause_s, kept = False, 0.0, []
        for call, result in zip(calls, results, strict=True):
            draw = call.request.draw
            if isinstance(result, Answer):
                if not seat.model.capabilities.recheck or self._is_news(seat, call, result):
                    again = seat.ask_again is not None or bool(seat.signals)
                    self.store.put(
                        seat.number, call.request_id, draw, result,
                        asked=seat.signals, attempts=attempt, again=again,
                    )  # fmt: skip
                kept.append(result)
            elif not result.pending:
                elapsed = asyncio.get_running_loop().time() - taken_at
                self.store.put_attempt(seat.number, call.request_id, draw, attempt, result, elapsed)
                congested = congested or result.congestion
                pause_s = max(pause_s, result.retry_after_s or 0.0)
        if congested:
            seat.limit.congested(taken_at, pause_s if self.stopping is None else 0.0)
        elif kept:
            seat.limit.succeeded()
        if kept:
            await self._committed()
            seat.failures_in_a_row = 0
            for answer in kept:
                self.tally.count(answer)

    def _is_news(self, seat: Seat, call: Call, answer: Answer) -> bool:
        """Whether the store lacks an answer that comes from a file.

        Raises:
            DataError: If the file now says something else than what was kept.
        """
        key = (seat.number, call.request_id, call.request.draw)
        kept = self.store.get(*key, seat.signals)
        latest = kept or self.store.get(*key)
        if latest is not None and not _same(latest, answer, seat.signals if kept else ()):
            raise DataError(
                f"The answer of {seat.model.identity.model_id} to {call.origin.sample.id} "
                f"({call.origin.task}, role {call.origin.role}) differs from the one this store "
                "keeps; kept answers are never changed: use another --out or --store."
            )
        return kept is None

    def _settle(
        self,
        seat: Seat,
        respondent: str,
        calls: list[Call],
        results: Sequence[Answer | Failure],
        attempt: int,
    ) -> tuple[list[Call], float]:
        """Resolve what is final; return the calls to try again and how long to wait at least."""
        again: list[Call] = []
        pause_s = 0.0
        for call, given in zip(calls, results, strict=True):
            result = self._kept_instead(seat, call, given)
            if isinstance(result, Failure):
                self._mind_patience(result)
                retry = result.retry and result is not NOT_ASKED and self.stopping is None
                if retry and attempt < self.effort.max_attempts:
                    again.append(call)
                    pause_s = max(pause_s, result.retry_after_s or 0.0)
                    continue
                self._note_failure(seat, respondent, call, result)
            self._resolve(seat, call, result)
        return again, pause_s

    def _kept_instead(self, seat: Seat, call: Call, result: Answer | Failure) -> Answer | Failure:
        """The stored answer, where another process was first or a file lost the row it came from.

        What is scored is always what the store holds.
        """
        draw = call.request.draw
        pending = isinstance(result, Failure) and result.pending
        if pending or (seat.number, call.request_id, draw) in self.store.superseded:
            kept = self.store.get(seat.number, call.request_id, draw, seat.signals)
            if kept is not None:
                self.tally.from_store += 1
                return kept
        return result

    def _mind_patience(self, failure: Failure) -> None:
        wait_s = failure.retry_after_s or 0.0
        if wait_s > LONGEST_WAIT_S:
            self.stop(WorkLeft(f"The server asks to come back in {wait_s / 60:.0f} minutes."))

    def _note_failure(self, seat: Seat, respondent: str, call: Call, failure: Failure) -> None:
        if failure.pending:
            self.pending[respondent, call.request_id, call.request.draw] = call
            return
        if failure is not NOT_ASKED:
            self.tally.count_failure(failure)
        if failure.retry:
            self.left += 1
        if failure.fatal:
            self.stop(ModelError(failure.message))
        elif failure.unreachable:
            self.stop(WorkLeft(failure.message))
        elif failure is not NOT_ASKED:
            seat.failures_in_a_row += 1
            if seat.failures_in_a_row == GIVE_UP_AFTER:
                self._give_up(failure)

    def _give_up(self, failure: Failure) -> None:
        """Many requests failed in a row: stop, unless it is single questions that cannot be asked.

        A refusal counts only while nothing at all was answered: later it is about the question.
        """
        if failure.retry:
            self.stop(
                WorkLeft(
                    f"The server failed {GIVE_UP_AFTER} requests in a row, each "
                    f"{self.effort.max_attempts} times, last with {failure.reason}."
                )
            )
        elif failure.reason.startswith("http-") and not self.tally.answered:
            self.stop(ModelError(self.nothing_answered()))

    @staticmethod
    def _resolve(seat: Seat, call: Call, result: Answer | Failure) -> None:
        future = seat.in_flight.pop((call.request_id, call.request.draw), None)
        if future is not None and not future.done():
            future.set_result(result)

    async def _pause(self, attempt: int, at_least_s: float) -> None:
        """Full jitter; ends at once when the run stops."""
        ceiling = min(self.effort.max_delay_s, self.effort.base_delay_s * 2 ** (attempt - 1))
        delay = max(at_least_s, self._jitter.uniform(0, ceiling))
        try:
            await asyncio.wait_for(self._stopped.wait(), delay)
        except TimeoutError:
            return

    async def _committed(self) -> None:
        """Wait until everything handed to the store is committed."""
        if self._commit is None:
            loop = asyncio.get_running_loop()
            self._commit = loop.create_future()
            loop.call_later(COMMIT_WITHIN_S, self._flush, self._commit)
        commit = self._commit
        if self.store.pending >= self._under_way:  # nobody else to wait for
            asyncio.get_running_loop().call_soon(self._flush, commit)
        await commit

    def _flush(self, commit: asyncio.Future[None]) -> None:
        if commit.done():
            return
        self._commit = None
        try:
            self.store.commit()
        except Exception as error:  # noqa: BLE001 - raised again by everyone who waits for it
            commit.set_exception(error)
        else:
            commit.set_result(None)


def _same(kept: Answer, given: Answer, signals: Iterable[str]) -> bool:
    """Whether an answer says what was kept, in its text and in these signals."""
    if (kept.text, kept.outcome, kept.reasoning) != (given.text, given.outcome, given.reasoning):
        return False
    pairs = [(kept.signals.get(name), given.signals.get(name)) for name in signals]
    return all(
        (old is None and new is None)
        or (old is not None and new is not None and old.tobytes() == new.tobytes())
        for old, new in pairs
    )
