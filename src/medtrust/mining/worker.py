"""A worker process: ``python -m medtrust.mining.worker FOLDER BLOCK``.

Its parent sets the BLAS kernel and one thread in its environment, writes numbers of strips to its
standard input and reads a line of JSON for each that is kept. It ends when its input ends, so that
none outlives a killed parent by more than a strip; a Ctrl-C is the parent's business.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from medtrust.core.errors import MedtrustError
from medtrust.mining.state import State, opened_job
from medtrust.mining.strip import mine_strip, strips


def work(folder: Path, block: int, numbers: Iterable[str], answers: TextIO) -> None:
    """Mine the strips whose numbers come in, and keep them in the folder."""
    job, state = opened_job(folder), State(folder)
    everything = strips(job.n_old, job.n)
    for number in numbers:
        index = int(number)
        found = mine_strip(job, everything[index], block)
        state.keep(index, found)
        answers.write(json.dumps({"strip": index, "pairs": len(found.pairs)}) + "\n")
        answers.flush()


def main() -> None:
    """Serve the parent until it hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder, block = Path(sys.argv[1]), int(sys.argv[2])
    try:
        work(folder, block, sys.stdin, sys.stdout)
    except (BrokenPipeError, FileNotFoundError, MedtrustError):
        sys.exit(1)


if __name__ == "__main__":
    main()
