"""Vectors kept on disk as soon as they are made: a killed run loses one batch at most.

One file may hold the vectors of many encoders and folders. A row is found by what decides it: the
encoder's key (digest of weights and processor, number type, pooling) and the digest of the image.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np

from medtrust.core.errors import StoreError
from medtrust.mining.encoder import Vectors

SCHEMA: Final = 1
WAIT_S: Final = 60.0
"""How long to wait while another process writes into the same file."""

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS vectors (
    encoder TEXT NOT NULL, image TEXT NOT NULL, vector BLOB NOT NULL,
    PRIMARY KEY (encoder, image)
) WITHOUT ROWID
"""


class VectorStore:
    """Unit vectors by encoder and image.

    Args:
        path: The file; made if absent.

    Raises:
        StoreError: If it cannot be opened, or is no store of vectors.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._said():
            self._file = sqlite3.connect(path, timeout=WAIT_S)
            (version,) = self._file.execute("PRAGMA user_version").fetchone()
            if version not in {0, SCHEMA}:
                raise StoreError(
                    f"{path} is no store of vectors of this release (format {version}): name "
                    "another file."
                )
            self._file.execute(_TABLE)
            self._file.execute(f"PRAGMA user_version = {SCHEMA}")
            self._file.commit()

    def __enter__(self) -> Self:
        """The open store."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file; whatever was added is on disk already."""
        self._file.close()

    def known(self, encoder: str, images: Iterable[str]) -> set[str]:
        """Those of the images that have a vector of the encoder.

        Args:
            encoder: Key of the encoder.
            images: Digests of images.
        """
        query = "SELECT 1 FROM vectors WHERE encoder = ? AND image = ?"
        with self._said():
            return {
                image for image in images if self._file.execute(query, (encoder, image)).fetchone()
            }

    def add(self, encoder: str, images: Sequence[str], vectors: Vectors) -> None:
        """Keep the vectors of a batch; on return they are on disk.

        Args:
            encoder: Key of the encoder.
            images: Digests, one a row.
            vectors: Shape (n, width).
        """
        rows = [
            (encoder, image, row.astype("<f4").tobytes())
            for image, row in zip(images, vectors, strict=True)
        ]
        with self._said(), self._file:
            self._file.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)

    def read(self, encoder: str, images: Sequence[str]) -> Vectors:
        """Vectors of images that are known, in order, shape (n, width); (0, 0) of none.

        Raises:
            StoreError: If one is not there, or not as wide as the others.
        """
        query = "SELECT vector FROM vectors WHERE encoder = ? AND image = ?"
        found: Vectors = np.empty((0, 0), dtype=np.float32)
        with self._said():
            for place, image in enumerate(images):
                row = self._file.execute(query, (encoder, image)).fetchone()
                vector = np.frombuffer(row[0] if row else b"", dtype="<f4")
                if place == 0:
                    found = np.empty((len(images), len(vector)), dtype=np.float32)
                if not len(vector) or len(vector) != found.shape[1]:
                    raise StoreError(
                        f"The stored vector of image {image[:12]} is not whole: delete "
                        f"{self._path.name} and run the command again."
                    )
                found[place] = vector
        return found

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(
                f"The store of vectors {self._path} cannot be used ({error}); name another with "
                "--store, or delete it and run the command again."
            ) from error
