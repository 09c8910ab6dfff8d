"""Which matrix kernel the BLAS of numpy uses here, how fast it is, and which one is faster.

OpenBLAS picks a kernel by the processor's family when it is loaded, and does not know the newest:
it takes AVX2 on a Zen 5, at half the rate. The variable OPENBLAS_CORETYPE overrules it, but only
before numpy is loaded, hence in a child process. Where the kernel of this process leaves something
to gain, each other is tried in one, for a tenth of a second, and only where the processor says that
it has the instructions.
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
from typing import Final

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
WORTH_SAYING: Final = 1.15
SLOW_GFLOPS: Final = 10.0
TRIED: Final = (768, 512, 768)
"""Rows, depth and columns of the product that is timed."""
REPEATS: Final = 6
PREFIXES: Final = ("scipy_openblas", "openblas")
SUFFIXES: Final = ("64_", "")


@dataclass(frozen=True, slots=True)
class Kernel:
    """The kernel that the workers run with.

    Attributes:
        name: What OpenBLAS calls it; "unknown" for another BLAS.
        core_type: Value of OPENBLAS_CORETYPE that selects it, or None to leave that alone.
        gflops: Rate of one thread, 10^9 float32 operations a second.
        usual_name: The kernel that numpy takes by itself.
        usual_gflops: Its rate.
    """

    name: str
    core_type: str | None
    gflops: float
    usual_name: str
    usual_gflops: float

    @property
    def sentence(self) -> str | None:
        """What a user should know about a slow kernel, or None."""
        times = self.gflops / self.usual_gflops
        if self.core_type is not None:
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
def best_kernel() -> Kernel:
    """Measure the kernel of this process, and others in child processes; remembered here."""
    with one_thread():
        usual_name, usual_gflops = measured()
    name, core_type, gflops = usual_name, None, usual_gflops
    if usual_name != "unknown" and usual_name not in WIDEST:
        for other in usable_core_types():
            found = None if other == usual_name else _tried(other)
            if found is not None and found[0] == other and found[1] > WORTH_SAYING * gflops:
                name, core_type, gflops = other, other, found[1]
    return Kernel(name, core_type, gflops, usual_name, usual_gflops)


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
    return "unknown"


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


def measured() -> tuple[str, float]:
    """Kernel of this process and the rate of its quickest product, after one to warm up."""
    import numpy as np

    rows, depth, columns = TRIED
    generator = np.random.default_rng(0)
    left = generator.standard_normal((rows, depth), dtype=np.float32)
    right = generator.standard_normal((columns, depth), dtype=np.float32)
    out = np.empty((rows, columns), dtype=np.float32)
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        np.matmul(left, right.T, out=out)
        seconds.append(time.perf_counter() - started)
    return loaded_kernel(), 2e-9 * rows * depth * columns / min(seconds[1:])


def _tried(core_type: str) -> tuple[str, float] | None:
    """Name and rate in a child process, or None where it does not come back."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "medtrust.mining.kernel"],
            env=child_environment(core_type), capture_output=True, timeout=60, check=True,
        )  # fmt: skip
        found = json.loads(done.stdout)
        return str(found["name"]), float(found["gflops"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
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
    kernel_name, rate = measured()
    sys.stdout.write(json.dumps({"name": kernel_name, "gflops": rate}))
