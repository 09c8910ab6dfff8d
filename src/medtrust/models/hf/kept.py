"""Keys and values of token sequences, kept by prefix, the least recently used forgotten first.

A segment holds what its own tokens added; what came before lies in the segments it continues, up
to the place where it branches off. So one image's prefix is kept once, however many questions,
draws and follow-ups continue it.
"""

from __future__ import annotations

from bisect import bisect_left, insort
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

    def parts(self) -> list[Part]:
        """Where the keys and values of its tokens are, the last ones first."""
        found: list[Part] = []
        here, end = self.segment, self.length
        while here is not None and end > 0:
            if end > here.start:
                found.append(Part(here.start, end, here.layers))
                end = here.start
            here = here.parent
        return found


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a past within one segment.

    Attributes:
        start: First token, counted from the beginning of the sequence.
        end: Behind the last.
        layers: Hold tokens from ``start`` on, and perhaps more than up to ``end``.
    """

    start: int
    end: int
    layers: Layers


class Kept:
    """Segments that later requests may continue.

    Args:
        most_bytes: How much to keep.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._recent: OrderedDict[int, Segment] = OrderedDict()
        self._ordered: dict[bytes, list[tuple[tuple[int, ...], int]]] = {}

    def add(self, segment: Segment) -> None:
        """Keep a segment; forgets the least recently used when there is no room."""
        self._recent[id(segment)] = segment
        insort(self._ordered.setdefault(segment.root, []), (segment.ids, id(segment)))
        self._bytes += segment.n_bytes
        self._touch(segment)
        while self._bytes > self._most_bytes and self._recent:
            _, oldest = self._recent.popitem(last=False)
            self._forget(oldest)

    def find(self, root: bytes, ids: Sequence[int]) -> tuple[Segment | None, int]:
        """The segment that shares the longest prefix with a sequence, and how long that is.

        In the order of their tokens it is a neighbour of the place where the sequence belongs.
        """
        wanted = tuple(ids)
        ordered = self._ordered.get(root, [])
        place = bisect_left(ordered, (wanted, 0))
        best: Segment | None = None
        length = 0
        for kept, name in ordered[max(0, place - 1) : place + 1]:
            common = common_prefix(kept, wanted)
            if common > length:
                best, length = self._recent[name], common
        if best is not None:
            self._touch(best)
        return best, length

    def clear(self) -> None:
        """Forget everything."""
        self._recent.clear()
        self._ordered.clear()
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
        siblings = self._ordered[segment.root]
        del siblings[bisect_left(siblings, (segment.ids, id(segment)))]
        if not siblings:
            del self._ordered[segment.root]


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
