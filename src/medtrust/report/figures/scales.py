"""From values to places on paper, with ticks that look right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final

from medtrust.report.figures.data import Axis, Unit, is_number

_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_HAIR: Final = 1e-9
_MARGIN: Final = 0.04
"""Share of the range left free at an end that the data set."""

_MOST_DIGITS: Final = 1e7
"""Larger numbers are written with a power of ten."""

FACTOR: Final = {"fraction": 100.0, "points": 100.0, "number": 1.0}
_END: Final = {"fraction": " %", "points": " points", "number": ""}


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear scale.

    Attributes:
        low: Value at ``start``.
        high: Value at ``stop``; above ``low``.
        start: Place in pixels; larger than ``stop`` where the axis points upwards.
    """

    low: float
    high: float
    start: float
    stop: float
    unit: Unit = "fraction"

    def place(self, value: float) -> float:
        """Pixels of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.stop - self.start)


def scale_of(axis: Axis, values: Iterable[float | None], start: float, stop: float) -> Scale:
    """A scale that holds all finite values and the ends the axis asks for."""
    known = [value for value in values if value is not None and is_number(value)]
    low, high = _range(axis, known)
    return Scale(low, high, start, stop, axis.unit)


def _range(axis: Axis, known: list[float]) -> tuple[float, float]:
    ends = [end for end in (axis.low, axis.high) if end is not None]
    if not [*known, *ends]:
        return 0.0, 1.0
    low, high = min([*known, *ends]), max([*known, *ends])
    if high - low <= _HAIR * max(abs(low), abs(high), 1e-6):
        spread = abs(low) * 0.1 or 1.0
        return low - spread, high + spread
    free = _MARGIN * (high - low)
    return (
        low if axis.low is not None and low >= axis.low else low - free,
        high if axis.high is not None and high <= axis.high else high + free,
    )


def ticks(low: float, high: float, *, unit: Unit = "fraction", about: int = 5) -> list[float]:
    """Round values from ``low`` to ``high``, near ``about`` steps apart.

    Args:
        low: Lower end.
        high: Upper end; above ``low``.
        unit: Percentages are rounded as percentages.
        about: Number of steps wanted.
    """
    factor = FACTOR[unit]
    bottom, top = low * factor, high * factor
    step = _step((top - bottom) / about)
    first, last = ceil(bottom / step - 1e-6), floor(top / step + 1e-6)
    return [number * step / factor for number in range(first, last + 1)]


def _step(rough: float) -> float:
    """The round step next to a rough one."""
    power = 10.0 ** floor(log10(rough))
    return min((step * power for step in _STEPS), key=lambda step: abs(step - rough))


def tick_labels(values: list[float], unit: Unit) -> list[str]:
    """The ticks in words, all with as many decimals as the finest needs."""
    scaled = [value * FACTOR[unit] for value in values]
    end = " %" if unit == "fraction" else ""
    largest = max(map(abs, scaled), default=0.0)
    decimals = next(
        (
            d
            for d in range(7)
            if all(abs(round(v, d) - v) < 1e-7 * max(1.0, abs(v)) for v in scaled)
        ),
        None,
    )
    if decimals is None or largest >= _MOST_DIGITS:
        return [f"{value:.3g}{end}" for value in scaled]
    return [f"{_number(value, decimals, signed=unit == 'points')}{end}" for value in scaled]


def said(value: float, unit: Unit) -> str:
    """A value in words, e.g. ``73.3 %``."""
    if unit == "number":
        return f"{value:.3g}"
    return f"{_number(100 * value, 1, signed=unit == 'points')}{_END[unit]}"


def _number(value: float, decimals: int, *, signed: bool) -> str:
    text = f"{value:,.{decimals}f}"
    if not text.strip("-0.,"):
        return text.removeprefix("-")
    return f"+{text}" if signed and value > 0 else text
