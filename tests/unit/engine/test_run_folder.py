"""The files of a run: written whole, versioned, and one sentence when they cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from medtrust.core.errors import DataError
from medtrust.core.model import Call
from medtrust.core.records import Answer, Estimate
from medtrust.engine.plan import walk
from medtrust.engine.run_folder import SCHEMA_VERSION, RunFolder, sample_frame, write_whole
from medtrust.engine.tables import CHUNK_ROWS, REQUESTS, SCORES, Columns, Tables
from parts.conversations import dialogues, make_task, sample, single, twice

MANIFEST: dict[str, Any] = {
    "state": "complete",
    "left": None,
    "written": "2026-01-01T00:00:00+00:00",
    "versions": {"medtrust": "0.1.0"},
    "settings": {"model": "simulated/planted"},
    "plan": {"tasks": {"a/b": 1}, "model": "m"},
    "model_ids": {"model": "m"},
    "servers": [],
    "official": {},
    "data": {},
    "notes": [],
    "counts": {},
}


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "run")


def test_a_manifest_comes_back_with_its_schema_version(folder: RunFolder) -> None:
    assert folder.read_manifest() is None
    folder.write_manifest(MANIFEST)
    assert folder.read_manifest() == {**MANIFEST, "schema_version": SCHEMA_VERSION}
    assert not list(folder.path.rglob("*.part"))


def test_a_manifest_of_a_newer_version_is_refused(folder: RunFolder) -> None:
    folder.write_manifest({})
    folder.manifest_path.write_bytes(orjson.dumps({"schema_version": SCHEMA_VERSION + 1}))
    with pytest.raises(DataError, match=r"newer medtrust.*upgrade"):
        folder.read_manifest()


@pytest.mark.parametrize("body", [b"[1]", b'"text"', b'{"name": "another tool"}'])
def test_a_manifest_of_something_else_is_one_sentence(folder: RunFolder, body: bytes) -> None:
    write_whole(folder.manifest_path, body)
    with pytest.raises(DataError, match=r"manifest\.json is no manifest of a run"):
        folder.read_manifest()


@pytest.mark.parametrize("body", [b"{", b"", b"\xff"])
def test_a_broken_manifest_is_one_sentence(folder: RunFolder, body: bytes) -> None:
    write_whole(folder.manifest_path, body)
    with pytest.raises(DataError, match=r"manifest\.json cannot be read"):
        folder.read_manifest()


@pytest.mark.parametrize("schema", ["1", None, True, 1.0, [1]])
def test_a_version_that_is_no_number_is_one_sentence(folder: RunFolder, schema: object) -> None:
    folder.write_manifest({**MANIFEST, "schema_version": schema})
    with pytest.raises(DataError, match=r"manifest\.json is no manifest of a run"):
        folder.read_manifest()


@pytest.mark.parametrize("key", [name for name in MANIFEST if name != "left"])
def test_a_manifest_without_a_key_or_with_an_odd_one_is_one_sentence(
    folder: RunFolder, key: str
) -> None:
    without = {name: value for name, value in MANIFEST.items() if name != key}
    for body in (without, {**MANIFEST, key: None}, {**MANIFEST, key: 1}):
        folder.write_manifest(body)
        with pytest.raises(DataError, match=rf"is damaged: {key} is not there"):
            folder.read_manifest()


def test_an_odd_key_inside_a_manifest_is_named(folder: RunFolder) -> None:
    folder.write_manifest({**MANIFEST, "plan": {"tasks": None}})
    with pytest.raises(DataError, match=r"is damaged: plan\.tasks is not there"):
        folder.read_manifest()


@pytest.mark.parametrize("name", ["samples", "requests", "scores", "estimates"])
def test_a_table_with_other_columns_is_one_sentence(folder: RunFolder, name: str) -> None:
    folder.write_table(name, pl.DataFrame({"other": [1]}))
    with pytest.raises(DataError, match=rf"{name}\.parquet is no table of {name}: column "):
        folder.read_table(name)


def test_a_column_of_another_type_is_one_sentence(folder: RunFolder) -> None:
    frame = folder.write_estimates([Estimate(task="a/b", version=1, metric="m", value=0.5)])
    folder.write_table("estimates", frame.with_columns(pl.col("value").cast(pl.String)))
    with pytest.raises(DataError, match="column value is not there or not of its type"):
        folder.read_table("estimates")


def test_texts_may_be_categories_or_not(folder: RunFolder) -> None:
    folder.write_table("scores", Tables().scores().with_columns(pl.col("task").cast(pl.String)))
    assert folder.read_table("scores").columns == list(SCORES)


@pytest.mark.parametrize(
    ("column", "text"), [("kind", "odd"), ("images", "{"), ("images", "[1]"), ("groups", None)]
)
def test_a_row_that_is_no_sample_is_one_sentence(
    folder: RunFolder, column: str, text: str | None
) -> None:
    frame = sample_frame([sample(1)])
    odd = pl.lit(text, dtype=pl.String).cast(frame.schema[column]).alias(column)
    folder.write_table("samples", frame.with_columns(odd))
    with pytest.raises(DataError, match=r"samples\.parquet is damaged: a row of it is no sample"):
        folder.read_samples()


@pytest.mark.parametrize("name", ["o?", "o*", "[ab]", "~", "~root", "a%20b", "{a,b}"])
def test_the_name_of_a_folder_is_no_pattern(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for number, other in enumerate(["oa", "ob", "a", "b", "a b"]):
        RunFolder(Path(other)).write_samples([sample(number)])
    folder = RunFolder(Path(name))
    folder.write_samples([sample(77)])
    assert [found.id for found in folder.read_samples()] == [sample(77).id]
    assert (tmp_path / name / "samples.parquet").is_file()


def test_a_table_that_is_not_there_is_one_sentence(folder: RunFolder) -> None:
    with pytest.raises(DataError, match="holds no finished run"):
        folder.read_table("scores")


def test_writing_leaves_no_unfinished_file_behind(folder: RunFolder) -> None:
    folder.write_manifest({})
    folder.write_samples([sample(1)])
    folder.write_estimates([Estimate(task="a/b", version=1, metric="m", value=0.5)])
    assert sorted(path.name for path in folder.path.iterdir()) == [
        "estimates.json", "estimates.parquet", "manifest.json", "samples.parquet",
    ]  # fmt: skip


def test_estimates_are_also_a_list_of_json_objects(folder: RunFolder) -> None:
    frame = folder.write_estimates(
        [Estimate(task="a/b", version=1, metric="m", value=None, counts={"ok": 2}, note="why")]
    )
    (row,) = orjson.loads((folder.path / "estimates.json").read_bytes())
    assert (row["value"], row["counts"], row["note"]) == (None, {"ok": 2}, "why")
    assert list(row) == frame.columns


def test_rows_added_over_several_chunks_are_all_there() -> None:
    columns = Columns({"number": pl.Int32(), "word": pl.Categorical()})
    count = 2 * CHUNK_ROWS + 7
    for number in range(count):
        columns.add((number, f"word {number % 3}"))
    frame = columns.frame()
    assert frame.height == count
    assert frame.get_column("number").to_list() == list(range(count))
    assert columns.frame().equals(frame)


def test_empty_tables_have_their_columns() -> None:
    tables = Tables()
    assert tables.scores().columns == list(SCORES)
    assert tables.requests().columns == list(REQUESTS)


def test_tables_are_sorted_however_conversations_end() -> None:
    def gather(order: list[int]) -> tuple[pl.DataFrame, pl.DataFrame]:
        tables = Tables()
        for number in order:
            ((dialogue,),) = dialogues(make_task(twice), [sample(number)])
            while not dialogue.ended:
                dialogue.proceed([Answer("x") for _ in dialogue.calls])
            tables.add(dialogue)
        return tables.scores(), tables.requests()

    forward, backward = gather([0, 1, 2, 3]), gather([3, 1, 2, 0])
    assert forward[0].equals(backward[0])
    assert forward[1].equals(backward[1])
    assert forward[1].get_column("role").to_list() == ["again", "answer"] * 4


def test_a_plan_counts_shared_stored_and_new_requests() -> None:
    samples = [sample(0, "same"), sample(1, "same"), sample(2, "other"), sample(3, "stored")]
    groups = [
        *dialogues(make_task(single, "mine/one"), samples),
        *dialogues(make_task(twice, "mine/two"), samples),
    ]
    asked: list[str] = []

    def lookup(_respondent: str, call: Call) -> Answer | None:
        return Answer("known") if call.request.messages[0].content == ("stored",) else None

    plan = walk(groups, lookup, unknown=lambda _dialogue, _ask, call: asked.append(text(call)))
    # first steps of both tasks are the same requests; only `stored` has a known second step
    # and that too is found stored, since it begins with the same message
    assert asked == ["same", "other"]
    assert plan.naive == 4 + 4 + 1
    assert plan.unique == 3 + 1
    assert plan.stored == 2
    assert plan.to_ask == 2
    assert plan.shared == 5
    assert plan.text_tokens == 1 + 2  # characters / 4, rounded up
    one, two = plan.counts["mine/one", ""], plan.counts["mine/two", ""]
    assert (one.samples, one.requests, one.new) == (4, 4, 3)
    assert (two.samples, two.requests, two.new) == (4, 5, 1)


def text(call: Call) -> str:
    part = call.request.messages[-1].content[0]
    assert isinstance(part, str)
    return part
