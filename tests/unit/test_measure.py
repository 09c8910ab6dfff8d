"""Scores meet their samples."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from medtrust.core.records import Estimate
from medtrust.engine.tables import REQUESTS
from medtrust.measure import describe, measure, one_per_request
from medtrust.metrics.score_table import clusters_of
from parts.questions import choice, measuring, score_frame, scored, yes_no

NO_REQUESTS = pl.DataFrame(schema=REQUESTS)


def test_every_sample_without_a_cluster_is_a_cluster_of_its_own() -> None:
    samples = [yes_no(1), yes_no(2), yes_no(3, cluster="p"), yes_no(4, cluster="p")]
    codes = clusters_of(describe(samples))
    assert len(set(codes.tolist())) == 3
    assert codes[2] == codes[3]
    assert codes.min() >= 0


def test_groups_and_strata_become_columns_and_stay_empty_where_unknown() -> None:
    samples = [
        yes_no(1, groups={"sex": "female"}, strata={"view": "front"}),
        choice(2, strata={"view": "side", "dataset": "A"}),
    ]
    frame = describe(samples)
    assert frame.columns == [
        "sample", "cluster", "kind", "options", "group:sex", "stratum:dataset", "stratum:view",
    ]  # fmt: skip
    assert frame["group:sex"].to_list() == ["female", None]
    assert frame["stratum:dataset"].to_list() == [None, "A"]
    assert frame["options"].to_list() == [[], list(samples[1].options)]
    assert frame["kind"].to_list() == ["yes_no", "choice"]


def test_pairs_have_a_column_where_there_are_any() -> None:
    frame = describe([yes_no(1, pair="p"), yes_no(2)])
    assert frame["pair"].to_list() == ["p", None]
    assert "pair" not in describe([yes_no(1)]).columns


def test_no_samples_make_an_empty_table_with_its_columns() -> None:
    assert describe([]).columns == ["sample", "cluster", "kind", "options"]


def count(scores: pl.DataFrame) -> Iterator[Estimate]:
    """A metric that says which samples it was shown."""
    names = ",".join(scores["sample"].unique().sort())
    yield Estimate(task="mine/task", version=1, metric="seen", value=None, note=names)


def test_a_task_is_shown_its_own_scores_only() -> None:
    rows = [*scored(yes_no(1), 1.0), *scored(yes_no(2), 1.0, task="other/task")]
    (found,) = measure([measuring(count)], score_frame(rows), NO_REQUESTS, [yes_no(1), yes_no(2)])
    assert found.note == "mine:1"


def requests(*rows: tuple[str, str, str, int, str, str]) -> pl.DataFrame:
    """Rows of sample, condition, role, draw, respondent, request."""
    return pl.DataFrame(
        [("mine/task", *row) for row in rows], schema=REQUESTS, orient="row"
    )  # fmt: skip


SHARED = requests(
    ("mine:1", "", "answer", 0, "model", "r1"),
    ("mine:1", "", "judge", 0, "judge", "j1"),
    ("mine:2", "", "answer", 0, "model", "r1"),
    ("mine:2", "", "answer", 1, "model", "r1"),
    ("mine:3", "", "answer", 0, "model", "r2"),
    ("mine:1", "image=blank", "answer", 0, "model", "r3"),
    ("mine:2", "image=blank", "answer", 0, "model", "r4"),
)


def kept(requests: pl.DataFrame) -> list[tuple[str, str]]:
    rows = [
        row
        for condition in ("", "image=blank")
        for i in (1, 2, 3)
        for row in scored(yes_no(i), 1.0, condition=condition)
    ]
    found = one_per_request(score_frame(rows), requests)
    return sorted(set(found.select("sample", "condition").iter_rows()))


def test_one_answer_that_serves_several_samples_counts_once() -> None:
    assert kept(SHARED) == [
        ("mine:1", ""), ("mine:1", "image=blank"), ("mine:2", "image=blank"), ("mine:3", ""),
    ]  # fmt: skip


def test_all_measures_of_the_sample_that_stays_are_kept() -> None:
    found = one_per_request(score_frame(scored(yes_no(1), 1.0)), SHARED)
    assert sorted(found["measure"].to_list()) == ["correct", "gold", "predicted"]


def test_tasks_are_told_apart_when_they_share_requests() -> None:
    both = pl.concat([SHARED, SHARED.with_columns(task=pl.lit("other/task").cast(pl.Categorical))])
    rows = [*scored(yes_no(1), 1.0), *scored(yes_no(1), 1.0, task="other/task")]
    found = one_per_request(score_frame(rows), both)
    assert sorted(found["task"].unique()) == ["mine/task", "other/task"]


def test_only_tasks_whose_unit_is_the_request_are_thinned_out() -> None:
    samples = [yes_no(i) for i in (1, 2, 3)]
    scores = score_frame(row for sample in samples for row in scored(sample, 1.0))
    for unit, expected in (("sample", "mine:1,mine:2,mine:3"), ("request", "mine:1,mine:3")):
        (found,) = measure([measuring(count, unit=unit)], scores, SHARED, samples)
        assert found.note == expected


def test_released_readings_count_every_row_that_shares_an_answer() -> None:
    samples = [yes_no(i) for i in (1, 2, 3)]
    rows = [row for sample in samples for row in scored(sample, 1.0, reading="official")]
    (found,) = measure([measuring(count, unit="request")], score_frame(rows), SHARED, samples)
    assert found.note == "mine:1,mine:2,mine:3"
