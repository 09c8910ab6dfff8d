"""Conversations as token rows behind shared images.

An image is read once and its keys and values serve all questions about it, so that a question
costs its own tokens only. A row sees its image and itself, never its neighbours, exactly as when it
is asked alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from medtrust.training.phantom.architecture import ASSISTANT, END, IMAGE, SYSTEM, USER
from medtrust.training.phantom.wordings import Exchange, Turn

IGNORED: Final = -100
"""Label of a token from which no loss comes."""


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation about one image.

    Attributes:
        image: Place of the image in the batch.
        tokens: Everything after the image.
        labels: The same, `IGNORED` where nothing is to be learned.
        truths: 1 or 0 at the token that ends a claim about the image, else `IGNORED`.
    """

    image: int
    tokens: list[int]
    labels: list[int]
    truths: list[int]


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of similar length, padded on the right.

    Attributes:
        images: Place of each row's image, shape (rows,).
        tokens: Shape (rows, longest).
        labels: Shape (rows, longest).
        truths: Shape (rows, longest).
    """

    images: Tensor
    tokens: Tensor
    labels: Tensor
    truths: Tensor


class Packer:
    """Turns conversations into rows and blocks."""

    def __init__(self, tokenizer: Any, image_tokens: int) -> None:
        self._encoding = tokenizer.backend_tokenizer
        self._known: dict[str, list[int]] = {}
        self._padding = int(tokenizer.pad_token_id)
        end, image, system, user, assistant = tokenizer.convert_tokens_to_ids(
            [END, IMAGE, SYSTEM, USER, ASSISTANT]
        )
        self._end, self._system, self._user, self._assistant = end, system, user, assistant
        self._images = [image] * image_tokens

    def prefix(self, system: str = "") -> list[int]:
        """Tokens up to and with the image, for a conversation with or without system message."""
        opening = [self._system, *self._encoded(system), self._end] if system else []
        return [*opening, self._user, *self._images]

    def row(self, image: int, exchange: Exchange) -> Row:
        """A conversation as tokens, the way the chat template writes it."""
        tokens: list[int] = []
        labels: list[int] = []
        truths: list[int] = []
        for place, turn in enumerate(exchange):
            opening = [self._user] if place else []
            asked = [*opening, *self._encoded(turn.asked), self._end, self._assistant]
            answered = [*self._encoded(turn.answered), self._end]
            tokens += asked + answered
            labels += [IGNORED] * len(asked)
            labels += answered if turn.learned else [IGNORED] * len(answered)
            truths += [IGNORED] * (len(tokens) - len(truths))
            if turn.truths:
                first = len(tokens) - len(asked) - len(answered) + len(opening)
                self._mark(truths, first, turn)
        return Row(image, tokens, labels, truths)

    def _mark(self, truths: list[int], first: int, turn: Turn) -> None:
        """Write the truth of each claim to the token it ends with."""
        ends = [end for _, end in self._encoding.encode(turn.asked).offsets]
        for end, truth in turn.truths:
            truths[first + bisect_left(ends, end)] = int(truth)

    def blocks(self, rows: Sequence[Row], count: int) -> list[Block]:
        """Rows sorted by length into a few blocks, so that little is padding."""
        ordered = sorted(rows, key=lambda row: len(row.tokens))
        size = -(-len(ordered) // count)
        return [self._block(ordered[k : k + size]) for k in range(0, len(ordered), size)]

    def _block(self, rows: Sequence[Row]) -> Block:
        longest = max(len(row.tokens) for row in rows)

        def padded(values: list[int], padding: int) -> list[int]:
            return values + [padding] * (longest - len(values))

        return Block(
            torch.tensor([row.image for row in rows]),
            torch.tensor([padded(row.tokens, self._padding) for row in rows]),
            torch.tensor([padded(row.labels, IGNORED) for row in rows]),
            torch.tensor([padded(row.truths, IGNORED) for row in rows]),
        )

    def _encoded(self, text: str) -> list[int]:
        found = self._known.get(text)
        if found is None:
            found = list(self._encoding.encode(text, add_special_tokens=False).ids)
            if len(self._known) < 200_000:
                self._known[text] = found
        return found
