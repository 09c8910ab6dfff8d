"""Which matrix kernel the BLAS of numpy uses here, how fast it is, and which one is faster.

OpenBLAS picks a kernel by the processor's family when it is loaded, and not always the best: an
older one takes AVX2 on a Zen 5, at half the rate, and a Zen 4 gains nothing from AVX-512. The
variable OPENBLAS_CORETYPE overrules it, but only before numpy is loaded, hence in a child process.
What is timed is what will be done: tiles, multiplied and scanned. Where there is something to gain,
each other kernel is tried in a child, for a tenth of a second an edge of the tile, and only where
the processor says that it has the instructions.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import medtrust

CORE_TYPE: Final = "OPENBLAS_CORETYPE"
NEEDS: Final = {
    "SkylakeX": frozenset({"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"}),
    "Haswell": frozenset({"avx2", "fma"}),
}
"""Core types that are tried, fastest first, and the instructions that each needs."""
WIDEST: Final = frozenset({"SkylakeX", "Cooperlake", "SapphireRapids"})
"""Kernels of OpenBLAS that use AVX-512: where one of them is in use, nothing is faster."""
ONE_THREAD: Final = {
    "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}  # fmt: skip
UNKNOWN: Final = "unknown"
WORTH_SAYING: Final = 1.15
WORTH_TAKING: Final = 1.03
SLOW_GFLOPS: Final = 10.0
EDGES: Final = (512, 768)
"""Edges of a tile that are tried: which one is better depends on kernel and caches."""
DEPTH: Final = 512
TRIED_S: Final = 0.12
PREFIXES: Final = ("scipy_openblas", "openblas")
SUFFIXES: Final = ("64_", "")


@dataclass(frozen=True, slots=True)
class Kernel:
    """The kernel that the workers run with.

    Attributes:
        name: What OpenBLAS calls it; "unknown" for another BLAS.
        core_type: Value of OPENBLAS_CORETYPE that selects it, or None to leave that alone.
        gflops: Rate of one thread on tiles, scan included, in 10^9 float32 operations a CPU second.
        block: Edge of a tile at which it reaches that.
        usual_name: The kernel that numpy takes by itself.
        usual_gflops: Its rate.
    """

    name: str
    core_type: str | None
    gflops: float
    block: int
    usual_name: str
    usual_gflops: float

    @property
    def sentence(self) -> str | None:
        """What a user should know about a slow kernel, or None."""
        times = self.gflops / self.usual_gflops
        if self.core_type is not None and times > WORTH_SAYING:
            mend = f"{CORE_TYPE}={self.core_type}"
            return (
                f"The BLAS of numpy takes its {self.usual_name} kernel here, {times:.1f} times"
                f" slower than {self.name}: the workers run with {mend}, and other programs gain"
                " from the same setting."
            )
        if self.gflops < SLOW_GFLOPS:
            return (
                f"The BLAS of numpy ({self.name}) reaches only {self.gflops:.1f} GFLOP/s: a numpy"
                " with OpenBLAS or MKL is many times faster."
            )
        return None


@cache
def best_kernel(*, careful: bool) -> Kernel:
    """Measure the kernel of this process, and others in child processes; remembered here.

    Args:
        careful: Also try others where the usual one is a good one: it costs half a CPU second,
            and can gain a tenth of what is to be done.
    """
    with one_thread():
        usual = measured()
    core_type, best = None, usual
    if usual.name != UNKNOWN and (careful or usual.name not in WIDEST):
        for other in usable_core_types():
            found = None if other == usual.name else _tried(other)
            if found is None or found.name != other:
                continue
            if found.gflops > WORTH_TAKING * best.gflops:
                core_type, best = other, found
    return Kernel(best.name, core_type, best.gflops, best.block, usual.name, usual.gflops)


def usable_core_types() -> tuple[str, ...]:
    """Core types whose instructions this processor is known to have; none where it is unknown."""
    flags = _processor_flags()
    return tuple(name for name, needed in NEEDS.items() if needed <= flags)


def child_environment(core_type: str | None) -> dict[str, str]:
    """Environment of a child process: one BLAS thread, that core type, this package's source."""
    source = str(Path(medtrust.__file__).parents[1])
    path = os.environ.get("PYTHONPATH")
    changes = {"PYTHONPATH": source if not path else os.pathsep.join((source, path))}
    if core_type is not None:
        changes[CORE_TYPE] = core_type
    return {**os.environ, **ONE_THREAD, **changes}


def loaded_kernel() -> str:
    """Name of the kernel that the OpenBLAS of this process uses; "unknown" for another BLAS."""
    for library in _openblas():
        function = _symbol(library, "get_corename")
        if function is not None:
            function.restype = ctypes.c_char_p
            return bytes(function()).decode()
    return UNKNOWN


@contextmanager
def one_thread() -> Iterator[None]:
    """Let the OpenBLAS of this process use one thread for a while; another BLAS is left alone."""
    changed = []
    for library in _openblas():
        getter, setter = _symbol(library, "get_num_threads"), _symbol(library, "set_num_threads")
        if getter is not None and setter is not None:
            changed.append((setter, int(getter())))
            setter(1)
    try:
        yield
    finally:
        for setter, threads in changed:
            setter(threads)


class Rate(NamedTuple):
    """What one process reaches: its kernel, the rate, the edge of a tile that it was reached at."""

    name: str
    gflops: float
    block: int


def measured() -> Rate:
    """Kernel of this process and its best rate."""
    import numpy as np

    from medtrust.mining.strip import Tiles

    generator = np.random.default_rng(0)
    left, right = generator.standard_normal((2, max(EDGES), DEPTH), dtype=np.float32)
    rates = []
    for edge in EDGES:
        tiles, none = Tiles(edge), np.float32(np.inf)
        tiles.above(left[:edge], right[:edge], none)
        count, started = 0, time.process_time()
        while (spent := time.process_time() - started) < TRIED_S:
            tiles.above(left[:edge], right[:edge], none)
            count += 1
        rates.append(Rate(loaded_kernel(), 2e-9 * count * edge * edge * DEPTH / spent, edge))
    return max(rates, key=lambda rate: rate.gflops)


def _tried(core_type: str) -> Rate | None:
    """What a child process reaches with a core type, or None where it does not come back."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "medtrust.mining.kernel"],
            env=child_environment(core_type), capture_output=True, timeout=60, check=True,
        )  # fmt: skip
        return Rate(*json.loads(done.stdout))
    except (OSError, subprocess.SubprocessError, ValueError, TypeError):
        return None


def _processor_flags() -> frozenset[str]:
    """Instruction sets of this processor as Linux lists them; empty elsewhere."""
    if platform.machine() not in {"x86_64", "AMD64"}:
        return frozenset()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return frozenset()
    flags = next((line for line in lines if line.startswith("flags")), "")
    return frozenset(flags.partition(":")[2].split())


@cache
def _openblas() -> tuple[ctypes.CDLL, ...]:
    """The OpenBLAS libraries that numpy has loaded into this process, found where Linux says."""
    import numpy as np

    np.ones((2, 2)) @ np.ones((2, 2))
    try:
        lines = Path("/proc/self/maps").read_text().splitlines()
    except OSError:
        return ()
    paths = {line.split(maxsplit=5)[-1] for line in lines if "openblas" in line and ".so" in line}
    ours = sorted(path for path in paths if "numpy" in path) or sorted(paths)
    found = []
    for path in ours:
        with suppress(OSError):  # replaced on disk since it was loaded
            found.append(ctypes.CDLL(path))
    return tuple(found)


def _symbol(library: ctypes.CDLL, name: str) -> ctypes._NamedFuncPointer | None:
    for prefix in PREFIXES:
        for suffix in SUFFIXES:
            function = getattr(library, f"{prefix}_{name}{suffix}", None)
            if function is not None:
                return function  # type: ignore[no-any-return]
    return None


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measured()))
