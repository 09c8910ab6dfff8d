"""``medtrust tune collapse``: the chance of collapse of each case of a run.

Annotations are objects here, not text: the options are read from them.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medtrust.cli import options
from medtrust.core.errors import UserError

if TYPE_CHECKING:
    from medtrust.metrics.intervals import Interval

Condition = Annotated[
    str, typer.Option("--condition", help="The perturbation: any arm of the run.")
]
Estimators = Annotated[
    list[str] | None, typer.Option("--estimator", help="Of the plain question; may be repeated.")
]


def collapse(
    run: Annotated[Path, typer.Argument(help="A run of clinical_ue/uncertainty.")],
    condition: Condition = "nota=replace",
    estimator: Estimators = None,
    out: Annotated[Path, typer.Option("--out", help="Table to write: .csv or .parquet.")] = Path(
        "collapse.csv"
    ),
    seed: Annotated[int, typer.Option("--seed", help="Of the folds.")] = 0,
    *,
    json: options.Json = False,
) -> int:
    """How likely each right answer is to turn wrong when the right option is hidden."""
    from medtrust.run import load_run
    from medtrust.tuning.collapse import collapse_chances

    if out.suffix not in {".csv", ".parquet"}:
        raise UserError(f"--out {out} ends neither in .csv nor in .parquet.")
    told = collapse_chances(load_run(run), condition, estimators=estimator or (), seed=seed)
    if out.suffix == ".csv":
        told.frame.write_csv(out)
    else:
        told.frame.write_parquet(out)
    share = float(told.frame.get_column("collapsed").mean())  # type: ignore[arg-type]
    if json:
        _print_json(told, share, out)
        return 0
    typer.echo(
        f"Of {told.frame.height} answers right to the plain question {share:.1%} turned wrong "
        f"under {told.condition}. Their chances, from {', '.join(told.estimators)} and learned "
        f"without the case's own cluster, are better than that one number by "
        f"{_told(told.found.skill)} (Brier skill: 1 is perfect, 0 no better)."
    )
    if told.left_out:
        typer.echo(f"{told.left_out} right answers lack an estimator or an outcome: left out.")
    typer.echo(f"Cases: {out}")
    return 0


def _told(interval: "Interval") -> str:
    if interval.value is None:
        return f"an unknown share ({interval.note})"
    if interval.low is None or interval.high is None:
        return f"{interval.value:.3f} ({interval.note})"
    return f"{interval.value:.3f} [{interval.low:.3f}, {interval.high:.3f}]"


def _print_json(told: Any, share: float, out: Path) -> None:
    import orjson

    skill = told.found.skill
    document = {
        "condition": told.condition,
        "estimators": told.estimators,
        "n": told.frame.height,
        "collapsed": share,
        "skill": {"value": skill.value, "low": skill.low, "high": skill.high, "note": skill.note},
        "left_out": told.left_out,
        "cases": str(out),
    }
    typer.echo(orjson.dumps(document).decode())
