"""``--age-bins`` and ``--minimum-n``: from the command line into the numbers, and again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from medtrust.cli.options import SHARED, settings_of
from medtrust.core.dataset import DECADES, DataSource
from medtrust.core.errors import UserError
from medtrust.core.records import Estimate
from medtrust.core.task import MeasureOptions, Metric
from medtrust.data.folder import load as load_folder
from medtrust.measure import measure
from medtrust.run import Run, evaluate, score
from medtrust.settings import Settings, read_settings
from medtrust.suites.answering_metrics import answer_metrics
from parts.cares_files import load_cares, ol3i_row, write_all_seven, write_set
from parts.questions import measuring, named, score_frame, scored, yes_no

NOTHING: dict[str, Any] = dict.fromkeys(SHARED)
LEAST: dict[str, Any] = {"tasks": ["folder"], "model": "simulated/planted"}


def test_options_of_groups_are_typed() -> None:
    typed = {**NOTHING, **LEAST, "age_bins": "0,18,40,65", "minimum_n": 5}
    found = settings_of(typed, "run")
    assert found.age_bins == (0, 18, 40, 65)
    assert found.minimum_n == 5


def test_decades_and_thirty_are_what_is_not_typed() -> None:
    found = settings_of({**NOTHING, **LEAST}, "run")
    assert found.age_bins == DECADES
    assert found.minimum_n == 30


@pytest.mark.parametrize("written", ['"0, 18, 65"', "[0, 18, 65]"])
def test_a_configuration_file_lists_or_writes_the_bins(tmp_path: Path, written: str) -> None:
    path = tmp_path / "run.toml"
    path.write_text(f'tasks = ["folder"]\nmodel = "a/b"\nage_bins = {written}\nminimum_n = 7\n')
    found = read_settings({}, path)
    assert (found.age_bins, found.minimum_n) == ((0, 18, 65), 7)
    assert read_settings({"age_bins": "0,50"}, path).age_bins == (0, 50)
    assert Settings.model_validate(found.model_dump(mode="json")) == found


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"age_bins": "40,18"}, "Age bins 40,18 are not ascending whole numbers of years"),
        ({"age_bins": "0,18.5"}, "Age bins 0,18.5 are not"),
        ({"minimum_n": 0}, "Setting minimum_n is wrong"),
    ],
)
def test_wrong_options_of_groups_get_one_sentence(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as caught:
        read_settings({"tasks": ("folder",), "model": "a/b", **wrong})
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_cares_puts_ages_into_the_bins_named(tmp_path: Path) -> None:
    write_all_seven(tmp_path)
    ages = ["17", "18", "64", "65", "90+", "?"]
    rows = [ol3i_row(f"Is it {age}?", "A:Yes, B:No", "B:No", age=age) for age in ages]
    write_set(tmp_path, "OL3I", rows)

    def groups(**options: Any) -> list[str | None]:
        found = load_cares(tmp_path, **options).samples
        return [s.groups.get("age_group") for s in found if s.strata["dataset"] == "OL3I"]

    assert groups(age_bins=(0, 18, 65)) == ["0-17", "18-64", "18-64", "65+", "65+", None]
    assert groups() == ["10-19", "10-19", "60-69", "60-69", "90+", None]
    assert groups(age_bins=(18, 95)) == [None, "18-94", "18-94", "18-94", None, None]


def write_folder(folder: Path, ages: list[object]) -> Path:
    path = folder / "questions.jsonl"
    rows = [
        {"question": f"Is it so ({i})?", "answer": "yes" if i % 2 else "no", "age": age}
        for i, age in enumerate(ages)
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return path


def test_an_own_column_of_ages_named_as_a_group_gets_age_groups_beside_it(tmp_path: Path) -> None:
    path = write_folder(tmp_path, [3, "44", "old", None])
    source = DataSource(name="folder", path=path, groups=("age",), age_bins=(0, 40))
    assert [sample.groups for sample in load_folder(source).samples] == [
        {"age": "3", "age_group": "0-39"}, {"age": "44", "age_group": "40+"}, {"age": "old"}, {},
    ]  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Twelve people of seven ages, four of them under 40; groups of five are large enough."""
    folder = tmp_path_factory.mktemp("run")
    ages: list[object] = [20, 25, 30, 35, 40, 45, 45, 50, 50, 50, 60, 60]
    return evaluate(
        tasks="folder/factuality",
        model="simulated/planted",
        data={"folder": write_folder(folder, ages)},
        groups=("age",),
        age_bins=[0, 40],
        minimum_n=5,
        out=folder / "run",
    )


def of_age(run: Run) -> pl.DataFrame:
    return run.estimates.filter(
        pl.col("metric").is_in(["accuracy", "accuracy_gap"]),
        pl.col("condition") == "",
        pl.col("group").str.starts_with("age"),
    )


def notes(run: Run) -> dict[str, str]:
    return dict(of_age(run).select("group", "note").iter_rows())


def test_a_run_compares_the_groups_that_are_large_enough_in_the_bins_named(run: Run) -> None:
    found = notes(run)
    assert found.keys() == {"age_group=0-39", "age_group=40+", "age_group"}
    assert found["age_group=0-39"] == "too few to say"
    assert found["age_group=40+"] == ""
    assert "fewer than two groups can be compared; 1 groups too few to say" in found["age_group"]
    assert not of_age(run)["group"].str.starts_with("age=").any()


def test_scoring_again_heeds_what_the_manifest_keeps(run: Run) -> None:
    before = of_age(run)
    assert run.manifest["settings"]["minimum_n"] == 5
    assert run.manifest["settings"]["age_bins"] == [0, 40]
    path = run.folder / "manifest.json"
    assert of_age(score(run.folder)).equals(before)
    kept = json.loads(path.read_text("utf-8"))
    kept["settings"]["minimum_n"] = 4
    path.write_text(json.dumps(kept), "utf-8")
    found = score(run.folder)
    assert notes(found)["age_group=0-39"] == ""
    assert of_age(found).filter(pl.col("metric") == "accuracy_gap")["value"].is_not_null().all()


class Told:
    """A metric that says what it was told."""

    def __init__(self, minimum_n: int = 0) -> None:
        self.minimum_n = minimum_n

    def with_options(self, options: MeasureOptions) -> Metric:
        return Told(options.minimum_n)

    def __call__(self, _scores: pl.DataFrame) -> Iterator[Estimate]:
        yield Estimate(task="mine/task", version=1, metric="told", value=float(self.minimum_n))


@pytest.mark.parametrize(("options", "told"), [(None, 0.0), (MeasureOptions(minimum_n=3), 3.0)])
def test_a_metric_that_heeds_options_is_told_them(
    options: MeasureOptions | None, told: float
) -> None:
    rows = score_frame(scored(yes_no(1), 1.0))
    requests = pl.DataFrame()
    (found,) = measure([measuring(Told())], rows, requests, [yes_no(1)], options)
    assert found.value == told


def test_groups_may_be_left_out() -> None:
    samples = [yes_no(i, groups={"sex": "female" if i % 2 else "male"}) for i in range(8)]
    rows = score_frame(row for sample in samples for row in scored(sample, 1.0))
    tasks = [measuring(answer_metrics(by=(), whole=True, groups=False))]
    found = list(measure(tasks, rows, pl.DataFrame(), samples))
    assert named(found, "accuracy").n == 8
    assert not [row for row in found if "sex" in row.group]
