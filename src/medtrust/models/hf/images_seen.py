"""What a vision tower made of an image, remembered, so that each image goes through it once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import torch

from medtrust.models.hf.counters import Counters
from medtrust.models.hf.rendering import digest

TOWERS: Final = ("vision_tower", "visual", "vision_model", "vision_encoder")
"""What transformers calls the part that looks at images."""


class ImagesSeen:
    """Stands before a model's vision tower, counts what goes in, and answers from memory.

    The same input tensors give the same output object's tensors; nothing else of the model knows.
    Towers with one row an image, going in and coming out, may be given several images at once: the
    unknown ones among them go through together, and each is remembered by itself.

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
        self.row_wise = False
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
        tensors = {name: value for name, value in tensors.items() if torch.is_tensor(value)}
        if self.row_wise and self._n_shown > 1 and _has_rows(tensors, self._n_shown):
            return self._look_at_rows(arguments, named)
        key = digest(tensors)
        if key in self._known:
            self._known.move_to_end(key)
            return _copied(self._known[key][0])
        given = self._look(*arguments, **named)
        self._counters.image_encodes += self._n_shown
        single = self._n_shown == 1
        self.row_wise = single and _has_rows(tensors, 1) and _has_rows(given, 1)
        self._keep(key, _copied(given))
        return given

    def _look_at_rows(self, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """Like single images, but those that are new in one call."""
        places = range(self._n_shown)
        tensors = {str(place): value for place, value in enumerate(arguments)} | dict(named)
        tensors = {name: value for name, value in tensors.items() if torch.is_tensor(value)}
        keys = [digest(_rows(tensors, [place])) for place in places]
        new = {key: place for place, key in enumerate(keys) if key not in self._known}
        found = {key: self._known[key][0] for key in keys if key in self._known}
        if new:
            chosen = list(new.values())
            given = self._look(*_rows(list(arguments), chosen), **_rows(dict(named), chosen))
            self._counters.image_encodes += len(new)
            found |= {key: _rows(given, [row]) for row, key in enumerate(new)}
        for key in keys:
            if key in new:
                self._keep(key, found[key])
            elif key in self._known:
                self._known.move_to_end(key)
        return _behind_each_other([found[key] for key in keys])

    def _keep(self, key: bytes, output: Any) -> None:
        if key in self._known:
            return
        size = _size(output)
        self._known[key] = (output, size)
        self._bytes += size
        while self._bytes > self._most_bytes and len(self._known) > 1:
            _, (_, forgotten) = self._known.popitem(last=False)
            self._bytes -= forgotten


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


def _has_rows(value: Any, n_rows: int) -> bool:
    """Whether every tensor in it has this many rows, and there is one."""
    return _row_counts(value) == {n_rows}


def _row_counts(value: Any) -> set[int]:
    if torch.is_tensor(value):
        return {value.shape[0] if value.ndim else 0}
    parts = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict | list | tuple):
        return set[int]().union(*map(_row_counts, parts))
    return set()


def _rows(value: Any, places: list[int]) -> Any:
    """Some rows of every tensor in it, copied."""
    return _each([value], lambda tensors: tensors[0][places])


def _behind_each_other(values: Sequence[Any]) -> Any:
    """One value of the same make, its tensors' rows those of all values in turn."""
    return _each(values, lambda tensors: torch.cat(list(tensors)))


def _each(values: Sequence[Any], join: Callable[[Sequence[torch.Tensor]], torch.Tensor]) -> Any:
    """A value made like the first, with each tensor joined from those at its place in all."""
    first = values[0]
    if torch.is_tensor(first):
        return join(values)
    if isinstance(first, dict):
        parts = {name: _each([each[name] for each in values], join) for name in first}
        return type(first)(**parts)
    if isinstance(first, list | tuple):
        return type(first)(_each(list(each), join) for each in zip(*values, strict=True))
    return first
