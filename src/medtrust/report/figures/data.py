"""What charts are drawn of."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Literal

Unit = Literal["fraction", "points", "number"]
"""``fraction`` is read in percent, ``points`` in signed percentage points, ``number`` as it is."""

Style = Literal["solid", "dashed", "dotted", "none"]
"""``dotted`` is for what things are compared with; ``none`` leaves only the points."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis.

    Attributes:
        title: What is measured, in words.
        low: Lower end the axis has at least; None for that of the data.
        high: Upper end the axis has at least; None for that of the data.
        unit: How values are written.
    """

    title: str
    low: float | None = None
    high: float | None = None
    unit: Unit = "fraction"


@dataclass(frozen=True, slots=True)
class Point:
    """One point; an end of an interval that is None is not drawn.

    Attributes:
        low: Lower end of the interval of ``y``.
        high: Upper end of the interval of ``y``.
        label: Written beside it where there is room, and always in the description.
        n: Units that carry it.
        x_low: Lower end of the interval of ``x``.
        x_high: Upper end of the interval of ``x``.
        group: Points of one group share colour and shape.
    """

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    label: str = ""
    n: int | None = None
    x_low: float | None = None
    x_high: float | None = None
    group: str = ""

    @property
    def is_drawable(self) -> bool:
        """Whether it has a place; one that is not finite is left out and counted."""
        return isfinite(self.x) and isfinite(self.y)


@dataclass(frozen=True, slots=True)
class Line:
    """Points that belong together, in the order in which they are joined.

    Attributes:
        style: How they are joined.
        marks: Whether each point is marked, with its interval.
        sizes: Whether the n of each point is written below the axis.
    """

    name: str
    points: tuple[Point, ...]
    style: Style = "solid"
    marks: bool = False
    sizes: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    """A value with its interval and its n."""

    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a dumbbell chart.

    Attributes:
        first: Under the first arm, or None where there is no value.
        second: Under the second arm, or None where there is no value.
        group: Rows of one group stand below a heading of that name.
    """

    label: str
    first: Value | None
    second: Value | None
    group: str = ""
