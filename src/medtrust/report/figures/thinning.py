"""Curves of thousands of points drawn with few, so that nobody sees the difference."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Final

import numpy as np

from medtrust.metrics.arrays import FloatArray
from medtrust.report.figures.data import Line, Point, Style

MOST: Final = 200
"""Vertices a curve keeps at most."""


def curve(name: str, x: FloatArray, y: FloatArray, *, style: Style = "solid") -> Line:
    """A line of at most `MOST` points.

    Args:
        name: Of the line.
        x: Finite places from left to right, shape (n,).
        y: Finite values, shape (n,).
        style: How the points are joined.
    """
    spans = [float(np.ptp(values)) or 1.0 if len(values) else 1.0 for values in (x, y)]
    kept = kept_vertices(x / spans[0], y / spans[1])
    return Line(name, tuple(Point(float(x[at]), float(y[at])) for at in kept), style)


def kept_vertices(
    x: FloatArray, y: FloatArray, *, most: int = MOST, unseen: float = 0.0
) -> list[int]:
    """Places of the vertices to keep, ascending; the first and the last are among them.

    The vertex farthest from what is drawn so far is added until enough are there or none is left
    that anybody would miss.

    Args:
        x: Places, shape (n,), in the unit of ``unseen``.
        y: Places, shape (n,).
        most: How many to keep at most; >= 2.
        unseen: Distance that nobody sees.

    Source: Douglas and Peucker 1973, Cartographica 10(2), the worst vertex first.
    """
    n = len(x)
    if n <= 2:
        return list(range(n))
    kept = {0, n - 1}
    waiting: list[tuple[float, int, int, int]] = []
    _offer(waiting, x, y, 0, n - 1)
    while waiting and len(kept) < most:
        negative, worst, left, right = heappop(waiting)
        if -negative <= unseen:
            break
        kept.add(worst)
        _offer(waiting, x, y, left, worst)
        _offer(waiting, x, y, worst, right)
    return sorted(kept)


def _offer(
    waiting: list[tuple[float, int, int, int]], x: FloatArray, y: FloatArray, left: int, right: int
) -> None:
    """Put the vertex farthest from the straight line between two kept ones on the list."""
    if right - left < 2:
        return
    dx, dy = x[right] - x[left], y[right] - y[left]
    across, along = x[left + 1 : right] - x[left], y[left + 1 : right] - y[left]
    length = float(np.hypot(dx, dy))
    away = np.abs(across * dy - along * dx) / length if length else np.hypot(across, along)
    worst = int(np.argmax(away))
    heappush(waiting, (-float(away[worst]), left + 1 + worst, left, right))
