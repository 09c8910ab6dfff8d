"""Peak memory of a process and its children together, as they are while it runs.

The kernel's own peak counts one process at a time. Here all of them are looked at together, every
few milliseconds: resident pages, and the proportional share in which a page that two of them map
counts once. Linux only.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

EVERY_S = 0.05


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in task.read_text().split():
                found += family(int(child))
    return found


def shares(pid: int) -> tuple[float, float]:
    """Resident and proportional megabytes of one process; 0 once it has ended."""
    with suppress(OSError):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        kilobytes = {line.split(":")[0]: line.split() for line in text.splitlines()[1:]}
        return int(kilobytes["Rss"][1]) / 1024, int(kilobytes["Pss"][1]) / 1024
    return 0.0, 0.0


class PeakMemory(threading.Thread):
    """Watches the children of this process until `stop` is called.

    Attributes:
        resident_mb: Peak of the sum of resident pages; a page mapped by two counts twice.
        shared_mb: Peak of the sum of proportional shares; it counts once.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.resident_mb = self.shared_mb = 0.0
        self._done = threading.Event()

    def run(self) -> None:
        own = os.getpid()
        while not self._done.wait(EVERY_S):
            both = [shares(pid) for pid in family(own) if pid != own]
            self.resident_mb = max(self.resident_mb, sum(one for one, _ in both))
            self.shared_mb = max(self.shared_mb, sum(one for _, one in both))

    def stop(self) -> PeakMemory:
        self._done.set()
        self.join()
        return self
