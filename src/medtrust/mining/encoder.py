"""What an image encoder is to us: an identity, and pixels to one vector."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from medtrust.core.errors import UnknownNameError, UserError

Pixels = NDArray[np.uint8]
Vectors = NDArray[np.float32]

LONGEST_NUMBER: Final = 12


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """Which function of pixels this is.

    Attributes:
        provider: ``hf``, ``phantom``, ``pixels`` ...
        name: For people: a folder's name or a hub id; two names of equal weights are one encoder.
        digest: Of weights, configuration and image processor, or of a version of our own.
        pooling: How one vector came out: ``projection``, ``pooler``, ``class``, ``mean``, or
            ``none`` where there was nothing to choose.
        dtype: Number type of the arithmetic.
    """

    provider: str
    name: str
    digest: str
    pooling: str = "none"
    dtype: str = "float32"

    @property
    def key(self) -> str:
        """What the vectors depend on; equal keys share stored vectors."""
        return f"{self.digest}?dtype={self.dtype}&pooling={self.pooling}"

    @property
    def encoder_id(self) -> str:
        """``provider/name@digest?dtype=...&pooling=...``; without ``/name`` where it has none."""
        name = f"{self.provider}/{self.name}" if self.name else self.provider
        return f"{name}@{self.key}"


class Encoder(Protocol):
    """Anything that makes vectors of images."""

    @property
    def identity(self) -> EncoderIdentity:
        """Who this is; fixed for the life of the object."""
        ...

    @property
    def batch(self) -> int:
        """Most images in one call of `encode`, at least 1."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What people should know of it, one sentence each."""
        ...

    def prepare(self, pixels: Pixels) -> Any:
        """What `encode` takes of one image; called from several threads.

        Args:
            pixels: RGB, shape (height, width, 3).
        """
        ...

    def encode(self, prepared: Sequence[Any]) -> Vectors:
        """One vector an image, of any length, shape (n, width).

        Raises:
            MemoryError: If so many do not fit; fewer may.
        """
        ...


@dataclass(frozen=True, slots=True)
class EncoderOptions:
    """What the user said about an encoder; a provider's ``open_encoder(options)`` makes it.

    Attributes:
        name: After the provider's slash, e.g. ``./folder`` of ``hf/./folder``.
        parameters: The ``-M key=value`` pairs, as typed.
    """

    name: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)


def open_encoder(encoder: str, parameters: Mapping[str, str] | None = None) -> Encoder:
    """The encoder of a name as typed, ``PROVIDER`` or ``PROVIDER/NAME``.

    Raises:
        UnknownNameError: For a provider that does not exist.
        UserError: If the provider cannot make it.
    """
    from medtrust.core.registry import load

    provider, _, name = encoder.partition("/")
    made: Encoder = load("encoder", provider)(EncoderOptions(name, dict(parameters or {})))
    return made


def check_names(parameters: Mapping[str, str], known: Iterable[str]) -> None:
    """Refuse a parameter nobody reads.

    Raises:
        UnknownNameError: With near names.
    """
    for name in parameters:
        if name not in known:
            raise UnknownNameError.among("encoder option", name, known)


def whole_number(parameters: Mapping[str, str], name: str, default: int, *, most: int) -> int:
    """A number from 1 to `most`.

    Raises:
        UserError: If it is none.
    """
    text = parameters.get(name)
    if text is None:
        return default
    fits = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    if not (fits and 1 <= int(text) <= most):
        raise UserError(
            f"-M {name}={text[:LONGEST_NUMBER]} is not a whole number from 1 to {most}."
        )
    return int(text)
