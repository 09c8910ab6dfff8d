"""Stage one: the vision tower learns what is in an image, as classes of image and patch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from medtrust.training.phantom.images import LABELS, PLACES, UNKNOWN_CLASS, Pictures
from medtrust.training.phantom.recipe import Recipe

Say = Callable[[str], None]

_SAY_EVERY = 50
_NOISE = 0.03
_NOWHERE_WEIGHT = 0.3


class LabelHeads(nn.Module):
    """Reads the labels off the tower's tokens; thrown away after training.

    Each label looks with an attention of its own, so that it may look at its own place.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention = nn.Linear(width, len(LABELS))
        self.labels = nn.ModuleDict({name: nn.Linear(width, n) for name, n in LABELS.items()})
        self.places = nn.Linear(width, PLACES)

    def forward(self, tokens: Tensor) -> dict[str, Tensor]:
        """Logits by label, shape (batch, classes), and ``places``, (batch, patches, classes)."""
        weights = self.attention(tokens).softmax(1)
        looked = torch.einsum("btl,btw->blw", weights, tokens)
        logits = {
            name: head(looked[:, place]) for place, (name, head) in enumerate(self.labels.items())
        }
        return {**logits, "places": self.places(tokens)}


class ImageSource:
    """Training images as tensors, with a little noise, and the loss of their labels."""

    def __init__(self, shown: Pictures, generator: torch.Generator) -> None:
        self.pixels = torch.from_numpy(shown.pixels)
        self.classes = {name: torch.from_numpy(found) for name, found in shown.classes.items()}
        self.places = torch.from_numpy(shown.places)
        self.generator = generator
        self.place_weights = torch.ones(PLACES)
        self.place_weights[0] = _NOWHERE_WEIGHT

    def noisy(self, chosen: Tensor) -> Tensor:
        """Images, shape (batch, 3, edge, edge), from -1 to 1, with Gaussian noise of drawn size."""
        images = self.clean(chosen)
        noise = torch.randn(images.shape, generator=self.generator)
        size = _NOISE * torch.rand((len(chosen), 1, 1, 1), generator=self.generator)
        return images + size * noise

    def clean(self, chosen: Tensor) -> Tensor:
        """The same without noise."""
        images: Tensor = self.pixels[chosen].permute(0, 3, 1, 2).float() / 127.5 - 1
        return images

    def loss(self, logits: dict[str, Tensor], chosen: Tensor) -> Tensor:
        """Sum of the labels' cross entropies, over the images that have the label."""
        total: Tensor = nn.functional.cross_entropy(
            logits["places"].flatten(0, 1), self.places[chosen].flatten(), self.place_weights
        )
        for name, classes in self.classes.items():
            gold = classes[chosen]
            if (gold != UNKNOWN_CLASS).any():
                total = total + nn.functional.cross_entropy(
                    logits[name], gold, ignore_index=UNKNOWN_CLASS
                )
        return total


def half_precision() -> Any:
    """bfloat16 in the matrix products; sums and losses stay in float32."""
    return torch.autocast("cpu", torch.bfloat16)


def tokens_of(tower: Any, images: Tensor) -> Tensor:
    """What the tower makes of images, shape (batch, patches, width), in float32."""
    with half_precision():
        seen: Tensor = tower(pixel_values=images).last_hidden_state
    return seen.float()


def rate_at(step: int, steps: int, highest: float, *, warm_up: int = 50) -> float:
    """Learning rate: a short rise, then half a cosine down to a fiftieth."""
    rise = min(1.0, (step + 1) / warm_up)
    fall = 0.5 * (1 + math.cos(math.pi * step / steps))
    return highest * rise * (0.02 + 0.98 * fall)


def learn_labels(
    tower: Any, heads: LabelHeads, source: ImageSource, recipe: Recipe, say: Say
) -> list[float]:
    """Train the tower; returns the loss of every step."""
    parameters = [*tower.parameters(), *heads.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=recipe.vision_rate, weight_decay=0.05)
    count = len(source.pixels)
    losses: list[float] = []
    right: list[float] = []
    for step in range(recipe.vision_steps):
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step, recipe.vision_steps, recipe.vision_rate)
        chosen = torch.randint(0, count, (recipe.vision_batch,), generator=source.generator)
        logits = heads(tokens_of(tower, source.noisy(chosen)))
        loss = source.loss(logits, chosen)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        losses.append(loss.item())
        gold = source.classes["kind"][chosen]
        right.append((logits["kind"].argmax(1) == gold).float().mean().item())
        if (step + 1) % _SAY_EVERY == 0:
            say(
                f"labels {step + 1}/{recipe.vision_steps} "
                f"loss {np.mean(losses[-_SAY_EVERY:]):.3f} kind {np.mean(right[-_SAY_EVERY:]):.3f}"
            )
    return losses


def label_accuracy(tower: Any, heads: LabelHeads, source: ImageSource) -> dict[str, float]:
    """Share of right labels on images without noise, by label."""
    right: dict[str, list[bool]] = {name: [] for name in LABELS}
    with torch.no_grad():
        for chosen in torch.split(torch.arange(len(source.pixels)), 64):
            logits = heads(tokens_of(tower, source.clean(chosen)))
            for name in LABELS:
                gold = source.classes[name][chosen]
                known = gold != UNKNOWN_CLASS
                right[name] += (logits[name].argmax(1) == gold)[known].tolist()
    return {name: float(np.mean(found)) if found else math.nan for name, found in right.items()}
