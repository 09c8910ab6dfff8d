"""Random numbers that stay the same for ever: one stream for each purpose of each seed.

numpy promises that the bits of PCG64 never change, but not what its `Generator` makes of them. So
the numbers are made here from the bits, with operations that every machine rounds alike.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

Choice = TypeVar("Choice")

_UNIT: Final = 1.0 / (1 << 53)
_UNIT_SINGLE: Final = np.float32(1.0 / (1 << 24))
_NOISE_MEAN: Final = np.float32(2 * 65535)
_NOISE_SCALE: Final = np.float32(1.0 / 37837.0)  # four uniforms on 0..65535: sd 65536 / sqrt(3)


class Stream:
    """The random numbers of one purpose (``anatomy``, ``noise`` ...) of one seed.

    Two streams share nothing, so a finding may take as many numbers as it likes and the anatomy
    around it stays as it is.

    Args:
        seed: Seed of the phantom.
        purpose: What the numbers are for.
    """

    __slots__ = ("_bits",)

    def __init__(self, seed: int, purpose: str) -> None:
        digest = sha256(f"{purpose}/{seed}".encode()).digest()
        self._bits = np.random.PCG64(int.from_bytes(digest[:16], "big"))

    def unit(self) -> float:
        """Uniform on [0, 1)."""
        return (int(self._bits.random_raw()) >> 11) * _UNIT

    def between(self, low: float, high: float) -> float:
        """Uniform on [low, high)."""
        return low + (high - low) * self.unit()

    def below(self, count: int) -> int:
        """Uniform on 0 .. count - 1."""
        return int(self.unit() * count)

    def units(self, *shape: int) -> NDArray[np.float32]:
        """Uniform on [0, 1), single precision, of a shape."""
        count = 1
        for side in shape:
            count *= side
        raw = self._bits.random_raw(count) >> np.uint64(40)
        return (raw.astype(np.float32) * _UNIT_SINGLE).reshape(shape)

    def noise(self, *shape: int) -> NDArray[np.float32]:
        """Mean 0, standard deviation 1, nearly normal: the sum of four uniforms."""
        count = 1
        for side in shape:
            count *= side
        raw = self._bits.random_raw(count).astype("<u8").view("<u2").reshape(*shape, 4)
        parts = raw.astype(np.float32)
        total = parts[..., 0] + parts[..., 1] + parts[..., 2] + parts[..., 3]
        scaled: NDArray[np.float32] = (total - _NOISE_MEAN) * _NOISE_SCALE
        return scaled


def share(draw: float, shares: dict[Choice, float]) -> Choice:
    """The entry that a number falls on when the entries divide [0, 1) by their shares.

    Args:
        draw: In [0, 1).
        shares: Positive weights, of any sum.
    """
    place = draw * sum(shares.values())
    for entry, weight in shares.items():
        place -= weight
        if place < 0:
            return entry
    return entry
