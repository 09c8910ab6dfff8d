"""Charts as SVG text: no script, no network, readable in print, in grey and by a screen reader.

`line_chart` draws curves and points with intervals, `scatter` one point for each thing compared,
`dumbbell` two values a row. What is drawn comes as frozen records; what cannot be drawn (no data,
values that are not finite) is said in words. Names are hostile input and are escaped.
"""

from __future__ import annotations

from medtrust.report.figures.data import Axis, Line, Point, Row, Value
from medtrust.report.figures.drawing import inline
from medtrust.report.figures.dumbbell import dumbbell
from medtrust.report.figures.lines import line_chart
from medtrust.report.figures.scatter import scatter
from medtrust.report.figures.thinning import curve

__all__ = [
    "Axis",
    "Line",
    "Point",
    "Row",
    "Value",
    "curve",
    "dumbbell",
    "inline",
    "line_chart",
    "scatter",
]
