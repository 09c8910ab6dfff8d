"""Keys and values of token sequences, kept by prefix, the least recently used forgotten first.

A segment holds what its own tokens added; what came before lies in the segments it continues, up
to the place where it branches off. So one image's prefix is kept once, however many questions,
draws and follow-ups continue it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import torch

Layers = list[tuple[torch.Tensor, torch.Tensor]]
"""Keys and values of each layer, each of shape (heads, tokens, size)."""


@dataclass(slots=True, eq=False)
class Segment:
    """What some tokens of a sequence left in the cache.

    Attributes:
        root: Digest of the images before or in it.
        ids: All tokens from the beginning to this segment's end.
        start: Where this segment begins: it holds ``ids[start:]``.
        parent: Holds ``ids[:start]`` (and perhaps more); None when start is 0.
        layers: Of this segment's own tokens.
        shift: How far positions run ahead of the number of tokens (images in Qwen-VL).
    """

    root: bytes
    ids: tuple[int, ...]
    start: int
    parent: Segment | None
    layers: Layers
    shift: int

    @property
    def n_bytes(self) -> int:
        """Size of its own part."""
        return sum(
            keys.numel() * keys.element_size() + values.numel() * values.element_size()
            for keys, values in self.layers
        )


@dataclass(frozen=True, slots=True)
class Past:
    """What a row attends to before its new tokens.

    Attributes:
        segment: Whose sequence it continues; None for a new one.
        length: How many of its tokens count.
        shift: Added to positions.
    """

    segment: Segment | None
    length: int
    shift: int

    def layers(self) -> Layers:
        """Keys and values of all its tokens."""
        return [] if self.segment is None else _layers(self.segment, self.length)


def _layers(segment: Segment, length: int) -> Layers:
    pieces: list[Layers] = []
    here: Segment | None = segment
    while here is not None and length > 0:
        if length > here.start:
            own = length - here.start
            pieces.append([(keys[:, :own], values[:, :own]) for keys, values in here.layers])
            length = here.start
        here = here.parent
    pieces.reverse()
    if len(pieces) == 1:
        return pieces[0]
    return [
        (torch.cat([part[0] for part in parts], 1), torch.cat([part[1] for part in parts], 1))
        for parts in zip(*pieces, strict=True)
    ]


class Kept:
    """Segments that later requests may continue.

    Args:
        most_bytes: How much to keep.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._recent: OrderedDict[int, Segment] = OrderedDict()
        self._by_root: dict[bytes, dict[int, Segment]] = {}

    def add(self, segment: Segment) -> None:
        """Keep a segment; forgets the least recently used when there is no room."""
        self._recent[id(segment)] = segment
        self._by_root.setdefault(segment.root, {})[id(segment)] = segment
        self._bytes += segment.n_bytes
        self._touch(segment)
        while self._bytes > self._most_bytes and self._recent:
            _, oldest = self._recent.popitem(last=False)
            self._forget(oldest)

    def find(self, root: bytes, ids: Sequence[int]) -> tuple[Segment | None, int]:
        """The segment that shares the longest prefix with a sequence, and how long that is."""
        best: Segment | None = None
        length = 0
        wanted = tuple(ids)
        for segment in self._by_root.get(root, {}).values():
            common = common_prefix(segment.ids, wanted)
            if common > length:
                best, length = segment, common
        if best is not None:
            self._touch(best)
        return best, length

    def clear(self) -> None:
        """Forget everything."""
        self._recent.clear()
        self._by_root.clear()
        self._bytes = 0

    def _touch(self, segment: Segment) -> None:
        """Make it the most recent, its ancestors more so: children are forgotten first."""
        here: Segment | None = segment
        while here is not None:
            if id(here) in self._recent:
                self._recent.move_to_end(id(here))
            here = here.parent

    def _forget(self, segment: Segment) -> None:
        self._bytes -= segment.n_bytes
        siblings = self._by_root[segment.root]
        del siblings[id(segment)]
        if not siblings:
            del self._by_root[segment.root]


def common_prefix(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens two sequences begin with alike."""
    low, high = 0, min(len(first), len(second))
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
