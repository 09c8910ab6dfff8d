"""The path without a shared prefill: the model's own `generate`, for caches that cannot branch.

Sampling, scoring and signals are those of the other path: at each step our chooser picks the
token, and `generate` is left no other. Prompts of one shape are put together, so nothing is padded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from medtrust.models.hf.jobs import Prompt, Row
from medtrust.models.hf.memory import in_batches, no_memory
from medtrust.models.hf.sampling import Chooser
from medtrust.models.hf.stepping import Stepper, joined


class PlainPath:
    """Answers rows of one model, each prompt prefilled for each of its rows.

    Args:
        stepper: Knows the model and where to count.
        batch: Most rows in one call.
    """

    def __init__(self, stepper: Stepper, *, batch: int) -> None:
        self._stepper = stepper
        self._batch = batch

    def run(self, rows: Sequence[Row], chooser: Chooser) -> None:
        """Grow every row to its end; what cannot be answered gets a failure."""
        by_shape: dict[object, list[Row]] = {}
        for row in rows:
            by_shape.setdefault((_shape(row.prompt), row.forced is None), []).append(row)
        for alike in by_shape.values():
            self._batch = in_batches(
                alike, self._batch, lambda some: self._generate(some, chooser), no_memory,
                self._stepper.images_seen.forget,
            )  # fmt: skip

    def _generate(self, rows: Sequence[Row], chooser: Chooser) -> None:
        loaded = self._stepper.loaded
        for row in rows:
            row.restart()
        ids = torch.tensor([row.prompt.ids for row in rows], device=loaded.device)
        inputs = joined([{**row.prompt.images, **row.prompt.types} for row in rows])
        self._stepper.images_seen.showing(sum(row.prompt.n_images for row in rows))
        steps = _Steps(rows, chooser, self._stepper)
        longest = max(row.limit if row.forced is None else len(row.forced) for row in rows)
        loaded.model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            **self._stepper.on_device(inputs),
            max_new_tokens=longest,
            logits_processor=[steps],
            stopping_criteria=[steps.all_ended],
        )


class _Steps:
    """Takes the place of every choice `generate` would make."""

    def __init__(self, rows: Sequence[Row], chooser: Chooser, stepper: Stepper) -> None:
        self._rows = rows
        self._chooser = chooser
        self._counters = stepper.counters
        self._length = len(rows[0].prompt.ids)

    def __call__(self, ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        places = [place for place, row in enumerate(self._rows) if row.open]
        n_new = ids.shape[1] - self._length + 1
        fed = self._length if n_new == 1 else 1
        self._counters.forward_calls += 1
        self._counters.token_positions += fed * len(places)
        self._counters.padding_positions += fed * (len(self._rows) - len(places))
        tokens = self._chooser.choose(scores[places], [self._rows[place] for place in places])
        only = torch.full_like(scores, -torch.inf)
        only[:, 0] = 0.0
        for place, token in zip(places, tokens, strict=True):
            only[place, 0] = -torch.inf
            only[place, token] = 0.0
        return only

    def all_ended(self, ids: torch.Tensor, _scores: Any, **_named: Any) -> torch.Tensor:
        ended = not any(row.open for row in self._rows)
        return torch.full((ids.shape[0],), ended, dtype=torch.bool, device=ids.device)


def _shape(prompt: Prompt) -> object:
    extras = {**prompt.images, **prompt.types}
    return len(prompt.ids), tuple((name, value.shape[1:]) for name, value in extras.items())
