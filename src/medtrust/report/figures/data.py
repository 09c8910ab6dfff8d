"""What charts are drawn of."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Final, Literal

Unit = Literal["fraction", "points", "number"]
"""``fraction`` is read in percent, ``points`` in signed percentage points, ``number`` as it is."""

Style = Literal["solid", "dashed", "dotted", "none"]
"""``dotted`` is for what things are compared with; ``none`` leaves only the points."""


_LARGEST: Final = 1e100
"""Beyond it differences overflow."""


def is_number(value: float) -> bool:
    """Whether a value has a place on paper."""
    return isfinite(value) and abs(value) <= _LARGEST


def _both(low: float | None, high: float | None) -> tuple[float, float] | None:
    if low is None or high is None or not (is_number(low) and is_number(high)):
        return None
    return low, high


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
        return is_number(self.x) and is_number(self.y)

    @property
    def interval(self) -> tuple[float, float] | None:
        """Interval of ``y``; None where an end is not a number."""
        return _both(self.low, self.high)

    @property
    def x_interval(self) -> tuple[float, float] | None:
        """Interval of ``x``; None where an end is not a number."""
        return _both(self.x_low, self.x_high)


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

    @property
    def interval(self) -> tuple[float, float] | None:
        """Its interval; None where an end is not a number."""
        return _both(self.low, self.high)


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
