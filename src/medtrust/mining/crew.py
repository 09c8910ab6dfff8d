"""Lets several workers mine strips: threads for a small job, processes for a large one.

A process has its own environment, and so the BLAS kernel that is best here; one BLAS thread each,
because the spinning barriers of many collapse on a machine that others use. Every worker takes the
next strip when it is done with one.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Final

from medtrust.core.errors import WorkLeft
from medtrust.mining.kernel import child_environment, one_thread
from medtrust.mining.state import State
from medtrust.mining.strip import Job, mine_strip, strips

ENDS_WITHIN_S: Final = 30.0


def usual_workers() -> int:
    """One worker for each core that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_threads(
    job: Job, todo: Sequence[int], state: State, *, block: int, workers: int
) -> Generator[tuple[int, int], None, None]:
    """Mine strips in this process; yields number and pairs of each that is kept."""
    everything = strips(job.n_old, job.n)

    def one(index: int) -> tuple[int, int]:
        found = mine_strip(job, everything[index], block)
        state.keep(index, found)
        return index, len(found.pairs)

    with one_thread(), ThreadPoolExecutor(workers) as pool:
        waiting = [pool.submit(one, index) for index in todo]
        try:
            for done in as_completed(waiting):
                yield done.result()
        finally:
            for other in waiting:
                other.cancel()


def in_children(
    folder: Path, todo: Sequence[int], *, block: int, workers: int, core_type: str | None
) -> Generator[tuple[int, int], None, None]:
    """Mine strips in processes of their own; yields number and pairs of each that is kept.

    Raises:
        WorkLeft: If a worker dies; what is finished is kept.
    """
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    results: queue.SimpleQueue[dict[str, int] | None] = queue.SimpleQueue()
    for index in todo:
        waiting.put(index)
    command = [sys.executable, "-m", "medtrust.mining.worker", str(folder), str(block)]
    children = [
        subprocess.Popen(  # noqa: S603 - our own module, in our own interpreter
            command, env=child_environment(core_type), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for _ in range(min(workers, len(todo)))
    ]  # fmt: skip
    threads = [
        threading.Thread(target=_serve, args=(child, waiting, results), daemon=True)
        for child in children
    ]
    for thread in threads:
        thread.start()
    done = False
    try:
        for _ in todo:
            result = results.get()
            if result is None:
                raise WorkLeft(
                    "A worker process died: the same command goes on where it stopped, and fewer"
                    " --workers need less memory."
                )
            yield result["strip"], result["pairs"]
        done = True
    finally:
        for child in children:
            _end(child, at_once=not done)
        for thread in threads:
            thread.join()


def _serve(
    child: subprocess.Popen[str],
    waiting: queue.SimpleQueue[int],
    results: queue.SimpleQueue[dict[str, int] | None],
) -> None:
    """Hand strips to one child until there are none, and pass on what it says."""
    if child.stdin is None or child.stdout is None:
        raise AssertionError("children are started with pipes")
    try:
        with child.stdin, child.stdout:
            while True:
                index = waiting.get_nowait()
                child.stdin.write(f"{index}\n")
                child.stdin.flush()
                results.put(json.loads(child.stdout.readline()))
    except queue.Empty:
        return
    except (OSError, ValueError):
        results.put(None)


def _end(child: subprocess.Popen[str], *, at_once: bool) -> None:
    """Wait for a child that has nothing left, or end it."""
    if at_once:
        child.kill()
    try:
        child.wait(ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
