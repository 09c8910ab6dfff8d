"""All images of the pairs in one folder: kept, copied from where they lie, or fetched.

Each file appears whole or not at all, so that a command cut short goes on where it was.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from medtrust.core.errors import DataError, ImageError
from medtrust.data.mediconfusion.addresses import PMC_BUCKET, Template
from medtrust.data.mediconfusion.download import PATIENT, NotFetchedError, Patience, fetch
from medtrust.data.mediconfusion.layout import Article, Layout, read_layout
from medtrust.data.mediconfusion.licences import (
    PMC_RECORD,
    licence_in,
    read_licences,
    write_licences,
)
from medtrust.data.mediconfusion.pair import Slot
from medtrust.data.mediconfusion.resolve import file_name, resolve
from medtrust.data.mediconfusion.whole_file import write_whole
from medtrust.data.rows import read_bytes
from medtrust.imaging.load import decode_image

Item = TypeVar("Item")

_NO_ARTICLE: Final = "article-unknown"
_NOT_TRIED: Final = "not-tried"
_NEVER_ASKED: Final = frozenset({_NO_ARTICLE, _NOT_TRIED})

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
        articles: Articles of the images that are there.
        licensed: Articles among them whose licence is in ``licences.csv``.
        notes: What stood in the way of images under ``--images``.
    """

    folder: Path
    asked: int
    kept: int
    copied: int
    written: int
    missing: tuple[StillMissing, ...]
    articles: int
    licensed: int
    notes: tuple[str, ...] = ()


def get_images(
    path: Path,
    folder: Path,
    *,
    images: Path | None = None,
    url_template: str = PMC_BUCKET,
    licence_template: str | None = None,
    patience: Patience = PATIENT,
) -> Fetched:
    """Bring all images together in one folder; the only place that uses the network.

    Args:
        path: The data set, as the loader takes it.
        folder: Becomes ``--images`` of later runs; made when missing.
        images: Where some lie already in any form (a ROCO tree, article packages), or None.
        url_template: Where the others are asked for, see `addresses.Template`.
        licence_template: Where records of articles with their licences are asked for; None for
            the bucket when the images come from there, else for nowhere.
        patience: How long to try.

    Raises:
        UserError: If the data or the template is broken, or the folder takes no files.
    """
    template = Template(url_template)
    if licence_template is None and url_template == PMC_BUCKET:
        licence_template = PMC_RECORD
    records = licence_template and Template(
        licence_template, option="--licence-template", naming=("pmcid",)
    )
    layout = read_layout(path)
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder} is a file; name a folder to write into.")
    work = _Work(layout, folder, template, patience)
    work.look_at_home()
    work.copy(images)
    work.download()
    licences = work.licences(records or None)
    return work.done(licences)


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
        """Fetch the rest."""
        self._at_once(self._one, self._waiting.items())

    def licences(self, records: Template | None) -> dict[str, str]:
        """Licences of the articles of all images that are there, as far as they can be had."""
        there = self._articles_there()
        known = read_licences([self._folder])
        before = dict(known)

        def ask(article: Article) -> None:
            licence = self._licence(records, article) if records else None
            if licence is not None:
                known[article.pmcid] = licence

        self._at_once(ask, [there[pmcid] for pmcid in there if pmcid not in known])
        if known != before:
            write_licences(self._folder, known)
        return {pmcid: known[pmcid] for pmcid in there if pmcid in known}

    def _articles_there(self) -> dict[str, Article]:
        articles = self._layout.articles
        return {
            articles[roco].pmcid: articles[roco]
            for roco in self._slots
            if roco in articles and roco not in self._reasons
        }

    def _licence(self, records: Template, article: Article) -> str | None:
        for address in records.addresses(None, article):
            if self._stop.is_set():
                break
            try:
                record = fetch(address, self._patience, self._stop, image=False)
                self._reached(there=True)
                return licence_in(record)
            except NotFetchedError as problem:
                self._reached(there=not problem.unreachable)
                if not problem.absent:
                    break
            except DataError:
                break
        return None

    def _at_once(self, work: Callable[[Item], None], items: Iterable[Item]) -> None:
        """Do it for all items, a few at a time; Ctrl-C leaves what is done."""
        pool = ThreadPoolExecutor(AT_ONCE)
        try:
            list(pool.map(work, list(items)))
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
        self._reached(there=True)
        with self._lock:
            self.written += 1

    def _fetched(self, slot: Slot, article: Article | None) -> bytes:
        """From the first address that has it."""
        problem = NotFetchedError(_NO_ARTICLE)
        for address in self._template.addresses(slot, article):
            if self._stop.is_set():
                raise NotFetchedError(_NOT_TRIED)
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
        if problem.reason not in _NEVER_ASKED:
            self._reached(there=not problem.unreachable)

    def _reached(self, *, there: bool) -> None:
        """Nothing more is asked for once too many in a row found no server."""
        with self._lock:
            self._unreached = 0 if there else self._unreached + 1
            if self._unreached >= self._patience.give_up:
                self._stop.set()

    def done(self, licences: Mapping[str, str]) -> Fetched:
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
            len(self._articles_there()),
            len(licences),
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
