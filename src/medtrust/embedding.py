"""The public way from images to embeddings, and from images to confusable pairs.

For example::

from medtrust.embedding import embed, images_of

found = embed(images_of("my-images"), "hf/./encoder", store=Path("embeddings.sqlite"))
print(found.vectors.shape, found.problems)
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from medtrust.core.dataset import DataSource
from medtrust.core.errors import DataError, UserError
from medtrust.core.registry import load, names
from medtrust.mining.encoder import Encoder, EncoderOptions, open_encoder
from medtrust.mining.encoding import Encoded, Progress, encode_pictures
from medtrust.mining.pictures import (
    Pictures,
    article_pattern,
    folder_pictures,
    listed_pictures,
    sample_pictures,
)
from medtrust.mining.stored import VectorStore

STORE: Final = "embeddings.sqlite"
"""Name of the store of vectors beside the file that is written."""


def images_of(source: str, *, root: Path | None = None, article: str | None = None) -> Pictures:
    """The images that a word on the command line stands for.

    Args:
        source: A folder, a text file that lists images, or a data set as ``NAME=PATH``, e.g.
            ``mediconfusion=DIR``; ``phantom=images=300,pairs=0`` is made here.
        root: Folder of a data set's images, where that is not beside its questions.
        article: Regular expression that finds the article (patient, study) in a file's path.

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
    dataset = load("data", name)(DataSource(name=name, path=Path(where or "."), images=root))
    return sample_pictures(dataset.samples)


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
