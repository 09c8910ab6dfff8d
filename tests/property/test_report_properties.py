"""Whatever an estimate holds, it is shown with its n or not at all, and its text steers nothing."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from medtrust.core.records import Estimate
from medtrust.report import wording
from medtrust.report.findings import Finding, Labels, Place
from medtrust.report.forest import forest
from medtrust.report.tables import headline_rows

FRACTIONS = st.none() | st.floats(0, 1)
NAMES = st.text(st.characters(exclude_characters=";=", exclude_categories=["Cs"]), min_size=1)

ESTIMATES = st.builds(
    Estimate,
    task=st.just("t"),
    version=st.just(1),
    metric=st.sampled_from(["accuracy", "accuracy_change", "accuracy_gap", "other"]),
    value=FRACTIONS,
    low=FRACTIONS,
    high=FRACTIONS,
    n=st.integers(0, 10**7),
    n_clusters=st.integers(0, 10**7),
    counts=st.dictionaries(st.sampled_from(["ok", "refused", "missing:x"]), st.integers(0, 99)),
    unit=st.sampled_from(["fraction", "s"]),
    note=st.text(),
)


@given(ESTIMATES)
def test_a_value_is_shown_exactly_when_it_has_an_n(estimate: Estimate) -> None:
    said = wording.value_with_interval(estimate)
    assert (said != "-") == (estimate.value is not None and estimate.n > 0)
    if said == "-":
        assert wording.why_nothing(estimate)


@given(st.text())
def test_visible_text_is_one_line_that_steers_nothing(text: str) -> None:
    told = wording.visible(text)
    assert len(told) == len(text)
    assert not {unicodedata.category(letter) for letter in told} & {"Cc", "Cf", "Zl", "Zp", "Cs"}


@given(st.floats(-1, 1))
def test_points_never_say_minus_zero(fraction: float) -> None:
    assert not wording.points(fraction, signed=True).startswith(("-0.0 ", "+0.0 "))


@given(
    strata=st.lists(st.tuples(st.sampled_from(["dataset", "view"]), NAMES), max_size=2),
    group=st.none() | NAMES,
)
def test_a_label_put_together_is_taken_apart_again(
    strata: list[tuple[str, str]], group: str | None
) -> None:
    parts = [f"{name}={value}" for name, value in strata]
    if group is not None:
        parts.append(f"sex={group}")
    labels = Labels(frozenset({"sex"}), frozenset({"dataset", "view"}))
    place = Place(tuple(strata), attribute="sex" if group else "", group=group or "")
    assert labels.place(";".join(parts)) == place


@given(st.lists(ESTIMATES, min_size=1, max_size=4))
def test_the_plot_never_leaves_its_axis_and_never_shows_what_has_no_n(
    estimates: list[Estimate],
) -> None:
    for bar in forest(headline_rows([Finding(estimate, Place()) for estimate in estimates])):
        places = [bar.at, *(end for end in (bar.low, bar.high) if end is not None)]
        assert all(0 <= place <= 100 for place in places)
        assert bar.main.n > 0
        assert "n = " in bar.said
