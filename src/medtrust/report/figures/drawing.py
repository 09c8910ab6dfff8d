"""The sheet a chart is drawn on: elements, colours, text that never leaves the sheet.

Colours are presentation attributes, so that a file looks right in any viewer, and classes, so that
a page can give its own colours for a dark screen. Lines and points differ in dashes and shapes,
too, so that they are told apart in grey. All text goes through the XML writer and never through
string formatting.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence
from hashlib import sha256
from typing import Final
from xml.etree import ElementTree as ET

from medtrust.report import wording

WIDTH: Final = 580
EDGE: Final = 12
BODY: Final = 13
SMALL: Final = 11.5
_TITLE: Final = 15
_FONT: Final = "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
_WIDE: Final = 0.53
"""Mean width of a letter, as a share of the size of the font; rather too wide than too narrow."""

_LONGEST: Final = 300
"""Letters of a name that are looked at; no sheet has room for more."""

NAMESPACE: Final = "http://www.w3.org/2000/svg"

COLOURS: Final = ("#0b5a86", "#d97706", "#6b4fa0", "#1a9a83", "#18222d", "#c2568b")
"""Of series; blue, orange, purple, green, ink, rose: apart for the colour-blind and in grey."""
DASHES: Final = ("", "7 3", "14 4", "9 3 2 3", "4 3", "12 3 2 3 2 3")
_INK: Final = {
    "page": {"fill": "#ffffff"},
    "ink": {"fill": "#18222d"},
    "quiet": {"fill": "#56626f"},
    "grid": {"stroke": "#d5dce3", "stroke-width": "1"},
    "axis": {"stroke": "#56626f", "stroke-width": "1"},
    "reference": {"stroke": "#56626f", "stroke-width": "1.5", "stroke-dasharray": "2 3"},
}


def text_width(text: str, size: float) -> float:
    """Pixels a text takes, roughly; wide letters count twice."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return (len(text) + wide) * size * _WIDE


def fitted(text: str, width: float, size: float) -> str:
    """Text cut to a width, on one line and without letters that steer."""
    shown = clean(text[:_LONGEST])
    while len(shown) > 4 and text_width(shown, size) > width:
        shown = f"{shown.rstrip('.')[:-1].rstrip()}..." if shown else shown
    return shown


def clean(text: str) -> str:
    """Text that XML may hold and that steers nothing."""
    return "".join(
        letter if ord(letter) & 0xFFFE != 0xFFFE else "\N{REPLACEMENT CHARACTER}"
        for letter in wording.visible(text)
    )


class Drawing:
    """A sheet that grows downwards.

    Attributes:
        bottom: Where the next part begins, in pixels.
    """

    def __init__(self, title: str, *, width: int = WIDTH) -> None:
        self.width = width
        self.title = clean(title)
        self.bottom = float(EDGE)
        self._said: list[str] = []
        self._root = ET.Element("svg", {"xmlns": NAMESPACE, "role": "img"})
        self._names = [ET.SubElement(self._root, name) for name in ("title", "desc")]
        self._sheet = self.add("rect", {"class": "chart-page", "width": str(width), "fill": "#fff"})
        self.paragraph(title, size=_TITLE, role="ink", bold=True)

    def add(self, tag: str, attributes: dict[str, str]) -> ET.Element:
        """Put an element on the sheet."""
        return ET.SubElement(self._root, tag, attributes)

    def say(self, sentence: str) -> None:
        """Add a sentence to the description."""
        self._said.append(clean(sentence))

    def text(
        self,
        text: str,
        x: float,
        y: float,
        *,
        role: str = "ink",
        size: float = BODY,
        anchor: str = "start",
        bold: bool = False,
    ) -> None:
        """Write one line; ``y`` is its base line."""
        attributes = {
            "class": f"chart-{role}",
            "x": number(x),
            "y": number(y),
            "font-size": number(size),
            **_INK[role],
        }
        if anchor != "start":
            attributes["text-anchor"] = anchor
        if bold:
            attributes["font-weight"] = "600"
        self.add("text", attributes).text = clean(text)

    def paragraph(
        self, text: str, *, size: float = BODY, role: str = "quiet", bold: bool = False
    ) -> None:
        """Write lines from edge to edge below what is there."""
        most = int((self.width - 2 * EDGE) / (size * _WIDE))
        for line in textwrap.wrap(clean(text), most):
            self.bottom += size * 1.3
            self.text(line, EDGE, self.bottom - size * 0.25, role=role, size=size, bold=bold)

    def line(self, ends: tuple[float, float, float, float], *, role: str = "grid") -> None:
        """A straight line from (x, y) to (x, y)."""
        places = dict(zip(("x1", "y1", "x2", "y2"), map(number, ends), strict=True))
        self.add("line", {"class": f"chart-{role}", **places, **_INK[role]})

    def path(self, points: Sequence[tuple[float, float]], stroke: dict[str, str]) -> None:
        """Join points."""
        places = " ".join(f"{number(x)},{number(y)}" for x, y in points)
        self.add(
            "polyline", {"points": places, "fill": "none", "stroke-linejoin": "round", **stroke}
        )

    def finished(self) -> str:
        """The SVG text, with its size and its description."""
        height = number(self.bottom + EDGE)
        description = " ".join(self._said)
        mark = sha256(f"{self.title}\n{description}".encode()).hexdigest()[:10]
        for element, said in zip(self._names, (self.title, description), strict=True):
            element.set("id", f"chart-{mark}-{element.tag}")
            element.text = said
        self._sheet.set("height", height)
        self._root.attrib |= {
            "class": "chart",
            "viewBox": f"0 0 {self.width} {height}",
            "width": str(self.width),
            "height": height,
            "font-family": _FONT,
            "aria-labelledby": " ".join(element.attrib["id"] for element in self._names),
        }
        return ET.tostring(self._root, encoding="unicode")


def number(value: float) -> str:
    """Pixels with two decimals at most."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def inline(svg: str) -> str:
    """A chart as part of an HTML page, which needs no name space."""
    return svg.replace(f' xmlns="{NAMESPACE}"', "", 1)


def sentence_instead(title: str, sentence: str) -> str:
    """A sheet that says why nothing is drawn."""
    drawing = Drawing(title)
    drawing.say(sentence)
    drawing.bottom += 4
    drawing.paragraph(sentence)
    return drawing.finished()
