from __future__ import annotations

import math
import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from medtrust.report.figures import (
    Axis,
    Line,
    Point,
    Row,
    Value,
    curve,
    dumbbell,
    inline,
    line_chart,
    scatter,
)

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</text><script>alert(1)</script>\x1b[31m\u202e\ufffe\x00 & <b onclick='x'>\""

X, Y = Axis("share kept", 0.0, 1.0), Axis("errors", 0.0, 1.0)


def _lines(name: str = "one") -> list[Line]:
    marked = (Point(0.2, 0.3, 0.1, 0.5, n=12), Point(0.8, 0.7, 0.6, 0.9, n=1234))
    return [
        Line(name, marked, marks=True, sizes=True),
        Line("curve", (Point(0.0, 0.1), Point(1.0, 0.4))),
        Line("at random", (Point(0.0, 0.5), Point(1.0, 0.5)), "dotted"),
    ]


def _points(name: str = "one") -> list[Point]:
    return [
        Point(0.6, 0.7, 0.6, 0.8, name, 100, 0.5, 0.7, name),
        Point(0.4, 0.65, None, None, "other", 50, group="other"),
    ]


def _rows(name: str = "one") -> list[Row]:
    return [
        Row(name, Value(0.7, 0.6, 0.8, 100), Value(0.3, 0.2, 0.4, 90), name),
        Row("without one", Value(0.5), None),
    ]


def drawn_lines(name: str = "one") -> str:
    return line_chart(_lines(name), title=name, x=X, y=Y, note=f"n = 100 {name}")


def drawn_points(name: str = "one") -> str:
    return scatter(_points(name), title=name, x=X, y=Y, lines=_lines(name)[2:], note=name)


def drawn_rows(name: str = "one") -> str:
    return dumbbell(_rows(name), title=name, x=X, first="before", second=name, note=name)


CHARTS: list[Callable[[str], str]] = [drawn_lines, drawn_points, drawn_rows]
each_chart = pytest.mark.parametrize("draw", CHARTS)


def written(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


@each_chart
def test_a_chart_is_well_formed_and_has_its_size(draw: Callable[[str], str]) -> None:
    root = ET.fromstring(draw("one"))
    assert root.tag == f"{SVG}svg"
    width, height = root.attrib["width"], root.attrib["height"]
    assert root.attrib["viewBox"] == f"0 0 {width} {height}"
    assert float(height) > 100


@each_chart
def test_a_chart_tells_a_screen_reader_what_it_shows(draw: Callable[[str], str]) -> None:
    root = ET.fromstring(draw("one"))
    assert root.attrib["role"] == "img"
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert root.attrib["aria-labelledby"].split() == [
        title.attrib["id"],
        description.attrib["id"],
    ]
    assert title.text == "one"
    assert "70.0 %" in (description.text or "")


@each_chart
def test_hostile_names_are_text(draw: Callable[[str], str]) -> None:
    svg = draw(HOSTILE)
    tags = {element.tag.removeprefix(SVG) for element in ET.fromstring(svg).iter()}
    assert tags <= {"svg", "title", "desc", "rect", "text", "line", "polyline", "circle", "polygon"}
    assert not set(svg) & {"\x1b", "\u202e", "\ufffe", "\x00"}
    attributes = {name for element in ET.fromstring(svg).iter() for name in element.attrib}
    assert not [name for name in attributes if name.startswith("on") or name in {"href", "style"}]


@each_chart
def test_a_chart_loads_nothing(draw: Callable[[str], str]) -> None:
    svg = draw("one")
    assert re.findall(r"\w+://[^\"]*", svg) == ["http://www.w3.org/2000/svg"]
    assert "url(" not in svg
    assert "http" not in inline(svg)


@each_chart
def test_equal_data_gives_an_equal_chart(draw: Callable[[str], str]) -> None:
    assert draw("one") == draw("one")


@pytest.mark.parametrize(
    "svg",
    [
        line_chart([], title="Empty", x=X, y=Y, note="n = 0."),
        line_chart(_lines()[2:], title="Empty", x=X, y=Y, note="n = 0."),
        scatter([], title="Empty", x=X, y=Y, note="n = 0."),
        scatter([Point(math.nan, 0.5)], title="Empty", x=X, y=Y, note="n = 0."),
        dumbbell([], title="Empty", x=X, first="a", second="b", note="n = 0."),
        dumbbell([Row("a", None, None)], title="Empty", x=X, first="a", second="b", note="n = 0."),
    ],
)
def test_without_data_there_is_a_sentence_instead_of_a_picture(svg: str) -> None:
    texts = written(svg)
    assert texts == ["Empty", "Nothing is drawn: there are no values. n = 0."]


def test_points_that_are_not_finite_are_left_out_and_counted() -> None:
    points = [*_points(), Point(math.nan, 0.5), Point(0.5, math.inf)]
    svg = scatter(points, title="t", x=X, y=Y)
    assert "2 without a finite value are not drawn." in written(svg)
    assert "nan" not in svg
    assert "inf" not in svg.replace("infinite", "")


def test_percentages_are_for_people() -> None:
    texts = written(drawn_lines())
    assert [text for text in texts if text.endswith("%")][:6] == [
        "0 %", "20 %", "40 %", "60 %", "80 %", "100 %",
    ]  # fmt: skip


def test_plain_numbers_have_no_percent_sign() -> None:
    axis = Axis("AUROC", 0.5, 1.0, unit="number")
    texts = written(scatter(_points(), title="t", x=X, y=axis))
    assert {"0.5", "0.6", "1.0"} <= set(texts)


def test_a_value_outside_the_asked_range_is_drawn_inside_the_field() -> None:
    svg = line_chart(
        [Line("a", (Point(0.0, -0.5), Point(1.0, 1.5)))], title="t", x=X, y=Y, height=200
    )
    (line,) = [e for e in ET.fromstring(svg).iter(f"{SVG}polyline") if e.get("stroke") == "#0b5a86"
               and len(e.attrib["points"].split()) == 2][:1]  # fmt: skip
    heights = [float(pair.split(",")[1]) for pair in line.attrib["points"].split()]
    assert heights[0] - heights[1] < 200
    assert heights[0] - heights[1] > 180


def test_a_curve_of_thousands_of_points_has_few_vertices_and_the_same_look() -> None:
    rng = np.random.default_rng(0)
    x = np.arange(1, 20_001) / 20_000
    y = np.cumsum(rng.random(20_000) < 0.4 * x) / np.arange(1, 20_001)
    line = curve("risk", x[20:], y[20:])
    assert len(line.points) <= 200
    drawn = np.interp(x[20:], [p.x for p in line.points], [p.y for p in line.points])
    assert np.abs(drawn - y[20:]).max() < 0.01


def test_long_lines_of_points_are_thinned_when_drawn() -> None:
    line = Line("long", tuple(Point(k / 5000, math.sin(k / 50)) for k in range(5001)))
    svg = line_chart([line], title="t", x=X, y=Axis("y", unit="number"))
    longest = max(
        len(e.attrib["points"].split()) for e in ET.fromstring(svg).iter(f"{SVG}polyline")
    )
    assert longest <= 200


def test_thousands_of_points_on_the_same_spots_are_drawn_once() -> None:
    points = [Point(0.3, 0.4, group="a")] * 3000 + [Point(0.6, 0.7, group="b")]
    svg = scatter(points, title="t", x=X, y=Y)
    # two points, and one sample of the first group in the legend
    assert len(list(ET.fromstring(svg).iter(f"{SVG}circle"))) == 2


def test_series_differ_in_more_than_colour() -> None:
    points = tuple(Point(k / 4, k / 5) for k in range(5))
    lines = [Line(str(k), points) for k in range(6)]
    strokes = {
        (e.get("stroke"), e.get("stroke-dasharray"))
        for e in ET.fromstring(line_chart(lines, title="t", x=X, y=Y)).iter(f"{SVG}polyline")
    }
    assert len({colour for colour, _ in strokes}) == 6
    assert len({dash for _, dash in strokes}) == 6


def test_labels_do_not_lie_on_each_other() -> None:
    points = [Point(0.5 + k / 1000, 0.5, label=f"a long label {k}") for k in range(12)]
    svg = scatter(points, title="t", x=X, y=Y)
    places = [
        (float(e.attrib["x"]), float(e.attrib["y"]), e.get("text-anchor"))
        for e in ET.fromstring(svg).iter(f"{SVG}text")
        if (e.text or "").startswith("a long label")
    ]
    assert 1 <= len(places) == len(set(places)) < 12
    description = ET.fromstring(svg).find(f"{SVG}desc")
    assert description is not None
    assert all(f"a long label {k}" in (description.text or "") for k in range(12))


def test_a_dumbbell_says_where_a_value_is_missing() -> None:
    svg = drawn_rows()
    assert "50.0 % / -" in written(svg)
    description = ET.fromstring(svg).find(f"{SVG}desc")
    assert description is not None
    assert "without one: before 50.0 %, one no value." in (description.text or "")


@each_chart
def test_names_without_end_are_cut(draw: Callable[[str], str]) -> None:
    name = "W" * 3000
    widths = [
        0.53 * float(element.attrib["font-size"]) * len(element.text or "")
        for element in ET.fromstring(draw(name)).iter(f"{SVG}text")
    ]
    assert max(widths) <= 580


def test_sizes_stand_below_the_axis() -> None:
    assert {"n, one", "12", "1,234"} <= set(written(drawn_lines()))
