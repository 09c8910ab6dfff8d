"""Fields of npz files that nobody vouches for: read without unpickling and without surprise.

A header is read and checked before any value is; what says that it is huge takes no memory.
"""

from __future__ import annotations

import io
import lzma
import math
import tokenize
import warnings
import zipfile
import zlib
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

BROKEN: Final = (
    OSError, EOFError, ValueError, RuntimeError, MemoryError, SyntaxError,
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, tokenize.TokenError,
)  # fmt: skip
"""What a file cut, altered, encrypted or packed in an unknown way makes its readers raise."""

Header = tuple[tuple[int, ...], bool, np.dtype[Any]]
"""Shape, whether in Fortran's order, and type."""


def array_header(stream: IO[bytes]) -> Header:
    """The header of one array; the stream is left at its first value.

    Raises:
        ValueError: If there is no such header (and others of `BROKEN`).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy tells of headers that Python 2 wrote
        if np.lib.format.read_magic(stream) == (1, 0):
            return np.lib.format.read_array_header_1_0(stream)
        return np.lib.format.read_array_header_2_0(stream)


def read_array(stream: IO[bytes], header: Header) -> NDArray[Any]:
    """The values behind a header that was checked.

    Raises:
        EOFError: If there are fewer than the header says (and others of `BROKEN`).
        ValueError: If they are Python objects, which could run code.
    """
    shape, fortran, dtype = header
    if dtype.hasobject:
        raise ValueError("Python objects are never read.")
    wanted = math.prod(shape) * dtype.itemsize
    content = io.BytesIO()
    while content.tell() < wanted:
        piece = stream.read(min(1 << 20, wanted - content.tell()))
        if not piece:
            raise EOFError("The array ends early.")
        content.write(piece)
    return np.frombuffer(content.getvalue(), dtype).reshape(shape, order="F" if fortran else "C")
