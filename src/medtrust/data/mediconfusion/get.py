"""All images of the pairs in one folder: kept, copied from where they lie, or fetched.

Each file appears whole or not at all, so that a command cut short goes on where it was.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from medtrust.core.errors import DataError, ImageError
from medtrust.data.mediconfusion.addresses import PMC_BUCKET, Template
from medtrust.data.mediconfusion.download import PATIENT, NotFetchedError, Patience, fetch
from medtrust.data.mediconfusion.layout import Article, Layout, read_layout
from medtrust.data.mediconfusion.pair import Slot
from medtrust.data.mediconfusion.resolve import file_name, resolve
from medtrust.data.mediconfusion.whole_file import write_whole
from medtrust.data.rows import read_bytes
from medtrust.imaging.load import decode_image

AT_ONCE: Final = 4
"""Downloads under way; NLM asks for modest use."""


@dataclass(frozen=True, slots=True)
class StillMissing:
    """One image that is not in the folder.

    Attributes:
        file: Name it would have there, e.g. ``20192.jpg``.
        article: PMCID, or empty where it is not known.
        name: Name of the picture among the files of the article, or empty.
        reason: E.g. ``http-404``, ``unreachable``, ``image-unreadable``, ``article-unknown``.
    """

    file: str
    article: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of the images.

    Attributes:
        folder: Where they lie.
        asked: Distinct images of the data set.
        kept: Were there and stayed as they were.
        copied: Taken from ``--images``.
        written: Fetched over the network.
        missing: Those that are not there now.
        notes: What stood in the way of images under ``--images``.
    """

    folder: Path
    asked: int
    kept: int
    copied: int
    written: int
    missing: tuple[StillMissing, ...]
    notes: tuple[str, ...] = ()


def get_images(
    path: Path,
    folder: Path,
    *,
    images: Path | None = None,
    url_template: str = PMC_BUCKET,
    patience: Patience = PATIENT,
) -> Fetched:
    """Bring all images together in one folder; the only place that uses the network.

    Args:
        path: The data set, as the loader takes it.
        folder: Becomes ``--images`` of later runs; made when missing.
        images: Where some lie already in any form (a ROCO tree, article packages), or None.
        url_template: Where the others are asked for, see `addresses.Template`.
        patience: How long to try.

    Raises:
        UserError: If the data or the template is broken, or the folder takes no files.
    """
    template = Template(url_template)
    layout = read_layout(path)
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder} is a file; name a folder to write into.")
    work = _Work(layout, folder, template, patience)
    work.look_at_home()
    work.copy(images)
    work.download()
    return work.done()


class _Work:
    """Images that are still to come, and what became of the others."""

    def __init__(
        self, layout: Layout, folder: Path, template: Template, patience: Patience
    ) -> None:
        self._layout = layout
        self._folder = folder
        self._template = template
        self._patience = patience
        self._slots = {slot.roco: slot for pair in layout.pairs for slot in pair.slots}
        self._waiting = dict(self._slots)
        self._reasons: dict[str, str] = {}
        self._notes: Sequence[str] = ()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._unreached = 0
        self.kept = self.copied = self.written = 0

    def look_at_home(self) -> None:
        """What is in the folder stays; what is no image there is named, not replaced."""
        for roco, slot in self._slots.items():
            path = self._folder / file_name(slot)
            if path.is_file():
                del self._waiting[roco]
                reason = _fault(path)
                if reason:
                    self._reasons[roco] = f"{reason} (delete it to have it fetched)"
                else:
                    self.kept += 1

    def copy(self, images: Path | None) -> None:
        """Take what lies in another place, or beside the questions, if it is an image."""
        if not self._waiting:
            return
        found = resolve(self._layout, images)
        self._notes = found.notes
        for roco, slot in list(self._waiting.items()):
            source = found.images[roco].path
            if source is not None and not _fault(Path(source)):
                write_whole(self._folder / file_name(slot), read_bytes(Path(source)))
                del self._waiting[roco]
                self.copied += 1

    def download(self) -> None:
        """Fetch the rest, a few at a time; Ctrl-C leaves what has come."""
        if not self._waiting:
            return
        pool = ThreadPoolExecutor(AT_ONCE)
        try:
            list(pool.map(self._one, self._waiting.items()))
        except BaseException:
            self._stop.set()
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    def _one(self, entry: tuple[str, Slot]) -> None:
        roco, slot = entry
        article = self._layout.articles.get(roco)
        try:
            content = self._fetched(slot, article)
        except NotFetchedError as problem:
            self._failed(roco, problem)
            return
        write_whole(self._folder / file_name(slot), content)
        with self._lock:
            self._unreached = 0
            self.written += 1

    def _fetched(self, slot: Slot, article: Article | None) -> bytes:
        """From the first address that has it."""
        problem = NotFetchedError("article-unknown")
        for address in self._template.addresses(slot, article):
            if self._stop.is_set():
                raise NotFetchedError("not-tried")
            try:
                return fetch(address, self._patience, self._stop)
            except NotFetchedError as found:
                problem = found
            if not problem.absent:
                break
        raise problem

    def _failed(self, roco: str, problem: NotFetchedError) -> None:
        with self._lock:
            self._reasons[roco] = problem.reason
            self._unreached = self._unreached + 1 if problem.unreachable else 0
            if self._unreached >= self._patience.give_up:
                self._stop.set()

    def done(self) -> Fetched:
        """The account."""
        return Fetched(
            self._folder,
            len(self._slots),
            self.kept,
            self.copied,
            self.written,
            tuple(
                self._missing(slot, self._reasons[roco])
                for roco, slot in self._slots.items()
                if roco in self._reasons
            ),
            tuple(self._notes),
        )

    def _missing(self, slot: Slot, reason: str) -> StillMissing:
        article = self._layout.articles.get(slot.roco)
        known = (article.pmcid, article.file_name) if article else ("", "")
        return StillMissing(file_name(slot), *known, reason)


def _fault(path: Path) -> str:
    """Why a file is no image; empty when it is one."""
    try:
        decode_image(read_bytes(path))
    except ImageError as problem:
        return problem.reason
    return ""
