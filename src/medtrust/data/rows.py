"""Rows of a question file, each knowing its file and line, so that every error can name them."""

from __future__ import annotations

import csv
import hashlib
import io
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from medtrust.core.errors import DataError
from medtrust.data.shown import are_names, listed_names

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a question file.

    Attributes:
        file: Name of the file, for errors.
        line: 0-based line of a JSONL file (as in sample ids); 0-based row of a CSV file.
        values: Cells by column.
        line_shown: Line as an editor counts, from 1; for errors.
    """

    file: str
    line: int
    values: dict[str, Any]
    line_shown: int

    def error(self, message: str) -> DataError:
        """A DataError that names file and line before the message."""
        return DataError(f"{self.file}, line {self.line_shown}: {message}")

    def text(self, column: str) -> str:
        """Text of a column that must be there and must be text (it may be empty).

        Raises:
            DataError: If it is absent or no text.
        """
        value = self.values.get(column)
        if isinstance(value, str):
            return value
        if column in self.values:
            raise self.error(f"{column!r} is {type(value).__name__}, text was expected.")
        raise self.error(f"there is no {column!r}; the row has {listed_names(list(self.values))}.")

    def optional(self, column: str) -> str:
        """A cell as text; empty where the column is absent or null."""
        return cell_text(self.values.get(column))


def cell_text(value: Any) -> str:
    """A scalar as people write it: ``53.0`` is ``53``, null is empty, true is ``yes``."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else str(value)


def read_bytes(path: Path) -> bytes:
    """All bytes of a file.

    Raises:
        DataError: If it is absent, a folder, or may not be read.
    """
    with opened(path) as stream:
        return stream.read()


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedIOBase]:
    """A file open for reading its bytes, from the start as often as one likes.

    Raises:
        DataError: If it is absent, no regular file, or may not be read, also later on.
    """
    try:
        must_be_regular(path)
        with path.open("rb") as stream:
            yield stream
    except FileNotFoundError:
        raise DataError(f"There is no file {path}: check the path after `--data`.") from None
    except IsADirectoryError:
        raise DataError(f"{path} is a folder; name the file in it.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from None


def must_be_regular(path: Path) -> None:
    """Refuse what cannot be read twice, or never ends: a pipe, a device, a socket.

    Raises:
        DataError: If it is neither a regular file nor a folder.
        OSError: If it is absent or cannot be looked at.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise DataError(f"{path} is not a regular file; save its content as one.")


def digest(raw: bytes) -> str:
    """Hex sha256 of the bytes."""
    return hashlib.sha256(raw).hexdigest()


def stream_digest(stream: io.BufferedIOBase) -> str:
    """Hex sha256 of a whole stream, read in pieces; it is left at its start."""
    stream.seek(0)
    found = hashlib.file_digest(stream, "sha256").hexdigest()
    stream.seek(0)
    return found


def json_rows(file: str, raw: bytes | io.BufferedIOBase) -> Iterator[Row]:
    """Rows of a JSONL file, one in memory at a time; blank lines are skipped but counted.

    Args:
        file: Name of the file, for errors.
        raw: Its bytes, or a stream of them, UTF-8; a byte order mark is tolerated.

    Raises:
        DataError: If a line is no JSON object; names the line.
    """
    for line, written in enumerate(_stream(raw)):
        content = written if line else written.removeprefix(_BYTE_ORDER_MARK)
        if not content or content.isspace():
            continue
        try:
            values = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise DataError(
                f"{file}, line {line + 1}: no valid JSON ({error.msg}); "
                "each line must be one object in UTF-8."
            ) from None
        if not isinstance(values, dict):
            raise DataError(f"{file}, line {line + 1}: each line must be one JSON object.")
        yield Row(file, line, values, line + 1)


def csv_rows(file: str, raw: bytes | io.BufferedIOBase) -> Iterator[Row]:
    """Rows of a CSV file with a header, one in memory at a time.

    Cells may hold commas and line breaks in quotes.

    Args:
        file: Name of the file, for errors.
        raw: Its bytes, or a stream of them, UTF-8; a byte order mark is tolerated.

    Raises:
        DataError: If it is not UTF-8, a row has more or fewer cells than the header, a header
            repeats, or quotes do not close.
    """
    reader = csv.reader(_text_lines(file, _stream(raw)), strict=True)
    header: list[str] = []
    count = 0
    start = 1
    try:
        for cells in reader:
            if not header:
                header = _header(file, cells)
            elif cells:
                if len(cells) != len(header):
                    raise DataError(
                        f"{file}, line {start}: {len(cells)} cells, but the header has "
                        f"{len(header)}; quote cells that hold commas."
                    )
                yield Row(file, count, dict(zip(header, cells, strict=True)), start)
                count += 1
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{file}, line {start}: broken CSV ({error}).") from None


def _stream(raw: bytes | io.BufferedIOBase) -> io.BufferedIOBase:
    return io.BytesIO(raw) if isinstance(raw, bytes) else raw


def _text_lines(file: str, stream: io.BufferedIOBase) -> Iterator[str]:
    """Lines of a text with their ends, which may be of any system."""
    for number, content in enumerate(stream, start=1):
        try:
            line = content.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise DataError(f"{file}, line {number}: not UTF-8; save the file as UTF-8.") from None
        if "\r" in line.removesuffix("\n").removesuffix("\r"):
            yield from io.StringIO(line, newline="")
        else:
            yield line


def _header(file: str, cells: list[str]) -> list[str]:
    """The column names, checked for repeats."""
    names = [cell.strip() for cell in cells]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice and are_names(names):
        raise DataError(f"{file}: the header names {', '.join(twice)} more than once.")
    if twice:
        places = [str(place) for place, name in enumerate(names, 1) if name == twice[0]]
        raise DataError(
            f"{file}: columns {', '.join(places)} of the header have the same name; "
            "is its first line a header?"
        )
    return names
