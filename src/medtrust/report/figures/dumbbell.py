"""Two values a row, joined: before and after."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Final

from medtrust.report.figures.data import Axis, Row, Value, is_number
from medtrust.report.figures.drawing import (
    BODY,
    EDGE,
    SMALL,
    Drawing,
    clean,
    fitted,
    sentence_instead,
    text_width,
)
from medtrust.report.figures.frame import closing
from medtrust.report.figures.lines import NOTHING
from medtrust.report.figures.scales import Scale, said, scale_of, tick_labels, ticks
from medtrust.report.figures.series import REACH, Series, legend

LABEL: Final = 12.0
"""Size of the names of rows."""
_STEP: Final = 30.0
_MOST_LABEL: Final = 172.0
_NUMBERS: Final = 104.0
"""Room for the numbers at the right."""


def dumbbell(
    rows: Sequence[Row],
    *,
    title: str,
    x: Axis,
    first: str,
    second: str,
    note: str = "",
) -> str:
    """Rows with two values each as SVG text.

    Args:
        rows: From top to bottom; rows of one group stand together.
        title: Above the rows.
        x: What both values are.
        first: Name of the first arm.
        second: Name of the second arm.
        note: Below the rows: n, and what is left out.
    """
    if not any(_there(value) for row in rows for value in (row.first, row.second)):
        return sentence_instead(title, f"{NOTHING} {note}".strip())
    drawing = Drawing(title)
    arms = (Series(first, 0), Series(second, 1))
    scale = _scale(drawing, rows, x)
    top = drawing.bottom = drawing.bottom + 10
    numbers = drawing.width - EDGE
    drawing.bottom += SMALL * 1.2
    heading = f"{first} / {second}"
    if text_width(heading, SMALL) <= _NUMBERS:
        drawing.text(heading, numbers, drawing.bottom - 4, role="quiet", size=SMALL, anchor="end")
    grid = ticks(scale.low, scale.high, unit=x.unit)
    below = drawing.bottom + _height(rows)
    for value in grid:
        drawing.line((scale.place(value), top, scale.place(value), below))
    group = ""
    for row in rows:
        if row.group != group:
            group = row.group
            drawing.bottom += _STEP * 0.8
            heading = fitted(group, drawing.width - 2 * EDGE, SMALL)
            drawing.text(heading, EDGE, drawing.bottom - 6, role="ink", size=SMALL, bold=True)
        _draw(drawing, scale, row, arms, x)
        drawing.say(_told(row, first, second, x))
    _axis(drawing, scale, grid, x)
    legend(drawing, arms)
    gone = sum(
        value is not None and not _there(value) for row in rows for value in (row.first, row.second)
    )
    closing(drawing, note, gone)
    return drawing.finished()


def _scale(drawing: Drawing, rows: Sequence[Row], x: Axis) -> Scale:
    values = [
        end
        for row in rows
        for value in (row.first, row.second)
        if value is not None and _there(value)
        for end in (value.value, *(value.interval or ()))
    ]
    widest = max(text_width(row.label, LABEL) for row in rows)
    left = EDGE + min(_MOST_LABEL, widest) + 16
    return scale_of(x, values, left, drawing.width - EDGE - _NUMBERS - 12)


def _height(rows: Sequence[Row]) -> float:
    headings, group = 0, ""
    for row in rows:
        headings += row.group != group
        group = row.group
    return _STEP * len(rows) + _STEP * 0.8 * headings


def _draw(
    drawing: Drawing, scale: Scale, row: Row, arms: tuple[Series, Series], axis: Axis
) -> None:
    drawing.bottom += _STEP
    y = drawing.bottom - _STEP / 2
    _label(drawing, row.label, y)
    values = (row.first, row.second)
    told = " / ".join(_number(value, axis) for value in values)
    right = drawing.width - EDGE
    drawing.text(told, right, y + BODY * 0.35, role="ink", size=SMALL, anchor="end")
    # each interval on a line of its own, so that two that overlap are seen
    for arm, value, shift in zip(arms, values, (-3.5, 3.5), strict=True):
        if value is not None and _there(value) and value.interval is not None:
            low, high = map(scale.place, value.interval)
            arm.interval(drawing, (low, y + shift, high, y + shift))
    places = [scale.place(value.value) for value in values if value is not None and _there(value)]
    if len(places) == 2 and abs(places[0] - places[1]) > 2 * REACH:
        drawing.line((places[0], y, places[1], y), role="axis")
    for arm, value in zip(arms, values, strict=True):
        if value is not None and _there(value):
            arm.mark(drawing, scale.place(value.value), y)


def _label(drawing: Drawing, label: str, y: float) -> None:
    """One line, or two where it is long."""
    text, most = clean(label), int(_MOST_LABEL / text_width("n", LABEL))
    # about equally long lines, so that no word stands alone
    width = most if len(text) <= most else min(most, len(text) // 2 + 4)
    lines = textwrap.wrap(text, width)
    if len(lines) > 1:
        lines = [lines[0], fitted(" ".join(lines[1:]), _MOST_LABEL, LABEL)]
    first = y + LABEL * (0.35 - 0.58 * (len(lines) - 1))
    for place, line in enumerate(lines):
        drawing.text(line, EDGE, first + place * LABEL * 1.16, size=LABEL)


def _axis(drawing: Drawing, scale: Scale, grid: list[float], x: Axis) -> None:
    base = drawing.bottom
    drawing.line((scale.start, base, scale.stop, base), role="axis")
    for value, label in zip(grid, tick_labels(grid, x.unit), strict=True):
        at = scale.place(value)
        drawing.text(label, at, base + 15, role="quiet", size=SMALL, anchor="middle")
    middle = (scale.start + scale.stop) / 2
    title = fitted(x.title, drawing.width - 2 * EDGE, SMALL)
    drawing.text(title, middle, base + 32, role="quiet", size=SMALL, anchor="middle")
    drawing.bottom = base + 36


def _there(value: Value | None) -> bool:
    return value is not None and is_number(value.value)


def _number(value: Value | None, axis: Axis) -> str:
    return "-" if value is None or not _there(value) else said(value.value, axis.unit)


def _told(row: Row, first: str, second: str, x: Axis) -> str:
    parts = []
    for name, value in ((first, row.first), (second, row.second)):
        if value is None or not _there(value):
            parts.append(f"{name} no value")
            continue
        told = f"{name} {said(value.value, x.unit)}"
        if value.interval is not None:
            told += f" [{said(value.interval[0], x.unit)} to {said(value.interval[1], x.unit)}]"
        parts.append(told if value.n is None else f"{told}, n = {value.n:,}")
    return f"{row.label}: {', '.join(parts)}."
