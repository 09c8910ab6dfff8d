"""The public way from images to embeddings, and from images to confusable pairs.

For example::

from medtrust.embedding import embed, images_of

found = embed(images_of("my-images"), "hf/./encoder", store=Path("embeddings.sqlite"))
print(found.vectors.shape, found.problems)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from medtrust.core.dataset import DataSource
from medtrust.core.errors import DataError, UserError
from medtrust.core.registry import load, names
from medtrust.mining.articles import article_codes
from medtrust.mining.embeddings import Embeddings, from_array
from medtrust.mining.encoder import Encoder, EncoderOptions, open_encoder
from medtrust.mining.encoding import Encoded, Progress, encode_pictures
from medtrust.mining.join import Mined, mine
from medtrust.mining.pictures import (
    Picture,
    Pictures,
    article_pattern,
    folder_pictures,
    listed_pictures,
    sample_pictures,
)
from medtrust.mining.similarity import IntArray
from medtrust.mining.stored import VectorStore

STORE: Final = "embeddings.sqlite"
"""Name of the store of vectors beside the file that is written."""


def images_of(
    source: str,
    *,
    root: Path | None = None,
    article: str | None = None,
    cluster: str | None = None,
) -> Pictures:
    """The images that a word on the command line stands for.

    Args:
        source: A folder, a text file that lists images, or a data set as ``NAME=PATH``, e.g.
            ``mediconfusion=DIR``; ``phantom=images=300,pairs=0`` is made here.
        root: Folder of a data set's images, where that is not beside its questions.
        article: Regular expression that finds the article (patient, study) in a file's path.
        cluster: Column of an own data set (``folder=FILE``) that holds it.

    Raises:
        UserError: If there is no such folder, file or data set.
    """
    path = Path(source).expanduser()
    pattern = article_pattern(article)
    if path.is_dir():
        return folder_pictures(path, pattern)
    if path.is_file():
        return listed_pictures(path, pattern)
    name, equals, where = source.partition("=")
    if not equals or name not in names("data"):
        raise DataError(
            f"{source} is no folder, no list of images and no data set written as NAME=PATH (there "
            f"are: {', '.join(names('data'))})."
        )
    if pattern is not None:
        raise UserError("--article reads file names; a data set knows its articles itself.")
    said = DataSource(name=name, path=Path(where or "."), images=root, cluster=cluster)
    return sample_pictures(load("data", name)(said).samples)


def embed(
    images: Pictures,
    encoder: str | Encoder,
    *,
    store: Path,
    parameters: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Encoded:
    """Unit vectors of the distinct images; the same call goes on where it was stopped.

    Args:
        images: From `images_of`.
        encoder: ``hf/PATH-OR-ID``, ``phantom``, ``pixels``, a plug-in's name, or an open one.
        store: File where finished vectors are kept, of any number of encoders.
        parameters: The encoder's ``-M`` pairs.
        progress: Called with images done and images in all.

    Raises:
        UserError: One sentence about what to mend.
    """
    opened = open_encoder(encoder, parameters) if isinstance(encoder, str) else encoder
    with VectorStore(store) as kept:
        return encode_pictures(images.pictures, opened, kept, progress=progress)


@dataclass(frozen=True, slots=True)
class MinedImages:
    """Pairs of images, and what they were mined from.

    Attributes:
        mined: The file of pairs and what it took.
        first: Vectors of the encoder that confuses.
        second: Vectors of the other one, or None.
        ids: Images that were compared: those that have a vector of both.
    """

    mined: Mined
    first: Encoded
    second: Encoded | None
    ids: tuple[str, ...]


def mine_images(
    images: Pictures,
    first: str | Encoder,
    second: str | Encoder | None,
    *,
    above: float,
    below: float,
    out: Path,
    store: Path,
    first_parameters: Mapping[str, str] | None = None,
    second_parameters: Mapping[str, str] | None = None,
    across_articles: bool = True,
    articles: Path | None = None,
    encoding: Progress | None = None,
    **joining: Any,
) -> MinedImages:
    """From images to confusable pairs: encode with both, keep the vectors, join.

    Args:
        images: From `images_of`.
        first: Encoder that takes different images for one.
        second: Encoder that does not; None asks the first alone.
        above: Least similarity in the first, see `mining.join.mine`.
        below: Most similarity in the second.
        out: Parquet file of pairs to write; its columns i and j hold the images' ids.
        store: File where finished vectors are kept.
        first_parameters: The first encoder's ``-M`` pairs.
        second_parameters: The second encoder's.
        across_articles: Leave out pairs of one article, where articles are known.
        articles: File that names each image's article, instead of what the images say themselves;
            see `mining.articles.article_codes`.
        encoding: Called with images done and images in all, for one encoder after the other.
        **joining: Further arguments of `mining.join.mine`: top, cap, near_duplicates, workers,
            progress ...

    Raises:
        UserError: One sentence about what to mend.
        WorkLeft: If the join was interrupted; the same call goes on.
    """
    one = embed(images, first, store=store, parameters=first_parameters, progress=encoding)
    other = None
    if second is not None:
        # what the first has no vector of is in no pair; the rest is known by its content already
        seen = Pictures(one.pictures)
        other = embed(seen, second, store=store, parameters=second_parameters, progress=encoding)
    digests = _shared_digests(one, other)
    pictures = dict(zip(one.digests, one.pictures, strict=True))
    chosen = [pictures[digest] for digest in digests]
    ids = tuple(picture.id for picture in chosen)
    apart = _article_codes(chosen) if across_articles else None
    if articles is not None:
        apart = article_codes(articles, ids, len(ids))
    mined = mine(
        _embeddings(one, digests, ids),
        None if other is None else _embeddings(other, digests, ids),
        above=above, below=below, out=out, apart=apart, **joining,
    )  # fmt: skip
    return MinedImages(mined, one, other, ids)


def _shared_digests(first: Encoded, second: Encoded | None) -> list[str]:
    """Images that have a vector of both encoders, in the first one's order."""
    both = set(first.digests if second is None else second.digests)
    shared = [digest for digest in first.digests if digest in both]
    if not shared:
        problems = (*first.problems, *(second.problems if second else ()))
        said = f"; e.g. {problems[0].sentence}" if problems else "."
        raise DataError(f"No image has a vector of each encoder{said}")
    return shared


def _embeddings(encoded: Encoded, digests: Sequence[str], ids: tuple[str, ...]) -> Embeddings:
    place = {digest: number for number, digest in enumerate(encoded.digests)}
    rows = encoded.vectors
    if tuple(digests) != encoded.digests:
        rows = rows[[place[digest] for digest in digests]]
    return from_array(rows, name=encoded.identity.encoder_id, ids=ids)


def _article_codes(pictures: Sequence[Picture]) -> IntArray | None:
    """A number for each article, -1 where unknown; None where none is known."""
    codes: dict[str, int] = {"": -1}
    found = [codes.setdefault(one.article, len(codes)) for one in pictures]
    return np.array(found, dtype=np.int64) if len(codes) > 1 else None


def open_phantom(options: EncoderOptions) -> Encoder:
    """The encoder ``phantom``: the vision tower of the embedded model.

    Raises:
        UserError: For a name behind it, or a wrong option.
    """
    from medtrust.mining.hub import open_folder
    from medtrust.mining.vision_options import read_options
    from medtrust.models.phantom.model import WEIGHTS

    if options.name:
        raise UserError(f"There is one phantom tower: write phantom, not phantom/{options.name}.")
    if "revision" in options.parameters:
        raise UserError("The phantom tower has one revision: leave -M revision out.")
    # its matrices are too small to share between threads
    read = read_options({"threads": "1", **options.parameters})
    return open_folder("phantom", "", WEIGHTS, read)
