"""A run's numbers for other programs and other documents: Markdown, JSON and CSV.

JSON and CSV hold every estimate, as fractions; Markdown holds the first table, as percentages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import orjson
import polars as pl

from medtrust.core.records import Estimate
from medtrust.engine.run_folder import ESTIMATES, estimate_row
from medtrust.report import beside_published, facts, wording
from medtrust.report.beside_published import Own, PublishedRow, PublishedTable, published_table
from medtrust.report.companions import COUNTED, has_companions
from medtrust.report.findings import Place, estimates_of, findings_of
from medtrust.report.overview import Line, overview
from medtrust.report.tables import Headline, headline_rows
from medtrust.run import Run

_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]<>#|~&!])")
_FORMULA: Final = ("=", "+", "-", "@")


def as_json(run: Run) -> str:
    """All estimates as a JSON list, the content of ``estimates.json``."""
    rows = [estimate_row(estimate) for estimate in estimates_of(run.estimates)]
    return orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode()


def as_csv(run: Run) -> str:
    """All estimates as CSV, columns as in ``estimates.parquet``.

    Text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    texts = [name for name, kind in ESTIMATES.items() if kind == pl.String()]
    safe = [
        pl.when(pl.col(name).str.slice(0, 1).is_in(_FORMULA))
        .then(pl.lit("'") + pl.col(name))
        .otherwise(pl.col(name))
        .alias(name)
        for name in texts
    ]
    return run.estimates.select(list(ESTIMATES)).with_columns(safe).write_csv()


def as_markdown(run: Run) -> str:
    """The first table with its footnotes and the published models beside it, as Markdown."""
    findings = findings_of(run)
    rows = headline_rows(findings)
    manifest = run.manifest
    lines = [f"# {_plain(manifest['model_ids']['model'])}", ""]
    state = facts.state_sentence(manifest)
    if state:
        lines += [f"**{_plain(state)}**", ""]
    made = f"{_plain(manifest['written'])} by medtrust {_plain(manifest['versions']['medtrust'])}"
    lines += [f"Written {made}. {facts.how_chosen(manifest)}", ""]
    glance = overview(rows, findings)
    if glance:
        lines += [*_glance(glance), ""]
    for heading, part in tables_of(rows):
        lines += [f"## {_plain(heading)}", "", *_table(part), ""]
    for task in dict.fromkeys(row.main.task for row in rows):
        published = published_table(task, findings)
        if published is not None:
            lines += [f"## {_plain(task)} beside the published models", "", *_beside(published), ""]
    hazards, notes = facts.hazards(manifest)
    for title, texts in (("Data hazards", hazards), ("Not tested, left out, or odd", notes)):
        told = [f"- {_plain(text)}" for text in texts]
        lines += [f"## {title}", "", *told, ""] if told else []
    return "\n".join(lines)


def _glance(lines: Sequence[Line]) -> Iterator[str]:
    yield "| task | at a glance |"
    yield "|---|---|"
    for line in lines:
        yield f"| {_plain(line.name)} | {'<br>'.join(_plain(text) for text in line.said)} |"


def tables_of(rows: Sequence[Headline]) -> list[tuple[str, list[Headline]]]:
    """Rows that share a task, metric and reading, under a heading that says so."""
    tables: dict[tuple[str, ...], list[Headline]] = {}
    for row in rows:
        main = row.main
        key = (main.task, str(main.version), main.metric, main.reading, main.prompts)
        tables.setdefault(key, []).append(row)
    return [(_heading(own), own) for own in tables.values()]


def _heading(own: Sequence[Headline]) -> str:
    main = own[0].main
    better = wording.direction(main)
    said = [
        f"{main.task} (version {main.version}): {wording.metric_name(main.metric, main.task)}"
        + (f" ({better})" if better and has_companions(main.task, main.metric) else ""),
        f"{main.reading} reading",
        f"{main.prompts} prompts",
    ]
    if main.condition and not by_condition(own):
        said.append(wording.condition_name(main.condition))
    return ", ".join(said)


def by_condition(rows: Sequence[Headline]) -> bool:
    """Whether rows must say their condition to be told apart."""
    return len({row.main.condition for row in rows}) > 1


def row_names(rows: Sequence[Headline]) -> list[str]:
    """What each row is about: its part of the data and, where rows differ in it, its condition."""
    if not by_condition(rows):
        return [row.place.name for row in rows]
    some_data = any(row.place != Place() for row in rows)
    return [
        ": ".join(
            part
            for part in (
                row.place.name if some_data else "",
                wording.condition_name(row.main.condition),
            )
            if part
        )
        for row in rows
    ]


def constants(row: Headline) -> str:
    """The best constant answers in one cell, with their form of question when there are several."""
    told = [
        f"{wording.value(blind.estimate)}{_unequal_n(blind.estimate.n, row.main.n)}"
        + (f" {blind.kind}" if blind.kind else "")
        for blind in row.blind
    ]
    return "; ".join(told) or wording.NOTHING


def blanked(row: Headline) -> str:
    """The value with the image blanked, with its n where that differs."""
    if row.blank is None or not wording.shown(row.blank):
        return wording.NOTHING
    return wording.value(row.blank) + _unequal_n(row.blank.n, row.main.n)


def _unequal_n(own: int, main: int) -> str:
    return "" if own == main else f" (n {wording.count(own)})"


def companions_said(row: Headline) -> str:
    """Companions in one cell, each with its interval and, where it differs, its n."""
    told = (
        f"{wording.metric_name(estimate.metric, estimate.task)} "
        f"{_said_beside(estimate)}"
        f"{_unequal_n(estimate.n, row.main.n)}"
        for estimate in row.beside
        if _said_beside(estimate) != wording.NOTHING
    )
    return "; ".join(told) or wording.NOTHING


def _said_beside(estimate: Estimate) -> str:
    if wording.shown(estimate):
        return wording.value_with_interval(estimate)
    instead = wording.not_said(estimate)
    return (
        instead if instead == wording.NOTHING else f"{instead} ({wording.why_not_said(estimate)})"
    )


def _table(rows: Sequence[Headline]) -> list[str]:
    metric = rows[0].main.metric
    with_companions = has_companions(rows[0].main.task, metric)
    names = (
        "data", "value [95 %]", "n (clusters)",
        "beside it" if with_companions else "best constant answer",
        "image blanked", "refused", "unreadable", "no value", "comparable",
    )  # fmt: skip
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    notes: list[str] = []
    for name, row in zip(row_names(rows), rows, strict=True):
        mark = ""
        if row.remarks:
            notes.append(f"{name}: {row.remarks}.")
            mark = f" ({len(notes)})"
        cells = (
            name, row.value_said + mark, wording.size(row.main),
            companions_said(row) if with_companions else constants(row), blanked(row),
            wording.count(row.refused), wording.count(row.unparsed), wording.count(row.missing),
            row.main.comparable,
        )  # fmt: skip
        lines.append(f"| {' | '.join(_plain(cell) for cell in cells)} |")
    counted = [f"Counts: {COUNTED[metric]}."] if metric in COUNTED else []
    told = [f"({place}) {_plain(text)}" for place, text in enumerate(notes, 1)]
    return [*lines, "", *told, *counted]


def _beside(table: PublishedTable) -> Iterator[str]:
    """The published models as a table, what is to be said about its cells, and about ours."""
    yield "Printed without n and without an interval; nobody is ranked."
    yield ""
    yield f"| {' | '.join(map(_plain, ('what', 'data', 'this model', *table.models)))} |"
    yield f"|{'---|' * (3 + len(table.models))}"
    notes: list[str] = []
    for what, rows in table.by_what:
        for row in rows:
            own = "; ".join(_own(found, row, notes) for found in row.own)
            cells = [
                f"{beside_published.cell(number)}"
                + _mark(beside_published.single_doubt(number, row), notes)
                for number in row.numbers
            ]
            data = row.data + _mark(beside_published.shared_doubt(row), notes)
            told = (f"{what}; {beside_published.how_printed(rows)}", data, own, *cells)
            yield f"| {' | '.join(map(_plain, told))} |"
    yield ""
    for place, text in enumerate(notes, 1):
        yield f"({place}) {_plain(text)}."


def _own(own: Own, row: PublishedRow, notes: list[str]) -> str:
    name = beside_published.own_name(own, row)
    value = f"{wording.value_with_interval(own.estimate)}, n = {wording.size(own.estimate)}"
    told = f"{name}: {value}" if name else value
    return told + _mark(beside_published.own_said(own), notes)


def _mark(text: str, notes: list[str]) -> str:
    """The number of a footnote; equal ones share it."""
    if not text:
        return ""
    if text not in notes:
        notes.append(text)
    return f" ({notes.index(text) + 1})"


def _plain(text: object) -> str:
    """Text in which no character means anything to Markdown."""
    return _MARKDOWN.sub(r"\\\1", wording.visible(text))
