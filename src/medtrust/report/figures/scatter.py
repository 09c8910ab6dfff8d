"""One point for each thing compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from medtrust.report.figures.data import Axis, Line, Point
from medtrust.report.figures.drawing import SMALL, Drawing, fitted, sentence_instead, text_width
from medtrust.report.figures.frame import Field, closing, field
from medtrust.report.figures.lines import NOTHING
from medtrust.report.figures.scales import said
from medtrust.report.figures.series import REACH, Series, legend, series_of

MOST_LABELS: Final = 40
"""More points than this are not labelled: nobody could tell which label is whose."""
MOST_INTERVALS: Final = 60
_MOST_TOLD: Final = 30
_LONGEST: Final = 170.0

Box = tuple[float, float, float, float]


def scatter(
    points: Sequence[Point],
    *,
    title: str,
    x: Axis,
    y: Axis,
    lines: Sequence[Line] = (),
    note: str = "",
    labels: bool = True,
    height: float = 340,
) -> str:
    """Points in one field as SVG text.

    Args:
        points: Groups take colours in the order in which they appear.
        title: Above the field.
        x: To the right.
        y: Upwards.
        lines: Drawn below the points, e.g. what guessing reaches.
        note: Below the field: n, and what is left out.
        labels: Whether to write labels where there is room.
        height: Of the field, in pixels.
    """
    shown = [point for point in points if point.is_drawable]
    if not shown:
        return sentence_instead(title, f"{NOTHING} {note}".strip())
    drawing = Drawing(title)
    under = [p for line in lines for p in line.points if p.is_drawable]
    where = field(drawing, x, y, [*shown, *under], height=height)
    backgrounds = series_of(lines)
    for line, one in zip(lines, backgrounds, strict=True):
        drawing.path([where.place(p) for p in line.points if p.is_drawable], one.stroke)
    groups = {
        name: Series(name, at) for at, name in enumerate(dict.fromkeys(p.group for p in shown))
    }
    _draw(drawing, where, shown, groups)
    if labels and len(shown) <= MOST_LABELS:
        _write_labels(drawing, where, shown)
    legend(drawing, [*groups.values(), *backgrounds])
    for sentence in _told(shown, x, y):
        drawing.say(sentence)
    closing(drawing, note, len(points) - len(shown))
    return drawing.finished()


def _draw(
    drawing: Drawing, where: Field, shown: Sequence[Point], groups: dict[str, Series]
) -> None:
    places = [where.place(point) for point in shown]
    if len(shown) <= MOST_INTERVALS:
        for point, (x, y) in zip(shown, places, strict=True):
            one = groups[point.group]
            if point.interval is not None:
                low, high = map(where.y.place, point.interval)
                one.interval(drawing, (x, low, x, high))
            if point.x_interval is not None:
                left, right = map(where.x.place, point.x_interval)
                one.interval(drawing, (left, y, right, y))
    # points of one group on the same spot look like one
    spots = {(p.group, round(x), round(y)): (x, y) for p, (x, y) in zip(shown, places, strict=True)}
    for (group, _, _), (x, y) in spots.items():
        groups[group].mark(drawing, x, y)


def _write_labels(drawing: Drawing, where: Field, shown: Sequence[Point]) -> None:
    """Write each label at the first place beside its point that nothing else takes."""
    places = [where.place(point) for point in shown]
    taken: list[Box] = [(x - REACH, y - REACH, x + REACH, y + REACH) for x, y in places]
    crossed = [box for point in shown for box in _intervals(where, point)]
    for point, (x, y) in zip(shown, places, strict=True):
        if not point.label:
            continue
        text = fitted(point.label, _LONGEST, SMALL)
        around = [place for place in _around(text, x, y) if _inside(place[3], where, drawing.width)]
        # rather across an interval than no label
        free = [place for place in around if _free(place[3], [*taken, *crossed])]
        free += [place for place in around if _free(place[3], taken)]
        if free:
            left, base, anchor, box = free[0]
            drawing.text(text, left, base, role="quiet", size=SMALL, anchor=anchor)
            taken.append(box)


def _inside(box: Box, where: Field, width: float) -> bool:
    return (
        box[0] >= where.x.start
        and box[2] <= width
        and box[1] >= where.y.stop
        and box[3] <= where.y.start
    )


def _intervals(where: Field, point: Point) -> Iterator[Box]:
    x, y = where.place(point)
    if point.interval is not None:
        low, high = map(where.y.place, point.interval)
        yield x - 1, high, x + 1, low
    if point.x_interval is not None:
        left, right = map(where.x.place, point.x_interval)
        yield left, y - 1, right, y + 1


def _around(text: str, x: float, y: float) -> Iterator[tuple[float, float, str, Box]]:
    """Places for a label: right, left, the corners, above, below."""
    width, tall, away = text_width(text, SMALL), SMALL, REACH + 2
    for dx, dy in ((1, 0), (-1, 0), (1, -1), (1, 1), (-1, -1), (-1, 1), (0, -1), (0, 1)):
        left = x - width / 2 if dx == 0 else x + away if dx > 0 else x - away - width
        base = y + tall * 0.35 + dy * tall * 0.95
        anchor = {0: "middle", 1: "start", -1: "end"}[dx]
        at = {0: x, 1: left, -1: left + width}[dx]
        yield at, base, anchor, (left, base - tall, left + width, base + 2)


def _free(box: Box, taken: Sequence[Box]) -> bool:
    return not any(
        box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
        for other in taken
    )


def _told(shown: Sequence[Point], x: Axis, y: Axis) -> Iterator[str]:
    for point in shown[:_MOST_TOLD]:
        name = ", ".join(part for part in (point.label, point.group) if part) or "point"
        told = f"{name}: {x.title} {said(point.x, x.unit)}, {y.title} {said(point.y, y.unit)}"
        if point.interval is not None:
            told += f" [{said(point.interval[0], y.unit)} to {said(point.interval[1], y.unit)}]"
        yield f"{told}." if point.n is None else f"{told}, n = {point.n:,}."
    if len(shown) > _MOST_TOLD:
        yield f"And {len(shown) - _MOST_TOLD:,} more points."
