"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from medtrust.run import Run
from parts.small_run import small_run
from servers.fault_server import FaultServer

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # started in the background: children would inherit it, and tests interrupt some
    signal.signal(signal.SIGINT, signal.default_int_handler)

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of real data that is never part of the project; skips where it is absent."""
    folder = Path(os.environ.get("MEDTRUST_SHARED", PROJECT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"real data not here: set MEDTRUST_SHARED (looked for {folder.name}/)")
    return folder


@pytest.fixture(scope="session")
def random_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes the folder of a random-weight architecture, once; tests do not write into it."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from parts.random_models import save_random_model

    return cache(lambda name: save_random_model(name, tmp_path_factory.mktemp(name)))


@pytest.fixture
def fault_server() -> Iterator[FaultServer]:
    """A real server on this machine; tests set its `default` and its `script`."""
    with FaultServer() as server:
        yield server


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A complete run of simulated answers to drawn squares; tests do not write into it."""
    return small_run(tmp_path_factory.mktemp("report"))


@pytest.fixture
def copied(finished: Run, tmp_path: Path) -> Path:
    """The folder of the same run, to write into."""
    return Path(shutil.copytree(finished.folder, tmp_path / "copied"))
