"""Which of the pairs found are kept: no repeats, the best of each image, no image too often.

All three go by the pairs alone, never by the order in which they were found: the best pair is the
one most alike in the first matrix, and of equals the one with the smaller (i, j).
"""

from __future__ import annotations

import numpy as np

from medtrust.mining.similarity import BoolArray, IntArray
from medtrust.mining.strip import Pairs


def without_repeats(pairs: Pairs, repeated: BoolArray) -> Pairs:
    """Leave out pairs of an image that nearly repeats an earlier one.

    Args:
        pairs: Of type `PAIR`, shape (m,).
        repeated: Whether a row repeats an earlier one, shape (n,).
    """
    kept: Pairs = pairs[~(repeated[pairs["i"]] | repeated[pairs["j"]])]
    return kept


def best_of_each(pairs: Pairs, top: int) -> Pairs:
    """Keep a pair that is among the `top` best of at least one of its two images.

    Applied to parts and then to what is left of them, it keeps the same as applied to all at once.

    Args:
        pairs: Of type `PAIR`, sorted by (i, j), shape (m,).
        top: At least 1.
    """
    order = _best_first(pairs)
    images = np.concatenate([pairs["i"][order], pairs["j"][order]])
    places = np.tile(np.arange(len(pairs)), 2)
    sequence = np.lexsort((places, images))
    starts = np.flatnonzero(np.diff(images[sequence], prepend=-1))
    sizes = np.diff(starts, append=len(sequence))
    rank = np.arange(len(sequence)) - np.repeat(starts, sizes)
    return pairs[np.unique(order[places[sequence[rank < top]]])]


def capped(pairs: Pairs, cap: int, rows: int) -> Pairs:
    """Take the best pair first, and each next one only while both its images are in under `cap`.

    Args:
        pairs: Of type `PAIR`, sorted by (i, j), shape (m,).
        cap: Most pairs an image is in, at least 1.
        rows: Images in all.
    """
    used = [0] * rows
    taken = []
    order = _best_first(pairs)
    ends = zip(pairs["i"][order].tolist(), pairs["j"][order].tolist(), strict=True)
    for place, (i, j) in zip(order.tolist(), ends, strict=True):
        if used[i] < cap and used[j] < cap:
            used[i] += 1
            used[j] += 1
            taken.append(place)
    return pairs[np.array(sorted(taken), dtype=np.int64)]


def _best_first(pairs: Pairs) -> IntArray:
    return np.lexsort((pairs["j"], pairs["i"], -pairs["a"]))
