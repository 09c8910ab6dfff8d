"""CARES fairness: groups of people compared, on made data and on the published ages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from medtrust.core.records import Estimate, Kind, Sample, missing
from medtrust.core.registry import load
from medtrust.core.task import MeasureOptions, Task
from medtrust.engine.tables import REQUESTS
from medtrust.measure import measure
from medtrust.metrics.comparison import difference
from medtrust.metrics.intervals import rate
from medtrust.metrics.ratio import ratio
from medtrust.run import evaluate, plan
from medtrust.suites.cares.factuality import factuality
from medtrust.suites.cares.fairness import FairnessMetrics, fairness
from parts.answered_tasks import estimates_by, held_dialogues, holds, simulated
from parts.cares_files import ham_row, load_cares, mimic_row, ol3i_row, write_set
from parts.questions import (
    choice,
    estimates_of,
    first_ask,
    groups,
    judged,
    named,
    open_ended,
    score_frame,
    scored,
    unanswered,
    yes_no,
)

AED = "accuracy_equality_difference"
DECADES: Mapping[str, int] = {
    "0-9": 23, "10-19": 13, "20-29": 42, "30-39": 108, "40-49": 230, "50-59": 244, "60-69": 157,
    "70-79": 127, "80-89": 54, "90+": 2,
}  # fmt: skip
"""Images of HAM10000 by age; two questions are asked about each."""

SITES = "A:back, B:face, C:foot, D:neck"
NEVI = "A:melanoma, B:melanocytic nevi, C:dermatofibroma, D:vascular lesions"
Rows = list[list[tuple[object, ...]]]


def write_people(root: Path, people: int = 300) -> None:
    """Two questions about the skin of each of many people, and one about a slice of as many."""
    skin, slices = [], []
    for i in range(people):
        about = {"gender": "female" if i % 2 else "male", "age": 20 + i % 60}
        skin += [
            ham_row(f"Where is it ({i})?", SITES, SITES.split(", ")[i // 2 % 4], f"I{i}") | about,
            ham_row(f"What is it ({i})?", NEVI, NEVI.split(", ")[i // 3 % 4], f"I{i}") | about,
        ]
        gold = ("A:Yes", "B:No")[i // 4 % 2]
        image = {"image": f"{i}=.jpg", "gender": about["gender"]}
        slices.append(ol3i_row(f"Is it ({i})?", "A:Yes, B:No", gold, str(about["age"])) | image)
    write_set(root, "HAM10000", skin)
    write_set(root, "OL3I", slices)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("cares")
    write_people(root)
    return root


def test_it_is_a_task_of_the_suite_right_after_factuality() -> None:
    task: Task = load("task", "cares/fairness")
    assert task is fairness
    assert (task.conditions, task.data, task.needs_judge) == (("",), "cares", True)


def test_nothing_is_asked_that_factuality_did_not_ask(people: Path, tmp_path: Path) -> None:
    def count(*tasks: str) -> tuple[int, int]:
        found = plan(
            tasks=tasks, model="simulated/planted", data={"cares": people},
            conditions=("clean",), out=tmp_path,
        )  # fmt: skip
        return found.naive, found.unique

    assert count("cares/factuality") == (900, 900)
    assert count("cares/factuality", "cares/fairness") == (1800, 900)
    sample = load_cares(people).samples[0]
    assert first_ask(fairness, sample) == first_ask(factuality, sample)


def test_only_people_of_whom_something_is_known_are_asked_about() -> None:
    assert fairness.applies(yes_no(1, groups={"sex": "female"}), "")
    assert not fairness.applies(yes_no(1), "")
    instruction = Sample("mine:1", "Describe.", Kind.INSTRUCTION, groups={"sex": "female"})
    assert not fairness.applies(instruction, "")


def about_people(people: Path, **planted: Any) -> list[Estimate]:
    model = simulated(accuracy=0.7, **planted)
    return estimates_by(model, load_cares(people).samples, "cares/fairness")


@pytest.mark.parametrize("dataset", ["HAM10000", "OL3I"])
def test_a_planted_gap_is_found_where_it_was_planted(people: Path, dataset: str) -> None:
    found = about_people(people, gap="sex:female:-0.3")
    where = f"dataset={dataset};sex"
    assert holds(named(found, "accuracy_difference", f"{where}=female-male"), -0.3)
    assert holds(named(found, "accuracy_ratio", f"{where}=female-male"), 0.4 / 0.7)
    worst = named(found, "worst_group_accuracy", where)
    assert worst.note.startswith("sex=female (n = ")
    assert holds(worst, 0.4)
    published = named(found, AED, where)
    assert published.p_value is not None
    assert published.p_value < 0.001
    assert published.value == named(found, "accuracy_gap", where).value
    assert published.value == pytest.approx(
        -(named(found, "accuracy_difference", f"{where}=female-male").value or 0)
    )


@pytest.mark.parametrize("correlation", [0.0, 0.5])
def test_no_gap_is_found_where_none_was_planted(people: Path, correlation: float) -> None:
    found = about_people(people, correlation=correlation)
    for dataset in ("HAM10000", "OL3I"):
        where = f"dataset={dataset};sex"
        assert holds(named(found, "accuracy_difference", f"{where}=female-male"), 0.0)
        assert holds(named(found, "accuracy_ratio", f"{where}=female-male"), 1.0)
        for attribute in ("sex", "age_group"):
            p_value = named(found, AED, f"dataset={dataset};{attribute}").p_value
            assert p_value is not None
            assert p_value > 0.001


def test_a_gap_of_one_age_is_found_against_all_others(people: Path) -> None:
    found = about_people(people, gap="age_group:60-69:-0.4")
    old = named(found, "accuracy_difference", "dataset=HAM10000;age_group=60-69")
    assert holds(old, -0.4)
    assert old.note == "against all others"
    assert old.n == 600
    worst = named(found, "worst_group_accuracy", "dataset=HAM10000;age_group")
    assert worst.note == "age_group=60-69 (n = 100), of 6 groups"
    young = named(found, "accuracy_difference", "dataset=HAM10000;age_group=20-29")
    assert holds(young, 0.4 / 5)


def test_a_constant_answer_shows_a_gap_until_the_mix_of_labels_is_the_same(tmp_path: Path) -> None:
    rows = []
    for i in range(200):
        common, rare = ("B:melanocytic nevi", "A:melanoma")
        female = i % 2 == 0
        gold = common if (i // 2 % 10 < 8) is female else rare
        row = ham_row(f"What is it ({i})?", NEVI, gold, f"I{i}")
        rows.append(row | {"gender": "female" if female else "male"})
    write_set(tmp_path, "HAM10000", rows)
    model = simulated("constant", option="second")
    found = estimates_by(model, load_cares(tmp_path).samples, "cares/fairness")
    where = "dataset=HAM10000;sex"
    assert named(found, AED, where).value == pytest.approx(0.6)
    assert named(found, AED, where).p_value == pytest.approx(1 / 2_001)
    assert named(found, "accuracy", f"{where}=female").value == 0.8
    assert named(found, "majority_baseline", f"{where}=female").value == 0.8
    assert named(found, "majority_baseline", f"{where}=male").note == "always 'melanoma'"
    level = named(found, "accuracy_gap_standardised", where)
    assert level.value == pytest.approx(0.0)
    assert level.p_value == 1.0


def answered(
    by_group: Mapping[str, Sequence[float]], attribute: str = "race", **more: Any
) -> tuple[list[Sample], Rows]:
    """Yes/no questions to which every group's answers were right (1) or wrong (0)."""
    samples: list[Sample] = []
    rows: Rows = []
    for group, all_marks in by_group.items():
        for mark in all_marks:
            sample = yes_no(f"{len(samples)}", True, groups={attribute: group}, **more)
            samples.append(sample)
            rows.append(scored(sample, mark))
    return samples, rows


def marks(right: int, wrong: int) -> list[float]:
    return [1.0] * right + [0.0] * wrong


THREE = {"Asian": marks(30, 10), "Black": marks(20, 20), "White": marks(54, 6)}


def test_of_many_groups_each_is_compared_with_all_the_others() -> None:
    found = estimates_of(FairnessMetrics(), *answered(THREE))
    everybody = np.array([mark for group in THREE.values() for mark in group])
    names = np.repeat(list(THREE), [len(group) for group in THREE.values()])
    codes = np.arange(everybody.size)
    for group in THREE:
        own = names == group
        sides = everybody[own], everybody[~own]
        clusters = {"clusters_first": codes[own], "clusters_second": codes[~own]}
        for metric, known in (
            ("accuracy_difference", difference(*sides, **clusters)),
            ("accuracy_ratio", ratio(*sides, **clusters)),
        ):
            row = named(found, metric, f"race={group}")
            assert (row.value, row.low, row.high) == pytest.approx(
                (known.value, known.low, known.high)
            )
            assert (row.n, row.note) == (140, "against all others")
    assert named(found, "accuracy_difference", "race=Black").value == pytest.approx(0.5 - 0.84)
    assert named(found, "accuracy_ratio", "race=Black").unit == "ratio"


def test_the_worst_group_has_an_interval_that_holds_for_all_groups_at_once() -> None:
    row = named(estimates_of(FairnessMetrics(), *answered(THREE)), "worst_group_accuracy", "race")
    known = rate(np.array(THREE["Black"]), clusters=np.arange(40), level=0.95 ** (1 / 3))
    assert (row.value, row.low, row.high) == (known.value, known.low, known.high)
    assert (row.level, row.n, row.direction) == (0.95, 40, "higher")
    assert row.note == "race=Black (n = 40), of 3 groups"


def test_every_group_counts_in_the_published_difference_and_large_ones_in_the_gap() -> None:
    samples, rows = answered({**THREE, "other": marks(0, 2)})
    found = estimates_of(FairnessMetrics(), samples, rows)
    published, gap = named(found, AED, "race"), named(found, "accuracy_gap", "race")
    assert published.value == pytest.approx(0.9)
    assert published.note == "smallest of 4 groups: other (n = 2)"
    assert (published.direction, published.method, published.n) == ("lower", "max-min", 142)
    assert gap.value == pytest.approx(0.4)
    assert gap.note == "1 groups too few to say"
    assert named(found, "accuracy", "race=other").note == "too few to say"
    few = named(found, "accuracy_difference", "race=other")
    assert few.note == "against all others; too few to say (n = 2 on one side)"
    assert named(found, f"{AED}_noise_floor", "race").n == 142


def test_the_least_size_of_a_group_is_heeded() -> None:
    data = answered({**THREE, "other": marks(0, 2)})
    metric = FairnessMetrics().with_options(MeasureOptions(minimum_n=2))
    found = estimates_of(metric, *data)
    assert named(found, "accuracy_gap", "race").value == pytest.approx(0.9)
    assert named(found, "worst_group_accuracy", "race").value == 0.0
    assert named(found, "accuracy", "race=other").note == ""
    strict = estimates_of(FairnessMetrics(minimum_n=100), *data)
    row = named(strict, "worst_group_accuracy", "race")
    assert (row.value, row.low) == (None, None)
    assert "no group has 100 answers" in row.note
    assert named(strict, AED, "race").value == pytest.approx(0.9)


def test_a_group_of_one_patient_counts_in_the_published_difference() -> None:
    samples, rows = answered({"A": marks(30, 10), "B": marks(0, 40)})
    one = [replace(s, cluster="one") if s.groups["race"] == "B" else s for s in samples]
    found = estimates_of(FairnessMetrics(), one, rows)
    assert named(found, AED, "race").value == pytest.approx(0.75)
    assert named(found, "accuracy_gap", "race").value is None


def ham_samples(minimum_images: int = 0) -> list[Sample]:
    """Questions about as many people of every decade as HAM10000 has, two about each."""
    return [
        yes_no(f"{age}/{i}/{k}", True, cluster=f"{age}/{i}", groups={"age_group": age})
        for age, images in DECADES.items()
        if images >= minimum_images
        for i in range(images)
        for k in range(2)
    ]


@pytest.mark.parametrize(
    ("accuracy", "minimum_images", "points"),
    [(0.5, 0, 30), (0.5, 3, 16), (0.5, 15, 12), (0.35, 0, 28), (0.35, 3, 15), (0.8, 3, 13)],
)
def test_a_fair_model_shows_a_large_difference_on_the_decades_of_ham10000(
    accuracy: float, minimum_images: int, points: int
) -> None:
    samples = ham_samples(minimum_images)
    sizes = np.array([2 * images for images in DECADES.values() if images >= minimum_images])
    rng = np.random.default_rng(0)
    simulated_rates = rng.binomial(sizes, accuracy, (20_000, sizes.size)) / sizes
    expected = float(np.ptp(simulated_rates, axis=1).mean())
    assert round(100 * expected) == points
    # exactly the share of right answers, dealt out at random
    right = rng.permutation(np.arange(len(samples)) < round(accuracy * len(samples)))
    rows = [scored(sample, float(mark)) for sample, mark in zip(samples, right, strict=True)]
    found = estimates_of(FairnessMetrics(), samples, rows)
    floor = named(found, f"{AED}_noise_floor", "age_group").value
    assert floor == pytest.approx(expected, abs=0.012)


def test_the_published_ages_are_those_of_the_real_file(shared: Path) -> None:
    samples = load_cares(shared / "data/cares").samples
    images = {
        sample.cluster: sample.groups["age_group"]
        for sample in samples
        if sample.strata["dataset"] == "HAM10000"
    }
    ages = list(images.values())
    assert {age: ages.count(age) for age in DECADES} == DECADES


def test_a_fair_model_on_the_real_file_is_sixteen_points_apart_without_the_two_oldest_people(
    shared: Path,
) -> None:
    samples = [
        sample
        for sample in load_cares(shared / "data/cares").samples
        if sample.strata["dataset"] == "HAM10000"
    ]
    dialogues = held_dialogues(fairness, samples, simulated(accuracy=0.5))
    rows = [[
        (fairness.name, 1, dialogue.sample.id, "", mark.reading, mark.measure, mark.value,
         mark.status, mark.judge)
        for mark in dialogue.marks or ()
    ] for dialogue in dialogues]  # fmt: skip
    frame = score_frame(row for several in rows for row in several)
    requests = pl.DataFrame(schema=REQUESTS)
    found = list(measure([fairness], frame, requests, samples, MeasureOptions(minimum_n=5)))
    where = "dataset=HAM10000;age_group"
    nine = named(found, "accuracy_gap_noise_floor", where).value
    assert nine == pytest.approx(0.16, abs=0.01)
    assert named(found, "accuracy_gap", where).note == "1 groups too few to say"
    assert named(found, f"{AED}_noise_floor", where).value == pytest.approx(0.295, abs=0.015)
    assert named(found, AED, where).note == "smallest of 10 groups: 90+ (n = 4)"


def test_judge_scores_of_groups_are_means() -> None:
    scores = {"Asian": [0.2, 0.4] * 20, "White": [0.6, 0.8] * 20}
    samples = [
        open_ended(f"{race}{i}", groups={"race": race}) for race in scores for i in range(40)
    ]
    values = [value for group in scores.values() for value in group]
    rows = [judged(sample, value) for sample, value in zip(samples, values, strict=True)]
    found = estimates_of(FairnessMetrics(), samples, rows)
    assert named(found, "judge_score", "race=Asian").value == pytest.approx(0.3)
    change = named(found, "judge_score_difference", "race=Asian-White")
    assert change.value == pytest.approx(-0.4)
    assert change.low is not None
    assert change.high is not None
    assert -0.46 < change.low < -0.4 < change.high < -0.34
    assert named(found, "judge_score_ratio", "race=Asian-White").value == pytest.approx(3 / 7)
    assert named(found, "worst_group_judge_score", "race").value == pytest.approx(0.3)
    published = named(found, AED, "race")
    assert published.value == pytest.approx(0.4)
    assert published.note == "smallest of 2 groups: Asian (n = 40); of mean judge scores"
    assert "own judge prompt" in published.comparable
    assert named(found, "judge_score_gap", "race").value == pytest.approx(0.4)
    assert groups(found, "accuracy_gap") == groups(found, "judge_score_gap_standardised") == set()


def test_marks_of_both_kinds_in_one_part_keep_their_names_apart() -> None:
    samples, rows = answered({"A": marks(30, 10), "B": marks(20, 20)})
    more = [open_ended(f"o{i}", groups={"race": "AB"[i % 2]}) for i in range(80)]
    rows += [judged(sample, 0.5 + 0.2 * (i % 2)) for i, sample in enumerate(more)]
    found = estimates_of(FairnessMetrics(), [*samples, *more], rows)
    assert named(found, AED, "race").value == pytest.approx(0.25)
    assert named(found, "judge_score_equality_difference", "race").value == pytest.approx(0.2)


def by_set(sets: Mapping[str, Mapping[str, Sequence[float]]], attribute: str) -> Any:
    samples: list[Sample] = []
    rows: Rows = []
    for dataset, by_group in sets.items():
        for group, right in by_group.items():
            for mark in right:
                sample = yes_no(
                    len(samples), True, groups={attribute: group}, strata={"dataset": dataset}
                )
                samples.append(sample)
                gone = np.isnan(mark)
                rows.append(unanswered(sample) if gone else scored(sample, mark))
    return samples, rows


TWO_SETS = {
    "HAM10000": {"female": marks(30, 10), "male": marks(20, 20)},
    "OL3I": {"female": marks(4, 16), "male": marks(60, 40)},
}


def test_the_leaderboards_number_is_the_unweighted_mean_over_data_sets() -> None:
    found = estimates_of(FairnessMetrics(), *by_set(TWO_SETS, "sex"))
    row = named(found, "leaderboard_average", f"metric={AED};sex")
    assert row.value == pytest.approx((0.25 + 0.4) / 2)
    assert (row.low, row.high, row.p_value, row.n) == (None, None, None, 200)
    assert row.note == "mean of 2 of the 4 published data sets"
    assert row.comparable == "no: 2 of 4 data sets"
    floors = [named(found, f"{AED}_noise_floor", f"dataset={name};sex").value for name in TWO_SETS]
    mean = named(found, "leaderboard_average_noise_floor", f"metric={AED};sex").value
    assert mean == pytest.approx(sum(floor or 0 for floor in floors) / 2)


def test_all_published_sets_together_have_nothing_said_against_them() -> None:
    sets = dict.fromkeys(("MIMIC-CXR", "Harvard-FairVLMed", "HAM10000"), TWO_SETS["OL3I"])
    found = estimates_of(FairnessMetrics(), *by_set({**sets, **TWO_SETS}, "sex"))
    row = named(found, "leaderboard_average", f"metric={AED};sex")
    assert (row.note, row.comparable) == ("mean of 4 of the 4 published data sets", "")
    assert row.value == pytest.approx((0.4 * 3 + 0.25) / 4)


def test_what_speaks_against_any_set_speaks_against_the_average() -> None:
    samples, rows = by_set({"HAM10000": TWO_SETS["HAM10000"]}, "sex")
    strata = {"dataset": "Harvard-FairVLMed"}
    asked = [
        open_ended(f"o{i}", groups={"sex": ("female", "male")[i % 2]}, strata=strata)
        for i in range(80)
    ]
    rows += [judged(sample, 0.5 + 0.2 * (i % 2)) for i, sample in enumerate(asked)]
    found = estimates_of(FairnessMetrics(), [*samples, *asked], rows)
    row = named(found, "leaderboard_average", f"metric={AED};sex")
    assert row.comparable == "no: own judge prompt, 2 of 4 data sets"


def test_the_average_is_null_with_the_reason_when_a_set_has_no_value() -> None:
    silent = {"female": [np.nan] * 5, "male": marks(2, 2)}
    found = estimates_of(FairnessMetrics(), *by_set({**TWO_SETS, "OL3I": silent}, "sex"))
    published = named(found, AED, "dataset=OL3I;sex")
    assert (published.value, published.note) == (None, "fewer than two groups have answers")
    row = named(found, "leaderboard_average", f"metric={AED};sex")
    assert row.value is None
    assert row.note == "no value for OL3I; mean of 2 of the 4 published data sets"


def test_a_group_that_never_answered_is_named() -> None:
    silent = {**TWO_SETS["OL3I"], "intersex": [np.nan] * 3}
    found = estimates_of(FairnessMetrics(), *by_set({"OL3I": silent}, "sex"))
    note = named(found, AED, "dataset=OL3I;sex").note
    assert note == "smallest of 2 groups: female (n = 20); no answers: intersex"


@pytest.mark.parametrize(
    ("attribute", "published", "said"),
    [
        ("age_group", "age", "no: published bins of ages are not known, 2 of 4 data sets"),
        ("race", "race", ""),
        ("tone", "", ""),
    ],
)
def test_only_published_attributes_and_sets_have_an_average(
    attribute: str, published: str, said: str
) -> None:
    found = estimates_of(FairnessMetrics(), *by_set(TWO_SETS, attribute))
    averages = [row for row in found if row.metric == "leaderboard_average"]
    assert [row.group for row in averages] == ([f"metric={AED};age"] if said else [])
    assert [row.comparable for row in averages] == ([said] if said else [])
    against = named(found, AED, f"dataset=OL3I;{attribute}").comparable
    assert against.startswith("no: published" if published else "no: attribute not published")


def test_data_that_name_no_set_are_one_part_and_have_no_average() -> None:
    found = estimates_of(FairnessMetrics(), *answered(THREE))
    assert named(found, AED, "race").value == pytest.approx(0.4)
    assert not [row for row in found if row.metric.startswith("leaderboard")]


def test_raw_ages_are_no_groups_where_there_are_bins() -> None:
    samples = [
        choice(i, groups={"age": str(40 + i % 10), "age_group": "40-44" if i % 10 < 5 else "45+"})
        for i in range(60)
    ]
    found = estimates_of(FairnessMetrics(), samples, [scored(s, 0.0) for s in samples])
    assert groups(found, AED) == {"age_group"}
    bare = [replace(sample, groups={"age": sample.groups["age"]}) for sample in samples]
    found = estimates_of(FairnessMetrics(), bare, [scored(s, 0.0) for s in bare])
    assert groups(found, AED) == {"age"}


def test_a_released_script_that_stops_leaves_the_official_difference_null(people: Path) -> None:
    found = about_people(people)
    row = named(found, AED, "dataset=HAM10000;sex", reading="official")
    assert row.value is None
    assert set(row.counts) == {missing("released-script-stops-without-option-fields")}
    mean = named(found, "leaderboard_average", f"metric={AED};sex", reading="official")
    assert mean.value is None
    assert mean.note.startswith("no value for HAM10000, OL3I")


def test_open_questions_of_mimic_are_compared_by_race_in_bins_of_age_that_were_typed(
    tmp_path: Path,
) -> None:
    races = ("Asian", "Caucasian", "Hispanic")
    rows = [
        mimic_row(f"What is seen ({i})?", f"Finding {i}.")
        | {"race": races[i % 3], "age": 30 + i % 50, "gender": "FM"[i % 2]}
        | {"subject_id": 10_000_000 + i // 2, "image": f"p1/p{i // 2}/s1/{i}.jpg"}
        for i in range(240)
    ]
    write_set(tmp_path, "MIMIC-CXR", rows)
    found = evaluate(
        tasks="cares/fairness",
        model="simulated/planted",
        model_options={"accuracy": "0.8", "gap": "race:Hispanic:-0.5"},
        judge="simulated/judge",
        data={"cares": tmp_path},
        age_bins="0,40,65",
        minimum_n=10,
        out=tmp_path / "run",
    ).estimates
    rows_of = {
        (row["metric"], row["group"]): row
        for row in found.iter_rows(named=True)
        if row["reading"] == "corrected"
    }
    worst = rows_of["worst_group_judge_score", "dataset=MIMIC-CXR;race"]
    assert worst["note"] == "race=Hispanic (n = 80), of 3 groups"
    assert rows_of[AED, "dataset=MIMIC-CXR;race"]["p_value"] < 0.001
    ages = {group for metric, group in rows_of if metric == "judge_score" and "age_group" in group}
    assert ages == {f"dataset=MIMIC-CXR;age_group={age}" for age in ("0-39", "40-64", "65+")}
    average = rows_of["leaderboard_average", f"metric={AED};race"]
    assert average["note"] == "mean of 1 of the 2 published data sets"
    assert "own judge prompt" in average["comparable"]


def test_groups_too_many_to_be_compared_are_said_and_leave_no_average() -> None:
    sets = {"HAM10000": {"a": marks(3, 1), "b": marks(2, 2)}, "OL3I": {}}
    sets["OL3I"] = {f"age {year}": marks(1, 1) for year in range(21)}
    found = estimates_of(FairnessMetrics(), *by_set(sets, "age_group"))
    for metric in (AED, "accuracy_gap"):
        row = named(found, metric, "dataset=OL3I;age_group")
        assert (row.value, row.n) == (None, 42)
        assert row.note == "21 groups: more than 20 are not compared"
    average = named(found, "leaderboard_average", f"metric={AED};age")
    assert average.value is None
    assert average.note.startswith("no value for OL3I")
    assert not [row for row in found if "=age 3" in row.group]
