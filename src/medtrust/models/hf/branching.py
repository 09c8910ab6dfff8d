"""Which pieces of token sequences to forward, so that nothing common is forwarded twice.

The prompts of a wave form a prefix tree: image, then question, then variant. Each edge that is
not in the cache yet becomes a piece; pieces are forwarded parents first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from medtrust.models.hf.jobs import Prompt
from medtrust.models.hf.kept import Kept, Past, Segment, common_prefix

NOTHING_BEFORE: Final = Past(None, 0, 0)
WORTH_A_CALL: Final = 16
"""Token positions that must be saved before a shared piece gets a forward call of its own."""


@dataclass(slots=True, eq=False)
class Piece:
    """Tokens to forward behind what is there.

    Attributes:
        prompt: A prompt that runs through this piece.
        start: Where the piece begins in that prompt.
        end: Where it ends.
        past: What lies before it; known once the piece before was forwarded.
        leaves: Prompts that end here.
        children: Pieces that continue it.
        segment: What it left in the cache, once forwarded.
    """

    prompt: Prompt
    start: int
    end: int
    past: Past = NOTHING_BEFORE
    leaves: list[Prompt] = field(default_factory=list)
    children: list[Piece] = field(default_factory=list)
    segment: Segment | None = None

    @property
    def tokens(self) -> tuple[int, ...]:
        """Its own tokens."""
        return self.prompt.ids[self.start : self.end]

    @property
    def shows_images(self) -> bool:
        """Whether the pixels go in with it."""
        return self.start == 0 and bool(self.prompt.images)


def plan_pieces(
    prompts: Sequence[Prompt], kept: Kept, *, inside: bool, first_shift: int, heads: bool = False
) -> list[Piece]:
    """First pieces to forward; their children follow.

    Args:
        prompts: Distinct by key.
        kept: What is in the cache already.
        inside: Whether prompts may be cut inside; otherwise only whole prompts are shared.
        first_shift: Shift of a sequence that begins anew.
        heads: Cut behind the images, so that images of one size can go into one call.
    """
    groups: dict[tuple[bytes, int, int], list[Prompt]] = {}
    places: dict[tuple[bytes, int, int], tuple[Segment | None, int]] = {}
    for prompt in prompts:
        segment, length = _attach(prompt, kept, inside=inside)
        key = (prompt.root, id(segment), length)
        groups.setdefault(key, []).append(prompt)
        places[key] = (segment, length)
    first: list[Piece] = []
    for key, group in groups.items():
        segment, length = places[key]
        shift = first_shift if segment is None else segment.shift
        pieces = (
            _split(group, length, heads=heads)
            if inside
            else [Piece(prompt, length, len(prompt.ids), leaves=[prompt]) for prompt in group]
        )
        for piece in pieces:
            piece.past = Past(segment, length, shift)
        first += pieces
    return first


def _attach(prompt: Prompt, kept: Kept, *, inside: bool) -> tuple[Segment | None, int]:
    """Where a prompt continues what is kept; its last token is always forwarded, for its logits."""
    segment, length = kept.find(prompt.root, prompt.ids)
    if not inside and length < len(prompt.ids):
        return None, 0
    length = min(length, len(prompt.ids) - 1)
    if segment is None or length < prompt.n_head or length == 0:
        return None, 0
    return segment, length


def _split(prompts: list[Prompt], start: int, *, heads: bool) -> list[Piece]:
    """Pieces for prompts that share everything before ``start``."""
    first = prompts[0]
    n_head, least = first.n_head, min(len(prompt.ids) for prompt in prompts)
    alike = all(prompt.ids[:n_head] == first.ids[:n_head] for prompt in prompts)
    if heads and alike and start < n_head < least:
        children = _split(prompts, n_head, heads=heads)
        return [Piece(first, start, n_head, children=children)]
    if len(prompts) == 1:
        (prompt,) = prompts
        return [Piece(prompt, start, len(prompt.ids), leaves=[prompt])]
    shared = min(
        common_prefix(prompts[0].ids[start:], prompt.ids[start:]) for prompt in prompts[1:]
    )
    end = start + shared
    saved = (len(prompts) - 1) * shared
    if shared and end >= first.n_head and (saved >= WORTH_A_CALL or start < first.n_head):
        piece = Piece(first, start, end)
        piece.leaves = [prompt for prompt in prompts if len(prompt.ids) == end]
        rest = [prompt for prompt in prompts if len(prompt.ids) > end]
        for group in _by_next_token(rest, end):
            piece.children += _split(group, end, heads=heads)
        return [piece]
    groups = _by_next_token(prompts, end)
    if len(groups) == 1:  # they differ inside the images' part: each goes alone
        groups = [[prompt] for prompt in prompts]
    return [piece for group in groups for piece in _split(group, start, heads=heads)]


def _by_next_token(prompts: Sequence[Prompt], place: int) -> list[list[Prompt]]:
    groups: dict[int, list[Prompt]] = {}
    for prompt in prompts:
        # a prompt that ends here stands alone
        token = prompt.ids[place] if place < len(prompt.ids) else -1
        groups.setdefault(token, []).append(prompt)
    return list(groups.values())
