"""Every recorded case of the released MediConfusion scripts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from medtrust.readers.official.mediconfusion import choice, letter_scores
from medtrust.suites.mediconfusion.released_results import entry, results
from medtrust.suites.mediconfusion.released_scores import (
    Counters,
    Pair,
    counters,
    identity_holds,
    summed,
    tagged,
)
from medtrust.suites.mediconfusion.released_table import printed_table
from parts.mediconfusion_files import load_mediconfusion


def recorded(shared: Path, name: str) -> dict[str, Any]:
    path = shared / "golden" / "mediconfusion" / name
    if not path.is_file():
        pytest.skip(f"the recorded case {name} is not here")
    case = json.loads(path.read_text("utf-8"))
    assert isinstance(case, dict)
    return case


def pair_of(name: str, record: dict[str, Any]) -> Pair:
    return Pair(
        name,
        (record["im_1_correct"], record["im_2_correct"]),
        (tuple(record["category_1"]), tuple(record["category_2"])),
    )


def published(shared: Path) -> tuple[list[Pair], dict[str, int]]:
    """The pairs of the repository and the categories of its statistics."""
    folder = shared / "data" / "mediconfusion" / "data"
    if not (folder / "dataset.json").is_file():
        pytest.skip("the published questions are not here")
    records = json.loads((folder / "dataset.json").read_text("utf-8"))
    tags = json.loads((folder / "stats" / "statistics.json").read_text("utf-8"))
    return [pair_of(name, record) for name, record in records.items()], tags


def counted(pair: Pair, said: Sequence[str], categories: Sequence[str]) -> Counters:
    first, second = (choice(*letter_scores(text)) for text in said)
    return counters(pair, (first, second), categories)


def without_zeros(table: Counters) -> Counters:
    return {
        counter: {category: count for category, count in counts.items() if count}
        for counter, counts in table.items()
    }


def test_every_recorded_answer_is_parsed_as_recorded(shared: Path) -> None:
    rows = recorded(shared, "05_answer_parser.json")["rows"]
    assert len(rows) == 40
    for row in rows:
        scores = letter_scores(row["response"])
        assert scores == (row["A"], row["B"]), row["response"]
        assert choice(*scores) == row["chosen"], row["response"]
        assert (choice(*scores) == "-") == row["invalid"], row["response"]


def test_who_always_says_a_gets_the_recorded_counters_and_table(shared: Path) -> None:
    case = recorded(shared, "02_always_A.json")
    pairs, tags = published(shared)
    categories = list(tags)
    assert [pair.id for pair in pairs] == list(case["answers"])
    table = summed(
        (counted(pair, case["answers"][pair.id], categories) for pair in pairs), categories
    )
    assert table == case["score_table"]
    assert tagged(pairs, categories) == tags
    assert printed_table(table, tags, len(pairs)) == case["printed_table"]
    assert identity_holds(table)


def test_a_result_file_of_who_always_says_a_has_the_recorded_counters(shared: Path) -> None:
    case = recorded(shared, "02_always_A.json")
    published(shared)
    samples = load_mediconfusion(shared / "data" / "mediconfusion").samples
    said = entry("mc", "A")
    assert said is not None
    found = results(samples, {sample.id: said for sample in samples})
    assert (len(found.answers), found.left_out) == (176, 0)
    assert json.dumps(found.score) == json.dumps(case["score_table"])


@pytest.mark.parametrize("name", ["08_category_accounting.json", "10_small_table.json"])
def test_images_with_different_categories_are_counted_as_recorded(shared: Path, name: str) -> None:
    case = recorded(shared, name)
    pairs = {record["id"]: pair_of(record["id"], record) for record in case["samples"]}
    own = [tag for pair in pairs.values() for image in pair.categories for tag in image]
    categories = list(case.get("stats_image_counts", dict.fromkeys(own)))
    parts = []
    for row in case["per_pair"]:
        for text, parsed in zip(row["raw"], row["parsed"], strict=True):
            assert letter_scores(text) == (parsed["A"], parsed["B"])
        part = counted(pairs[row["id"]], row["raw"], categories)
        assert without_zeros(part) == row["score"]
        parts.append(part)
    table = summed(parts, categories)
    assert without_zeros(table) == without_zeros(case["score_table"])
    if "printed_table" in case:
        assert printed_table(table, case["stats_image_counts"], 4) == case["printed_table"]
        assert [list(counts) for counts in table.values()] == [
            list(counts) for counts in case["score_table"].values()
        ]
