"""``medtrust embed``: one vector an image.

Annotations are objects here, not text: the options are read from them.
"""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer

from medtrust.cli import options
from medtrust.core.errors import UserError

if TYPE_CHECKING:
    from medtrust.mining.encoding import Encoded
    from medtrust.mining.pictures import Pictures

SHOWN = 20
"""Images without a vector that are printed at most; ``--json`` has all."""

EVERY_S = 10.0

Root = Annotated[
    Path | None, typer.Option("--root", help="Folder of a data set's images (beside its file).")
]
Cluster = Annotated[
    str | None,
    typer.Option("--cluster", help="Column of an own data set that names patient or article."),
]
Article = Annotated[
    str | None,
    typer.Option(
        "--article", metavar="REGEX", help=r"Finds a file's article or patient, e.g. 'PMC\d+'."
    ),
]
Store = Annotated[
    Path | None,
    typer.Option("--store", help="Where vectors are kept at once (embeddings.sqlite beside OUT)."),
]


def embed(
    images: Annotated[
        str | None,
        typer.Argument(help="A folder, a list of paths, or phantom=images=300,pairs=0."),
    ] = None,
    encoder: Annotated[
        str, typer.Option("--encoder", help="hf/PATH-OR-ID, phantom or pixels.")
    ] = "",
    out: Annotated[Path, typer.Option("--out", help="File to write.")] = Path("embeddings.npz"),
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="NAME=PATH", help="The images of a data set instead."),
    ] = None,
    root: Root = None,
    article: Article = None,
    cluster: Cluster = None,
    encoder_options: Annotated[
        list[str] | None,
        typer.Option("-M", metavar="KEY=VALUE", help="pooling, batch, device, dtype, threads ..."),
    ] = None,
    store: Store = None,
    *,
    json: options.Json = False,
) -> int:
    """Unit vectors of all distinct images. The same command resumes."""
    from medtrust import embedding
    from medtrust.mining.embedding_file import check_path, header_of, write_embeddings
    from medtrust.mining.encoder import open_encoder

    if (images is None) == (data is None):
        raise UserError("Say which images: a folder, a list, NAME=PATH, or --data NAME=PATH.")
    if not encoder:
        raise UserError("Say which encoder: --encoder hf/PATH-OR-ID, phantom or pixels.")
    check_path(out)
    parameters = options.typed({"model_options": encoder_options})["model_options"] or {}
    pictures = embedding.images_of(
        images or data or "", root=root, article=article, cluster=cluster
    )
    opened = open_encoder(encoder, parameters)
    with Watch(quiet=json) as watch:
        found = embedding.embed(
            pictures, opened, store=store or out.parent / embedding.STORE, progress=watch
        )
    write_embeddings(out, found)
    if json:
        import orjson

        typer.echo(orjson.dumps(header_of(found)).decode())
        return 0
    for sentence in (*opened.notes, *about(pictures, found)):
        typer.echo(sentence)
    rows, width = found.vectors.shape
    typer.echo(f"Written to {out}: {rows} x {width}.")
    return 0


def about(pictures: "Pictures", found: "Encoded") -> list[str]:
    """What was done and what was left, a sentence each."""
    n_stored = len(found.digests) - found.n_encoded
    said = [
        f"{found.identity.encoder_id}: {found.n_encoded} images encoded, {n_stored} from the store."
    ]
    if found.copies:
        said.append(f"Copies of other files, without a row of their own: {len(found.copies)}.")
    if pictures.left_out:
        kinds = ", ".join(f"{kind} {count}" for kind, count in pictures.left_out.most_common(5))
        said.append(f"Files that are no images by name: {pictures.left_out.total()} ({kinds}).")
    if found.problems:
        said.append(f"Images without a vector: {len(found.problems)}.")
        said += [f"  {one.reason}: {one.sentence}" for one in found.problems[:SHOWN]]
        if len(found.problems) > SHOWN:
            said.append(f"  ... and {len(found.problems) - SHOWN} more: --json lists them.")
    return said


class Watch:
    """A line about images done on the error stream, now and then.

    Args:
        quiet: Show nothing, for machines.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._live = sys.stderr.isatty()
        self._started = self._shown = time.monotonic()

    def __enter__(self) -> Self:
        """Start the clock."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the live line behind."""
        if self._live and not self._quiet:
            sys.stderr.write("\n")

    def __call__(self, done: int, total: int) -> None:
        """Show the counts, if it is time to."""
        now = time.monotonic()
        if self._quiet or (not self._live and now - self._shown < EVERY_S):
            return
        self._shown = now
        rate = done / (now - self._started) if now > self._started else 0.0
        line = f"{done}/{total} images, {rate:.0f}/s"
        sys.stderr.write(f"\r\x1b[K{line}" if self._live else f"{line}\n")
        sys.stderr.flush()
