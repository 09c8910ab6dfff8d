"""One HTML page that needs nothing but itself: no script, no network, prints, opens from a stick.

What models, data and people wrote is hostile input: everything is escaped. Only charts are marked
safe: the XML writer that draws them has escaped them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import jinja2
import orjson
from markupsafe import Markup

from medtrust.engine.run_folder import SCHEMA_VERSION, write_whole
from medtrust.report import beside_published, facts, forest, wording
from medtrust.report.companions import COUNTED, has_companions
from medtrust.report.findings import Finding, findings_of
from medtrust.report.overview import overview
from medtrust.report.sections import GroupRow, chapters
from medtrust.report.standing_out import standing_out
from medtrust.report.tables import headline_rows, several_tasks
from medtrust.report.task_blocks import DrawnFigure, task_blocks
from medtrust.report.templating import environment
from medtrust.report.uncertainty_names import TASK
from medtrust.run import Run

MOST_OPEN: Final = 4
"""More chapters, or more data hazards, than this are folded."""


def write_report(run: Run, path: Path | None = None) -> Path:
    """Write the page, whole or not at all.

    Args:
        run: A run with results.
        path: Where to; None for ``report.html`` in the run's folder.

    Returns:
        Where it is.

    Raises:
        DataError: If the run has no results yet.
    """
    path = run.folder / "report.html" if path is None else path
    write_whole(path, as_html(run).encode())
    return path


def as_html(run: Run) -> str:
    """The page; equal runs give equal pages.

    Raises:
        DataError: If the run has no results yet.
    """
    return _environment().get_template("report.html.jinja").render(_content(run))


def _content(run: Run) -> dict[str, Any]:
    manifest = _as_kept(run.manifest)
    findings = findings_of(run)
    rows = headline_rows(findings)
    sets = facts.data_sets(run)
    parts = chapters(findings)
    hazards, notes = facts.hazards(manifest)
    return {
        "manifest": manifest,
        "model": manifest["model_ids"]["model"],
        "judge": manifest["model_ids"].get("judge", ""),
        "servers": manifest["servers"],
        "date": _date(manifest["written"]),
        "state": facts.state_sentence(manifest),
        "simulated": facts.is_simulated(manifest),
        "made": facts.is_made(manifest),
        "sets": sets,
        "total": facts.total(sets, run),
        "chosen": facts.how_chosen(manifest),
        "glance": overview(rows, findings),
        "several_tasks": several_tasks(rows),
        "said": standing_out(rows, findings),
        "blocks": task_blocks(rows, findings, parts, _figures(run, findings)),
        "hazards": hazards,
        "hazard_sets": facts.by_data_set(hazards) if len(hazards) > MOST_OPEN else (),
        "notes": notes,
        "chapters": parts,
        "folded": len(parts) > MOST_OPEN,
        "hazards_of": lambda place: facts.hazards_of(hazards, place),
        "command": facts.command(manifest["settings"]),
        "counts": facts.counts(manifest),
        "digest": _digest(manifest),
    }


def _figures(run: Run, findings: Sequence[Finding]) -> dict[str, list[DrawnFigure]]:
    """Pictures by task; what draws them is loaded only where there is something to draw."""
    if not any(finding.estimate.task == TASK for finding in findings):
        return {}
    from medtrust.report.figures import inline
    from medtrust.report.uncertainty_figures import uncertainty_figures

    drawn = [
        DrawnFigure(figure.title, Markup(inline(figure.svg)), figure.folded)  # noqa: S704 - escaped
        for figure in uncertainty_figures(run, findings)
    ]
    return {TASK: drawn}


def _as_kept(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest in the order in which the file keeps it, so that equal runs look equal."""
    ordered = orjson.dumps(manifest, option=orjson.OPT_SORT_KEYS)
    return {"schema_version": SCHEMA_VERSION, **orjson.loads(ordered)}


def _date(written: str) -> str:
    return datetime.fromisoformat(written).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _digest(manifest: Mapping[str, Any]) -> str:
    """Names a run by its plan."""
    plan = orjson.dumps(manifest["plan"], option=orjson.OPT_SORT_KEYS)
    return sha256(plan).hexdigest()[:12]


class Footnotes:
    """Numbered reasons below a table; equal ones share a number."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def number(self, text: str) -> int:
        """The number of a reason, from 1."""
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text) + 1


@cache
def _environment() -> jinja2.Environment:
    filled = environment()
    filled.globals |= {
        "counted": COUNTED,
        "footnote_list": Footnotes,
        "ticks": forest.TICKS,
        "too_few": wording.TOO_FEW,
    }
    filled.tests["number_to_show"] = wording.shown
    filled.globals["has_companions"] = has_companions
    filled.filters |= {
        "bar": _group_bar,
        "cell": beside_published.cell,
        "condition": wording.condition_name,
        "doubtful": beside_published.doubtful,
        "count": wording.count,
        "footnote": wording.footnote,
        "how_printed": beside_published.how_printed,
        "forest": forest.forest,
        "interval": wording.interval,
        "kind": wording.kind_name,
        "better": wording.direction,
        "metric": wording.metric_name,
        "mean_of": wording.mean_of,
        "metric_said": wording.metric_said,
        "missing": wording.missing_counts,
        "note": wording.note,
        "not_said": wording.not_said,
        "other": wording.other_counts,
        "own_name": beside_published.own_name,
        "own_said": beside_published.own_said,
        "p_value": wording.p_value,
        "points": wording.points,
        "property": wording.property_name,
        "reason": wording.reason_name,
        "shared_doubt": beside_published.shared_doubt,
        "single_doubt": beside_published.single_doubt,
        "size": wording.size,
        "tested": wording.tested,
        "unbroken": wording.unbroken,
        "value": wording.value,
        "visible": wording.visible,
        "why": wording.why_nothing,
        "why_not_said": wording.why_not_said,
        "words": wording.words,
    }
    return filled


def _group_bar(row: GroupRow) -> forest.Bar:
    return forest.group_bar(row.name, row.main, row.majority)
