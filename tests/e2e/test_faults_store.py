"""The store under real faults: two writers at once, a disk that fills up, a run on it."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from medtrust.core.records import Answer
from medtrust.engine.store import Store
from medtrust.run import load_run
from parts.question_files import opinions, write_questions
from servers.fault_server import FaultServer

WRITERS = 3
ROUNDS = 60


def key(number: int) -> str:
    return f"{number:064x}"


def write(path: str, writer: int, start: Barrier) -> None:
    """Answers of its own and answers all writers have, in many small commits."""
    start.wait(30)
    with closing(Store.open(Path(path))) as store:
        own = store.model_number(f"writer {writer}")
        shared = store.model_number("shared")
        for number in range(ROUNDS):
            store.put(own, key(number), 0, Answer(f"{writer} {number}"))
            store.put(shared, key(number), 0, Answer(f"from {writer}"))
            store.commit()
            kept = store.get(own, key(number), 0)
            if kept is None or kept.text != f"{writer} {number}":
                raise RuntimeError(f"answer {number} of writer {writer} was lost")


def test_processes_that_write_to_one_store_at_once_lose_and_repeat_nothing(tmp_path: Path) -> None:
    path = tmp_path / "shared.sqlite"
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(WRITERS)
    writers = [
        context.Process(target=write, args=(str(path), number, start)) for number in range(WRITERS)
    ]
    for process in writers:
        process.start()
    for process in writers:
        process.join(120)
    assert [process.exitcode for process in writers] == [0] * WRITERS
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        count = "SELECT count(*), count(DISTINCT hex(request) || model) FROM answers"
        assert connection.execute(count).fetchone() == ((WRITERS + 1) * ROUNDS,) * 2
        assert connection.execute("SELECT count(*) FROM models").fetchone() == (WRITERS + 1,)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def command(server: FaultServer, questions: Path, out: Path, store: Path) -> list[str]:
    return [
        sys.executable, "-m", "medtrust.cli.main", "run", "folder", "--model", "openai/m",
        "--base-url", server.base_url, "-M", "revision=1", "--data", f"folder={questions}",
        "--out", str(out), "--store", str(store), "--json",
    ]  # fmt: skip


def test_two_runs_at_once_share_a_store(tmp_path: Path) -> None:
    questions = write_questions(tmp_path, 300)
    store = tmp_path / "shared.sqlite"
    with FaultServer(opinions(delay_s=0.005)) as server:
        runs = [
            subprocess.Popen(
                command(server, questions, tmp_path / name, store),
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            )
            for name in ("a", "b")
        ]  # fmt: skip
        errors = [run.communicate(timeout=120)[1].decode() for run in runs]
    assert [run.returncode for run in runs] == [0, 0], errors
    assert 300 <= len(server.requests) <= 600
    assert load_run(tmp_path / "a").scores.equals(load_run(tmp_path / "b").scores)
    with closing(sqlite3.connect(store)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM answers").fetchone() == (300,)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB; needs the right to mount."""
    point = tmp_path / "disk"
    point.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(point)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small file system here")
    yield point
    subprocess.run(["umount", str(point)], check=True)


def test_a_run_on_a_disk_that_fills_up_says_so_and_goes_on_once_there_is_space(
    tmp_path: Path, small_disk: Path
) -> None:
    questions = write_questions(tmp_path, 1500)
    store = small_disk / "answers.sqlite"
    with FaultServer(opinions()) as server:
        arguments = command(server, questions, tmp_path / "run", store)
        full = subprocess.run(arguments, capture_output=True, text=True, check=False)
        assert full.returncode == 2, full.stderr
        said = full.stderr.strip().splitlines()
        assert said[-1].endswith("is full: free some space and type the same command again.")
        assert "Traceback" not in full.stderr
        with closing(sqlite3.connect(store)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            (kept,) = connection.execute("SELECT count(*) FROM answers").fetchone()
        assert 0 < kept < 1500
        grow = ["mount", "-o", "remount,size=64m", str(small_disk)]
        subprocess.run(grow, check=True)
        asked_before = len(server.requests)
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert len(server.requests) - asked_before == 1500 - kept
    assert load_run(tmp_path / "run").left is None
