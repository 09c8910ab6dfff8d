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
    from medtrust.metrics.intervals import Interval
    from medtrust.tuning.escalation import Calibrated
    from medtrust.tuning.thresholds import Realised

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
    seed: Annotated[int, typer.Option("--seed", help="Of the parts and the drawn cases.")] = 0,
    out: Annotated[Path, typer.Option("--out", help="File to write.")] = Path("policy.json"),
    *,
    share_delta: Annotated[
        bool, typer.Option("--share-delta", help="Test all estimators, each with a share.")
    ] = False,
    json: options.Json = False,
) -> int:
    """The threshold below which answers may stand; exits 1 when none can be guaranteed."""
    from medtrust.run import load_run
    from medtrust.tuning.escalation import calibrate
    from medtrust.tuning.thresholds import Terms

    result = calibrate(
        [load_run(folder) for folder in runs],
        Terms(alpha=alpha, delta=delta, share_delta=share_delta, seed=seed),
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
        typer.echo(f"{result.reason} No policy was written.")
    return 0 if result.policy is not None else NOT_GUARANTEED


def _last_day(expires: str | None, days: int | None) -> date | None:
    if expires is not None and days is not None:
        raise UserError("Say --expires or --days, not both.")
    if days is not None:
        if days < 1:
            raise UserError(f"--days {days}: a policy holds a day at least.")
        from datetime import UTC, datetime

        return datetime.now(UTC).date() + timedelta(days=days)
    if expires is None:
        return None
    try:
        return date.fromisoformat(expires)
    except ValueError as error:
        raise UserError(f"--expires {expires!r} is no date: write it like 2030-01-31.") from error


def promise(result: "Calibrated") -> list[str]:
    """What the policy promises, and what not, in a paragraph."""
    policy, terms = result.policy, result.terms
    if policy is None:
        return [result.reason]
    several = f" within each {policy.stratum} that has a threshold" if policy.stratum else ""
    said = [
        (
            f"Answers whose {policy.estimator} is at most the threshold may stand: among them at "
            f"most {terms.alpha:.1%} are wrong{several}, with confidence {1.0 - terms.delta:.1%}, "
            "for a random case of a new patient like those it was calibrated on, asked in the "
            "same words."
        ),
        (
            "It promises nothing about other cases, about cases that changed since, nor where the "
            "right option is not among those offered."
        ),
    ]
    clean = result.realised[""]
    if clean.escalated.value is not None:
        said.append(
            f"On {clean.n} cases kept aside it sends {_per_1000(clean.escalated)} of 1,000 cases "
            f"to a clinician, and {clean.errors} of {clean.answered} answers that stand are wrong."
        )
    hidden = result.realised.get("nota=replace")
    if hidden is not None and hidden.answered:
        said.append(
            "The promise ends where the right option is hidden behind 'none of the above': there "
            f"the same threshold lets {hidden.answered} of {hidden.n} answers stand, and "
            f"{hidden.errors} of them are wrong."
        )
    if clean.unanswered or clean.without_number:
        said.append(
            f"Of these cases {clean.unanswered} have no answer (refused or unreadable) and "
            f"{clean.without_number} no {policy.estimator}: they are escalated."
        )
    if result.left_out:
        said.append(f"{result.left_out} clean cases have no outcome and were left out.")
    return [" ".join(said)]


def table(result: "Calibrated") -> list[str]:
    """Thresholds with what they rest on, then what they do in each arm."""
    head = ["threshold for", "at most", "answered", "wrong", "error bound", "coverage"]
    rows = []
    for rule in result.found.rules:
        control = rule.control
        rows.append([
            "all cases" if rule.stratum is None else result.values[rule.stratum],
            "escalate all" if control.threshold is None else f"{control.threshold:.4g}",
            f"{control.answered} of {control.n}",
            str(control.errors),
            "-" if control.bound is None else f"{control.bound:.1%}",
            "0.0%" if control.threshold is None else f"{control.coverage or 0.0:.1%}",
        ])  # fmt: skip
    arms = [["kept-aside cases", "n", "answered", "wrong", "error", "escalated of 1,000"]]
    arms += [_arm_row(arm or "clean", part) for arm, part in result.realised.items() if part.n]
    lines = [*_aligned([head, *rows]), "", *_aligned(arms)]
    if result.unmeasured:
        without = ", ".join(result.unmeasured)
        lines.append(f"{result.found.estimator} is not measured in {without}.")
    return lines


def _arm_row(arm: str, part: "Realised") -> list[str]:
    return [
        arm, str(part.n), str(part.answered), str(part.errors),
        _percent(part.risk), _per_1000(part.escalated),
    ]  # fmt: skip


def sets_table(result: "Calibrated") -> list[str]:
    """Coverage and size of conformal sets, clean ones by stratum, too; empty without them."""
    if not result.sets:
        return []
    rows = [["sets of options", "arm", "n", "hold the right one", "mean size", "empty"]]
    for found in result.sets:
        quality = found.quality
        size = quality.mean_size.value
        rows.append([
            found.score, found.arm or "clean", str(quality.coverage.n),
            _percent(quality.coverage), "-" if size is None else f"{size:.2f}",
            _percent(quality.empty),
        ])  # fmt: skip
        rows += [
            [f"  {value}", found.arm or "clean", str(interval.n), _percent(interval), "", ""]
            for value, interval in quality.by_stratum.items()
            if found.arm == ""
        ]
    return ["", *_aligned(rows)]


def _percent(interval: "Interval") -> str:
    if interval.value is None or interval.low is None or interval.high is None:
        return "-"
    return f"{interval.value:.1%} ({interval.low:.1%} to {interval.high:.1%})"


def _per_1000(interval: "Interval") -> str:
    if interval.value is None or interval.low is None or interval.high is None:
        return "-"
    low, high = 1000.0 * interval.low, 1000.0 * interval.high
    return f"{1000.0 * interval.value:.0f} ({low:.0f} to {high:.0f})"


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


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
             "delta": rule.delta, **asdict(rule.control)}
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
