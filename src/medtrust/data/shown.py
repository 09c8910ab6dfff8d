"""Data's own text inside sentences: nothing that steers a terminal, no cell taken for a name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from medtrust.core.errors import DataError

_NAME: Final = re.compile(r"[^\W\d][\w-]{0,39}")


def shown(text: str) -> str:
    r"""The text with everything that does not print as Python writes it, e.g. ``\x1b``."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )


def are_names(names: Sequence[str]) -> bool:
    """Whether all of them look like names of columns.

    Where one does not, the others may be cells too: a file without a header has its first row
    where the names should be.
    """
    return all(_NAME.fullmatch(name) for name in names)


def listed_names(names: Sequence[str]) -> str:
    """The names of columns, to end a sentence; only their number where they may be cells."""
    if are_names(names):
        return ", ".join(names) or "none"
    return f"{len(names)} columns, not all with a short plain name (is there a header?)"


@contextmanager
def plain_errors() -> Iterator[None]:
    """Errors of files inside become one sentence that any terminal can show.

    Raises:
        DataError: For every ``DataError`` and ``OSError`` inside.
    """
    try:
        yield
    except DataError as error:
        raise DataError(shown(str(error))) from None
    except OSError as error:
        where = error.filename or "The data"
        raise DataError(shown(f"{where} cannot be read: {error.strerror or error}.")) from None
