"""The built wheel, installed alone, does the main job from an empty folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> str:
    """Output of a command that must succeed, without this environment's own paths."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTHON") and name != "VIRTUAL_ENV"
    }
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without network from this source tree."""
    folder = tmp_path_factory.mktemp("wheel")
    run(
        sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
        "--no-index", "--wheel-dir", folder, PROJECT, cwd=folder,
    )  # fmt: skip
    (found,) = folder.glob("medtrust-*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the commands of a fresh environment with the wheel.

    Dependencies are borrowed from this environment by path: a path in a .pth file is searched, but
    the .pth files in it (the editable install of this source tree) are not followed.
    """
    folder = tmp_path_factory.mktemp("venv")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    commands = folder / ("Scripts" if os.name == "nt" else "bin")
    python = commands / "python"
    site = Path(
        run(
            python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder
        ).strip()
    )
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    run(
        sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps",
        "--no-index", "--force-reinstall", wheel, cwd=folder,
    )  # fmt: skip
    return commands


def test_data_files_are_inside_and_tests_are_not(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in (
        "medtrust/py.typed",
        "medtrust/data/cares/iuxray_gold.csv",
        "medtrust/report/templates/report.html.jinja",
        "medtrust/report/templates/style.css.jinja",
    ):
        assert name in names
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"medtrust"}
    assert any(name.endswith("/LICENSE") for name in names)


def test_every_file_of_the_package_is_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    source = PROJECT / "src"
    for path in (source / "medtrust").rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            assert path.relative_to(source).as_posix() in names


def test_the_wheel_alone_runs_the_main_job(installed: Path, tmp_path: Path) -> None:
    where = run(installed / "python", "-c", "import medtrust; print(medtrust.__file__)",
                cwd=tmp_path)  # fmt: skip
    assert Path(where.strip()).is_relative_to(installed.parent)
    shutil.copytree(PROJECT / "examples" / "sketches", tmp_path / "mine")
    said = run(
        installed / "python", "-W", "error", "-m", "medtrust.cli.main", "run", "folder",
        "--data", "folder=mine", "--cluster", "patient", "--group", "sex",
        "--model", "simulated/planted", "--out", "out", cwd=tmp_path,
    )  # fmt: skip
    assert "folder/factuality" in said
    assert (tmp_path / "out" / "report.html").stat().st_size > 1_000
    assert (tmp_path / "out" / "estimates.json").is_file()


def test_the_command_is_installed_and_knows_its_names(installed: Path, tmp_path: Path) -> None:
    assert "cares/factuality" in run(installed / "medtrust", "list", cwd=tmp_path)


def test_the_list_of_unusable_golds_is_read_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    script = "from medtrust.data.cares.iuxray import gold_verdicts; print(len(gold_verdicts()))"
    assert int(run(installed / "python", "-c", script, cwd=tmp_path)) == 178
