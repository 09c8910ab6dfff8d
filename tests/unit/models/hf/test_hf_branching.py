from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from medtrust.models.hf.branching import WORTH_A_CALL, Piece, plan_pieces  # noqa: E402
from medtrust.models.hf.jobs import Prompt  # noqa: E402
from medtrust.models.hf.kept import Kept, Past, Segment, common_prefix  # noqa: E402

IMAGE = 99


@st.composite
def prompt_sets(draw: st.DrawFn) -> list[Prompt]:
    """Prompts with a few stems in common, some behind an image; no two alike."""
    stems = draw(st.lists(st.lists(st.integers(0, 1), max_size=30), min_size=1, max_size=3))
    found: dict[object, Prompt] = {}
    for _ in range(draw(st.integers(1, 10))):
        root = draw(st.sampled_from([b"", b"scan", b"other scan"]))
        before = draw(st.lists(st.integers(0, 1), max_size=2))
        head = [*before, IMAGE, IMAGE] if root else []
        tail = draw(st.lists(st.integers(0, 2), min_size=1, max_size=8))
        ids = (*head, *draw(st.sampled_from(stems)), *tail)
        prompt = Prompt(ids, {"pixels": torch.zeros(1)} if root else {}, {}, root, len(head))
        found[prompt.key] = prompt
    return list(found.values())


def forward(pieces: list[Piece], kept: Kept) -> None:
    """As the shared path does: parents first, each leaves a segment."""
    for piece in pieces:
        piece.segment = Segment(
            piece.prompt.root, piece.prompt.ids[: piece.end], piece.start, piece.past.segment,
            [(torch.zeros(1, piece.end - piece.start, 1),) * 2], piece.past.shift,
        )  # fmt: skip
        kept.add(piece.segment)
        for child in piece.children:
            child.past = Past(piece.segment, child.start, 0)
        forward(piece.children, kept)


def walk(pieces: list[Piece], above: tuple[Piece, ...] = ()) -> Iterator[tuple[Piece, ...]]:
    """Every piece with those above it."""
    for piece in pieces:
        yield (*above, piece)
        yield from walk(piece.children, (*above, piece))


def n_positions(pieces: list[Piece]) -> int:
    return sum(len(path[-1].tokens) for path in walk(pieces))


def planned(prompts: list[Prompt], kept: Kept, *, inside: bool = True) -> list[Piece]:
    return plan_pieces(prompts, kept, inside=inside, first_shift=0)


def assert_covered(prompts: list[Prompt], pieces: list[Piece]) -> None:
    """Each prompt ends in one place, and what leads there spells it once, gap by gap."""
    leaves = [(path, prompt) for path in walk(pieces) for prompt in path[-1].leaves]
    assert sorted(id(prompt) for _, prompt in leaves) == sorted(map(id, prompts))
    for path, prompt in leaves:
        place = path[0].past.length
        if path[0].past.segment is not None:
            assert path[0].past.segment.root == prompt.root
            assert path[0].past.segment.ids[:place] == prompt.ids[:place]
        for piece in path:
            assert piece.start == place
            assert piece.tokens == prompt.ids[piece.start : piece.end]
            assert piece.tokens
            assert piece.prompt.root == prompt.root
            place = piece.end
        assert place == len(prompt.ids)
        assert path[0].start == 0 or path[0].start >= prompt.n_head
        if path[0].start == 0:  # the images' part goes in one piece, with the images
            assert path[0].end >= prompt.n_head
            assert path[0].shows_images == bool(prompt.images)
        assert not any(piece.shows_images for piece in path[1:])


@given(prompt_sets(), prompt_sets())
@settings(max_examples=150)
def test_pieces_cover_every_prompt_once_and_cost_no_more_than_apart(
    earlier: list[Prompt], prompts: list[Prompt]
) -> None:
    kept = Kept(1 << 30)
    for wave in (earlier, prompts):
        known = [kept.find(prompt.root, prompt.ids)[1] for prompt in wave]
        pieces = planned(wave, kept)
        assert_covered(wave, pieces)
        apart = 0
        for prompt, length in zip(wave, known, strict=True):
            attached = min(length, len(prompt.ids) - 1)
            apart += len(prompt.ids) - (attached if attached >= max(prompt.n_head, 1) else 0)
        assert n_positions(pieces) <= apart
        forward(pieces, kept)
    again = planned(prompts, kept)
    assert_covered(prompts, again)
    # only the last token of each, whose logits are not kept (or all, of a prompt of images alone)
    assert all(
        len(path[-1].tokens) == 1 for path in walk(again) if path[-1].prompt.n_head < path[-1].end
    )


@given(prompt_sets())
def test_where_prompts_cannot_be_cut_each_is_one_piece(prompts: list[Prompt]) -> None:
    pieces = planned(prompts, Kept(1 << 30), inside=False)
    assert_covered(prompts, pieces)
    assert [piece.start for piece in pieces] == [0] * len(prompts)
    assert not any(piece.children for piece in pieces)


@given(st.integers(1, 40), st.integers(2, 6))
def test_a_stem_is_forwarded_once_where_it_is_worth_a_call(stem: int, n_prompts: int) -> None:
    prompts = [Prompt((*[7] * stem, 10 + n, 20 + n)) for n in range(n_prompts)]
    pieces = planned(prompts, Kept(1 << 30))
    if stem * (n_prompts - 1) >= WORTH_A_CALL:
        assert n_positions(pieces) == stem + 2 * n_prompts
    else:
        assert n_positions(pieces) == (stem + 2) * n_prompts


def test_a_shared_image_is_always_worth_a_call() -> None:
    prompts = [Prompt((IMAGE, n), {"pixels": torch.zeros(1)}, {}, b"scan", 1) for n in range(2)]
    (piece,) = planned(prompts, Kept(1 << 30))
    assert (piece.start, piece.end, piece.shows_images) == (0, 1, True)
    assert [child.tokens for child in piece.children] == [(0,), (1,)]


def test_a_prompt_that_another_continues_ends_inside_the_tree() -> None:
    short, long = Prompt((5,) * 20), Prompt((5,) * 20 + (6, 7))
    (piece,) = planned([long, short], Kept(1 << 30))
    assert piece.leaves == [short]
    assert [child.leaves for child in piece.children] == [[long]]
    assert n_positions([piece]) == 22
    assert common_prefix(short.ids, long.ids) == 20
