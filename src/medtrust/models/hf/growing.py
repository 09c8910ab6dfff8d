"""A cache with room behind its tokens: the next ones are written there, and nothing is copied.

What transformers keeps otherwise is joined anew at every step, all tokens of all rows for the sake
of one; for small models that costs more than the model itself.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

LEAST_ROOM: Final = 16
"""Tokens of room when it has to be made anew; an eighth of the length when that is more."""


class GrowingLayer(DynamicLayer):  # type: ignore[misc]
    """Keys and values of one layer, each the beginning of a longer tensor.

    Args:
        room: For how many more tokens there should be place when it is first needed.
    """

    def __init__(self, room: int = LEAST_ROOM) -> None:
        super().__init__()
        self._room = room
        self._whole: list[torch.Tensor] = []

    def take(self, keys: torch.Tensor, values: torch.Tensor, length: int) -> None:
        """Begin with tensors whose first ``length`` tokens count; the rest is room.

        Args:
            keys: Shape (rows, heads, length + room, size).
            values: Alike, with their own size.
            length: May be 0.
        """
        self.lazy_initialization(keys, values)
        self._whole = [keys, values]
        self.keys, self.values = keys[:, :, :length], values[:, :, :length]

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: object, **__: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Add new tokens, shape (rows, heads, new, size); all tokens' keys and values."""
        if not self.is_initialized or not self.keys.numel():
            self.lazy_initialization(key_states, value_states)
            self.keys, self.values, self._whole = key_states, value_states, []
            return key_states, value_states
        held = (self.keys, self.values)
        length = held[0].shape[2]
        end = length + key_states.shape[2]
        if not self._fits(end):
            self._whole = [_with_room(side, end - length, self._room) for side in held]
        for whole, new in zip(self._whole, (key_states, value_states), strict=True):
            whole[:, :, length:end] = new
        self.keys, self.values = (whole[:, :, :end] for whole in self._whole)
        return self.keys, self.values

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        """Go on with some rows only, with the room behind them."""
        length = self.get_seq_length()
        if not length:
            return
        if not self._fits(length):
            self._whole = [self.keys, self.values]
        self._whole = [whole.index_select(0, indices) for whole in self._whole]
        self.keys, self.values = (whole[:, :, :length] for whole in self._whole)

    def _fits(self, end: int) -> bool:
        """Whether there is room, and what is held still lies before it: others may replace it."""
        return (
            bool(self._whole)
            and end <= self._whole[0].shape[2]
            and self.keys.data_ptr() == self._whole[0].data_ptr()
            and self.keys.shape[0] == self._whole[0].shape[0]
        )


def growing_cache(room: int) -> DynamicCache:
    """An empty cache for ``room`` tokens, and more.

    Every layer keeps all tokens, sliding windows too: the mask then limits what is seen, and any
    prefix can be cut off.
    """
    cache = DynamicCache()
    cache.layer_class_to_replicate = partial(GrowingLayer, room)
    return cache


def _with_room(held: torch.Tensor, new: int, room: int) -> torch.Tensor:
    """A longer tensor that begins with what is held."""
    rows, heads, length, size = held.shape
    behind = max(new, room, LEAST_ROOM, length // 8)
    whole = held.new_empty((rows, heads, length + behind, size))
    whole[:, :, :length] = held
    return whole
