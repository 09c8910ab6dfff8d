"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from servers.fault_server import FaultServer

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of real data that is never part of the project; skips where it is absent."""
    folder = Path(os.environ.get("MEDTRUST_SHARED", PROJECT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"real data not here: set MEDTRUST_SHARED (looked for {folder.name}/)")
    return folder


@pytest.fixture
def fault_server() -> Iterator[FaultServer]:
    """A real server on this machine; tests set its `default` and its `script`."""
    with FaultServer() as server:
        yield server
