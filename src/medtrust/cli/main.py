"""The command ``medtrust`` and its exit codes.

0 done; 1 a gate failed; 2 the user can mend it; 3 work is left that the same command resumes;
70 a fault of ours, with its traceback.
"""

from __future__ import annotations

import sys
import traceback
from typing import Annotated

import typer

from medtrust import __version__
from medtrust.cli import commands
from medtrust.cli.embed import embed
from medtrust.cli.fetching import data_get
from medtrust.cli.images import data_images
from medtrust.cli.mine import mine
from medtrust.cli.study import study
from medtrust.cli.tune import escalation
from medtrust.cli.tune_collapse import collapse
from medtrust.core.errors import UserError, WorkLeft

DONE, MENDABLE, LEFT, FAULT = 0, 2, 3, 70
INTERRUPTED = 130
"""What typer makes of a Ctrl-C that comes while nothing is being asked."""

app = typer.Typer(
    name="medtrust",
    help="Measures whether a medical vision-language model can be trusted.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("run")(commands.run)
app.command("plan")(commands.plan)
app.command("score")(commands.score)
app.command("report")(commands.report)
app.command("list")(commands.list_names)
app.command("doctor")(commands.doctor)
app.command("mine")(mine)
app.command("embed")(embed)
app.command("study")(study)

data = typer.Typer(no_args_is_help=True, help="Data sets: counts, images, answers in and out.")
data.command("census")(commands.data_census)
data.command("check")(commands.data_check)
data.command("import")(commands.data_import)
data.command("export")(commands.data_export)
data.command("images")(data_images)
data.command("get")(data_get)
app.add_typer(data, name="data")

tune = typer.Typer(no_args_is_help=True, help="Use a run: an escalation policy, fragile cases.")
tune.command("escalation")(escalation)
tune.command("collapse")(collapse)
app.add_typer(tune, name="tune")


def _version(value: bool) -> None:  # noqa: FBT001 - typer calls it so
    if value:
        typer.echo(f"medtrust {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Measures whether a medical vision-language model can be trusted."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    sys.exit(exit_code(arguments))


def exit_code(arguments: list[str] | None = None) -> int:
    """Run the command line; returns what `main` exits with."""
    try:
        code = app(args=arguments, prog_name="medtrust", standalone_mode=False)
    except Exception as problem:  # noqa: BLE001 - every ending becomes a code and a sentence
        return _ended(problem)
    if code == INTERRUPTED:
        _complain("Interrupted: the same command resumes.")
        return LEFT
    return code if isinstance(code, int) else DONE


def _ended(problem: Exception) -> int:
    """Say in one sentence how it ended; a fault of ours comes with its traceback."""
    match problem:
        case typer.TyperException():
            _complain(f"{problem.format_message()} See `medtrust --help`.")
        case UserError():
            _complain(str(problem))
        case OSError():
            where = f"{problem.filename}: " if problem.filename else ""
            _complain(f"{where}{problem.strerror or type(problem).__name__}.")
        case WorkLeft():
            _complain(str(problem))
            return LEFT
        case _:
            traceback.print_exception(problem)
            _complain("This is a fault of medtrust, not of yours: please report the lines above.")
            return FAULT
    return MENDABLE


def _complain(sentence: str) -> None:
    typer.echo(f"medtrust: {sentence}", err=True)


if __name__ == "__main__":
    main()
