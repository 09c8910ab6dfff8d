"""The published counts of CARES, on the real files (specification, section 3)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from medtrust.core.dataset import Dataset, DataSource
from medtrust.core.records import Access, Kind, Sample
from medtrust.data.cares.iuxray import gold_verdicts
from medtrust.data.cares.loader import load
from medtrust.data.cares.published import PUBLISHED
from medtrust.data.census import census
from medtrust.data.check import check
from medtrust.data.folder import load as load_folder
from medtrust.data.limit import take_first


@pytest.fixture(scope="module")
def cares(shared: Path) -> Dataset:
    return load(DataSource(name="cares", path=shared / "data/cares"))


@pytest.fixture(scope="module")
def by_set(cares: Dataset) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {}
    for sample in cares.samples:
        found.setdefault(sample.strata["dataset"], []).append(sample)
    return found


def test_every_published_count_of_the_four_files_is_met(cares: Dataset) -> None:
    rows = census(cares)
    assert [row for row in rows if row.differs or row.note == "no published count"] == []
    absent = {row.file for row in rows if row.found is None}
    assert absent == {
        "MIMIC-CXR/mimic_factuality.jsonl",
        "OmniMedVQA/omnimedvqa_factuality.jsonl",
        "PMC-OA/pmcoa_factuality.jsonl",
    }
    compared = [row for row in rows if row.found is not None]
    four = ("IU-Xray", "HAM10000", "OL3I", "Harvard-FairVLMed")
    assert len(compared) == sum(len(PUBLISHED[name]) for name in four)


def test_ids_are_unique_and_name_file_and_line(cares: Dataset) -> None:
    ids = [sample.id for sample in cares.samples]
    assert len(set(ids)) == len(ids) == 8411
    assert {"cares/iuxray_factuality:2572", "cares/fundus_factuality:2837"} <= set(ids)


def test_each_set_has_its_kind_and_access(by_set: dict[str, list[Sample]]) -> None:
    found = {
        name: {(sample.kind, sample.access) for sample in samples}
        for name, samples in by_set.items()
    }
    assert found == {
        "IU-Xray": {(Kind.YES_NO, Access.PUBLIC)},
        "HAM10000": {(Kind.CHOICE, Access.PUBLIC)},
        "OL3I": {(Kind.CHOICE, Access.GATED)},
        "Harvard-FairVLMed": {(Kind.OPEN, Access.GATED)},
    }


def test_the_corrected_golds_of_iu_xray(by_set: dict[str, list[Sample]]) -> None:
    samples = by_set["IU-Xray"]
    defects = Counter(sample.gold_defect for sample in samples)
    assert defects == {
        "": 2397,
        "not-in-report": 74,
        "undetermined": 35,
        "masked-question": 20,
        "shifted-list": 20,
        "masked-answer": 18,
        "question-fragment": 3,
        "self-contradicting": 3,
        "empty-question": 2,
        "empty-answer": 1,
    }
    golds = Counter(sample.answer for sample in samples)
    assert golds == {False: 1763, True: 634, None: 176}
    # what a model scores that says no to everything
    assert golds[False] / (golds[False] + golds[True]) == pytest.approx(0.7355, abs=5e-5)


def test_the_gold_list_speaks_of_the_lines_it_names(by_set: dict[str, list[Sample]]) -> None:
    listed = {f"cares/iuxray_factuality:{entry.line}": entry for entry in gold_verdicts().values()}
    for sample in by_set["IU-Xray"]:
        entry = listed.pop(sample.id, None)
        if entry is None:
            assert sample.gold_defect == ""
        elif entry.verdict == "exclude":
            assert (sample.answer, sample.gold_defect) == (None, entry.reason)
        else:
            assert sample.answer is (entry.verdict == "yes")
    assert listed == {}


def test_no_question_holds_its_options_any_more(by_set: dict[str, list[Sample]]) -> None:
    for name in ("IU-Xray", "HAM10000", "OL3I"):
        for sample in by_set[name]:
            assert "<image>" not in sample.question
            assert "Please choose from" not in sample.question
            assert "candidate Options" not in sample.question
    assert len({sample.question for sample in by_set["OL3I"]}) == 24
    # 25 wordings as written, two of which differ by a blank at the end
    assert len({sample.question for sample in by_set["HAM10000"]}) == 24


def test_ol3i_options_split_where_the_naive_split_breaks(by_set: dict[str, list[Sample]]) -> None:
    samples = by_set["OL3I"]
    assert {len(sample.options) for sample in samples} == {2}
    assert sum(", " in "".join(sample.options) for sample in samples) == 431
    assert all((sample.answer == 1) == (sample.source["label"] == "0") for sample in samples)


def test_an_iu_xray_study_is_one_cluster(by_set: dict[str, list[Sample]]) -> None:
    clusters = {sample.cluster for sample in by_set["IU-Xray"]}
    images = {sample.source["image"] for sample in by_set["IU-Xray"]}
    assert len(clusters) <= len(images) == 587


def test_all_images_are_reported_missing_once(cares: Dataset) -> None:
    missing = check(cares)
    assert len(missing) == 587 + 1000 + 1000 + 713
    assert sum(entry.samples for entry in missing) == 8411


def test_a_limit_takes_the_first_of_each_set(cares: Dataset) -> None:
    counts = Counter(sample.strata["dataset"] for sample in take_first(cares.samples, 50))
    assert set(counts) == {"IU-Xray", "HAM10000", "OL3I", "Harvard-FairVLMed"}
    assert all(50 <= count < 60 for count in counts.values())


@pytest.mark.parametrize(
    ("file", "rows", "images", "patients", "kinds"),
    [
        (
            "questions.jsonl",
            2156,
            503,
            185,
            {Kind.CHOICE: 1323, Kind.YES_NO: 782, Kind.OPEN: 51},
        ),
        ("ms_questions.jsonl", 84, 24, 3, {Kind.CHOICE: 48, Kind.YES_NO: 36}),
    ],
)
def test_own_questions_run_unchanged(
    shared: Path, file: str, rows: int, images: int, patients: int, kinds: dict[Kind, int]
) -> None:
    dataset = load_folder(DataSource(name="folder", path=shared / "data/images" / file))
    samples = dataset.samples
    assert len(samples) == rows
    assert len({sample.images[0].path for sample in samples}) == images
    assert len({sample.cluster for sample in samples}) == patients
    assert Counter(sample.kind for sample in samples) == kinds
    assert check(dataset) == []
    assert all(sample.answer is not None and sample.gold_defect == "" for sample in samples)
    assert {name for sample in samples for name in sample.groups} == {"sex", "age_group"}
    strata = {name for sample in samples for name in sample.strata}
    assert {"dataset", "modality", "question_task", "question_type"} <= strata
    assert not any("Answer yes or no" in sample.question for sample in samples)
    assert not any(": " in sample.question for sample in samples if sample.kind is Kind.CHOICE)
    assert {sample.access for sample in samples} == {Access.PHI}
