from __future__ import annotations

import pytest

from medtrust.core.records import Estimate
from medtrust.report.findings import (
    Finding,
    Labels,
    Place,
    estimates_of,
    findings_of,
    labels_of,
    put_beside,
)
from medtrust.run import Run

LABELS = Labels(frozenset({"sex", "age_group"}), frozenset({"dataset", "modality"}))


@pytest.mark.parametrize(
    ("label", "place"),
    [
        ("", Place()),
        ("dataset=A", Place((("dataset", "A"),))),
        ("dataset=A;sex=female", Place((("dataset", "A"),), attribute="sex", group="female")),
        ("dataset=A;sex", Place((("dataset", "A"),), attribute="sex")),
        ("sex=female-male", Place(attribute="sex", group="female-male")),
        ("modality=CT;kind=choice;option=2",
         Place((("modality", "CT"),), kind="choice", detail="option=2")),
        ("kind=yes_no;answer=yes", Place(kind="yes_no", detail="answer=yes")),
        ("dataset=a;b=c;sex=x;y", Place((("dataset", "a;b=c"),), attribute="sex", group="x;y")),
    ],
)  # fmt: skip
def test_a_label_is_taken_apart_at_known_names_only(label: str, place: Place) -> None:
    assert LABELS.place(label) == place


def test_the_names_come_from_the_samples_of_the_run(finished: Run) -> None:
    labels = labels_of(finished)
    assert labels.attributes == {"sex", "ward"}
    assert labels.strata == {"dataset"}


def test_every_estimate_of_a_run_is_found_once(finished: Run) -> None:
    findings = findings_of(finished)
    beside = sum(len(finding.beside) for finding in findings)
    assert beside > 0
    assert len(findings) + beside == finished.estimates.height


def gap_and_beside(run: Run) -> tuple[Finding, dict[str, float]]:
    """The gap by sex over all data, and its estimates as the file holds them, by metric."""
    gap = next(
        finding
        for finding in findings_of(run)
        if finding.estimate.metric == "accuracy_gap" and finding.place == Place(attribute="sex")
    )
    kept = run.estimates.filter(run.estimates["group"] == "sex")
    return gap, dict(zip(kept["metric"], kept["value"], strict=True))


def test_the_noise_floor_is_read_from_the_gaps_of_a_real_run(finished: Run) -> None:
    gap, kept = gap_and_beside(finished)
    assert gap.noise is not None
    assert gap.noise.floor == kept["accuracy_gap_noise_floor"]
    assert gap.noise.debiased == kept["accuracy_gap_debiased"]
    assert 0 < gap.noise.floor < 1
    assert gap.noise.p_value == gap.estimate.p_value
    assert 0 < gap.noise.p_value < 0.05


def test_a_number_beside_another_belongs_to_the_same_part_and_reading() -> None:
    def gap(metric: str, value: float, **where: str) -> Estimate:
        return Estimate(task="t", version=1, metric=metric, value=value, n=9, p_value=0.02, **where)  # type: ignore[arg-type]

    found = put_beside([
        Finding(gap("accuracy_gap", 0.1, group="sex"), Place(attribute="sex")),
        Finding(gap("accuracy_gap", 0.3, group="age"), Place(attribute="age")),
        Finding(gap("accuracy_gap", 0.5, group="sex", reading="official"), Place(attribute="sex")),
        Finding(gap("accuracy_gap_noise_floor", 0.2, group="age"), Place(attribute="age")),
    ])  # fmt: skip
    floors = [None if finding.noise is None else finding.noise.floor for finding in found]
    assert floors == [None, 0.2, None]


def test_a_number_whose_own_is_not_there_stands_alone() -> None:
    alone = Estimate(task="t", version=1, metric="leak_noise_floor", value=0.1, n=9)
    assert [finding.estimate for finding in put_beside([Finding(alone, Place())])] == [alone]


def test_estimates_of_a_run_without_the_column_have_no_p_value(finished: Run) -> None:
    older = finished.estimates.drop("p_value")
    assert {estimate.p_value for estimate in estimates_of(older)} == {None}
