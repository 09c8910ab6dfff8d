"""``medtrust study``: many runs side by side.

Annotations are objects here, not text: the options are read from them.
"""

from pathlib import Path
from typing import Annotated

import typer

from medtrust.cli import options

Runs = Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders, one per model.")]
By = Annotated[
    list[str] | None,
    typer.Option("--by", help="Cut by this stratum (modality, dataset, options)."),
]
Estimators = Annotated[
    list[str] | None, typer.Option("--estimator", help="Only these estimators (all).")
]


def study(
    runs: Runs,
    by: By = None,
    estimator: Estimators = None,
    out: Annotated[Path, typer.Option("--out", help="Folder to write into.")] = Path("study"),
    *,
    json: options.Json = False,
) -> int:
    """Does uncertainty follow accuracy or method, notice a hidden answer, foresee a collapse?"""
    from medtrust.report.study.page import as_json, write_study

    written = write_study(runs, out, by=by or (), estimators=estimator or ())
    if json:
        typer.echo(as_json(written.study, written.findings).rstrip())
        return 0
    if written.study.warning:
        typer.echo(written.study.warning)
    for note in written.study.notes:
        typer.echo(f"Note: {note}", err=True)
    for finding in written.findings:
        typer.echo(f"{finding.question}\n  {finding.sentence}")
        for remark in finding.remarks:
            typer.echo(f"  - {remark}")
    typer.echo(f"Page: {written.page}; tables and figures beside it.")
    return 0
