"""One forward call over many rows, each with its own past.

New tokens are never padded: rows of a call have equally many. Pasts may differ in length; they
are padded on the left, masked, and positions are given explicitly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import torch

from medtrust.models.hf.counters import Counters
from medtrust.models.hf.growing import GrowingLayer, growing_cache
from medtrust.models.hf.images_seen import ImagesSeen
from medtrust.models.hf.jobs import Prompt
from medtrust.models.hf.kept import Layers, Past
from medtrust.models.hf.loading import Loaded

COUNTS_FROM_ONE: Final = frozenset({"paligemma"})
"""Models whose first position is 1."""


class UnbranchableError(Exception):
    """The model's cache is not one of keys and values per token."""


class Stepper:
    """Forward calls of one model, counted.

    Args:
        loaded: The model.
        counters: Where calls are counted.
        images_seen: Remembers what the vision tower made of an image.
    """

    def __init__(self, loaded: Loaded, counters: Counters, images_seen: ImagesSeen) -> None:
        self.loaded = loaded
        self.counters = counters
        self.images_seen = images_seen
        self.first_shift = 1 if loaded.model.config.model_type in COUNTS_FROM_ONE else 0
        self._with_deltas = next(
            (part for part in loaded.model.modules() if hasattr(part, "rope_deltas")), None
        )

    def call(
        self,
        ids: torch.Tensor,
        mask: torch.Tensor,
        positions: torch.Tensor,
        cache: Any,
        *,
        shown: Sequence[Prompt],
        keep: int,
    ) -> tuple[torch.Tensor, list[int]]:
        """Send tokens through the model.

        Args:
            ids: New tokens, shape (rows, tokens).
            mask: Which places of past and new tokens count, shape (rows, past + tokens).
            positions: Of the new tokens, shape (rows, tokens).
            cache: The rows' pasts; grows by the new tokens.
            shown: The rows' prompts when their images go in with these tokens; else empty.
            keep: Logits of how many last places to return.

        Returns:
            Logits, shape (rows, keep, vocabulary), and each row's shift of later positions.
        """
        loaded = self.loaded
        inputs: dict[str, Any] = {}
        if shown:
            inputs |= self.on_device(joined([prompt.images for prompt in shown]))
            types = joined(
                [
                    {name: value[:, : ids.shape[1]] for name, value in prompt.types.items()}
                    for prompt in shown
                ]
            )
            inputs |= {name: value.to(loaded.device) for name, value in types.items()}
            self.images_seen.showing(sum(prompt.n_images for prompt in shown))
        own_positions = bool(shown) and self._with_deltas is not None
        if own_positions:
            self._with_deltas.rope_deltas = None  # type: ignore[union-attr]
        elif "position_ids" in loaded.accepts:
            inputs["position_ids"] = positions
        if "logits_to_keep" in loaded.accepts:
            inputs["logits_to_keep"] = keep
        self.counters.forward_calls += 1
        self.counters.token_positions += ids.numel()
        given = loaded.model(
            input_ids=ids, attention_mask=mask, past_key_values=cache, use_cache=True, **inputs
        )
        shifts = [self.first_shift] * len(ids)
        if own_positions and self._with_deltas.rope_deltas is not None:  # type: ignore[union-attr]
            shifts = self._with_deltas.rope_deltas.flatten().int().tolist()  # type: ignore[union-attr]
        return given.logits[:, -keep:], shifts

    def on_device(self, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Tensors where the model is, numbers in the model's own type."""
        dtype = self.loaded.model.dtype
        return {
            name: value.to(self.loaded.device, dtype if value.is_floating_point() else None)
            for name, value in tensors.items()
        }


class Batch:
    """Rows that are fed together, with a cache that grows.

    Args:
        stepper: Makes the calls.
        pasts: What each row continues.
        room: How many tokens each row will be fed, as far as that is known.
    """

    def __init__(self, stepper: Stepper, pasts: Sequence[Past], *, room: int) -> None:
        self._stepper = stepper
        self._device = stepper.loaded.device
        self.lengths = [past.length for past in pasts]
        self.shifts = [past.shift for past in pasts]
        self.width = max(self.lengths)
        self.cache = growing_cache(room)
        if self.width:
            for keys, values in _together(pasts, self.width, room):
                layer = GrowingLayer(room)
                layer.take(keys, values, self.width)
                self.cache.layers.append(layer)
        mask = torch.zeros(len(pasts), self.width, dtype=torch.long)
        for row, length in enumerate(self.lengths):
            mask[row, self.width - length :] = 1
        self._mask = mask.to(self._device)

    def feed(
        self, tokens: Sequence[Sequence[int]], *, shown: Sequence[Prompt] = (), keep: int = 1
    ) -> torch.Tensor:
        """Add equally many tokens to each row; logits of the last ``keep`` places.

        Raises:
            UnbranchableError: If the model keeps something else than keys and values per token.
        """
        ids = torch.tensor(tokens, dtype=torch.long, device=self._device)
        n_new = ids.shape[1]
        self._mask = torch.cat([self._mask, torch.ones_like(ids)], 1)
        begins = torch.tensor(
            [length + shift for length, shift in zip(self.lengths, self.shifts, strict=True)],
            device=self._device,
        )
        positions = begins[:, None] + torch.arange(n_new, device=self._device)
        logits, shifts = self._stepper.call(
            ids, self._mask, positions, self.cache, shown=shown, keep=keep
        )
        if shown:
            self.shifts = shifts
        self.lengths = [length + n_new for length in self.lengths]
        self.width += n_new
        return logits

    def select(self, rows: Sequence[int]) -> None:
        """Go on with some rows only."""
        chosen = torch.tensor(rows, dtype=torch.long, device=self._device)
        self.cache.batch_select_indices(chosen)
        self._mask = self._mask[chosen]
        self.lengths = [self.lengths[row] for row in rows]
        self.shifts = [self.shifts[row] for row in rows]

    def newest(self, row: int, n_tokens: int) -> Layers:
        """Keys and values of a row's last tokens, copied.

        Raises:
            UnbranchableError: If some layer holds something else.
        """
        found: Layers = []
        for layer in self.cache.layers:
            keys: torch.Tensor | None = getattr(layer, "keys", None)
            values: torch.Tensor | None = getattr(layer, "values", None)
            if keys is None or values is None or keys.shape[2:3] != (self.width,):
                raise UnbranchableError
            found.append((keys[row, :, -n_tokens:].clone(), values[row, :, -n_tokens:].clone()))
        return found


def joined(inputs: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Inputs of several prompts, all with the same names, one behind the other."""
    return {name: torch.cat([each[name] for each in inputs]) for name in inputs[0]}


def _together(pasts: Sequence[Past], width: int, room: int) -> Layers:
    """Layers of all rows in one tensor each, shape (rows, heads, width + room, size).

    Shorter pasts begin with zeros: they are masked, and whatever lay there must still be numbers.
    """
    parts = {past: past.parts() for past in pasts}
    some = next(part for found in parts.values() for part in found)
    result: Layers = []
    for index, pair in enumerate(some.layers):
        sides = []
        for side, example in enumerate(pair):
            heads, _, size = example.shape
            whole = example.new_empty((len(pasts), heads, width + room, size))
            for first, end in _runs(pasts):
                rows, past = whole[first:end], pasts[first]
                shift = width - past.length
                if shift:
                    rows[:, :, :shift] = 0
                for part in parts[past]:
                    own = part.layers[index][side][:, : part.end - part.start]
                    rows[:, :, shift + part.start : shift + part.end] = own
            sides.append(whole)
        result.append((sides[0], sides[1]))
    return result


def _runs(pasts: Sequence[Past]) -> list[tuple[int, int]]:
    """Where rows with the same past stand side by side: first and behind the last."""
    ends = [row for row in range(1, len(pasts)) if pasts[row] != pasts[row - 1]]
    return list(zip([0, *ends], [*ends, len(pasts)], strict=True))
