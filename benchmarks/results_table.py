"""Print measurements as Markdown, with the machine they were made on."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path


def processor_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"


def machine_line() -> str:
    """One line that says where, and how busy the machine was with other work."""
    load, _, _ = os.getloadavg()
    return (
        f"{os.cpu_count()} x {processor_name()}, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, load {load:.1f} at the start"
    )


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]
    for row in (header, ["-" * width for width in widths], *rows):
        print("| " + " | ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)) + " |")
    print()


def verdict(name: str, value: float, limit: float, unit: str) -> str:
    """One sentence: what was measured, what is allowed, and whether it holds."""
    state = "holds" if value <= limit else "MISSED"
    return f"{name}: {value:.3g} {unit}, at most {limit:g} {unit}: {state}"
