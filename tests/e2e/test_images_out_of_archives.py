"""``medtrust data images`` and then ``medtrust data check``, as typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medtrust.cli.main import exit_code
from parts.cares_files import fundus_row, ol3i_row, write_set


def fundus(root: Path, *numbers: int, picture: Any = None) -> list[str]:
    """Files of some patients and the command that writes their images."""
    (root / "npz").mkdir(exist_ok=True)
    for number in numbers:
        made = np.full((32, 32), 90, np.uint8) if picture is None else picture
        np.savez(root / "npz" / f"data_{number:05d}.npz", slo_fundus=made)
    return ["data", "images", "fairvlmed", "--npz", str(root / "npz"), "--out", str(root)]


def test_images_are_missing_are_written_and_are_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_set(tmp_path, "Harvard-FairVLMed", [fundus_row(8001), fundus_row(8002)])
    check = ["data", "check", "--data", f"cares={tmp_path}"]
    assert exit_code(check) == 0
    assert "cares: 2 images are missing." in capsys.readouterr().out
    assert exit_code(fundus(tmp_path, 8001)) == 0
    told = capsys.readouterr().out
    assert "1 images written, 0 kept as they were." in told
    assert "1 of the 2 images that the questions name are there." in told
    assert "1 are missing, e.g. slo_fundus_08002.jpg." in told
    assert exit_code(fundus(tmp_path, 8002)) == 0
    assert "1 images written, 1 kept as they were." in capsys.readouterr().out
    assert exit_code(check) == 0
    assert "cares: 0 images are missing." in capsys.readouterr().out


def test_slices_of_ol3i_come_the_same_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    h5py = pytest.importorskip("h5py")
    write_set(tmp_path, "OL3I", [ol3i_row("Is it?", "A:Yes, B:No", "B:No")])
    with h5py.File(tmp_path / "slices.h5", "w") as file:
        file["ab+c_d="] = np.full((32, 32), -500, np.int16)
    command = ["data", "images", "ol3i", "--h5", str(tmp_path / "slices.h5")]
    assert exit_code([*command, "--out", str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["written"], found["asked"], found["missing"]) == (1, 1, [])
    assert exit_code(["data", "check", "--data", f"cares={tmp_path}"]) == 0
    assert "cares: 0 images are missing." in capsys.readouterr().out


def test_a_damaged_file_is_told_and_the_rest_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = fundus(tmp_path, 8001, 8002)
    (tmp_path / "npz" / "data_08001.npz").write_bytes(b"cut")
    assert exit_code(command) == 0
    told = capsys.readouterr()
    assert told.err == "data_08001.npz: slo_fundus cannot be read (BadZipFile).\n"
    assert "There is no question file beside them" in told.out


def test_many_damaged_files_are_not_all_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = fundus(tmp_path, *range(8001, 8031), picture=np.zeros(4))
    assert exit_code(fundus(tmp_path, 9000)) == 0
    assert exit_code(command) == 0
    assert "... and 10 more such problems.\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["fairvlmed"], "Say what to export from: --npz PATH."),
        (["ol3i", "--npz", "x"], "Say what to export from: --h5 PATH."),
        (["fairvlm", "--npz", "x"], "Unknown images 'fairvlm': did you mean fairvlmed?"),
        (["fairvlmed", "--npz", "absent"], "There is no folder absent"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert exit_code(["data", "images", *arguments, "--out", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"medtrust: {sentence}")
    assert told.count("\n") == 1


def test_nothing_that_could_be_written_is_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(fundus(tmp_path, 8001, picture=np.zeros(4))) == 2
    assert "No image was written. data_08001.npz: slo_fundus has the shape (4,)" in (
        capsys.readouterr().err
    )
