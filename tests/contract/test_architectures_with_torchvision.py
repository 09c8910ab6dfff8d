"""The architectures whose processors need torchvision, in a process of their own that has it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from parts import torchvision_shim

PROJECT = Path(__file__).resolve().parents[2]
FILES = (
    "tests/unit/models/test_random_models.py",
    "tests/contract/test_hf_architectures.py",
    "tests/contract/test_hf_conformance.py",
)


@pytest.mark.skipif(torchvision_shim.is_active(), reason="this is that process")
@pytest.mark.skipif(
    not torchvision_shim.is_installed(),
    reason="no torchvision beside the environment: `make setup` puts it there",
)
def test_they_pass_the_same_tests() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "parts.torchvision_shim", *FILES]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "tests")}
    shown = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0, f"{shown.stdout}\n{shown.stderr}"
