"""What a vision tower made of an image, remembered, so that each image goes through it once."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

import torch

from medtrust.models.hf.counters import Counters
from medtrust.models.hf.rendering import digest

TOWERS: Final = ("vision_tower", "visual", "vision_model", "vision_encoder")
"""What transformers calls the part that looks at images."""


class ImagesSeen:
    """Stands before a model's vision tower, counts what goes in, and answers from memory.

    The same input tensors give the same output object's tensors; nothing else of the model knows.

    Args:
        model: Any image-text model; a text model has no tower and nothing happens.
        counters: Where encodes are counted.
        most_bytes: How much to remember.
    """

    def __init__(self, model: Any, counters: Counters, most_bytes: int) -> None:
        self._counters = counters
        self._most_bytes = most_bytes
        self._bytes = 0
        self._n_shown = 1
        self._known: OrderedDict[bytes, tuple[Any, int]] = OrderedDict()
        tower = _tower(model)
        if tower is not None:
            self._look = tower.forward
            tower.forward = self._forward

    def showing(self, n_images: int) -> None:
        """Say how many images the next call of the tower is about."""
        self._n_shown = n_images

    def forget(self) -> None:
        """Give the memory back."""
        self._known.clear()
        self._bytes = 0

    def _forward(self, *arguments: Any, **named: Any) -> Any:
        tensors = {str(place): value for place, value in enumerate(arguments)} | named
        key = digest({name: value for name, value in tensors.items() if torch.is_tensor(value)})
        known = self._known.get(key)
        if known is not None:
            self._known.move_to_end(key)
            return _copied(known[0])
        given = self._look(*arguments, **named)
        self._counters.image_encodes += self._n_shown
        size = _size(given)
        self._known[key] = (_copied(given), size)
        self._bytes += size
        while self._bytes > self._most_bytes and len(self._known) > 1:
            _, (_, forgotten) = self._known.popitem(last=False)
            self._bytes -= forgotten
        return given


def _tower(model: Any) -> Any:
    for part in (getattr(model, "model", None), model):
        for name in TOWERS:
            tower = getattr(part, name, None)
            if tower is not None:
                return tower
    return None


def _copied(output: Any) -> Any:
    """The same tensors in a new container: callers write into the one they got."""
    from transformers.utils import ModelOutput

    return type(output)(**output) if isinstance(output, ModelOutput) else output


def _size(value: Any) -> int:
    if torch.is_tensor(value):
        return int(value.numel() * value.element_size())
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(_size, value))
    return 0
