"""Which matrix kernel the workers use, and what is said of a slow one."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from medtrust.mining import kernel
from medtrust.mining.kernel import Kernel, best_kernel, child_environment, usable_core_types


def test_the_best_kernel_is_measured_and_no_slower_than_the_usual_one() -> None:
    found = best_kernel(careful=True)
    assert found.gflops >= found.usual_gflops > 0
    assert (found.core_type is None) == (found.name == found.usual_name)
    assert found.core_type is None or found.core_type in usable_core_types()
    assert best_kernel(careful=True) is found


def test_a_core_type_without_its_instructions_is_never_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kernel, "_processor_flags", lambda: frozenset({"avx2", "fma", "avx512f"}))
    assert usable_core_types() == ("Haswell",)
    monkeypatch.setattr(kernel, "_processor_flags", frozenset)
    assert usable_core_types() == ()


def test_a_child_has_one_thread_and_the_core_type() -> None:
    environment = child_environment("Haswell")
    assert environment["OPENBLAS_NUM_THREADS"] == "1"
    assert environment["OPENBLAS_CORETYPE"] == "Haswell"
    assert child_environment(None).get("OPENBLAS_CORETYPE") == os.environ.get("OPENBLAS_CORETYPE")


@pytest.mark.skipif("Haswell" not in usable_core_types(), reason="this processor has no AVX2")
def test_the_core_type_of_a_child_is_the_kernel_it_reports() -> None:
    code = "from medtrust.mining.kernel import loaded_kernel; print(loaded_kernel())"
    done = subprocess.run(
        [sys.executable, "-c", code], env=child_environment("Haswell"), capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() in {"Haswell", "unknown"}


def test_a_slow_kernel_is_said_with_the_way_out() -> None:
    slow = Kernel("SkylakeX", "SkylakeX", 230.0, 512, "Haswell", 115.0)
    assert slow.sentence is not None
    assert "Haswell kernel here, 2.0 times slower than SkylakeX" in slow.sentence
    assert "OPENBLAS_CORETYPE=SkylakeX" in slow.sentence
    assert Kernel("SkylakeX", None, 230.0, 512, "SkylakeX", 230.0).sentence is None
    plain = Kernel("unknown", None, 2.0, 512, "unknown", 2.0).sentence
    assert plain is not None
    assert "only 2.0 GFLOP/s" in plain


def test_one_thread_is_given_back() -> None:
    code = (
        "from medtrust.mining.kernel import _openblas, _symbol, one_thread\n"
        "def count(): return [_symbol(one, 'get_num_threads')() for one in _openblas()]\n"
        "before = count()\n"
        "with one_thread(): assert set(count()) <= {1}\n"
        "assert count() == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
