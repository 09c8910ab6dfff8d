"""The file of embeddings: an ``.npz`` that says which images its rows are and who made them."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Final

import numpy as np
import orjson

from medtrust.core.errors import DataError
from medtrust.mining.encoding import Encoded

FORMAT: Final = "medtrust-embeddings"
VERSION: Final = 1
SUFFIX: Final = ".npz"


def header_of(encoded: Encoded) -> dict[str, object]:
    """What people and programs should know of the rows."""
    identity = encoded.identity
    return {
        "format": FORMAT,
        "version": VERSION,
        "encoder": identity.encoder_id,
        "provider": identity.provider,
        "name": identity.name,
        "digest": identity.digest,
        "pooling": identity.pooling,
        "dtype": identity.dtype,
        "rows": len(encoded.digests),
        "width": int(encoded.vectors.shape[1]),
        "copies": [list(pair) for pair in encoded.copies],
        "problems": [
            {"id": one.id, "reason": one.reason, "sentence": one.sentence}
            for one in encoded.problems
        ],
    }


def write_embeddings(path: Path, encoded: Encoded) -> None:
    """Write rows with their names; the file appears whole or not at all.

    Fields: ``embeddings`` float32 of unit length, shape (n, width); ``ids``, ``digests`` (sha256,
    hexadecimal) and ``articles`` (empty where unknown), shape (n,); ``header``, JSON as bytes.

    Raises:
        DataError: If the path does not end in ``.npz``, or no image has a vector.
    """
    check_path(path)
    if not len(encoded.digests):
        reasons = Counter(one.reason for one in encoded.problems)
        said = ", ".join(f"{reason}: {count}" for reason, count in reasons.most_common())
        raise DataError(f"No image has a vector ({said or 'there is none'}).")
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with beside.open("wb") as file:
            np.savez(
                file,
                embeddings=encoded.vectors,
                ids=np.array([one.id for one in encoded.pictures]),
                digests=np.array(encoded.digests),
                articles=np.array([one.article for one in encoded.pictures]),
                header=np.frombuffer(orjson.dumps(header_of(encoded)), dtype=np.uint8),
            )
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def check_path(path: Path) -> None:
    """Refuse a name that no reader would know, before any work is done.

    Raises:
        DataError: If the path does not end in ``.npz``.
    """
    if path.suffix != SUFFIX:
        raise DataError(f"Embeddings are written as {SUFFIX}: name it {path.stem}{SUFFIX}.")
