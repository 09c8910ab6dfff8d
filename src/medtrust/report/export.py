"""A run's numbers for other programs and other documents: Markdown, JSON and CSV.

JSON and CSV hold every estimate, as fractions; Markdown holds the first table, as percentages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import orjson
import polars as pl

from medtrust.engine.run_folder import ESTIMATES, estimate_row
from medtrust.report import facts, wording
from medtrust.report.findings import estimates_of
from medtrust.report.tables import Headline, headline
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
    """The first table with its footnotes, as Markdown."""
    rows = headline(run)
    manifest = run.manifest
    lines = [f"# {_plain(manifest['model_ids']['model'])}", ""]
    state = facts.state_sentence(manifest)
    if state:
        lines += [f"**{_plain(state)}**", ""]
    made = f"{_plain(manifest['written'])} by medtrust {_plain(manifest['versions']['medtrust'])}"
    lines += [f"Written {made}. {facts.how_chosen(manifest)}", ""]
    for heading, part in tables_of(rows):
        lines += [f"## {_plain(heading)}", "", *_table(part), ""]
    notes = manifest.get("notes", [])
    if notes:
        told = [f"- {_plain(note)}" for note in notes]
        lines += ["## Not tested, left out, or odd", "", *told, ""]
    return "\n".join(lines)


def tables_of(rows: Sequence[Headline]) -> list[tuple[str, list[Headline]]]:
    """Rows that share a task, metric and reading, under a heading that says so."""
    tables: dict[str, list[Headline]] = {}
    for row in rows:
        main = row.main
        heading = (
            f"{main.task} (version {main.version}): {wording.metric_name(main.metric)}, "
            f"{main.reading} reading, {main.prompts} prompts"
        )
        if main.condition:
            heading += f", {wording.condition_name(main.condition)}"
        tables.setdefault(heading, []).append(row)
    return list(tables.items())


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


def _table(rows: Sequence[Headline]) -> list[str]:
    names = (
        "data", "value [95 %]", "n (clusters)", "best constant answer", "image blanked", "refused",
        "unreadable", "no value", "comparable",
    )  # fmt: skip
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    notes: list[str] = []
    for row in rows:
        why = wording.footnote(row.main, row.bounds)
        mark = ""
        if why:
            notes.append(f"{row.place.name}: {why}.")
            mark = f" ({len(notes)})"
        cells = (
            row.place.name, wording.value_with_interval(row.main) + mark, wording.size(row.main),
            constants(row), blanked(row), wording.count(row.refused), wording.count(row.unparsed),
            wording.count(row.missing), row.main.comparable,
        )  # fmt: skip
        lines.append(f"| {' | '.join(_plain(cell) for cell in cells)} |")
    return [*lines, "", *(f"({place}) {_plain(text)}" for place, text in enumerate(notes, 1))]


def _plain(text: object) -> str:
    """Text in which no character means anything to Markdown."""
    return _MARKDOWN.sub(r"\\\1", wording.visible(text))
