"""Progress on the error stream: a live line on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Final, Self

from medtrust.engine.asking import Tally

PLAIN_EVERY_S: Final = 10.0


class Progress:
    """Shows conversations done, rate, errors by kind and time left.

    Args:
        quiet: Show nothing, for machines.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._live = sys.stderr.isatty()
        self._started = time.monotonic()
        self._shown = self._started
        self._drawn = False

    def __enter__(self) -> Self:
        """Start the clock."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the live line behind."""
        if self._drawn:
            sys.stderr.write("\n")

    def __call__(self, tally: Tally, ended: int, total: int) -> None:
        """Show the counts, if it is time to."""
        now = time.monotonic()
        if self._quiet or (not self._live and now - self._shown < PLAIN_EVERY_S and ended < total):
            return
        self._shown = now
        line = describe(tally, ended, total, now - self._started)
        if self._live:
            sys.stderr.write(f"\r\x1b[K{line}")
            self._drawn = True
        else:
            sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def describe(tally: Tally, ended: int, total: int, elapsed_s: float) -> str:
    """One line about a run under way.

    Args:
        tally: Counts so far.
        ended: Conversations done.
        total: Conversations in all.
        elapsed_s: Since the start.
    """
    rate = tally.answered / elapsed_s if elapsed_s > 0 else 0.0
    parts = [f"{ended}/{total} conversations", f"{tally.answered} answers", f"{rate:.1f}/s"]
    if tally.from_store:
        parts.append(f"{tally.from_store} from the store")
    if tally.retries:
        parts.append(f"{tally.retries} retries")
    parts += [f"{reason}: {count}" for reason, count in tally.failed.most_common()]
    if 0 < ended < total:
        left = elapsed_s / ended * (total - ended)
        parts.append(f"{left:.0f} s left" if left < 120 else f"{left / 60:.0f} min left")
    return ", ".join(parts)
