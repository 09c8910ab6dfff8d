"""The page about run folders, the schemas in the code and the files of a real run agree."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest

from medtrust.core.records import Estimate
from medtrust.engine.run_folder import ESTIMATES, SAMPLES, SCHEMA_VERSION
from medtrust.engine.tables import REQUESTS, SCORES
from medtrust.run import Run

PAGE = Path(__file__).resolve().parents[3] / "docs" / "run-folder.md"
SCHEMAS = {"samples": SAMPLES, "requests": REQUESTS, "scores": SCORES, "estimates": ESTIMATES}


def section(name: str) -> str:
    """Text below the heading that starts with a file's name."""
    return re.split(rf"^## {re.escape(name)}.*$", PAGE.read_text("utf-8"), flags=re.MULTILINE)[
        1
    ].split("\n## ", 1)[0]


def rows(text: str) -> list[list[str]]:
    """Cells of the first table, without heading and rule."""
    lines = [line for line in text.split("\n") if line.startswith("|")][2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_columns_on_the_page_are_those_of_the_code(name: str) -> None:
    written = [(column, kind) for column, kind, _ in rows(section(f"{name}.parquet"))]
    assert written == [(column, str(kind)) for column, kind in SCHEMAS[name].items()]


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_columns_of_the_code_are_those_of_a_run(name: str, finished: Run) -> None:
    found = pl.read_parquet(finished.folder / f"{name}.parquet")
    assert {column: str(kind) for column, kind in found.schema.items()} == {
        column: str(kind) for column, kind in SCHEMAS[name].items()
    }
    assert found.height > 0


def test_estimates_json_has_the_columns_of_the_table_and_the_fields_of_the_record(
    finished: Run,
) -> None:
    objects = json.loads((finished.folder / "estimates.json").read_text("utf-8"))
    assert {tuple(found) for found in objects} == {tuple(ESTIMATES)}
    assert set(ESTIMATES) == set(Estimate.__dataclass_fields__)
    assert len(objects) == finished.estimates.height


def test_the_keys_on_the_page_are_those_of_a_manifest(finished: Run) -> None:
    manifest = json.loads((finished.folder / "manifest.json").read_text("utf-8"))
    text = section("manifest.json")
    assert sorted(key for key, _ in rows(text)) == sorted(manifest)
    counts = text.split("`counts` holds", 1)[1]
    assert set(manifest["counts"]) <= set(re.findall(r"`(\w+)`", counts))
    plan = next(line for line in text.split("\n") if line.startswith("| `plan`"))[8:]
    assert set(re.findall(r"`(\w+)`", plan)) == set(manifest["plan"])


def test_the_version_on_the_page_is_that_of_the_code(finished: Run) -> None:
    assert f"`schema_version` {SCHEMA_VERSION}." in PAGE.read_text("utf-8")
    kept = json.loads((finished.folder / "manifest.json").read_text("utf-8"))
    assert kept["schema_version"] == SCHEMA_VERSION


def test_every_file_of_a_run_is_on_the_page(finished: Run) -> None:
    told = {row[0] for row in rows(PAGE.read_text("utf-8"))}
    made = {path.name for path in finished.folder.iterdir() if not path.name.startswith(".")}
    assert {name for name in made if not re.search(r"sqlite-(wal|shm)$", name)} <= told
