"""Counts what goes through a language model: the same few lines for every client.

The forward method of the model's class is wrapped before anything is loaded, so whoever makes the
model, and however it is called, each call is seen with its tokens and its mask.
"""

from __future__ import annotations

import functools
from dataclasses import asdict, dataclass
from typing import Any


@dataclass
class Forwards:
    """Counts since the start or the last `take`.

    Attributes:
        positions: Token positions computed, padding included.
        padding: Those of them that the mask says are padding.
        prefill: Positions of calls with more than one new token a row.
        calls: Forward calls.
    """

    positions: int = 0
    padding: int = 0
    prefill: int = 0
    calls: int = 0

    def take(self) -> dict[str, int]:
        """The counts so far; counting begins anew."""
        counts = asdict(self)
        self.positions = self.padding = self.prefill = self.calls = 0
        return counts


def count_forwards(model_class: Any) -> Forwards:
    """Count every call of a model class of transformers from now on."""
    forwards = Forwards()
    original = model_class.forward

    @functools.wraps(original)
    def counted(self: Any, *arguments: Any, **named: Any) -> Any:
        ids = named["input_ids"] if "input_ids" in named else arguments[0]
        mask = named.get("attention_mask")
        forwards.calls += 1
        forwards.positions += ids.numel()
        if ids.shape[1] > 1:
            forwards.prefill += ids.numel()
        if mask is not None:
            forwards.padding += ids.numel() - int(mask[:, -ids.shape[1] :].sum())
        return original(self, *arguments, **named)

    model_class.forward = counted
    return forwards
