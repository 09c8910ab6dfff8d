"""The tables of a study as files: CSV, JSON and Markdown, one of each per table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import orjson
import polars as pl

from medtrust.engine.run_folder import write_whole
from medtrust.report.study.finding import Finding
from medtrust.report.study.naming import named
from medtrust.report.wording import NOTHING, visible, words

_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]<>#|~&!])")
_FORMULA: Final = ("=", "+", "-", "@")
_ENDS: Final = ("_low", "_high")
_HEADS: Final = {
    "estimator": "method", "auroc": "AUROC", "auroc_cap": "AUROC cap", "mean_auroc": "mean AUROC",
    "p_holm": "p (Holm)", "beyond_null": "beyond harmless flips",
    "collapse_auroc": "AUROC for collapse", "models_beyond_null": "models beyond harmless flips",
    "accuracy_models": "models", "auroc_models": "models", "accuracy_change_models": "models",
    "shift_models": "models", "collapse_auroc_models": "models", "beyond_null_models": "models",
    "spearman": "rank correlation", "pearson": "linear correlation",
}  # fmt: skip
"""Headings for people where the column's own name does not say it."""


def write_tables(findings: Sequence[Finding], folder: Path) -> list[Path]:
    """Write every table; returns the files.

    Args:
        findings: With their tables.
        folder: Gets ``NAME.csv``, ``NAME.json`` and ``NAME.md``.
    """
    written = []
    for finding in findings:
        for name, table in finding.tables.items():
            stem = re.sub(r"[^\w.-]", "_", name)
            bodies = {
                "csv": as_csv(table),
                "json": orjson.dumps(table.to_dicts(), option=orjson.OPT_INDENT_2).decode() + "\n",
                "md": as_markdown(table, finding.captions.get(name, "")),
            }
            for ending, body in bodies.items():
                path = folder / f"{stem}.{ending}"
                write_whole(path, body.encode())
                written.append(path)
    return written


def as_csv(table: pl.DataFrame) -> str:
    """All columns; text that a spreadsheet would run as a formula gets an apostrophe in front."""
    safe = [
        pl.when(pl.col(name).str.slice(0, 1).is_in(_FORMULA))
        .then(pl.lit("'") + pl.col(name))
        .otherwise(pl.col(name))
        .alias(name)
        for name, kind in table.schema.items()
        if kind == pl.String()
    ]
    return table.with_columns(safe).write_csv()


def as_markdown(table: pl.DataFrame, caption: str) -> str:
    """The table with its intervals beside their values."""
    names, rows = readable(table)
    lines = [caption, "", f"| {' | '.join(map(_plain, names))} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(map(_plain, row))} |" for row in rows]
    return "\n".join([*lines, ""])


def readable(table: pl.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Headings and cells for people: an interval stands in the cell of its value.

    A column of nothing but blanks is left out. Methods have the names that reports give them; files
    for programs have their ids.
    """
    ends = {f"{name}{end}" for name in table.columns for end in _ENDS}
    columns = [
        name for name in table.columns if name not in ends and not _is_blank(table.get_column(name))
    ]
    rows = [[_cell(row, name) for name in columns] for row in table.iter_rows(named=True)]
    return [_HEADS.get(name) or words(name) for name in columns], rows


def _is_blank(column: pl.Series) -> bool:
    return all(value in {None, ""} for value in column.to_list())


def _cell(row: dict[str, Any], name: str) -> str:
    value = row[name]
    low, high = (row.get(f"{name}{end}") for end in _ENDS)
    if name == "p" or name.startswith("p_"):
        return _chance(value)
    if name == "estimator":
        return named(str(value))
    told = _value(value)
    if value is None or low is None or high is None:
        return told
    return f"{told} [{_value(low)}, {_value(high)}]"


def _chance(value: float | None) -> str:
    """A p-value with three decimals, never 0."""
    if value is None:
        return NOTHING
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _value(value: object) -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        text = f"{value:.3f}"
        return "0.000" if text == "-0.000" else text
    return visible(value)


def _plain(text: str) -> str:
    """Text in which no character means anything to Markdown."""
    return _MARKDOWN.sub(r"\\\1", text)
