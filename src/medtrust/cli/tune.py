"""``medtrust tune escalation``: from a run to an escalation policy.

Annotations are objects here, not text: the options are read from them.
"""

from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medtrust.cli import options
from medtrust.core.errors import UserError

if TYPE_CHECKING:
    from medtrust.tuning.escalation import Calibrated

NOT_GUARANTEED = 1
"""The exit code of a gate that failed."""

Runs = Annotated[list[Path], typer.Argument(help="Runs of clinical_ue/uncertainty, of one model.")]
Estimators = Annotated[
    list[str] | None, typer.Option("--estimator", help="Offer only these; all without.")
]
Stratum = Annotated[
    str | None, typer.Option("--stratum", help="A threshold for each of its values.")
]
Expires = Annotated[str | None, typer.Option("--expires", metavar="DATE", help="Its last day.")]
Days = Annotated[int | None, typer.Option("--days", help="Or: days it holds (180).")]


def escalation(
    runs: Runs,
    alpha: Annotated[float, typer.Option("--alpha", help="Largest error among answered.")] = 0.05,
    delta: Annotated[float, typer.Option("--delta", help="Chance that it is mistaken.")] = 0.05,
    estimator: Estimators = None,
    stratum: Stratum = None,
    site: Annotated[str | None, typer.Option("--site", help="Where the cases are from.")] = None,
    expires: Expires = None,
    days: Days = None,
    out: Annotated[Path, typer.Option("--out", help="File to write.")] = Path("policy.json"),
    *,
    share_delta: Annotated[
        bool, typer.Option("--share-delta", help="Test all estimators, each with a share.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file of that name.")] = False,
    json: options.Json = False,
) -> int:
    """The threshold below which answers may stand; exits 1 when none can be guaranteed."""
    if out.exists() and not force:
        raise UserError(f"{out} is there already: name another --out, or overwrite it by --force.")
    from medtrust.cli.tune_words import AGAIN, promise, sets_table, table
    from medtrust.run import load_run
    from medtrust.tuning.escalation import calibrate
    from medtrust.tuning.thresholds import Terms

    if site == "":
        raise UserError("--site is empty: name where the cases are from, or leave it out.")
    loaded = [load_run(folder) for folder in runs]
    for run in loaded:
        if run.left is not None:
            typer.echo(f"medtrust: {run.folder} is unfinished: {run.left}", err=True)
    result = calibrate(
        loaded,
        Terms(alpha=alpha, delta=delta, share_delta=share_delta),
        estimators=estimator,
        stratum=stratum,
        site=site,
        expires=_last_day(expires, days),
    )
    if result.policy is not None:
        result.policy.save(out)
    if json:
        _print_json(result)
    elif result.policy is not None:
        for line in (*promise(result), "", *table(result), *sets_table(result)):
            typer.echo(line)
        typer.echo(f"\nPolicy: {out}, from {result.policy.created} to {result.policy.expires}.")
    else:
        typer.echo(f"{result.reason} No policy was written. {AGAIN}")
    return 0 if result.policy is not None else NOT_GUARANTEED


def _last_day(expires: str | None, days: int | None) -> date | None:
    if expires is not None and days is not None:
        raise UserError("Say --expires or --days, not both.")
    if days is not None:
        if days < 1:
            raise UserError(f"--days {days}: a policy holds a day at least.")
        from datetime import UTC, datetime

        try:
            return datetime.now(UTC).date() + timedelta(days=days)
        except OverflowError as error:
            raise UserError(f"--days {days}: that is beyond the calendar.") from error
    if expires is None:
        return None
    try:
        return date.fromisoformat(expires)
    except ValueError as error:
        raise UserError(f"--expires {expires!r} is no date: write it like 2030-01-31.") from error


def _print_json(result: "Calibrated") -> None:
    import orjson

    body: dict[str, Any] = {
        "guaranteed": result.policy is not None,
        "reason": result.reason,
        "policy": None if result.policy is None else result.policy.body(),
        "estimator": result.found.estimator,
        "expected_coverage": dict(result.found.expected),
        "clusters": dict(
            zip(("selection", "calibration", "test"), result.found.clusters, strict=True)
        ),
        "rules": [
            {"value": None if rule.stratum is None else result.values[rule.stratum],
             "delta": rule.delta, **asdict(rule.control),
             # counts are those of the first threshold that failed, and nothing is answered by it
             **({"coverage": 0.0} if rule.control.threshold is None else {})}
            for rule in result.found.rules
        ],
        "left_out": result.left_out,
        "unmeasured": list(result.unmeasured),
        "realised": {arm or "clean": asdict(part) for arm, part in result.realised.items()},
        "sets": [_sets_row(found) for found in result.sets],
    }  # fmt: skip
    typer.echo(orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS).decode())


def _sets_row(found: Any) -> dict[str, Any]:
    row = asdict(found)
    return {**row, "arm": found.arm or "clean"}
