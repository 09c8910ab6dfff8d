"""The path with shared prefill: forward the prefix tree once, branch every row from its leaf."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import torch

from medtrust.models.hf.branching import Piece, plan_pieces
from medtrust.models.hf.jobs import Prompt, Row
from medtrust.models.hf.kept import Kept, Past, Segment
from medtrust.models.hf.memory import NO_MEMORY, in_batches, no_memory
from medtrust.models.hf.sampling import Chooser
from medtrust.models.hf.stepping import Batch, Stepper

Item = TypeVar("Item")
Leaves = dict[tuple[bytes, tuple[int, ...]], tuple[torch.Tensor, Segment]]
"""By prompt: logits of the first answer token, shape (vocabulary,), and where to go on."""

IMAGE_POSITIONS: Final = 4096
"""Most token positions of prompts with images in one call."""

LIKELY_LENGTH: Final = 32
"""Answer tokens for which room is made at once, if so many are allowed."""


class SharedPath:
    """Answers rows of one model with one prefill per prefix.

    Args:
        stepper: Makes the forward calls.
        kept: Caches that later requests may continue.
        batch: Most rows in one call.
        inside: Whether prompts may be cut anywhere; otherwise only equal prompts share.
    """

    def __init__(self, stepper: Stepper, kept: Kept, *, batch: int, inside: bool) -> None:
        self._stepper = stepper
        self._kept = kept
        # prompts and answers need memory by different measures, so each has a batch of its own
        self._batch = {"prompts": batch, "answers": batch}
        self._inside = inside

    def run(self, rows: Sequence[Row], chooser: Chooser) -> None:
        """Grow every row to its end; what cannot be answered gets a failure."""
        prompts = {row.prompt.key: row.prompt for row in rows}
        leaves: Leaves = {}
        self._prefill(list(prompts.values()), leaves)
        placed = [row for row in rows if row.prompt.key in leaves]
        for row in rows:
            if row.prompt.key not in leaves:
                row.failure = NO_MEMORY
        placed.sort(key=lambda row: len(row.prompt.ids))
        growing = [row for row in placed if row.forced is None]
        self._in_batches(
            "answers", growing, lambda some: self._grow(some, leaves, chooser), no_memory
        )
        self._score([row for row in placed if row.forced is not None], leaves, chooser)

    def _prefill(
        self,
        prompts: Sequence[Prompt],
        leaves: Leaves,
    ) -> None:
        ready = plan_pieces(
            prompts, self._kept, inside=self._inside, first_shift=self._stepper.first_shift,
            heads=self._stepper.images_seen.row_wise,
        )  # fmt: skip
        while ready:
            by_shape: dict[object, list[Piece]] = {}
            for piece in ready:
                by_shape.setdefault(self._shape(piece), []).append(piece)
            for alike in by_shape.values():
                # many tokens each: little is won by many images in one call, and memory is lost
                rows = self._batch["prompts"] if alike[0].shows_images else 0
                self._in_batches(
                    "prompts", alike, lambda some: self._forward(some, leaves), _ignore,
                    places=max(1, rows * len(alike[0].tokens) // IMAGE_POSITIONS),
                )  # fmt: skip
            ready = [child for piece in ready if piece.segment for child in piece.children]

    def _shape(self, piece: Piece) -> object:
        """Equal for pieces that can go into one call."""
        prompt = piece.prompt
        if not piece.shows_images:
            return len(piece.tokens)
        if prompt.n_images > 1 or not self._stepper.images_seen.row_wise:
            return id(piece)  # a tower's output is remembered by image
        return len(piece.tokens), tuple(
            (name, value.shape) for name, value in prompt.images.items()
        )

    def _forward(
        self,
        pieces: Sequence[Piece],
        leaves: Leaves,
    ) -> None:
        batch = Batch(self._stepper, [piece.past for piece in pieces], room=len(pieces[0].tokens))
        shown = [piece.prompt for piece in pieces if piece.shows_images]
        logits = batch.feed([piece.tokens for piece in pieces], shown=shown)
        for place, piece in enumerate(pieces):
            piece.segment = Segment(
                piece.prompt.root, piece.prompt.ids[: piece.end], piece.start, piece.past.segment,
                batch.newest(place, len(piece.tokens)), batch.shifts[place],
            )  # fmt: skip
            self._kept.add(piece.segment)
            for child in piece.children:
                child.past = Past(piece.segment, child.start, piece.segment.shift)
            for prompt in piece.leaves:
                leaves[prompt.key] = (logits[place, -1].clone(), piece.segment)

    def _grow(
        self,
        rows: Sequence[Row],
        leaves: Leaves,
        chooser: Chooser,
    ) -> None:
        for row in rows:
            row.restart()
        logits = torch.stack([leaves[row.prompt.key][0] for row in rows])
        chosen = chooser.choose(logits, rows)
        alive = [place for place, row in enumerate(rows) if row.open]
        if not alive:
            return
        grown = [rows[place] for place in alive]
        room = min(max(row.limit for row in grown), LIKELY_LENGTH)
        batch = Batch(self._stepper, [_leaf_past(row, leaves) for row in grown], room=room)
        tokens = [chosen[place] for place in alive]
        while True:
            logits = batch.feed([[token] for token in tokens])[:, -1]
            tokens = chooser.choose(logits, grown)
            going = [place for place, row in enumerate(grown) if row.open]
            if len(going) < len(grown):
                for place, row in enumerate(grown):
                    if not row.open and row.greedy:
                        self._keep(row, batch, place, leaves[row.prompt.key][1])
                if not going:
                    return
                batch.select(going)
                grown = [grown[place] for place in going]
                tokens = [tokens[place] for place in going]

    def _keep(self, row: Row, batch: Batch, place: int, leaf: Segment) -> None:
        """A greedy answer's own tokens stay: what follows up on it continues them."""
        if not self._inside:
            return
        n_fed = batch.lengths[place] - len(row.prompt.ids)
        ids = (*row.prompt.ids, *row.tokens[:n_fed])
        layers = batch.newest(place, n_fed)
        start = len(row.prompt.ids)
        self._kept.add(Segment(row.prompt.root, ids, start, leaf, layers, leaf.shift))

    def _score(
        self,
        rows: Sequence[Row],
        leaves: Leaves,
        chooser: Chooser,
    ) -> None:
        """Given continuations: the first token needs no call, the others one for all places."""
        by_length: dict[int, list[Row]] = {}
        for row in rows:
            by_length.setdefault(len(row.forced or ()), []).append(row)
        for length, alike in by_length.items():
            self._in_batches(
                "answers", alike, lambda some: self._follow(some, leaves, chooser), no_memory,
                places=max(length - 1, 1),
            )  # fmt: skip

    def _follow(
        self,
        rows: Sequence[Row],
        leaves: Leaves,
        chooser: Chooser,
    ) -> None:
        for row in rows:
            row.restart()
        chooser.choose(torch.stack([leaves[row.prompt.key][0] for row in rows]), rows)
        given = [row.forced or () for row in rows]
        if len(given[0]) < 2:
            return
        batch = Batch(
            self._stepper, [_leaf_past(row, leaves) for row in rows], room=len(given[0]) - 1
        )
        logits = batch.feed([tokens[:-1] for tokens in given], keep=len(given[0]) - 1)
        for place in range(logits.shape[1]):
            chooser.choose(logits[:, place], rows)

    def _in_batches(
        self,
        kind: str,
        items: Sequence[Item],
        work: Callable[[Sequence[Item]], None],
        give_up: Callable[[Item], None],
        *,
        places: int = 1,
    ) -> None:
        """Work on full batches; when memory runs out, on half as many items from then on.

        Args:
            kind: ``prompts`` or ``answers``.
            items: What to work on, in order.
            work: Begins an item anew each time.
            give_up: Called with what does not fit alone.
            places: How many rows an item counts for.
        """
        size = max(1, self._batch[kind] // places)
        fitting = in_batches(items, size, work, give_up, self._forget)
        if fitting < size:
            self._batch[kind] = fitting * places

    def _forget(self) -> None:
        self._kept.clear()
        self._stepper.images_seen.forget()


def _leaf_past(row: Row, leaves: Leaves) -> Past:
    segment = leaves[row.prompt.key][1]
    return Past(segment, len(row.prompt.ids), segment.shift)


def _ignore(_piece: Piece) -> None:
    """A prompt without a leaf is noticed by the caller."""
