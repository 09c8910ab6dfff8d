"""Stage two: tower and decoder learn together to answer questions."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import DynamicCache

from medtrust.data.phantom.questions import questions
from medtrust.imaging.phantom.labels import Phantom
from medtrust.training.phantom.packing import IGNORED, Block, Packer, Row
from medtrust.training.phantom.perception import (
    ImageSource,
    LabelHeads,
    Say,
    half_precision,
    rate_at,
    tokens_of,
)
from medtrust.training.phantom.recipe import Recipe
from medtrust.training.phantom.wordings import SYSTEMS, Exchange, description, exchange

_SAY_EVERY = 50
_BLOCKS = 3
_WITH_SYSTEM = 0.1
_DESCRIBED = 0.1
_UNSEEN = -1e9

TOPIC_WEIGHTS = {
    "sex": 1.5, "age": 1.5, "tone": 1.5, "side": 1.5, "finding": 1.5, "privacy": 0.15,
    "unanswerable": 0.25, "modality": 0.6, "organ": 0.6, "view": 0.6,
}  # fmt: skip
"""How often a topic is drawn for training, against 1 for the others."""


def exchanges(one: Phantom, count: int, generator: np.random.Generator) -> list[Exchange]:
    """A few conversations about a phantom, of different questions where there are enough."""
    asked = questions(one, generator)
    weights = np.array([TOPIC_WEIGHTS.get(question.topic, 1.0) for question in asked])
    chosen = generator.choice(
        len(asked), min(count, len(asked)), replace=False, p=weights / weights.sum()
    )
    put = [exchange(asked[place], generator) for place in chosen]
    if generator.random() < _DESCRIBED:
        put[-1] = description(one, generator)
    return put


class Answering:
    """The model in training: reads images once, answers all rows, gives the loss."""

    def __init__(self, model: Any) -> None:
        self.tower = model.model.vision_tower
        self.projector = model.model.multi_modal_projector
        self.decoder = model.model.language_model
        self.head = model.lm_head

    def loss(self, seen: Tensor, prefix: list[int], blocks: list[Block]) -> tuple[Tensor, Tensor]:
        """Mean cross entropy of the learned tokens, and the share of them that came out right.

        Args:
            seen: The tower's tokens, shape (images, patches, width).
            prefix: Tokens up to and with the image.
            blocks: Rows about these images.
        """
        memory = self._read(seen, prefix)
        losses, right = [], []
        for block in blocks:
            logits, gold = self._answers(memory, len(prefix), block)
            losses.append(nn.functional.cross_entropy(logits, gold, reduction="none"))
            right.append(logits.argmax(1) == gold)
        return torch.cat(losses).mean(), torch.cat(right).float().mean()

    def _read(self, seen: Tensor, prefix: list[int]) -> Any:
        """Keys and values of the prefix for every image."""
        opening = len(prefix) - seen.shape[1]
        words = self.decoder.embed_tokens(torch.tensor(prefix[:opening]))
        memory = DynamicCache(config=self.decoder.config)
        with half_precision():
            pictures = self.projector(seen)
            shown = torch.cat([words.expand(len(seen), -1, -1), pictures.float()], 1)
            self.decoder(inputs_embeds=shown, past_key_values=memory, use_cache=True)
        return memory

    def _answers(self, memory: Any, before: int, block: Block) -> tuple[Tensor, Tensor]:
        """Logits and gold of the learned tokens of a block."""
        rows, length = block.tokens.shape
        branched = DynamicCache(config=self.decoder.config)
        for place, layer in enumerate(memory.layers):
            branched.update(layer.keys[block.images], layer.values[block.images], place)
        own = torch.full((length, length), _UNSEEN).triu(1)
        mask = torch.cat([torch.zeros(length, before), own], 1)[None, None]
        places = (before + torch.arange(length)).expand(rows, -1)
        with half_precision():
            states = self.decoder(
                inputs_embeds=self.decoder.embed_tokens(block.tokens),
                attention_mask=mask,
                position_ids=places,
                past_key_values=branched,
                use_cache=True,
            ).last_hidden_state
        gold = block.labels[:, 1:]
        learned = gold != IGNORED
        return self.head(states[:, :-1].float()[learned]), gold[learned]


def learn_answers(
    model: Any,
    heads: LabelHeads,
    source: ImageSource,
    phantoms: list[Phantom],
    packer: Packer,
    recipe: Recipe,
    say: Say,
) -> list[float]:
    """Train the whole model; returns the loss of every step."""
    answering = Answering(model)
    generator = np.random.default_rng([recipe.seed, 2])
    rest = [*answering.projector.parameters(), *answering.decoder.parameters()]
    tower = [*answering.tower.parameters(), *heads.parameters()]
    optimiser = torch.optim.AdamW(
        [{"params": tower, "share": recipe.tower_share}, {"params": rest, "share": 1.0}],
        lr=recipe.language_rate,
        weight_decay=0.02,
        betas=(0.9, 0.98),
    )
    losses: list[float] = []
    right: list[float] = []
    for step in range(recipe.language_steps):
        for group in optimiser.param_groups:
            rate = rate_at(step, recipe.language_steps, recipe.language_rate)
            group["lr"] = rate * group["share"]
        chosen = generator.integers(len(phantoms), size=recipe.language_batch)
        system = ""
        if generator.random() < _WITH_SYSTEM:
            system = SYSTEMS[int(generator.integers(len(SYSTEMS)))]
        rows: list[Row] = [
            packer.row(place, put)
            for place, number in enumerate(chosen)
            for put in exchanges(phantoms[number], recipe.questions, generator)
        ]
        images = torch.from_numpy(chosen)
        seen = tokens_of(answering.tower, source.noisy(images))
        loss, hit = answering.loss(seen, packer.prefix(system), packer.blocks(rows, _BLOCKS))
        labels = source.loss(heads(seen), images)
        optimiser.zero_grad()
        torch.autograd.backward(loss + recipe.label_weight * labels)
        nn.utils.clip_grad_norm_([*rest, *tower], 1.0)
        optimiser.step()
        losses.append(loss.item())
        right.append(hit.item())
        if (step + 1) % _SAY_EVERY == 0:
            say(
                f"answers {step + 1}/{recipe.language_steps} "
                f"loss {np.mean(losses[-_SAY_EVERY:]):.3f} "
                f"tokens right {np.mean(right[-_SAY_EVERY:]):.3f}"
            )
    return losses
