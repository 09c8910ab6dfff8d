"""Counts and missing images."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from medtrust.core.dataset import Dataset
from medtrust.core.records import ImageRef, Kind, Sample
from medtrust.data.census import census
from medtrust.data.check import MissingImage, check
from medtrust.data.counts import CensusRow, compare
from medtrust.data.demographics import age_group, sex

BASE = Sample(
    id="mine:0",
    question="?",
    kind=Kind.OPEN,
    images=(ImageRef("mine:a.png"),),
    cluster="c",
    strata={"dataset": "mine"},
    groups={"sex": "female"},
)


def dataset(*samples: Sample) -> Dataset:
    return Dataset(name="mine", samples=samples, digests={})


def test_a_difference_is_flagged_with_its_size() -> None:
    rows = compare("f", {"rows": 10, "images": 3, "word": "x"}, {"rows": 8, "images": 3, "new": 1})
    assert rows == [
        CensusRow("f", "rows", 10, 8, "differs by -2"),
        CensusRow("f", "images", 3, 3, ""),
        CensusRow("f", "word", "x", 0, "differs"),
        CensusRow("f", "new", None, 1, "no published count"),
    ]
    assert [row.differs for row in rows] == [True, False, True, False]


def test_an_absent_file_differs_from_nothing() -> None:
    (row,) = compare("f", {"rows": 10}, None)
    assert (row.found, row.note, row.differs) == (None, "absent", False)


def test_own_data_are_counted_without_a_published_count() -> None:
    second = replace(BASE, id="mine:1", kind=Kind.YES_NO, groups={}, gold_defect="empty-answer")
    found = {row.what: row.found for row in census(dataset(BASE, second))}
    assert found == {
        "rows": 2,
        "images": 1,
        "clusters": 1,
        "access phi": 2,
        "dataset mine": 2,
        "gold defect empty-answer": 1,
        "kind open": 1,
        "kind yes_no": 1,
        "sex female": 1,
    }


def test_missing_images_are_listed_with_the_questions_that_wait() -> None:
    there = ImageRef("sha256:00", path="/somewhere/b.png")
    samples = [
        BASE,
        replace(BASE, id="mine:1", images=(there,)),
        replace(BASE, id="mine:2", images=(ImageRef("mine:a.png"), ImageRef("mine:a.png"))),
        replace(BASE, id="mine:3", images=(ImageRef("mine:c.png"), ImageRef("blank:8x8"))),
    ]
    assert check(dataset(*samples)) == [
        MissingImage("mine", "a.png", 2),
        MissingImage("mine", "c.png", 1),
    ]


def test_the_set_of_a_cares_key_is_not_repeated_in_the_path() -> None:
    sample = replace(
        BASE, images=(ImageRef("cares:IU-Xray/CXR1/0.png"),), strata={"dataset": "IU-Xray"}
    )
    assert check(dataset(sample)) == [MissingImage("IU-Xray", "CXR1/0.png", 1)]


def test_a_folder_called_like_the_data_set_stays_in_the_path() -> None:
    sample = replace(BASE, images=(ImageRef("own:mine/a.png"),))
    assert check(dataset(sample)) == [MissingImage("mine", "mine/a.png", 1)]


@pytest.mark.parametrize(
    ("age", "group"),
    [
        ("0", "0-9"),
        ("45", "40-49"),
        ("49.5", "40-49"),
        ("50.0", "50-59"),
        ("89", "80-89"),
        ("90", "90+"),
        ("90+", "90+"),
        ("", ""),
        ("old", ""),
        ("-1", ""),
        ("nan", ""),
        ("300", ""),
    ],
)
def test_ages_fall_into_decades(age: str, group: str) -> None:
    assert age_group(age) == group


def test_sex_is_written_in_one_way() -> None:
    assert [sex(value) for value in ("M", "female", "F ", "O", "")] == [
        "male", "female", "female", "", "",
    ]  # fmt: skip


def test_the_package_imports_no_heavy_library() -> None:
    source = Path(sys.modules["medtrust.data.census"].__file__ or "").parent
    for file in source.rglob("*.py"):
        heavy = tuple(
            f"{word} {name}" for word in ("import", "from") for name in ("polars", "torch", "scipy")
        )
        # inside a function they wait until they are needed
        lines = file.read_text(encoding="utf-8").splitlines()
        assert not any(line.startswith(heavy) for line in lines), file
