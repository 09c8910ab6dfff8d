"""The first table on a terminal, and the same as plain aligned text where there is none."""

from __future__ import annotations

import io
import sys
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby, zip_longest
from operator import itemgetter
from typing import Final

from medtrust.report import facts, wording
from medtrust.report.companions import COUNTED, has_companions
from medtrust.report.export import blanked, by_condition, constants, row_names, tables_of
from medtrust.report.findings import findings_of
from medtrust.report.overview import Line, overview
from medtrust.report.standing_out import standing_out
from medtrust.report.tables import Headline, headline_rows
from medtrust.report.top_tables import may_stand
from medtrust.report.uncertainty_names import TASK
from medtrust.run import Run

WIDTH: Final = 100
LEAST_NAME: Final = 12
NAME_LINES: Final = 4
MOST_ROWS: Final = 8
"""A longer table of a task asked under conditions is left to the page and to Markdown."""
MOST_BELOW_A_GLANCE: Final = 4
"""The same where all tasks at a glance stand above it."""
_COLUMNS: Final = ("data", "value [95 %]", "n (clusters)", "constant", "blanked", "r / u / m")
_BESIDE: Final = ("data", "beside it", "value [95 %]", "n (clusters)")
_CHANGES: Final = ("data", "asked otherwise", "change [95 %]", "n (clusters)")
_LEGEND: Final = (
    "constant: the best of always giving one and the same answer; blanked: the same model with the "
    "image blanked; r / u / m: answers refused and unreadable (inside n, not right), questions "
    "without a value (outside n), unless a line of counts says otherwise."
)

Cells = tuple[str, ...]


def render(run: Run, *, plain: bool | None = None) -> str:
    """What is printed at the end of a run.

    Args:
        run: A run with results.
        plain: Aligned text of at most 100 columns without drawn lines; None to decide by whether
            the output is a terminal.
    """
    plain = not sys.stdout.isatty() if plain is None else plain
    findings = findings_of(run)
    rows = headline_rows(findings)
    glance = overview(rows, findings)
    most = MOST_BELOW_A_GLANCE if glance else MOST_ROWS
    lines: list[str] = [*_opening(run), *_overview(glance)]
    comparable: set[tuple[str, str, str]] = set()
    for heading, part in tables_of(rows):
        lines += ["", *_wrapped(wording.visible(heading))]
        too_long = len(part) > most and by_condition(part)
        lines += [_elsewhere(len(part))] if too_long else _table(part, plain=plain)
        if not too_long:
            lines += _comparable(part, comparable)
    lines += ["", *_wrapped(_LEGEND)]
    said = standing_out(rows, findings)
    if said:
        lines += ["", "To be noticed:", *(line for text in said for line in _wrapped(text, "- "))]
    hazards, notes = facts.hazards(run.manifest)
    for title, texts in (
        ("Data hazards:", hazards),
        ("Not tested, left out, or odd:", notes),
    ):
        told = [line for text in texts for line in _wrapped(wording.visible(text), "- ")]
        lines += ["", title, *told] if told else []
    return "\n".join(line.rstrip() for line in lines)


def _opening(run: Run) -> Iterator[str]:
    yield from _wrapped(f"model {wording.visible(run.manifest['model_ids']['model'])}")
    state = facts.state_sentence(run.manifest)
    if state:
        yield from _wrapped(state)
    yield from _wrapped(facts.how_chosen(run.manifest))


def _elsewhere(rows: int) -> str:
    return f"{rows} rows, by data set and condition: in report.html, and with --format md."


def _overview(listed: Sequence[Line]) -> Iterator[str]:
    """Names on the left, the words of each line beside them."""
    if not listed:
        return
    yield from ("", "At a glance:")
    width = min(max(len(line.name) for line in listed), WIDTH // 3)
    for line in listed:
        name = textwrap.wrap(line.name, width, max_lines=NAME_LINES, placeholder="...")
        said = [part for text in line.said for part in _lines(text, WIDTH - width - 2, "", "  ")]
        for left, right in zip_longest(name, said, fillvalue=""):
            yield f"{left:{width}}  {right}"


def _table(rows: Sequence[Headline], *, plain: bool) -> list[str]:
    draw = _aligned if plain else _drawn
    metric = rows[0].main.metric
    notes: list[str] = []
    named = list(zip(row_names(rows), rows, strict=True))
    cells = [_cells(name, row, notes) for name, row in named]
    blind = not has_companions(rows[0].main.task, metric)
    lines = draw(*((_COLUMNS, cells) if blind else _without_empty(cells)))
    for columns, more in (
        _fitting(_BESIDE, [cell for name, row in named for cell in _beside(name, row, notes)]),
        _fitting(_CHANGES, [cell for name, row in named for cell in _changes(name, row)]),
    ):
        lines += ["", *draw(columns, more)] if more else []
    for place, text in enumerate(notes, 1):
        lines += _wrapped(text, f"({place}) ")
    if metric in COUNTED:
        lines += _wrapped(f"counts: {COUNTED[metric]}.")
    return lines


def _comparable(rows: Sequence[Headline], before: set[tuple[str, str, str]]) -> Iterator[str]:
    """Whether rows may stand beside published numbers; of the uncertainty suite said once."""
    task = rows[0].main.task
    for about, reason in may_stand(rows):
        which = f" ({about})" if about else ""
        if reason and (task != TASK or (task, about, reason) not in before):
            before.add((task, about, reason))
            yield from _wrapped(
                f"comparable with published numbers{which}: {wording.visible(reason)}"
            )


def _fitting(columns: Cells, rows: Sequence[Cells]) -> tuple[Cells, list[Cells]]:
    """Rows whose names fit beside their numbers; else each name has a line above its rows."""
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    if sum(widths) + 2 * (len(columns) - 1) <= WIDTH:
        return columns, list(rows)
    apart: list[Cells] = []
    for name, own in groupby(rows, key=itemgetter(0)):
        apart.append((name, *("" for _ in columns[2:])))
        apart += [(f"  {what}", *numbers) for _, what, *numbers in own]
    return (f"data, {columns[1]}", *columns[2:]), apart


def _without_empty(rows: Sequence[Cells]) -> tuple[Cells, list[Cells]]:
    """Columns and cells without the columns in which no row has anything."""
    kept = [
        place
        for place in range(len(_COLUMNS))
        if any(cells[place] != wording.NOTHING for cells in rows)
        or _COLUMNS[place] not in {"constant", "blanked"}
    ]
    columns, *cells = (tuple(row[place] for place in kept) for row in (_COLUMNS, *rows))
    return columns, cells


def _cells(name: str, row: Headline, notes: list[str]) -> Cells:
    mark = ""
    if row.remarks:
        notes.append(f"{name}: {row.remarks}.")
        mark = f" ({len(notes)})" if row.main.task == TASK else ""
    constant, blank = constants(row), blanked(row)
    if "n " in constant or len(row.blind) > 1:
        notes.append(f"{name}: constant answer: {constant}.")
        constant = "below"
    if "n " in blank:
        notes.append(f"{name}: image blanked: {blank}.")
        blank = "below"
    return (
        name,
        row.value_said + mark,
        wording.size(row.main),
        constant,
        blank,
        " / ".join(wording.count(number) for number in (row.refused, row.unparsed, row.missing)),
    )


def _beside(name: str, row: Headline, notes: list[str]) -> Iterator[Cells]:
    for estimate in row.beside:
        metric = wording.metric_name(estimate.metric, estimate.task)
        if wording.shown(estimate):
            yield (
                name,
                metric,
                wording.value_with_interval(estimate),
                wording.size(estimate),
            )
        elif wording.not_said(estimate) != wording.NOTHING:
            notes.append(f"{metric}: {wording.why_not_said(estimate)}.")
            yield (
                name,
                metric,
                f"{wording.not_said(estimate)} ({len(notes)})",
                wording.size(estimate),
            )


def _changes(name: str, row: Headline) -> Iterator[Cells]:
    for change in row.changes:
        if wording.shown(change):
            yield (
                name,
                wording.condition_name(change.condition),
                wording.value_with_interval(change),
                wording.size(change),
            )


def _aligned(columns: Cells, rows: Sequence[Cells]) -> list[str]:
    """Columns side by side; the first is text, the others stand to the right."""
    table = [columns, *rows]
    widths = [max(len(cells[place]) for cells in table) for place in range(len(columns))]
    gaps = 2 * (len(columns) - 1)
    widths[0] = min(widths[0], max(LEAST_NAME, WIDTH - gaps - sum(widths[1:])))
    return ["  ".join(_padded(cells, widths)) for cells in table]


def _padded(cells: Cells, widths: Sequence[int]) -> Iterator[str]:
    name, *others = cells
    yield wording.clipped(name, widths[0]).ljust(widths[0])
    for cell, width in zip(others, widths[1:], strict=True):
        yield cell.rjust(width)


def _drawn(columns: Cells, rows: Sequence[Cells]) -> list[str]:
    """The same as a drawn table with colours."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for place, name in enumerate(columns):
        table.add_column(name, justify="left" if place == 0 else "right")
    for cells in rows:
        table.add_row(*(Text(cell) for cell in cells))
    page = io.StringIO()
    Console(file=page, force_terminal=True, width=WIDTH).print(table)
    return page.getvalue().strip("\n").split("\n")


def _wrapped(text: str, start: str = "") -> list[str]:
    return _lines(text, WIDTH, start, " " * len(start)) or [start]


def _lines(text: str, width: int, start: str, hang: str) -> list[str]:
    """Lines in which no number stands apart from its unit, nor n from its number."""
    wrapped = textwrap.wrap(
        wording.unbroken(text), width, initial_indent=start, subsequent_indent=hang
    )
    return [line.replace(wording.NO_BREAK, " ") for line in wrapped]
