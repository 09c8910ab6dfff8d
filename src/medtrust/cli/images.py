"""``medtrust data images``: pictures out of the archives in which two sets come.

Annotations are objects here, not text: the options are read from them.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medtrust.cli import options
from medtrust.core.errors import DataError, UnknownNameError

if TYPE_CHECKING:
    from medtrust.data.cares.export.writing import Export

SHOWN = 20
"""Sentences about single entries that are printed at most; ``--json`` has all."""


def data_images(
    which: Annotated[str, typer.Argument(help="fairvlmed or ol3i.")],
    out: Annotated[Path, typer.Option("--out", help="Checkout of CARES, or its data folder.")],
    npz: Annotated[
        Path | None, typer.Option("--npz", help="fairvlmed: folder with data_0NNNN.npz.")
    ] = None,
    h5: Annotated[Path | None, typer.Option("--h5", help="ol3i: the HDF5 file.")] = None,
    *,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Write images again that are there.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Also images that the question file does not name.")
    ] = False,
    json: options.Json = False,
) -> int:
    """Write images of a data set to the paths that its questions name."""
    from medtrust.data.cares.export.fairvlmed import export_fairvlmed
    from medtrust.data.cares.export.ol3i import export_ol3i

    sources = {"fairvlmed": ("--npz", npz, export_fairvlmed), "ol3i": ("--h5", h5, export_ol3i)}
    if which not in sources:
        raise UnknownNameError.among("images", which, tuple(sources))
    option, source, export = sources[which]
    if source is None:
        raise DataError(f"Say what to export from: {option} PATH.")
    _print_export(export(source, out, overwrite=overwrite, every=every), json=json)
    return 0


def _print_export(found: "Export", *, json: bool) -> None:
    from medtrust.data.shown import shown

    if json:
        import orjson

        typer.echo(orjson.dumps(found, default=str).decode())
        return
    for sentence in found.problems[:SHOWN]:
        _complain(sentence)
    if len(found.problems) > SHOWN:
        _complain(f"... and {len(found.problems) - SHOWN} more such problems.")
    typer.echo(f"{found.folder}: {found.written} images written, {found.kept} kept as they were.")
    if found.asked is None:
        typer.echo("There is no question file beside them to compare with.")
        return
    there = found.asked - len(found.missing)
    typer.echo(f"{there} of the {found.asked} images that the questions name are there.")
    if found.missing:
        typer.echo(f"{len(found.missing)} are missing, e.g. {shown(found.missing[0])}.")


def _complain(sentence: str) -> None:
    typer.echo(sentence, err=True)
