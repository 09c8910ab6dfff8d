"""A run that is killed or interrupted anywhere goes on where it stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from medtrust.engine.store import Store
from medtrust.run import load_run
from parts.question_files import number_in, opinions, write_questions
from servers.fault_server import FaultServer, hang, status

COUNT = 2000
CONCURRENCY = 16


def command(server: FaultServer, questions: Path, out: Path) -> list[str]:
    return [
        sys.executable, "-m", "medtrust.cli.main", "run", "folder",
        "--model", "openai/fault-model", "--base-url", server.base_url,
        "--data", f"folder={questions}", "--out", str(out), "--concurrency", str(CONCURRENCY),
        "--json",
    ]  # fmt: skip


@contextmanager
def child(arguments: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "LC_ALL": "C"}
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait until something is so, but not for a child that has ended."""
    while not condition():
        if process.poll() is not None:
            output = (process.stderr.read() if process.stderr else b"").decode()
            pytest.fail(f"the run ended too early with {process.returncode}: {output}")
        time.sleep(0.005)


def asked(server: FaultServer) -> list[int]:
    return [number_in(seen.question) for seen in server.requests]


def stored(path: Path) -> dict[int, str]:
    """Text of every stored answer by its request's row; opening the store recovers it."""
    with closing(Store.open(path)) as store:
        rows = store._connection.execute("SELECT hex(request), text FROM answers").fetchall()
        assert store._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return dict(rows)


def finish(arguments: list[str]) -> None:
    done = subprocess.run(arguments, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_questions(tmp_path_factory.mktemp("questions"), COUNT)


@pytest.fixture(scope="module")
def undisturbed(questions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed")
    with FaultServer(opinions()) as server:
        finish(command(server, questions, out))
        assert sorted(asked(server)) == list(range(COUNT))
    return out


def assert_same_results(out: Path, undisturbed: Path) -> None:
    run, calm = load_run(out), load_run(undisturbed)
    assert (run.manifest["state"], run.left) == ("complete", None)
    assert_frame_equal(run.scores, calm.scores, categorical_as_str=True)
    assert_frame_equal(run.requests, calm.requests, categorical_as_str=True)
    assert_frame_equal(run.estimates.drop("model"), calm.estimates.drop("model"))
    correct = run.scores.filter(pl.col("measure") == "correct").get_column("value")
    assert 0 < correct.sum() < correct.len()


@pytest.mark.parametrize("seen_at_kill", [1, 700])
def test_a_killed_run_resumes_without_losing_or_repeating_an_answer(
    questions: Path, undisturbed: Path, tmp_path: Path, seen_at_kill: int
) -> None:
    with FaultServer(opinions(delay_s=0.01)) as server:
        arguments = command(server, questions, tmp_path)
        with child(arguments) as process:
            wait_for(lambda: len(server.requests) >= seen_at_kill, process)
            process.kill()
            process.wait()
            time.sleep(0.1)  # requests already sent still arrive
        n_before = len(server.requests)
        kept = stored(tmp_path / "answers.sqlite")
        assert n_before - CONCURRENCY <= len(kept) <= n_before < COUNT
        before = set(asked(server))
        finish(arguments)
        again = [number for number in asked(server)[n_before:] if number in before]
        assert len(again) == n_before - len(kept)  # only what no answer was kept of
        assert len(again) <= CONCURRENCY
        assert COUNT <= len(server.requests) <= COUNT + CONCURRENCY
        assert set(asked(server)) == set(range(COUNT))
    end = stored(tmp_path / "answers.sqlite")
    assert len(end) == COUNT
    assert {request: end[request] for request in kept} == kept
    # the killed run asked another port, so its model has another id; all else is equal
    assert_same_results(tmp_path, undisturbed)


def test_a_run_killed_again_and_again_still_ends(
    questions: Path, undisturbed: Path, tmp_path: Path
) -> None:
    kills = 4
    with FaultServer(opinions(delay_s=0.005)) as server:
        arguments = command(server, questions, tmp_path)
        for _ in range(kills):
            seen = len(server.requests)
            with child(arguments) as process:
                wait_for(lambda seen=seen: len(server.requests) >= seen + 300, process)  # type: ignore[misc]
                process.kill()
        finish(arguments)
        assert len(server.requests) <= COUNT + kills * CONCURRENCY
    assert_same_results(tmp_path, undisturbed)


def test_an_interrupted_run_keeps_what_was_under_way_and_exits_3(
    questions: Path, undisturbed: Path, tmp_path: Path
) -> None:
    with FaultServer(opinions(delay_s=0.02)) as server:
        arguments = command(server, questions, tmp_path)
        with child(arguments) as process:
            wait_for(lambda: len(server.requests) >= 300, process)
            interrupt_until_ended(process)
            _, errors = process.communicate(timeout=60)
        assert process.returncode == 3, errors.decode()
        assert b"Traceback" not in errors
        n_before = len(server.requests)
        assert len(stored(tmp_path / "answers.sqlite")) == n_before < COUNT
        assert [one.name for one in tmp_path.glob("answers.sqlite*")] == ["answers.sqlite"]
        run = load_run(tmp_path)
        assert run.manifest["state"] == "incomplete"
        assert run.left == "Interrupted: what was under way was kept; the same command goes on."
        finish(arguments)
        assert sorted(asked(server)) == list(range(COUNT))  # nothing was asked twice
    assert_same_results(tmp_path, undisturbed)


def test_an_interrupt_does_not_wait_for_a_pause_the_server_asked_for(
    questions: Path, tmp_path: Path
) -> None:
    with FaultServer(status(429, retry_after="600")) as server:
        with child(command(server, questions, tmp_path)) as process:
            wait_for(lambda: len(server.requests) >= 4, process)
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
        assert process.returncode == 3, errors.decode()
        assert len(server.requests) < 100
    assert load_run(tmp_path).manifest["state"] == "incomplete"


def interrupt_until_ended(process: subprocess.Popen[bytes]) -> None:
    """Press again: on a busy machine two signals in a row may arrive as one."""
    for _ in range(20):
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=3)
            return


def test_a_second_interrupt_ends_a_run_that_waits_for_a_hanging_server(
    questions: Path, tmp_path: Path
) -> None:
    with FaultServer(hang()) as server:
        with child(command(server, questions, tmp_path)) as process:
            wait_for(lambda: len(server.requests) >= 8, process)
            process.send_signal(signal.SIGINT)
            time.sleep(0.5)
            assert process.poll() is None  # the first one waits for what is under way
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
        assert process.returncode == 3, errors.decode()
        assert b"Traceback" not in errors
