"""A page of the report, taken apart."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"meta", "line", "br", "link", "img", "input"}
NUMBER = re.compile(r"-?\d+\.\d (%|points)")


class Page(HTMLParser):
    """Elements, attributes and the text of every table cell and list item."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.blocks: list[str] = []
        self._open: list[str] = []
        self.unbalanced: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag in {"td", "li", "p"} or ("class", "label") in attrs:
            self.blocks.append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and (not self._open or self._open.pop() != tag):
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        if self.blocks:
            self.blocks[-1] += data

    @property
    def values(self) -> list[str]:
        """Cells, labels and sentences with a percentage or points."""
        return [block for block in self.blocks if NUMBER.search(block)]


def naked_values(page: Page) -> list[str]:
    """Values that do not say their n."""
    return [block for block in page.values if not re.search(r"\bn\s*=\s*\d", block)]
