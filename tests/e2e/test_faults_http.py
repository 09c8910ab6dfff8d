"""The engine, the real adapter and a server that misbehaves in every way."""

from __future__ import annotations

import random
import socket
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from medtrust.assembly import open_model
from medtrust.cli.main import exit_code
from medtrust.core.errors import ModelError
from medtrust.engine.asking import Effort
from medtrust.run import Run, evaluate, load_run
from parts.conversations import Held, dialogues, hold, make_task, sample, single
from parts.question_files import number_in, opinion, opinions, write_questions
from servers.fault_server import (
    Behaviour,
    FaultServer,
    Reply,
    Seen,
    always,
    error_in_200,
    garbage,
    hang,
    not_http,
    ok,
    reset,
    status,
    truncated,
)

QUICK = Effort(concurrency=16, base_delay_s=0.001, max_delay_s=0.01, max_attempts=8)


def ask_server(
    server: FaultServer, store: Path, count: int = 1, *, timeout: str = "30", **how: Any
) -> Held:
    model = open_model("openai/fault-model", server.base_url, {"timeout": timeout})
    samples = [sample(n, f"Is finding {n} there?") for n in range(count)]
    return hold(store, model, dialogues(make_task(single), samples), effort=QUICK, **how)


def attempts(store: Path) -> list[tuple[int, str]]:
    with closing(sqlite3.connect(store)) as connection:
        return connection.execute("SELECT attempt, reason FROM attempts ORDER BY 1").fetchall()


FAULTS: dict[str, tuple[Behaviour, str]] = {
    "too many requests": (status(429, retry_after="0"), "http-429"),
    "internal error": (status(500), "http-500"),
    "bad gateway": (status(502), "http-502"),
    "overloaded": (status(503), "http-503"),
    "reset": (reset(), "connection-lost"),
    "a web page": (garbage(), "reply-not-json"),
    "no choices": (always({"choices": []}), "reply-no-choices"),
    "a JSON list": (always([]), "reply-not-json"),
    "choices of a wrong form": (always({"choices": [{"message": 7}]}), "reply-malformed"),
    "a body cut off": (truncated(), "reply-truncated"),
    "an error inside a 200": (error_in_200(), "reply-error"),
    "another protocol": (not_http(), "reply-not-http"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_passes_is_tried_again_and_recorded(name: str, tmp_path: Path) -> None:
    behaviour, reason = FAULTS[name]
    with FaultServer(ok("Yes."), script=[behaviour, behaviour]) as server:
        held = ask_server(server, tmp_path / "s.sqlite")
    assert held.statuses == {"mine:0": "ok"}
    assert len(server.requests) == 3
    assert attempts(tmp_path / "s.sqlite") == [(1, reason), (2, reason)]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_stays_is_missing_and_never_a_score(name: str, tmp_path: Path) -> None:
    behaviour, reason = FAULTS[name]
    with FaultServer(behaviour) as server:
        held = ask_server(server, tmp_path / "s.sqlite")
    (dialogue,) = held.dialogues
    assert dialogue.marks is not None
    assert [(mark.value, mark.status) for mark in dialogue.marks] == [(None, f"missing:{reason}")]
    assert len(server.requests) == QUICK.max_attempts
    assert (held.left, held.counts["answers"]) == (1, 0)


def test_a_hanging_server_runs_into_the_timeout_and_is_asked_again(tmp_path: Path) -> None:
    with FaultServer(ok("Yes."), script=[hang()]) as server:
        held = ask_server(server, tmp_path / "s.sqlite", timeout="0.2")
    assert held.statuses == {"mine:0": "ok"}
    assert attempts(tmp_path / "s.sqlite") == [(1, "timeout")]


def test_one_hanging_request_holds_up_no_other(tmp_path: Path) -> None:
    def behave(seen: Seen) -> Reply:
        return (hang() if number_in(seen.question) == 0 else ok("Yes."))(seen)

    with FaultServer(behave) as server:
        model = open_model("openai/fault-model", server.base_url, {"timeout": "2"})
        samples = [sample(n, f"Is finding {n} there?") for n in range(200)]
        effort = Effort(concurrency=2, max_attempts=1)
        held = hold(tmp_path / "s", model, dialogues(make_task(single), samples), effort=effort)
    assert held.dialogues[-1].sample.id == "mine:0"  # it ended last, all others before it
    assert list(held.statuses.values()).count("ok") == 199
    assert held.statuses["mine:0"] == "missing:timeout"


def test_the_pause_a_server_asks_for_is_kept(tmp_path: Path) -> None:
    with FaultServer(ok("Yes."), script=[status(429, retry_after="1")]) as server:
        arrivals: list[float] = []
        server.default = timed(arrivals)
        server.script = [timed(arrivals, status(429, retry_after="0.3"))]
        ask_server(server, tmp_path / "s.sqlite")
    assert arrivals[1] - arrivals[0] >= 0.3


def timed(arrivals: list[float], then: Behaviour | None = None) -> Behaviour:
    import time

    def behave(seen: Seen) -> Reply:
        arrivals.append(time.monotonic())
        return (then or ok("Yes."))(seen)

    return behave


def test_a_content_filter_is_an_answer_and_not_an_error(tmp_path: Path) -> None:
    filtered = status(400, error={"message": "no", "code": "content_filter"})
    with FaultServer(filtered) as server:
        held = ask_server(server, tmp_path / "s.sqlite")
    assert held.tally.outcomes == {"filtered": 1}
    assert len(server.requests) == 1


def test_a_question_that_is_too_long_is_missing_and_leaves_no_work(tmp_path: Path) -> None:
    too_long = status(400, error={"message": "no", "code": "context_length_exceeded"})
    with FaultServer(too_long) as server:
        held = ask_server(server, tmp_path / "s.sqlite")
    assert held.statuses == {"mine:0": "missing:context-length"}
    assert (len(server.requests), held.left) == (1, 0)


def test_a_chaotic_server_gives_the_same_answers_as_a_calm_one(tmp_path: Path) -> None:
    chance = random.Random(7)
    faults = [behaviour for behaviour, _ in FAULTS.values()]
    failed = Counter[str]()

    def chaos(seen: Seen) -> Reply:
        # a question fails four times at most: of five attempts one always gets through
        if chance.random() < 0.3 and failed[seen.question] < 4:
            failed[seen.question] += 1
            return chance.choice(faults)(seen)
        return opinions(delay_s=chance.random() * 0.005)(seen)

    with FaultServer(chaos) as server:
        held = ask_server(server, tmp_path / "s.sqlite", 400)
    assert held.left == 0
    assert set(held.statuses.values()) == {"ok"}
    assert held.counts["answers"] == 400
    assert held.counts["attempts"] == len(server.requests) - 400
    for dialogue in held.dialogues:
        assert dialogue.marks is not None
        assert dialogue.marks[0].value == len(opinion(dialogue.sample.question))


def run_folder(questions: Path, out: Path, base_url: str, **more: Any) -> Run:
    return evaluate(
        tasks=["folder/factuality"], model="openai/fault-model", base_url=base_url,
        data={"folder": questions}, out=out, **more,
    )  # fmt: skip


def test_a_refused_key_ends_the_run_with_one_sentence_and_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    questions = write_questions(tmp_path, 100)
    with FaultServer(status(401)) as server:
        with pytest.raises(ModelError, match="refuses the key"):
            run_folder(questions, tmp_path / "run", server.base_url)
        assert len(server.requests) <= 8
        code = exit_code(
            ["run", "folder", "--model", "openai/fault-model", "--base-url", server.base_url,
             "--data", f"folder={questions}", "--out", str(tmp_path / "run")]
        )  # fmt: skip
    said = capsys.readouterr().err.strip().splitlines()
    assert code == 2
    assert "refuses the key" in said[-1]
    assert not any("Traceback" in line for line in said)
    assert load_run(tmp_path / "run").scores.get_column("value").drop_nulls().is_empty()
    assert load_run(tmp_path / "run").manifest["state"] == "incomplete"


def test_an_absent_server_leaves_the_work_and_the_same_call_does_it(tmp_path: Path) -> None:
    questions = write_questions(tmp_path, 20)
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers there
        base_url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        options = {"revision": "1"}
        run = run_folder(questions, tmp_path / "run", base_url, model_options=options)
        assert run.left is not None
        assert "No server answers" in run.left
        assert run.manifest["state"] == "incomplete"
    with FaultServer(opinions()) as server:
        run = run_folder(questions, tmp_path / "run", server.base_url, model_options=options)
    assert run.left is None
    assert len(server.requests) == 20


def test_the_budget_ends_a_run_that_the_same_command_resumes(tmp_path: Path) -> None:
    questions = write_questions(tmp_path, 25)
    with FaultServer(opinions()) as server:
        command = ["run", "folder", "--model", "openai/fault-model", "--base-url", server.base_url,
                   "--data", f"folder={questions}", "--out", str(tmp_path / "run"),
                   "--max-requests", "10", "--json"]  # fmt: skip
        codes = [exit_code(command) for _ in range(4)]
    assert codes == [3, 3, 0, 0]
    assert len(server.requests) == 25


def test_failed_questions_stay_out_of_the_denominator_and_are_counted(tmp_path: Path) -> None:
    def behave(seen: Seen) -> Reply:
        if number_in(seen.question) < 10:
            return status(400, error={"message": "odd"})(seen)
        return ok("No.")(seen)

    questions = write_questions(tmp_path, 40)
    with FaultServer(behave) as server:
        run = run_folder(questions, tmp_path / "run", server.base_url)
    row = run.estimates.filter((pl.col("metric") == "accuracy") & (pl.col("group") == "")).row(
        0, named=True
    )
    golds = [n % 3 != 0 for n in range(10, 40)]
    assert row["n"] == 30
    assert row["value"] == pytest.approx(sum(golds) / 30)
    assert '"missing:http-400":10' in row["counts"]
