"""One real run that every test of the report reads: simulated answers to drawn squares."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from medtrust.run import Run
from runs_to_report.small import small_run


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A complete run; tests do not write into it."""
    return small_run(tmp_path_factory.mktemp("report"))


@pytest.fixture
def copied(finished: Run, tmp_path: Path) -> Path:
    """The folder of the same run, to write into."""
    return Path(shutil.copytree(finished.folder, tmp_path / "copied"))
