"""Images to unit vectors: each distinct image once, whatever it is called, and kept at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np

from medtrust.core.errors import ImageError, ModelError
from medtrust.core.records import ImageRef
from medtrust.imaging.load import (
    DEFAULT_MAX_PIXELS,
    image_name,
    load_image,
    read_image_bytes,
)
from medtrust.imaging.made import is_made
from medtrust.mining.encoder import Encoder, EncoderIdentity, Vectors
from medtrust.mining.pictures import Picture
from medtrust.mining.stored import VectorStore

Progress = Callable[[int, int], None]
"""Called with images done and images in all."""

FOREIGN: Final = (
    ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError, OSError,
    RuntimeError, TypeError, ValueError,
)  # fmt: skip
"""What a processor or a model that is not ours may raise over one image."""

MOST_WORKERS: Final = 4
_DIGEST: Final = "sha256:"


@dataclass(frozen=True, slots=True)
class Problem:
    """An image without a vector.

    Attributes:
        id: Of the picture.
        reason: Kebab-case: one of `imaging.load`, ``out-of-memory``, ``processor-refused``,
            ``encoding-failed``, or ``no-direction`` for a vector of zeros or no numbers.
        sentence: For people.
    """

    id: str
    reason: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Encoded:
    """Vectors of distinct images.

    Attributes:
        identity: Of the encoder.
        pictures: One a row: the first of those with the same content.
        digests: sha256 of each file's bytes (of a made image: of its pixels).
        vectors: Unit length, shape (n, width).
        copies: Ids of pictures with the content of an earlier one, and that one's id.
        problems: Pictures without a vector.
        n_encoded: Images that were encoded now; the others came from the store.
    """

    identity: EncoderIdentity
    pictures: tuple[Picture, ...]
    digests: tuple[str, ...]
    vectors: Vectors
    copies: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...]
    n_encoded: int


def encode_pictures(
    pictures: Sequence[Picture],
    encoder: Encoder,
    store: VectorStore,
    *,
    progress: Progress | None = None,
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> Encoded:
    """Encode what the store does not hold yet, keep it batch by batch, and read all back.

    Args:
        pictures: In the order of the rows to come.
        encoder: Who looks.
        store: Where finished vectors are kept; the same call goes on where it was stopped.
        progress: Called after every batch.
        max_pixels: Larger images are listed as problems.

    Raises:
        ModelError: If the encoder fails on each of the first images alike.
        StoreError: If the store does not do its work.
    """
    work = _Work(encoder, store, max_pixels)
    with _threads() as pool:
        firsts, copies = work.distinct(pictures, pool)
        key = encoder.identity.key
        known = store.known(key, firsts)
        todo = [digest for digest in firsts if digest not in known]
        for done in work.encode(todo, firsts, pool):
            if progress is not None:
                progress(len(known) + done, len(firsts))
    digests = [digest for digest in firsts if digest not in work.failed]
    copied = [(one.id, firsts[digest].id) for one, digest in copies if digest not in work.failed]
    for one, digest in copies:
        if digest in work.failed:
            problem = work.failed[digest]
            work.problems.append(Problem(one.id, problem.reason, problem.sentence))
    places = {one.id: place for place, one in enumerate(pictures)}
    return Encoded(
        identity=encoder.identity,
        pictures=tuple(firsts[digest] for digest in digests),
        digests=tuple(digests),
        vectors=store.read(key, digests),
        copies=tuple(copied),
        problems=tuple(sorted(work.problems, key=lambda problem: places[problem.id])),
        n_encoded=len(todo) - len(work.failed),
    )


@contextmanager
def _threads() -> Iterator[ThreadPoolExecutor]:
    """Threads that open images; whatever stops the work drops what is still waiting for them."""
    pool = ThreadPoolExecutor(min(MOST_WORKERS, os.cpu_count() or 1))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def digest_of(image: ImageRef) -> str:
    """sha256 of a file's bytes, in hexadecimal; of a made image that of its shape and pixels.

    Raises:
        ImageError: If the file is not there or cannot be read.
    """
    if image.key.startswith(_DIGEST):
        return image.key.removeprefix(_DIGEST)
    if is_made(image.key):
        return _made_digest(image.key)
    if image.path is not None and Path(image.path).exists() and not Path(image.path).is_file():
        # reading a pipe would wait for ever
        raise ImageError("image-unreadable", f"{image_name(image)} is a folder or device, no file.")
    return sha256(read_image_bytes(image)).hexdigest()


@cache
def _made_digest(key: str) -> str:
    """Of an image that is made, always the same: remembered, as it costs its drawing."""
    pixels = load_image(ImageRef(key))
    return sha256(f"{pixels.shape}".encode() + pixels.tobytes()).hexdigest()


class _Work:
    """One pass over the images: what failed, and how many fit into one call."""

    def __init__(self, encoder: Encoder, store: VectorStore, max_pixels: int) -> None:
        self._encoder = encoder
        self._store = store
        self._max_pixels = max_pixels
        self._size = encoder.batch
        self._any_good = False
        self.problems: list[Problem] = []
        self.failed: dict[str, Problem] = {}

    def distinct(
        self, pictures: Sequence[Picture], pool: ThreadPoolExecutor
    ) -> tuple[dict[str, Picture], list[tuple[Picture, str]]]:
        """The first picture of each content, by digest, and the copies of them."""
        firsts: dict[str, Picture] = {}
        copies: list[tuple[Picture, str]] = []
        for one, found in zip(pictures, pool.map(self._digest, pictures), strict=True):
            if isinstance(found, Problem):
                self.problems.append(found)
            elif found in firsts:
                copies.append((one, found))
            else:
                firsts[found] = _pinned(one, found)
        return firsts, copies

    def encode(
        self, todo: Sequence[str], firsts: dict[str, Picture], pool: ThreadPoolExecutor
    ) -> Iterator[int]:
        """Encode and keep batch by batch; yields how many are done, failures included.

        The images of the next batch are opened while one is looked at.
        """
        size = self._encoder.batch
        parts = [todo[place : place + size] for place in range(0, len(todo), size)]
        opened = _open(parts, 0, firsts, self._prepare, pool)
        done = 0
        for place, part in enumerate(parts):
            ready = list(opened)
            opened = _open(parts, place + 1, firsts, self._prepare, pool)
            self._keep(part, ready, firsts)
            done += len(part)
            yield done

    def _keep(self, part: Sequence[str], ready: list[Any], firsts: dict[str, Picture]) -> None:
        good = []
        for digest, prepared in zip(part, ready, strict=True):
            if isinstance(prepared, Problem):
                self._fail(digest, prepared)
            else:
                good.append((digest, prepared))
        rows: list[tuple[str, Vectors]] = []
        while good:
            now, good = good[: self._size], good[self._size :]
            try:
                vectors = self._encoder.encode([prepared for _, prepared in now])
            except (MemoryError, *FOREIGN) as error:
                if len(now) > 1:
                    # in halves: fewer may fit, and what one image breaks is only that image's
                    if isinstance(error, MemoryError):
                        self._size = len(now) // 2
                        good = now + good
                    else:
                        rows += self._one_by_one(now, firsts)
                else:
                    self._fail(now[0][0], _failed(firsts[now[0][0]], error))
            else:
                rows += [(digest, row) for (digest, _), row in zip(now, vectors, strict=True)]
        self._add(rows, firsts)

    def _one_by_one(
        self, now: Sequence[tuple[str, Any]], firsts: dict[str, Picture]
    ) -> list[tuple[str, Vectors]]:
        rows = []
        said = ""
        for digest, prepared in now:
            try:
                rows.append((digest, self._encoder.encode([prepared])[0]))
            except (MemoryError, *FOREIGN) as error:
                problem = _failed(firsts[digest], error)
                said = problem.sentence
                self._fail(digest, problem)
        if not rows and not self._any_good:
            raise ModelError(f"The encoder fails on every image. {said}")
        return rows

    def _add(self, rows: Sequence[tuple[str, Vectors]], firsts: dict[str, Picture]) -> None:
        kept, vectors = [], []
        for digest, row in rows:
            exact = row.astype(np.float64)
            length = float(np.linalg.norm(exact))
            if not (np.isfinite(length) and length > 0):
                self._fail(digest, _without_direction(firsts[digest]))
                continue
            kept.append(digest)
            vectors.append((exact / length).astype(np.float32))
        if kept:
            self._any_good = True
            self._store.add(self._encoder.identity.key, kept, np.stack(vectors))

    def _fail(self, digest: str, problem: Problem) -> None:
        self.failed[digest] = problem
        self.problems.append(problem)

    def _digest(self, one: Picture) -> str | Problem:
        try:
            return digest_of(one.image)
        except ImageError as error:
            return Problem(one.id, error.reason, str(error))

    def _prepare(self, one: Picture) -> Any:
        try:
            pixels = load_image(one.image, max_pixels=self._max_pixels)
            return self._encoder.prepare(pixels)
        except ImageError as error:
            return Problem(one.id, error.reason, str(error))
        except MemoryError:
            return Problem(one.id, "out-of-memory", f"There is no memory for the image {one.id}.")
        except FOREIGN as error:
            return Problem(
                one.id, "processor-refused",
                f"The image processor does not take {one.id} ({type(error).__name__}).",
            )  # fmt: skip


def _pinned(one: Picture, digest: str) -> Picture:
    """The picture by its content: a file that changes before it is opened is then refused."""
    if one.image.path is None:
        return one
    return replace(one, image=ImageRef(f"{_DIGEST}{digest}", path=one.image.path))


def _open(
    parts: Sequence[Sequence[str]],
    place: int,
    firsts: dict[str, Picture],
    prepare: Callable[[Picture], Any],
    pool: ThreadPoolExecutor,
) -> Iterator[Any]:
    """Begin to open the images of a part; nothing of a part that is not there."""
    part = parts[place] if place < len(parts) else ()
    return pool.map(prepare, [firsts[digest] for digest in part])


def _failed(one: Picture, error: BaseException) -> Problem:
    if isinstance(error, MemoryError):
        sentence = f"The image {one.id} alone does not fit into the device's memory."
        return Problem(one.id, "out-of-memory", sentence)
    said = f"The encoder fails on {one.id} ({type(error).__name__})."
    return Problem(one.id, "encoding-failed", said)


def _without_direction(one: Picture) -> Problem:
    return Problem(
        one.id, "no-direction", f"The vector of {one.id} is zero or no number, so it has no angle."
    )
