"""How one series differs from another: colour, dashes, the shape of its points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from medtrust.report.figures.data import Line
from medtrust.report.figures.drawing import (
    BODY,
    COLOURS,
    DASHES,
    EDGE,
    Drawing,
    fitted,
    number,
    text_width,
)

_SHAPES: Final = ("circle", "square", "triangle", "diamond", "wedge", "cross")
_SAMPLE: Final = 30
REACH: Final = 4.2
"""Half the width of a mark, in pixels."""


@dataclass(frozen=True, slots=True)
class Series:
    """A series in a chart.

    Attributes:
        place: Among the series of the chart, from 0; below 0 for what others are compared with.
        dash: Lengths of dashes; empty for a whole line; None for no line.
    """

    name: str
    place: int
    dash: str | None = None
    marks: bool = True

    @property
    def colour(self) -> int:
        """Place of its colour."""
        return self.place % len(COLOURS)

    @property
    def stroke(self) -> dict[str, str]:
        """Attributes of its line."""
        if self.place < 0:
            return {
                "class": "chart-reference", "stroke": "#56626f", "stroke-width": "1.5",
                "stroke-dasharray": self.dash or "2 3",
            }  # fmt: skip
        return {
            "class": f"chart-stroke-{self.colour}",
            "stroke": COLOURS[self.colour],
            "stroke-width": "2",
            **({"stroke-dasharray": self.dash} if self.dash else {}),
        }

    @property
    def shape(self) -> str:
        """Shape of its marks; another one where a colour is used again."""
        return _SHAPES[(self.place + self.place // len(COLOURS)) % len(_SHAPES)]

    def interval(self, drawing: Drawing, ends: tuple[float, float, float, float]) -> None:
        """Draw the interval of a point, lighter than the point."""
        places = dict(zip(("x1", "y1", "x2", "y2"), map(number, ends), strict=True))
        stroke = {**self.stroke, "stroke-width": "1.6", "stroke-opacity": "0.55"}
        stroke.pop("stroke-dasharray", None)
        drawing.add("line", places | stroke)

    def mark(self, drawing: Drawing, x: float, y: float, *, hollow: bool = False) -> None:
        """Draw a point."""
        colour = COLOURS[self.colour]
        paint = {
            "class": f"chart-{'hollow' if hollow else 'fill'}-{self.colour}",
            "fill": "#ffffff" if hollow else colour,
            "stroke": colour if hollow else "#ffffff",
            "stroke-width": "2" if hollow else "0.8",
        }
        if self.shape == "circle":
            drawing.add("circle", {"cx": number(x), "cy": number(y), "r": number(REACH), **paint})
        else:
            corners = " ".join(
                f"{number(x + dx)},{number(y + dy)}" for dx, dy in _corners(self.shape)
            )
            drawing.add("polygon", {"points": corners, **paint})


def _corners(shape: str) -> tuple[tuple[float, float], ...]:
    r, thin = REACH, REACH * 0.42
    if shape == "square":
        return (-r * 0.9, -r * 0.9), (r * 0.9, -r * 0.9), (r * 0.9, r * 0.9), (-r * 0.9, r * 0.9)
    if shape == "triangle":
        return (0, -r * 1.2), (r * 1.15, r * 0.9), (-r * 1.15, r * 0.9)
    if shape == "wedge":
        return (0, r * 1.2), (r * 1.15, -r * 0.9), (-r * 1.15, -r * 0.9)
    if shape == "diamond":
        return (0, -r * 1.3), (r * 1.3, 0), (0, r * 1.3), (-r * 1.3, 0)
    s = r * 1.15
    return (
        (-thin, -s), (thin, -s), (thin, -thin), (s, -thin), (s, thin), (thin, thin),
        (thin, s), (-thin, s), (-thin, thin), (-s, thin), (-s, -thin), (-thin, -thin),
    )  # fmt: skip


def series_of(lines: Sequence[Line]) -> list[Series]:
    """Series of lines; dotted ones are compared with and take no colour."""
    found: list[Series] = []
    place = references = 0
    for line in lines:
        if line.style == "dotted":
            dash = ("2 3", "1.5 6", "5 5")[references % 3]
            found.append(Series(line.name, -1, dash, marks=False))
            references += 1
            continue
        dashes: str | None = DASHES[place % len(DASHES)]
        if line.style == "none":
            dashes = None
        elif line.style == "dashed":
            dashes = dashes or "7 3"
        found.append(Series(line.name, place, dashes, marks=line.marks))
        place += 1
    return found


def legend(drawing: Drawing, series: Sequence[Series]) -> None:
    """Names of series with samples, in rows below what is there."""
    named = [one for one in series if one.name]
    if not named:
        return
    drawing.bottom += 8
    x, room = float(EDGE), drawing.width - 2 * EDGE
    drawing.bottom += BODY * 1.35
    for one in named:
        name = fitted(one.name, room - _SAMPLE - 8, BODY)
        width = _SAMPLE + 8 + text_width(name, BODY) + 14
        if x > EDGE and x + width > drawing.width - EDGE:
            x = float(EDGE)
            drawing.bottom += BODY * 1.5
        y = drawing.bottom - BODY * 0.62
        if one.dash is not None:
            drawing.path([(x, y), (x + _SAMPLE, y)], one.stroke)
        if one.marks:
            one.mark(drawing, x + _SAMPLE / 2, y)
        drawing.text(name, x + _SAMPLE + 8, drawing.bottom - BODY * 0.25)
        x += width
