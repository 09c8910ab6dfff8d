from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from medtrust.models.hf.kept import Kept, Past, Segment, common_prefix  # noqa: E402 - needs torch

LARGE = 1 << 30
A_TOKEN = 2 * 4 * 2  # keys and values, 2 numbers of 4 bytes each


def segment(*ids: int, parent: Segment | None = None, root: bytes = b"") -> Segment:
    """A segment of one layer in which each key says which token it is of."""
    start = len(parent.ids) if parent else 0
    own = torch.tensor(ids[start:], dtype=torch.float32)[None, :, None].expand(1, -1, 2)
    return Segment(root, ids, start, parent, [(own.clone(), -own)], 0)


def tokens_of(past: Past) -> list[int]:
    """What the keys of a past say, first to last; values must say the same."""
    found: list[int] = []
    for part in reversed(past.parts()):
        ((keys, values),) = part.layers
        own = keys[0, : part.end - part.start, 0]
        assert torch.equal(own, -values[0, : part.end - part.start, 1])
        assert part.start == len(found)
        found += own.int().tolist()
    return found


def test_the_longest_common_beginning_is_found() -> None:
    kept = Kept(LARGE)
    stem = segment(1, 2, 3)
    left, right = segment(1, 2, 3, 4, 5, parent=stem), segment(1, 2, 3, 6, parent=stem)
    for one in (stem, left, right):
        kept.add(one)
    assert kept.find(b"", (1, 2, 3, 4, 9)) == (left, 4)
    assert kept.find(b"", (1, 2, 3, 6, 7, 8)) == (right, 4)
    assert kept.find(b"", (1, 2, 9))[1] == 2
    assert kept.find(b"", (9,)) == (None, 0)
    assert kept.find(b"", ()) == (None, 0)


def test_under_other_images_nothing_is_found() -> None:
    kept = Kept(LARGE)
    kept.add(segment(1, 2, 3, root=b"one"))
    assert kept.find(b"other", (1, 2, 3)) == (None, 0)
    assert kept.find(b"one", (1, 2, 3))[1] == 3


def test_what_was_longest_unused_is_forgotten_first() -> None:
    kept = Kept(9 * A_TOKEN)
    first, second, third = (segment(n, n, n) for n in (1, 2, 3))
    for one in (first, second, third):
        kept.add(one)
    kept.find(b"", (1, 1))
    kept.add(segment(4, 4, 4))
    assert kept.find(b"", (2, 2)) == (None, 0)
    assert kept.find(b"", (1, 1)) == (first, 2)
    assert kept.find(b"", (3, 3)) == (third, 2)


def test_children_are_forgotten_before_what_they_continue() -> None:
    kept = Kept(8 * A_TOKEN)
    stem = segment(1, 1, 1, 1)
    children = [segment(1, 1, 1, 1, n, n, parent=stem) for n in (2, 3)]
    for one in (stem, *children):
        kept.add(one)
    kept.add(segment(1, 1, 1, 1, 4, 4, parent=stem))
    assert kept.find(b"", (1, 1, 1, 1, 2, 2))[1] == 4  # the oldest child is gone, the stem is not
    assert kept.find(b"", (1, 1, 1, 1, 3, 3))[1] == 6


def test_what_is_too_large_is_not_kept() -> None:
    kept = Kept(2 * A_TOKEN)
    kept.add(segment(1, 2))
    kept.add(segment(1, 2, 3))
    assert kept.find(b"", (1, 2, 3)) == (None, 0)
    none = Kept(0)
    none.add(segment(1))
    assert none.find(b"", (1,)) == (None, 0)


def test_clearing_forgets_everything_and_frees_all_room() -> None:
    kept = Kept(3 * A_TOKEN)
    kept.add(segment(1, 2, 3))
    kept.clear()
    assert kept.find(b"", (1, 2, 3)) == (None, 0)
    kept.add(segment(4, 5, 6))
    assert kept.find(b"", (4, 5, 6))[1] == 3


SEQUENCES = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=8), min_size=1, max_size=12)


@given(SEQUENCES, st.integers(0, 60))
def test_kept_bytes_stay_within_bounds_and_findings_are_true(
    sequences: list[list[int]], room: int
) -> None:
    kept = Kept(room * A_TOKEN)
    added: list[Segment] = []
    for ids in sequences:
        found, length = kept.find(b"", ids)
        longest = max((common_prefix(one.ids, tuple(ids)) for one in added), default=0)
        assert length <= longest
        if room == 60:
            assert length == longest  # nothing was forgotten
        assert (found is None) == (length == 0)
        if found is not None:
            assert tokens_of(Past(found, length, 0)) == ids[:length]
        parent = None
        if found is not None and 0 < length == len(found.ids) < len(ids):
            parent = found
        one = segment(*ids, parent=parent)
        kept.add(one)
        added.append(one)
        held = [one for one in added if id(one) in kept._recent]
        assert sum(one.n_bytes for one in held) <= room * A_TOKEN
        for one in held:  # nothing is held whose beginning was let go
            assert one.parent is None or one.parent in held


@given(st.lists(st.integers(0, 2), max_size=9), st.lists(st.integers(0, 2), max_size=9))
def test_a_common_prefix_is_common_and_the_longest(first: list[int], second: list[int]) -> None:
    length = common_prefix(first, second)
    assert first[:length] == second[:length]
    assert first[: length + 1] != second[: length + 1] or length == min(len(first), len(second))
