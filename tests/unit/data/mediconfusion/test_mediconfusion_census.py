"""A copy is counted like the published one, and each difference is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medtrust.cli.main import exit_code
from medtrust.core.errors import DataError
from medtrust.data.census import census
from parts.mediconfusion_files import load_mediconfusion, write_mediconfusion


def test_a_small_copy_is_counted(tmp_path: Path) -> None:
    changes = {0: {"option_A": "Yes", "option_B": "no"}, 2: {"question": "Where is it seen?"}}
    rows = census(load_mediconfusion(write_mediconfusion(tmp_path, 5, changes=changes)))
    found = {row.what: row.found for row in rows}
    wanted = {
        "pairs": 5,
        "images": 8,
        "items": 10,
        "components by shared images": 3,
        "slots tagged Head and Neck": 5,
        "slots tagged Cerebral": 2,
        "pairs with either Head and Neck": 5,
        "pairs with both Head and Neck": 0,
        "slots with 1 tags": 5,
        "slots with 2 tags": 5,
        "slots with 3 tags": 0,
        "pairs with equal categories": 0,
        "images used 1 times": 6,
        "images used 2 times": 2,
        "images of ROCO train": 4,
        "images of ROCO validation": 2,
        "images of ROCO test": 2,
        "yes/no pairs": 1,
        "first image right with A": 3,
        "first image right with B": 2,
        "questions beginning with what": 4,
        "questions beginning with where": 1,
        "pairs of similarity 0.90-0.91": 2,
    }
    assert {what: found[what] for what in wanted} == wanted


def test_the_command_counts_the_differences(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write_mediconfusion(tmp_path, 2)
    assert exit_code(["data", "census", "--data", f"mediconfusion={root}"]) == 0
    told = capsys.readouterr().out
    assert "differs by -174" in told
    assert "counts differ from the published ones" in told


def test_statistics_that_contradict_the_pairs_are_noted(tmp_path: Path) -> None:
    root = write_mediconfusion(tmp_path, 1)
    counted = root / "data" / "stats" / "statistics.json"
    counted.parent.mkdir()
    counted.write_text(json.dumps({"Cerebral": 2, "Head and Neck": 1}), encoding="utf-8")
    assert not any("statistics" in note for note in load_mediconfusion(root).notes)
    counted.write_text(json.dumps({"Cerebral": 1, "Spinal": 4}), encoding="utf-8")
    (note,) = [note for note in load_mediconfusion(root).notes if "statistics" in note]
    assert "Cerebral, Head and Neck, Spinal" in note
    counted.write_text("[1]", encoding="utf-8")
    with pytest.raises(DataError, match=r"statistics.json: an object of counts"):
        load_mediconfusion(root)
