"""The field between two axes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from medtrust.report.figures.data import Axis, Point
from medtrust.report.figures.drawing import EDGE, SMALL, Drawing, fitted, text_width
from medtrust.report.figures.scales import Scale, scale_of, tick_labels, ticks


@dataclass(frozen=True, slots=True)
class Field:
    """Where points go."""

    x: Scale
    y: Scale

    def place(self, point: Point) -> tuple[float, float]:
        """Pixels of a point."""
        return self.x.place(point.x), self.y.place(point.y)


def field(drawing: Drawing, x: Axis, y: Axis, points: Iterable[Point], *, height: float) -> Field:
    """Draw axes, grid and their words below what is there.

    Args:
        drawing: The sheet.
        x: To the right.
        y: Upwards; its title stands above it, so that nobody has to turn the head.
        points: That must find room, with their intervals.
        height: Of the field, in pixels.
    """
    listed = list(points)
    ys = [end for point in listed for end in (point.y, *(point.interval or ()))]
    xs = [end for point in listed for end in (point.x, *(point.x_interval or ()))]
    drawing.bottom += 4
    drawing.paragraph(y.title, size=SMALL)
    drawing.bottom += 10
    top, base = drawing.bottom, drawing.bottom + height
    upwards = scale_of(y, ys, base, top)
    heights = ticks(upwards.low, upwards.high, unit=y.unit)
    labels = tick_labels(heights, y.unit)
    left = EDGE + max((text_width(label, SMALL) for label in labels), default=0.0) + 8
    right = drawing.width - EDGE - 14
    across = scale_of(x, xs, left, right)
    for value, label in zip(heights, labels, strict=True):
        at = upwards.place(value)
        drawing.line((left, at, right, at))
        drawing.text(label, left - 8, at + 4, role="quiet", size=SMALL, anchor="end")
    places = ticks(across.low, across.high, unit=x.unit)
    for value, label in zip(places, tick_labels(places, x.unit), strict=True):
        at = across.place(value)
        drawing.line((at, base, at, base + 4), role="axis")
        drawing.text(label, at, base + 17, role="quiet", size=SMALL, anchor="middle")
    drawing.line((left, base, right, base), role="axis")
    title = fitted(x.title, right - left, SMALL)
    drawing.text(title, (left + right) / 2, base + 35, role="quiet", size=SMALL, anchor="middle")
    drawing.bottom = base + 38
    return Field(across, upwards)


def closing(drawing: Drawing, note: str, left_out: int) -> None:
    """Write what must be read with the chart: how many, and what is not in it."""
    told = [note] if note else []
    if left_out:
        told.append(f"{left_out:,} without a finite value are not drawn.")
    if told:
        drawing.bottom += 6
        drawing.paragraph(" ".join(told), size=SMALL)
        drawing.say(" ".join(told))
