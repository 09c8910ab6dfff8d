"""Run one command in a process of its own and say what it cost, start-up included."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """What the kernel counted for one process and the children it waited for."""

    exit_code: int
    cpu_s: float
    wall_s: float
    peak_mb: float
    output: str
    errors: str


def run_measured(command: Sequence[str], *, allowed_exit_codes: Sequence[int] = (0,)) -> Cost:
    """Run `command` to its end.

    Raises:
        RuntimeError: If it ends with a code that is not allowed; says its last words.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        cost = Cost(
            exit_code=process.returncode,
            cpu_s=usage.ru_utime + usage.ru_stime,
            wall_s=wall_s,
            peak_mb=usage.ru_maxrss / 1024,
            output=output.read(),
            errors=errors.read(),
        )
    if cost.exit_code not in allowed_exit_codes:
        said = (cost.errors or cost.output)[-2000:]
        raise RuntimeError(f"{' '.join(command)} ended with {cost.exit_code}:\n{said}")
    return cost
