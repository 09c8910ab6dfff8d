from __future__ import annotations

import pytest

from medtrust.core.records import Estimate
from medtrust.report.findings import Finding, Labels, Place, findings_of, labels_of
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
    assert len(findings_of(finished)) == finished.estimates.height


def test_the_noise_floor_is_read_from_the_gaps_of_a_real_run(finished: Run) -> None:
    gap = next(
        finding
        for finding in findings_of(finished)
        if finding.estimate.metric == "accuracy_gap" and finding.place == Place(attribute="sex")
    )
    assert gap.noise is not None
    assert 0 < gap.noise.floor < 1
    assert 0 < gap.noise.p_value < 0.05


@pytest.mark.parametrize(
    ("said", "p_value"), [("p = 0.000", 0.0005), ("p = 0.020", 0.0205), ("p < 0.001", 0.001)]
)
def test_a_rounded_p_value_is_taken_at_its_upper_end(said: str, p_value: float) -> None:
    note = f"a fair model shows 0.016 on average ({said}); debiased 0.117"
    estimate = Estimate(task="t", version=1, metric="accuracy_gap", value=0.1, n=9, note=note)
    noise = Finding(estimate, Place()).noise
    assert noise is not None
    assert noise.floor == 0.016
    assert noise.p_value == pytest.approx(p_value)
    assert noise.said == said
