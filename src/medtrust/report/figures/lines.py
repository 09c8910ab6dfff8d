"""Curves, and points with intervals along a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from medtrust.report.figures.data import Axis, Line, Point
from medtrust.report.figures.drawing import (
    EDGE,
    SMALL,
    Drawing,
    fitted,
    sentence_instead,
    text_width,
)
from medtrust.report.figures.frame import Field, closing, field
from medtrust.report.figures.scales import said
from medtrust.report.figures.series import Series, legend, series_of
from medtrust.report.figures.thinning import kept_vertices

_UNSEEN: Final = 0.15
"""Pixels by which a curve may move unseen."""

NOTHING: Final = "Nothing is drawn: there are no values."


def line_chart(
    lines: Sequence[Line],
    *,
    title: str,
    x: Axis,
    y: Axis,
    note: str = "",
    height: float = 300,
) -> str:
    """Lines in one field as SVG text.

    Args:
        lines: Drawn in this order; those without a point that can be drawn are left out.
        title: Above the field.
        x: To the right.
        y: Upwards.
        note: Below the field: n, and what is left out.
        height: Of the field, in pixels.
    """
    drawable = [replace(line, points=_drawable(line)) for line in lines]
    left_out = sum(len(line.points) for line in lines) - sum(len(d.points) for d in drawable)
    shown = [line for line in drawable if line.points]
    if all(line.style == "dotted" for line in shown):
        return sentence_instead(title, f"{NOTHING} {note}".strip())
    drawing = Drawing(title)
    where = field(drawing, x, y, (p for line in shown for p in line.points), height=height)
    series = series_of(shown)
    for line, one in zip(shown, series, strict=True):
        _draw(drawing, where, line, one)
        drawing.say(_told(line, x, y))
    for line in shown:
        if line.sizes:
            _sizes(drawing, where, line)
    legend(drawing, series)
    closing(drawing, note, left_out)
    return drawing.finished()


def _drawable(line: Line) -> tuple[Point, ...]:
    return tuple(point for point in line.points if point.is_drawable)


def _draw(drawing: Drawing, where: Field, line: Line, one: Series) -> None:
    places = [where.place(point) for point in line.points]
    if one.dash is not None and len(places) > 1:
        drawing.path(_thinned(places), one.stroke)
    if not one.marks and len(places) > 1:
        return
    for point, (x, _) in zip(line.points, places, strict=True):
        if point.interval is not None:
            low, high = point.interval
            one.interval(drawing, (x, where.y.place(low), x, where.y.place(high)))
    for x, y in places:
        one.mark(drawing, x, y)


def _thinned(places: list[tuple[float, float]]) -> list[tuple[float, float]]:
    across, down = np.array(places).T
    return [places[at] for at in kept_vertices(across, down, unseen=_UNSEEN)]


def _sizes(drawing: Drawing, where: Field, line: Line) -> None:
    """Write the n of each point below the axis, where it does not touch the one before."""
    drawing.bottom += SMALL * 1.7
    base, end = drawing.bottom - 2, 0.0
    name = fitted(f"n, {line.name}", where.x.start - EDGE + 400, SMALL)
    drawing.text(name, EDGE, base, role="quiet", size=SMALL)
    drawing.bottom += SMALL * 1.3
    base = drawing.bottom - 2
    for point in sorted(line.points, key=lambda point: point.x):
        if point.n is None:
            continue
        text = f"{point.n:,}"
        half, at = text_width(text, SMALL) / 2, where.x.place(point.x)
        if at - half >= end:
            drawing.text(text, at, base, role="quiet", size=SMALL, anchor="middle")
            end = at + half + 3


def _told(line: Line, x: Axis, y: Axis) -> str:
    """A line in words: each marked point, or where a curve begins and ends."""
    points = line.points if line.marks and len(line.points) <= 20 else _ends(line.points)
    parts = [f"{_at(point, x, y)}" for point in points]
    return f"{line.name}: {'; '.join(parts)}."


def _ends(points: Sequence[Point]) -> Sequence[Point]:
    return points if len(points) < 3 else (points[0], points[len(points) // 2], points[-1])


def _at(point: Point, x: Axis, y: Axis) -> str:
    told = f"{said(point.y, y.unit)} at {said(point.x, x.unit)}"
    if point.interval is not None:
        told += f" [{said(point.interval[0], y.unit)} to {said(point.interval[1], y.unit)}]"
    return told if point.n is None else f"{told}, n = {point.n:,}"
