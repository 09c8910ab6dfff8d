"""The six published models beside our numbers: what is matched, what is said, what is not."""

from __future__ import annotations

from dataclasses import replace

from medtrust.core.records import Estimate
from medtrust.report import beside_published
from medtrust.report.beside_published import PublishedRow, PublishedTable, published_table
from medtrust.report.findings import Finding, Place

MODELS = ("LLaVA-Med", "Med-Flamingo", "MedVInT", "RadFM", "LLaVA-v1.6", "Qwen-VL-Chat")


def estimate(task: str, metric: str, value: float | None, **changes: object) -> Estimate:
    made = Estimate(
        task=f"cares/{task}", version=1, metric=metric, value=value, low=value, high=value,
        n=100 if value is not None else 0, n_clusters=100, counts={"ok": 100},
        comparable="no: own prompts",
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def table(*estimates: Estimate) -> PublishedTable | None:
    return published_table(estimates[0].task, [Finding(one, Place()) for one in estimates])


def row(*estimates: Estimate) -> PublishedRow:
    found = table(*estimates)
    assert found is not None
    (only,) = found.rows
    return only


IU = estimate("factuality", "accuracy", 0.7, group="dataset=IU-Xray")


def test_a_number_stands_beside_those_of_the_same_set_and_metric() -> None:
    found = row(IU)
    assert (found.table, found.data, found.what) == ("table-15", "IU-Xray", "accuracy")
    assert [number.model if number else "" for number in found.numbers] == list(MODELS)
    assert [beside_published.cell(number) for number in found.numbers] == [
        "66.61", "26.74", "73.34", "26.67", "48.39", "31.17",
    ]  # fmt: skip


def test_what_nobody_published_has_no_row() -> None:
    assert table(replace(IU, group="dataset=my ward")) is None
    assert table(replace(IU, group="")) is None
    assert table(replace(IU, metric="macro_f1")) is None
    assert table(replace(IU, condition="image=blank")) is None
    assert table(replace(IU, task="phantom/factuality")) is None
    assert table(replace(IU, value=None, n=0)) is None


def test_the_official_reading_goes_first_and_the_corrected_one_says_why_it_is_there() -> None:
    official = replace(IU, reading="official", value=0.6, comparable="yes")
    (own,) = row(IU, official).own
    assert own.estimate == official
    assert beside_published.own_said(own) == (
        "official reading; comparable with the published numbers: yes"
    )
    nothing = replace(official, value=None, n=0, counts={"missing:released-script-stops": 9})
    (own,) = row(IU, nothing).own
    assert own.estimate == IU
    assert beside_published.own_said(own) == (
        "corrected reading, since there is no official value (released script stops (9)); "
        "comparable with the published numbers: no: own prompts"
    )


def test_a_published_mean_stands_beside_our_mean_of_the_same_metric_only() -> None:
    mean = estimate(
        "uncertainty", "leaderboard_average", 0.5,
        condition="turns=one", group="metric=uncertainty_accuracy",
    )  # fmt: skip
    found = row(mean)
    assert found.data == "mean of data sets"
    assert [n.printed for n in found.numbers if n and n.note.startswith("misprint")] == ["38.41"]
    other = row(replace(mean, group="metric=over_confident_ratio"))
    assert [n.printed for n in other.numbers if n and n.note.startswith("misprint")] == ["16.96"]
    assert table(replace(mean, condition="turns=two")) is None


def test_known_and_probable_misprints_are_marked_with_their_note() -> None:
    found = row(
        estimate(
            "uncertainty", "over_confident_ratio", 0.2,
            condition="turns=one", group="dataset=HAM10000",
        )
    )  # fmt: skip
    marked = {n.model: n.note for n in found.numbers if beside_published.doubtful(n) and n}
    assert set(marked) == {"MedVInT", "RadFM"}
    assert all("swapped" in note for note in marked.values())
    notes = [beside_published.single_doubt(number, found) for number in found.numbers]
    assert [bool(note) for note in notes] == [False, False, True, True, False, False]


def test_a_gap_by_sex_stands_beside_gaps_by_sex() -> None:
    gap = estimate("fairness", "accuracy_equality_difference", 0.02, group="dataset=OL3I;sex")
    assert row(gap).data == "OL3I, by sex"
    mean = replace(
        gap, metric="leaderboard_average", group="metric=accuracy_equality_difference;age"
    )
    found = row(mean)
    assert found.data == "mean of data sets, by age"
    assert [number.printed for number in found.numbers if number][:2] == ["18.3", "11.8"]
    assert beside_published.shared_doubt(found) == "bins and smallest group not published"


def test_a_table_that_does_not_say_its_sets_stands_beside_each_of_ours() -> None:
    arms = [
        estimate(
            "privacy", "abstention_rate", 0.5,
            condition=f"asked={asked};shots=zero", group=f"dataset={name}",
        )
        for asked in ("marital-status", "number")
        for name in ("IU-Xray", "OL3I")
    ]  # fmt: skip
    found = row(*arms)
    assert found.data == "data sets not stated"
    assert [beside_published.own_name(own, found) for own in found.own] == [
        "IU-Xray, asked for the marital status",
        "OL3I, asked for the marital status",
        "IU-Xray, asked for the social security number",
        "OL3I, asked for the social security number",
    ]
    assert beside_published.own_name(row(arms[0]).own[0], row(arms[0])) == ""


def test_a_mean_of_prompts_stands_beside_our_mean_and_not_beside_its_parts() -> None:
    part = estimate(
        "privacy", "abstention_rate", 0.5, condition="asked=number;shots=zero",
        group="dataset=OL3I",
    )  # fmt: skip
    mean = replace(
        part, metric="leaderboard_average", value=0.4, condition="asked=mean;shots=zero",
        group="metric=abstention_rate",
    )  # fmt: skip
    assert [own.estimate for own in row(part, mean).own] == [mean]
    assert [own.estimate for own in row(part).own] == [part]


def test_other_data_than_the_published_sets_stand_beside_nobody() -> None:
    made = estimate("overcaution", "abstention_rate", 0.1, condition="instruction=report", group="")
    assert table(made) is None
    assert table(replace(made, group="dataset=my ward")) is None
    assert table(replace(made, group="dataset=OL3I")) is not None


def test_a_drop_is_said_to_be_printed_as_one() -> None:
    found = table(
        estimate("noise", "accuracy_change", -0.1, condition="noise=legacy",
                 group="dataset=IU-Xray")
    )  # fmt: skip
    assert found is not None
    ((what, rows),) = found.by_what
    assert what == "change of accuracy, noise as released"
    assert beside_published.how_printed(rows) == "printed in percentage points, as a drop"
    assert [beside_published.cell(number) for number in rows[0].numbers] == [
        "9.33", "3.45", "8.96", "1.38", "-", "-",
    ]  # fmt: skip
    doubts = [beside_published.single_doubt(number, rows[0]) for number in rows[0].numbers]
    assert doubts == ["", "", "", "", "dash: not measured", "dash: not measured"]


def test_what_the_leaderboard_prints_again_has_no_row_of_its_own() -> None:
    mean = estimate("factuality", "leaderboard_average", 0.5, group="metric=accuracy")
    assert row(mean).table == "table-15"
    cautious = estimate("overcaution", "leaderboard_average", 0.5, group="metric=abstention_rate")
    assert row(cautious).table == "leaderboard"
