"""Options shared by ``run`` and ``plan``, and how they become settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from medtrust.core.errors import UserError

if TYPE_CHECKING:
    from medtrust.settings import Settings

Tasks = Annotated[
    list[str] | None, typer.Argument(help="Suites or tasks, e.g. cares or cares/factuality.")
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model", help="PROVIDER/NAME: hf/…, openai/…, replay/FILE, simulated/KIND; or phantom."
    ),
]
BaseUrl = Annotated[
    str | None,
    typer.Option("--base-url", help="Of the model's server, e.g. http://127.0.0.1:8000/v1."),
]
ModelOption = Annotated[
    list[str] | None, typer.Option("-M", metavar="KEY=VALUE", help="A setting of the model.")
]
Data = Annotated[
    list[str] | None,
    typer.Option("--data", metavar="NAME=PATH", help="Where a data set is, e.g. cares=CARES."),
]
Images = Annotated[
    list[str] | None,
    typer.Option("--images", metavar="NAME=DIR", help="Root of a data set's images."),
]
Official = Annotated[
    list[str] | None,
    typer.Option(
        "--official", metavar="NAME=DIR", help="Checkout whose published wording is asked."
    ),
]
Join = Annotated[
    list[str] | None,
    typer.Option("--join", metavar="NAME=PATH", help="Demographics to join, e.g. fairvlmed=DIR."),
]
Column = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="ROLE=COLUMN", help="Own folder: id, question, answer, …"),
]
Group = Annotated[
    list[str] | None, typer.Option("--group", help="Own folder: column of a patient attribute.")
]
Stratum = Annotated[
    list[str] | None, typer.Option("--stratum", help="Own folder: column that describes the case.")
]
Cluster = Annotated[
    str | None, typer.Option("--cluster", help="Own folder: column of the patient or image.")
]
AgeBins = Annotated[
    str | None,
    typer.Option(
        "--age-bins", metavar="YEARS", help="Lower edges of age groups, e.g. 0,18,40,65 (decades)."
    ),
]
MinimumN = Annotated[
    int | None, typer.Option("--minimum-n", help="Compare groups from this many samples on (30).")
]
Access = Annotated[
    list[str] | None,
    typer.Option(
        "--access", metavar="NAME=CLASS", help="public, gated or phi; own folders are phi."
    ),
]
Judge = Annotated[
    str | None, typer.Option("--judge", help="PROVIDER/NAME that scores open answers.")
]
JudgeUrl = Annotated[str | None, typer.Option("--judge-url", help="Of the judge's server.")]
JudgeOption = Annotated[
    list[str] | None, typer.Option("-J", metavar="KEY=VALUE", help="A setting of the judge.")
]
Moderator = Annotated[
    str | None,
    typer.Option("--moderator", help="PROVIDER/NAME that marks toxicity (a built-in lexicon)."),
]
ModeratorUrl = Annotated[
    str | None, typer.Option("--moderator-url", help="Of the moderator's server.")
]
ModeratorOption = Annotated[
    list[str] | None,
    typer.Option("--moderator-option", metavar="KEY=VALUE", help="A setting of the moderator."),
]
Condition = Annotated[
    list[str] | None,
    typer.Option("--condition", help="Only this arm, e.g. clean or image=blank; may repeat."),
]
Draws = Annotated[int | None, typer.Option("--draws", help="Samples to draw where a task samples.")]
Where = Annotated[
    list[str] | None,
    typer.Option("--where", metavar="NAME=VALUE", help="Only these, e.g. dataset=IU-Xray."),
]
Limit = Annotated[
    int | None, typer.Option("--limit", help="First samples per data set, whole clusters.")
]
Seed = Annotated[
    int | None, typer.Option("--seed", help="Of option order, alterations and sampling.")
]
Concurrency = Annotated[
    int | None, typer.Option("--concurrency", help="Most requests under way at once (32).")
]
MaxRequests = Annotated[
    int | None, typer.Option("--max-requests", help="Stop after this many requests.")
]
AllowHost = Annotated[
    list[str] | None, typer.Option("--allow-host", help="Host that may see protected data.")
]
Retry = Annotated[
    list[str] | None,
    typer.Option("--retry", help="Ask again: truncated, filtered, refused or unparsed."),
]
Config = Annotated[Path | None, typer.Option("--config", help="TOML file with the same settings.")]
Store = Annotated[
    Path | None, typer.Option("--store", help="Store of answers shared between runs.")
]
Out = Annotated[Path | None, typer.Option("--out", help="Folder of the run (runs/MODEL).")]
Json = Annotated[bool, typer.Option("--json/--no-json", help="Print JSON for machines.")]

SHARED: Final[Mapping[str, Any]] = {
    "tasks": Tasks,
    "model": Model,
    "base_url": BaseUrl,
    "model_options": ModelOption,
    "data": Data,
    "images": Images,
    "official": Official,
    "joins": Join,
    "columns": Column,
    "groups": Group,
    "strata": Stratum,
    "cluster": Cluster,
    "age_bins": AgeBins,
    "minimum_n": MinimumN,
    "access": Access,
    "judge": Judge,
    "judge_url": JudgeUrl,
    "judge_options": JudgeOption,
    "moderator": Moderator,
    "moderator_url": ModeratorUrl,
    "moderator_options": ModeratorOption,
    "conditions": Condition,
    "draws": Draws,
    "where": Where,
    "limit": Limit,
    "seed": Seed,
    "concurrency": Concurrency,
    "max_requests": MaxRequests,
    "allow_host": AllowHost,
    "retry": Retry,
    "config": Config,
    "store": Store,
    "out": Out,
}
"""Options of ``run`` and ``plan`` by the setting they fill."""

_PAIRS = {
    "model_options": ("-M", "key=value"),
    "data": ("--data", "NAME=PATH"),
    "images": ("--images", "NAME=DIR"),
    "official": ("--official", "NAME=DIR"),
    "joins": ("--join", "NAME=PATH"),
    "columns": ("--column", "ROLE=COLUMN"),
    "access": ("--access", "NAME=CLASS"),
    "judge_options": ("-J", "key=value"),
    "moderator_options": ("--moderator-option", "key=value"),
    "where": ("--where", "NAME=VALUE"),
}
_MAY_HOLD_A_KEY = frozenset({"-M", "-J", "--moderator-option"})
"""Options that are never repeated in an error: they may hold a secret."""


def takes_settings(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command all shared options; it receives them as one `Settings`.

    The command's own parameters come after ``settings`` and are keyword-only.
    """
    own = [
        parameter
        for parameter in signature(command).parameters.values()
        if parameter.name != "settings"
    ]
    shared = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in SHARED.items()
    ]

    @wraps(command)
    def collected(**values: Any) -> int:
        given = {name: values.pop(name) for name in SHARED}
        return command(settings_of(given, command.__name__), **values)

    collected.__signature__ = Signature([*shared, *own])  # type: ignore[attr-defined]
    collected.__annotations__ = {item.name: item.annotation for item in [*shared, *own]}
    return collected


def settings_of(given: Mapping[str, Any], command: str) -> Settings:
    """Settings from typed options.

    Raises:
        UserError: If data is named but no task, or a task but nobody to ask.
    """
    from medtrust.settings import read_settings

    config = given["config"]
    values = typed({name: value for name, value in given.items() if name != "config"})
    if command == "plan" and config is None and not values.get("model"):
        values["model"] = "simulated/planted"
    return read_settings(values, config)


def typed(values: dict[str, Any]) -> dict[str, Any]:
    """Typed options as values for `settings.read_settings`.

    Raises:
        UserError: For a pair that is not written ``NAME=VALUE``, or a name given twice.
    """
    settings = dict(values)
    for name, (option, form) in _PAIRS.items():
        if settings.get(name):
            settings[name] = _pairs(settings[name], option, form)
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()
    }


def _pairs(texts: list[str], option: str, form: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            typed = "" if option in _MAY_HOLD_A_KEY else f" {text}"
            raise UserError(f"{option}{typed} is not written as {form}.")
        if name in pairs:
            raise UserError(f"{option} {name}=… is given twice.")
        pairs[name] = value
    return pairs
