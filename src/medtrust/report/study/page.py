"""The page of a study: one HTML file that needs nothing but itself, and its tables and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2
import orjson
from markupsafe import Markup

from medtrust.engine.run_folder import write_whole
from medtrust.report.figures import inline
from medtrust.report.study.drivers import drivers
from medtrust.report.study.finding import Finding
from medtrust.report.study.foresight import foresight
from medtrust.report.study.hidden import hidden
from medtrust.report.study.naming import methods_said
from medtrust.report.study.reading import Study, read_study
from medtrust.report.study.strata import by_stratum, wanted
from medtrust.report.study.tables import readable, write_tables
from medtrust.report.templating import environment
from medtrust.report.wording import count, visible

LONG: Final = 24
"""Tables of more rows are folded."""


@dataclass(frozen=True)
class Written:
    """A study and where it was written.

    Attributes:
        page: The HTML file.
        findings: What it says.
    """

    study: Study
    findings: tuple[Finding, ...]
    page: Path


def findings_of(study: Study, *, by: Sequence[str] = ()) -> tuple[Finding, ...]:
    """The three findings, and all of them cut by each stratum.

    Raises:
        UnknownNameError: If a stratum asked for does not exist.
    """
    names = wanted(study, by)
    whole = (drivers(study), hidden(study), foresight(study))
    return (*whole, *(by_stratum(study, name) for name in names))


def write_study(
    folders: Sequence[Path],
    out: Path,
    *,
    by: Sequence[str] = (),
    estimators: Sequence[str] = (),
) -> Written:
    """Read runs, work out the findings, and write page, tables and figures.

    Args:
        folders: Run folders, one per model.
        out: Gets ``study.html``, ``study.json``, ``tables/`` and ``figures/``.
        by: Strata to cut by; modality, dataset and option count when empty.
        estimators: Which to look at; all when empty.

    Raises:
        UserError: See `medtrust.report.study.reading.read_study` and `findings_of`.
    """
    study = read_study(folders, estimators=estimators)
    findings = findings_of(study, by=by)
    write_tables(findings, out / "tables")
    for finding in findings:
        for name, svg in finding.figures.items():
            write_whole(out / "figures" / f"{name}.svg", svg.encode())
    write_whole(out / "study.json", as_json(study, findings).encode())
    page = out / "study.html"
    write_whole(page, as_html(study, findings).encode())
    return Written(study, findings, page)


def as_json(study: Study, findings: Sequence[Finding]) -> str:
    """Sentences, remarks and all tables, for programs."""
    body: dict[str, Any] = {
        "models": dict(zip(study.models, study.model_ids, strict=True)),
        "estimators": list(study.estimators),
        "questions": len(study.samples),
        "warning": study.warning,
        "notes": list(study.notes),
        "findings": [
            {
                "question": finding.question,
                "sentence": finding.sentence,
                "remarks": list(finding.remarks),
                "tables": {name: table.to_dicts() for name, table in finding.tables.items()},
            }
            for finding in findings
        ],
    }
    return orjson.dumps(body, option=orjson.OPT_INDENT_2).decode() + "\n"


def as_html(study: Study, findings: Sequence[Finding]) -> str:
    """The page; equal runs give equal pages."""
    parts = [
        {
            "question": finding.question,
            "sentence": finding.sentence,
            "remarks": finding.remarks,
            # the drawing module writes SVG through an XML writer: names in it are escaped
            "figures": [Markup(inline(svg)) for svg in finding.figures.values()],  # noqa: S704
            "tables": [_table(finding, name) for name in finding.tables],
        }
        for finding in findings
    ]
    template = _environment().get_template("study.html.jinja")
    return template.render(
        models=list(zip(study.models, study.model_ids, strict=True)),
        methods=methods_said(len(study.estimators)),
        questions=len(study.samples),
        simulated=any(name.startswith("simulated/") for name in study.model_ids),
        warning=study.warning,
        notes=study.notes,
        parts=parts,
    )


def _table(finding: Finding, name: str) -> dict[str, Any]:
    heads, rows = readable(finding.tables[name])
    caption = finding.captions.get(name, "")
    return {"heads": heads, "rows": rows, "caption": caption, "folded": len(rows) > LONG}


@cache
def _environment() -> jinja2.Environment:
    filled = environment()
    filled.filters |= {"visible": visible, "count": count}
    return filled
