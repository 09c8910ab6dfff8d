"""``medtrust data get``: the images of a data set that come one by one from the network.

Annotations are objects here, not text: the options are read from them.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medtrust.cli import options
from medtrust.core.errors import DataError, UnknownNameError, WorkLeft

if TYPE_CHECKING:
    from medtrust.data.mediconfusion.get import Fetched

KNOWN = ("mediconfusion",)
SHOWN = 20
"""Missing images that are listed at most; ``--json`` has all."""


def data_get(
    which: Annotated[str, typer.Argument(help="mediconfusion.")],
    write: Annotated[Path, typer.Option("--write", help="Folder for the images.")],
    data: options.Data = None,
    images: options.Images = None,
    url_template: Annotated[
        str | None,
        typer.Option(
            "--url-template",
            metavar="URL",
            help="Address with {pmcid}, {file_name}, {version}, {local} or {roco}.",
        ),
    ] = None,
    licence_template: Annotated[
        str | None,
        typer.Option(
            "--licence-template",
            metavar="URL",
            help="Address of an article's record, with {pmcid} and {version}.",
        ),
    ] = None,
    *,
    json: options.Json = False,
) -> int:
    """Fetch images that are missing; the same command goes on where it was."""
    from medtrust.data.mediconfusion.addresses import PMC_BUCKET
    from medtrust.data.mediconfusion.get import get_images
    from medtrust.data.shown import plain_errors

    if which not in KNOWN:
        raise UnknownNameError.among("data to get", which, KNOWN)
    typed = options.typed({"data": data, "images": images})
    paths, places = typed["data"] or {}, typed["images"] or {}
    if set(paths) != {which}:
        raise DataError(f"Say where the questions are: --data {which}=DIR.")
    with plain_errors():
        found = get_images(
            Path(paths[which]),
            write,
            images=Path(places[which]) if which in places else None,
            url_template=url_template or PMC_BUCKET,
            licence_template=licence_template,
        )
    _print(found, json=json)
    if found.missing:
        raise WorkLeft(
            f"{len(found.missing)} of {found.asked} images are not there: the same command asks "
            "for them again. A run goes on without them."
        )
    return 0


def _print(found: "Fetched", *, json: bool) -> None:
    from medtrust.data.shown import shown

    if json:
        import orjson

        typer.echo(orjson.dumps(found, default=str).decode())
        return
    for note in found.notes:
        typer.echo(shown(note), err=True)
    typer.echo(
        f"{found.folder}: {found.written} images fetched, {found.copied} copied, "
        f"{found.kept} kept as they were."
    )
    for image in found.missing[:SHOWN]:
        where = f"{image.article}/{image.name}" if image.article else "-"
        typer.echo(shown(f"missing  {image.file}  {where}  {image.reason}"))
    if len(found.missing) > SHOWN:
        typer.echo(f"... and {len(found.missing) - SHOWN} more: --json lists them.")
    typer.echo(f"The licence of {found.licensed} of {found.articles} articles is known.")
    typer.echo(f"{found.asked - len(found.missing)} of {found.asked} images are there.")
