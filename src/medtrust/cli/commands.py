"""The commands: each parses, makes one call and prints.

Annotations are objects here, not text: the options are read from them.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medtrust.cli import options
from medtrust.core.errors import DataError, UnknownNameError

if TYPE_CHECKING:
    from medtrust.engine.plan import Plan
    from medtrust.settings import Settings

FORMATS = ("html", "md", "json", "csv")
SHOWN = 20
"""Missing images listed unless all are asked for."""


@options.takes_settings
def run(settings: "Settings", *, json: options.Json = False) -> int:
    """Ask, keep, score and measure. The same command resumes."""
    from medtrust.cli.progress import Progress
    from medtrust.report.html import write_report
    from medtrust.run import evaluate

    with Progress(quiet=json) as progress:
        found = evaluate(settings, progress=progress, say=None if json else _note)
    report_path = write_report(found)
    _print_run(found, json=json, report_path=report_path)
    if found.left:
        typer.echo(f"medtrust: {found.left}", err=True)
        return 3
    return 0


@options.takes_settings
def plan(
    settings: "Settings",
    *,
    write: Annotated[
        Path | None, typer.Option("--write", help="Folder for requests.jsonl and made images.")
    ] = None,
    json: options.Json = False,
) -> int:
    """What would be asked: unique and shared requests, tokens. Asks nothing."""
    from medtrust.run import plan as make_plan

    found = make_plan(settings, write=write)
    if json:
        import orjson

        typer.echo(orjson.dumps(_plan_row(found)).decode())
        return 0
    for line in _plan_lines(found):
        typer.echo(line)
    typer.echo(
        f"{found.unique} unique of {found.naive} requests ({found.shared} fall away), "
        f"{found.stored} in the store, {found.to_ask} to ask about {found.images} images; "
        f"about {found.text_tokens} tokens of text (images and follow-ups not counted)."
    )
    for reason, skipped in found.skipped.items():
        typer.echo(f"{skipped} questions skipped: {reason}.")
    if write is not None:
        typer.echo(f"Written to {write / 'requests.jsonl'}.")
    return 0


def _plan_lines(found: "Plan") -> Iterator[str]:
    """One line an arm, the arms of a task together."""
    tasks = list(dict.fromkeys(task for task, _ in found.counts))
    arms = sorted(found.counts, key=lambda arm: tasks.index(arm[0]))
    first = max((len(task) for task, _ in arms), default=0)
    second = max((len(condition or "clean") for _, condition in arms), default=0)
    for task, condition in arms:
        count = found.counts[task, condition]
        yield (
            f"{task:{first}}  {condition or 'clean':{second}} {count.samples:>7} samples "
            f"{count.requests:>7} requests {count.requests - count.new:>7} shared"
        )


def score(
    folder: Annotated[Path, typer.Argument(help="A run folder.")],
    store: options.Store = None,
    *,
    json: options.Json = False,
) -> int:
    """Read and measure again from stored answers. Asks nothing."""
    from medtrust.report.html import write_report
    from medtrust.run import score as score_again

    found = score_again(folder, store=store)
    _print_run(found, json=json, report_path=write_report(found))
    return 0


def report(
    folder: Annotated[Path, typer.Argument(help="A run folder.")],
    form: Annotated[
        str, typer.Option("--format", help="html (a file), or md, json, csv to the screen.")
    ] = "html",
) -> int:
    """The report of a run."""
    from medtrust.report import export
    from medtrust.report.html import write_report
    from medtrust.run import load_run

    if form not in FORMATS:
        raise UnknownNameError.among("format", form, FORMATS)
    found = load_run(folder)
    if form == "html":
        typer.echo(f"Written to {write_report(found)}.")
        return 0
    writers = {"md": export.as_markdown, "json": export.as_json, "csv": export.as_csv}
    typer.echo(writers[form](found))
    return 0


def list_names(*, json: options.Json = False) -> int:
    """Suites, tasks, models and data: what is here, and what it needs."""
    from medtrust.core.registry import entries

    if json:
        import orjson

        rows = [
            {"noun": entry.noun, "name": entry.name, "summary": entry.summary, "needs": entry.needs}
            for entry in entries()
        ]
        typer.echo(orjson.dumps(rows).decode())
        return 0
    width = max(len(entry.name) for entry in entries())
    noun = ""
    for entry in entries():
        if entry.noun != noun:
            noun = entry.noun
            typer.echo(f"\n{noun}" if noun != "task" else noun)
        typer.echo(f"  {entry.name:{width}} {entry.summary}")
        if entry.needs:
            typer.echo(f"  {'':{width}} needs {entry.needs}")
    return 0


def doctor(
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    model_options: options.ModelOption = None,
    *,
    json: options.Json = False,
) -> int:
    """What is installed, and what the named model really does: it asks."""
    from medtrust.cli.health import installed, model_findings

    rows = installed()
    if model is not None:
        parameters = options.typed({"model_options": model_options})["model_options"] or {}
        rows += model_findings(model, base_url, parameters)
    if json:
        import orjson

        typer.echo(orjson.dumps(rows).decode())
        return 0
    for row in rows:
        typer.echo(f"{row['name']:24} {row['found']:10} {row['sentence']}")
    return 0


def data_census(
    data: options.Data = None,
    images: options.Images = None,
    joins: options.Join = None,
    columns: options.Column = None,
    *,
    json: options.Json = False,
) -> int:
    """Counts of a data set beside the published ones."""
    from medtrust.data.census import census

    for dataset in _datasets(data, images, joins, columns):
        rows = census(dataset)
        _print_rows(rows, json=json)
        if not json:
            differing = sum(row.differs for row in rows)
            typer.echo(f"{dataset.name}: {differing} counts differ from the published ones.")
    return 0


def data_check(
    data: options.Data = None,
    images: options.Images = None,
    joins: options.Join = None,
    columns: options.Column = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="List every image.")] = False,
    json: options.Json = False,
) -> int:
    """Images that are missing, with the samples that need them."""
    from medtrust.data.check import check

    for dataset in _datasets(data, images, joins, columns):
        missing = check(dataset)
        _print_rows(missing if json or every else missing[:SHOWN], json=json)
        if len(missing) > SHOWN and not (json or every):
            typer.echo(f"... and {len(missing) - SHOWN} more: --all lists them.")
        if not json:
            typer.echo(f"{dataset.name}: {len(missing)} images are missing.")
    return 0


def data_import(
    answers: Annotated[Path, typer.Argument(help="Answers in a released script's own format.")],
    write: Annotated[Path, typer.Option("--write", help="Replay file to write.")],
    file: Annotated[
        str | None,
        typer.Option("--file", help="CARES: question file answered, e.g. iuxray_factuality."),
    ] = None,
    data: options.Data = None,
    key: Annotated[
        str | None, typer.Option("--key", help="CARES: key of the answer (text, Pred, answer).")
    ] = None,
    task: Annotated[
        str, typer.Option("--task", help="Task that the answers belong to.")
    ] = "cares/factuality",
    condition: Annotated[
        str, typer.Option("--condition", help="Its condition, e.g. attack=conceal.")
    ] = "clean",
    role: Annotated[
        str, typer.Option("--role", help="Step of its conversation, e.g. are-you-sure.")
    ] = "answer",
) -> int:
    """Turn answers of released scripts, or of people, into a replay file, to score them again."""
    from medtrust.cli import released
    from medtrust.cli.released_asked import Import

    if len(data or ()) != 1:
        raise DataError("Say which data was answered, once: --data cares=CARES.")
    if write.resolve() == answers.resolve():
        raise DataError(f"--write {write} are the answers themselves: name another file.")
    (dataset,) = _datasets(data, None, None)
    found, named = released.arm_of(task, condition)
    wanted = Import(answers, write, dataset, "".join(data or ()), found, named, role, file, key)
    for sentence in released.import_answers(wanted):
        typer.echo(sentence)
    return 0


def data_export(
    write: Annotated[Path, typer.Option("--write", help="Folder to write into.")],
    run: Annotated[
        Path | None, typer.Argument(help="A run folder, to write its answers as well.")
    ] = None,
    data: options.Data = None,
    official: options.Official = None,
    task: Annotated[str | None, typer.Option("--task", help="One task (all).")] = None,
    condition: Annotated[
        str | None, typer.Option("--condition", help="One condition of it (all).")
    ] = None,
    role: Annotated[
        str, typer.Option("--role", help="Step of a run's conversations, e.g. are-you-sure.")
    ] = "answer",
    store: options.Store = None,
) -> int:
    """Write questions, and a run's answers, in the formats of the released scripts."""
    from medtrust.cli import released

    if task is None and condition is not None:
        raise DataError("Say of which task: --task cares/uncertainty --condition turns=one.")
    arms = None if task is None else released.arms_of(task, condition)
    if run is not None:
        where = options.typed({"data": data})["data"] or {}
        cares = Path(where["cares"]) if "cares" in where else None
        sentences = released.export_run(run, write, arms=arms, data=cares, role=role, store=store)
    else:
        if len(data or ()) != 1:
            raise DataError("Say whose questions, once: --data cares=CARES; or name a run folder.")
        (dataset,) = _datasets(data, None, None)
        sentences = released.export_questions(dataset, data, write, arms=arms, official=official)
    for sentence in sentences:
        typer.echo(sentence)
    return 0


def _note(sentence: str) -> None:
    typer.echo(sentence, err=True)


def _print_run(found: Any, *, json: bool, report_path: Path) -> None:
    if json:
        from medtrust.report.export import as_json

        typer.echo(as_json(found))
        return
    from medtrust.report.terminal import render

    typer.echo(render(found))
    typer.echo(f"Report: {report_path}")


def _plan_row(found: Any) -> dict[str, Any]:
    return {
        "naive": found.naive,
        "unique": found.unique,
        "stored": found.stored,
        "to_ask": found.to_ask,
        "images": found.images,
        "text_tokens": found.text_tokens,
        "skipped": dict(found.skipped),
        "tasks": [
            {"task": task, "condition": condition, "samples": count.samples,
             "requests": count.requests, "new": count.new}
            for (task, condition), count in found.counts.items()
        ],
    }  # fmt: skip


def _datasets(
    data: list[str] | None,
    images: list[str] | None,
    joins: list[str] | None,
    columns: list[str] | None = None,
) -> list[Any]:
    from medtrust.core.dataset import DataSource
    from medtrust.core.registry import load

    typed = options.typed({"data": data, "images": images, "joins": joins, "columns": columns})
    if not typed["data"]:
        raise DataError("Say which data: --data NAME=PATH, e.g. --data cares=CARES.")
    roots = typed["images"] or {}
    joined = {name: Path(path) for name, path in (typed["joins"] or {}).items()}
    return [
        load("data", name)(
            DataSource(
                name=name,
                path=Path(path),
                images=Path(roots[name]) if name in roots else None,
                columns=typed["columns"] or {},
                joins=joined,
            )
        )
        for name, path in typed["data"].items()
    ]


def _print_rows(rows: list[Any], *, json: bool) -> None:
    import orjson

    if json:
        sys.stdout.write(orjson.dumps(rows).decode() + "\n")
        return
    table = [{name: _cell(getattr(row, name)) for name in row.__dataclass_fields__} for row in rows]
    if not table:
        return
    widths = {
        name: min(48, max(len(name), *(len(row[name]) for row in table))) for name in table[0]
    }
    typer.echo("  ".join(f"{name:{width}}" for name, width in widths.items()).rstrip())
    for row in table:
        typer.echo("  ".join(f"{row[name]:{width}}" for name, width in widths.items()).rstrip())


def _cell(value: object) -> str:
    """What a table shows of a value: a dash for None, the first few of many."""
    if value is None:
        return "-"
    if isinstance(value, tuple):
        more = f" and {len(value) - 2} more" if len(value) > 2 else ""
        return ", ".join(str(item) for item in value[:2]) + more
    return str(value)
