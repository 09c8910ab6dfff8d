"""Images out of article packages that the user keeps, copied once to a folder of this machine.

Nothing is unpacked by the names inside a package: the one member that is asked for is read, up to
a limit, and written under a name of ours. Links and other special members are refused.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from medtrust.core.errors import DataError
from medtrust.core.records import ImageRef
from medtrust.data.mediconfusion.layout import Article
from medtrust.data.mediconfusion.whole_file import write_whole
from medtrust.data.rows import read_bytes

LARGEST_IMAGE: Final = 50_000_000
"""Bytes of one image; those of the data set have about 0.1 MB."""

LARGEST_PACKAGE: Final = 2_000_000_000
"""Bytes to unpack while looking for a member; a small file can be made to hold endless zeros."""


def cache_folder() -> Path:
    """Where copies are kept: ``MEDTRUST_CACHE``, else ``medtrust`` in the user's cache folder."""
    named = os.environ.get("MEDTRUST_CACHE")
    if named:
        return Path(named) / "mediconfusion"
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "medtrust" / "mediconfusion"


class Packages:
    """Finds ``PMC*.tar.gz`` under folders and copies single images out of them.

    Args:
        roots: Folders with packages, at any depth, e.g. in ``oa_package/25/da``.
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        self._roots = roots
        self._packages: dict[str, Path] | None = None

    def ref(self, article: Article, local: int) -> ImageRef | None:
        """The image of an article, or None where its package is not there.

        Raises:
            DataError: If the package is damaged, lacks the image or holds something else there.
        """
        package = self._found().get(article.pmcid)
        if package is None:
            return None
        copy = _copy_name(package, article, local)
        if not copy.is_file():
            content = member(package, f"{article.pmcid}/{article.file_name}")
            write_whole(copy, content)
        return ImageRef(
            key=f"sha256:{hashlib.sha256(read_bytes(copy)).hexdigest()}", path=str(copy)
        )

    def _found(self) -> dict[str, Path]:
        if self._packages is None:
            self._packages = {}
            for root in self._roots:
                for path in sorted(root.rglob("PMC*.tar.gz")):
                    if path.is_file():
                        self._packages.setdefault(path.name.removesuffix(".tar.gz"), path)
        return self._packages


def member(package: Path, name: str) -> bytes:
    """Bytes of one regular file of a package.

    Args:
        package: A ``.tar.gz``.
        name: Path inside it; a leading ``./`` in the package is ignored.

    Raises:
        DataError: If it cannot be read, has no such file, or the file is a link or too large.
    """
    where = f"The package {package.name}"
    try:
        with tarfile.open(package, "r|gz") as archive:
            for entry in archive:
                if entry.offset_data + entry.size > LARGEST_PACKAGE:
                    raise DataError(f"{where} is larger than {LARGEST_PACKAGE:,} bytes inside.")
                if entry.name.removeprefix("./") == name:
                    return _content(archive, entry, where)
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError) as problem:
        raise DataError(f"{where} cannot be unpacked: {type(problem).__name__}.") from None
    raise DataError(f"{where} does not hold the image that the data set names.")


def _content(archive: tarfile.TarFile, entry: tarfile.TarInfo, where: str) -> bytes:
    if not entry.isreg():
        raise DataError(f"{where} has a link or folder where the image should be; it is refused.")
    if entry.size > LARGEST_IMAGE:
        raise DataError(f"{where} holds an image of {entry.size:,} bytes; it is refused.")
    stream = archive.extractfile(entry)
    content = stream.read(LARGEST_IMAGE + 1) if stream else b""
    if len(content) != entry.size:
        raise DataError(f"{where} ends in the middle of the image.")
    return content


def _copy_name(package: Path, article: Article, local: int) -> Path:
    """Named after the package as it is now, so that another package means another copy."""
    state = package.stat()
    facts = (str(package.resolve()), state.st_size, state.st_mtime_ns, article.file_name)
    return cache_folder() / f"{hashlib.sha256(repr(facts).encode()).hexdigest()[:16]}-{local}.jpg"
