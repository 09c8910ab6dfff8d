from __future__ import annotations

from xml.etree import ElementTree as ET

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from medtrust.report.figures import Axis, Line, Point, line_chart, scatter
from medtrust.report.figures.scales import tick_labels, ticks
from medtrust.report.figures.thinning import kept_vertices

FINITE = st.floats(-1e6, 1e6, allow_nan=False)
ANY = st.floats(allow_nan=True, allow_infinity=True)
SVG = "{http://www.w3.org/2000/svg}"


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_lie_inside_at_equal_steps_and_are_told_apart(low: float, width: float) -> None:
    high = low + width
    if width < 1e-6 * abs(low):
        return
    found = ticks(low, high, unit="number")
    assert 2 <= len(found) <= 11
    slack = 1e-5 * width
    assert all(low - slack <= value <= high + slack for value in found)
    steps = np.diff(found)
    assert np.allclose(steps, steps[0], rtol=1e-3)
    if width > 1e-4 * max(1.0, abs(low)):
        labels = tick_labels(found, "number")
        assert len(set(labels)) == len(labels)


@settings(max_examples=60)
@given(st.lists(st.tuples(FINITE, FINITE), min_size=1, max_size=300), st.integers(2, 40))
def test_thinned_curves_keep_their_ends_and_their_order(
    places: list[tuple[float, float]], most: int
) -> None:
    x, y = np.array(places).T
    kept = kept_vertices(x, y, most=most)
    assert kept == sorted(set(kept))
    assert kept[0] == 0
    assert kept[-1] == len(places) - 1
    assert len(kept) <= max(most, min(len(places), 2))


@settings(max_examples=60)
@given(st.lists(st.tuples(ANY, ANY), max_size=20), st.text())
def test_any_points_and_any_name_make_well_formed_charts_inside_the_sheet(
    places: list[tuple[float, float]], name: str
) -> None:
    points = tuple(Point(x, y, label=name, group=name) for x, y in places)
    x, y = Axis(name, unit="number"), Axis("y", unit="number")
    for svg in (
        line_chart([Line(name, points, marks=True)], title=name, x=x, y=y, note=name),
        scatter(points, title=name, x=x, y=y, note=name),
    ):
        root = ET.fromstring(svg)
        width, height = float(root.attrib["width"]), float(root.attrib["height"])
        for mark in root.iter(f"{SVG}circle"):
            assert 0 <= float(mark.attrib["cx"]) <= width
            assert 0 <= float(mark.attrib["cy"]) <= height
