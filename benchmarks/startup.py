"""CPU of starting up: what `medtrust --help` and `import medtrust` cost before any work.

The ratio is to an interpreter that does nothing. What must not be loaded is looked up too.

    python benchmarks/startup.py
"""

from __future__ import annotations

import argparse
import statistics
import sys

import product
from measured_child import run_measured
from results_table import machine_line, print_table, verdict

LIMIT_S = 0.3
HEAVY = (
    "fastapi",
    "numba",
    "pandas",
    "polars",
    "pydicom",
    "scipy.stats",
    "sklearn",
    "torch",
    "transformers",
)
IMPORT_AND_TELL = (
    "import sys, medtrust; print(*(m for m in sys.argv[1:] if m in sys.modules), len(sys.modules))"
)


def cpu_of(command: list[str], rounds: int) -> float:
    """Median CPU seconds; a first run that fills the file cache is thrown away."""
    costs = [run_measured(command).cpu_s for _ in range(rounds + 1)]
    return statistics.median(costs[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    print(machine_line(), "\n")
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "import medtrust": [sys.executable, "-c", "import medtrust"],
        "medtrust --help": [*product.command(), "--help"],
        "medtrust run --help": [*product.command(), "run", "--help"],
        "medtrust list": [*product.command(), "list"],
    }
    costs = {name: cpu_of(command, arguments.rounds) for name, command in commands.items()}
    idle = costs["python -c pass"]
    rows = [[name, f"{cpu_s / idle:.1f}", f"{cpu_s:.3f}"] for name, cpu_s in costs.items()]
    print_table(["command", "ratio to an idle Python", "CPU s"], rows)
    *heavy, n_modules = run_measured([sys.executable, "-c", IMPORT_AND_TELL, *HEAVY]).output.split()
    print(f"import medtrust loads {n_modules} modules; heavy ones: {', '.join(heavy) or 'none'}")
    for name in ("import medtrust", "medtrust --help"):
        print(verdict(name, costs[name], LIMIT_S, "s CPU"))


if __name__ == "__main__":
    main()
