"""``medtrust mine``: the confusable pairs among embeddings.

Annotations are objects here, not text: the options are read from them.
"""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from medtrust.cli import mine_images as from_images
from medtrust.cli import options
from medtrust.cli.embed import Article, Cluster, Root, Store
from medtrust.core.errors import UserError

if TYPE_CHECKING:
    from medtrust.mining.embeddings import Embeddings
    from medtrust.mining.join import Mined, Step

EVERY_S = 10.0

First = Annotated[
    Path | None, typer.Argument(help="Embeddings that confuse: .npy, .npz or .parquet.")
]
Second = Annotated[
    Path | None, typer.Argument(help="Embeddings of the same images that tell them apart.")
]
Above = Annotated[float, typer.Option("--above", help="Least similarity in A, not included.")]
Below = Annotated[float, typer.Option("--below", help="Greatest similarity in B, not included.")]
Top = Annotated[
    int | None, typer.Option("--top", metavar="K", help="Pairs among the K best of an image.")
]
Cap = Annotated[
    int | None, typer.Option("--cap", metavar="K", help="Then no image in more than K pairs.")
]
OldFirst = Annotated[
    Path | None, typer.Option("--old-first", help="A of older images: only pairs with a new one.")
]
OldSecond = Annotated[Path | None, typer.Option("--old-second", help="B of the older images.")]
Articles = Annotated[
    Path | None,
    typer.Option("--articles", help="Article of each image; pairs within one are dropped."),
]
Near = Annotated[
    float | None,
    typer.Option("--near", help="Drop images this alike to an earlier one in A and in B."),
]
Block = Annotated[int | None, typer.Option("--block", help="Edge of a tile (cost only).")]
Workers = Annotated[int | None, typer.Option("--workers", help="Processes (one a core).")]


def mine(
    first: First = None,
    second: Second = None,
    above: Above = 0.9,
    below: Below = 0.75,
    out: Annotated[Path, typer.Option("--out", help="File to write.")] = Path("pairs.parquet"),
    top: Top = None,
    cap: Cap = None,
    old_first: OldFirst = None,
    old_second: OldSecond = None,
    articles: Articles = None,
    near: Near = None,
    block: Block = None,
    workers: Workers = None,
    images: from_images.Images = None,
    encoder_a: from_images.EncoderA = "",
    encoder_b: from_images.EncoderB = "",
    option_a: from_images.OptionA = None,
    option_b: from_images.OptionB = None,
    root: Root = None,
    article: Article = None,
    cluster: Cluster = None,
    store: Store = None,
    *,
    same_article: from_images.SameArticle = False,
    drop_bad: Annotated[
        bool, typer.Option("--drop-bad", help="Leave out rows that are zero or not finite.")
    ] = False,
    json: options.Json = False,
) -> int:
    """All pairs alike in A and different in B, exactly. The same command resumes."""
    if (images is None) == (first is None):
        raise UserError("Say what to mine: embeddings A and B, or --images with two encoders.")
    if first is not None and (encoder_a or encoder_b):
        raise UserError("--encoder-a and --encoder-b go with --images, not with embeddings.")
    joining: dict[str, Any] = {
        "above": above, "below": below, "out": out, "block": block, "workers": workers,
        "top": top, "cap": cap, "near_duplicates": near,
    }  # fmt: skip
    made = None
    with Progress(quiet=json) as progress:
        joining["progress"] = progress
        if first is not None:
            files = (first, second, old_first, old_second)
            found = _of_embeddings(files, articles, joining, drop_bad=drop_bad)
        else:
            if old_first is not None:
                raise UserError("--old-first goes with A and B, as `medtrust embed` writes them.")
            source = {"root": root, "article": article, "cluster": cluster}
            joining |= {"articles": articles, "across_articles": not same_article}
            made = from_images.mine_images(
                images or "", (encoder_a, option_a), (encoder_b, option_b), source=source,
                store=store, joining=joining, json=json,
            )  # fmt: skip
            found = made.mined
    if made is not None and json:
        typer.echo(from_images.as_json(made))
        return 0
    _print(found, json=json)
    truth = None if made is None else from_images.truth_sentence(made)
    if truth is not None:
        typer.echo(truth)
    return 0


def _of_embeddings(
    files: tuple[Path, Path | None, Path | None, Path | None],
    articles: Path | None,
    joining: dict[str, Any],
    *,
    drop_bad: bool,
) -> "Mined":
    from medtrust.mining.articles import article_codes
    from medtrust.mining.asked import row_ids
    from medtrust.mining.embeddings import open_embeddings
    from medtrust.mining.join import mine as find

    first, second, old_first, old_second = files
    if old_second is not None and old_first is None:
        raise UserError("--old-second says nothing without --old-first.")

    def opened(path: Path | None) -> "Embeddings | None":
        return None if path is None else open_embeddings(path, drop_bad=drop_bad)

    new_first = open_embeddings(first, drop_bad=drop_bad)
    new_second = opened(second)
    against = None
    if old_first is not None:
        against = (open_embeddings(old_first, drop_bad=drop_bad), opened(old_second))
    apart = None
    if articles is not None:
        rows = len(new_first) + (len(against[0]) if against else 0)
        apart = article_codes(articles, row_ids(new_first, new_second, against), rows)
    return find(new_first, new_second, **joining, against=against, apart=apart)


def _print(found: "Mined", *, json: bool) -> None:
    if json:
        import orjson

        typer.echo(orjson.dumps(found, default=str).decode())
        return
    for sentence in found.notes:
        typer.echo(sentence)
    for sentence in about(found):
        typer.echo(sentence)


def about(found: "Mined") -> list[str]:
    """What was found and what it took, a sentence each."""
    said = [f"{found.pairs} pairs of {found.rows} images in {found.out}."]
    if found.repeated:
        said.append(f"{found.repeated} images nearly repeat an earlier one and are in no pair.")
    if found.resumed:
        total = found.resumed + found.compared
        said.append(f"{found.resumed / total:.0%} of the work was found finished.")
    if found.compared:
        kernel = f", kernel {found.kernel.name}" if found.kernel else ""
        said.append(
            f"{found.compared:,} similarities in {found.cpu_s:.1f} CPU seconds"
            f" ({found.elapsed_s:.1f} s, {found.workers} workers{kernel})."
        )
    return said


class Progress:
    """Pairs compared, rate and time left on the error stream.

    Args:
        quiet: Show nothing, for machines.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._live = sys.stderr.isatty()
        self._started = self._shown = time.monotonic()
        self._drawn = False

    def __enter__(self) -> Self:
        """Start the clock."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the live line behind."""
        if self._drawn:
            sys.stderr.write("\n")

    def __call__(self, step: "Step") -> None:
        """Show how far it is, if it is time to."""
        now = time.monotonic()
        if self._quiet or (not self._live and now - self._shown < EVERY_S):
            return
        self._shown = now
        line = describe(step, now - self._started)
        sys.stderr.write(f"\r\x1b[K{line}" if self._live else f"{line}\n")
        sys.stderr.flush()
        self._drawn = self._live


def describe(step: "Step", elapsed_s: float) -> str:
    """One line about a run under way; what an earlier run did counts as done, not as speed.

    Args:
        step: How far it is.
        elapsed_s: Since this run started.
    """
    here = step.done - step.before
    rate = here / elapsed_s if elapsed_s > 0 else 0.0
    parts = [
        f"{step.done / step.total:.0%} compared", f"{step.pairs} pairs",
        f"{rate / 1e6:.0f} million similarities/s",
    ]  # fmt: skip
    if rate > 0 and step.done < step.total:
        left = (step.total - step.done) / rate
        parts.append(f"{left:.0f} s left" if left < 120 else f"{left / 60:.0f} min left")
    return ", ".join(parts)
