"""Stage two: tower and decoder learn together to answer questions."""

from __future__ import annotations

from typing import Any, Final

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
_MIDDLE = 2
"""Layer whose output says whether a claim is true; the ones above it turn that into an answer."""

QUESTION_WEIGHTS: Final = {
    "finding-yes-no": 3.0, "finding-choice": 3.0, "device-yes-no": 3.0, "modality-choice": 2.0,
    "organ-choice": 2.0, "tone-choice": 2.0, "sex-yes-no": 0.7, "sex-choice": 0.7,
    "normal-yes-no": 0.7, "finding-open": 0.6, "side-yes-no": 0.6, "side-choice": 0.6,
    "side-open": 0.4, "age-yes-no": 0.6, "age-choice": 0.6, "view-choice": 0.6,
    "modality-open": 0.3, "unanswerable-open": 0.2, "privacy-open": 0.15,
}  # fmt: skip
"""How often a question is drawn for training: most where something has to be matched, be it a
finding named in a question or one of several options, since that is what is learned last."""


def exchanges(
    one: Phantom, count: int, generator: np.random.Generator, *, plain: bool = False
) -> list[Exchange]:
    """A few conversations about a phantom.

    Args:
        one: What they are about.
        count: How many.
        generator: Draws questions and wordings.
        plain: Only questions with their answers: no follow-ups, no "none of the above" and the
            like. Training begins with these.
    """
    asked = [*questions(one, generator), *questions(one, generator)]
    weights = np.array([QUESTION_WEIGHTS[question.name] for question in asked])
    chosen = generator.choice(len(asked), count, replace=False, p=weights / weights.sum())
    put = [exchange(asked[place], generator, plain=plain) for place in chosen]
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
        # thrown away after training: it makes the middle of the decoder match words and image
        self.truth = nn.Linear(self.decoder.config.hidden_size, 1)

    def loss(
        self, seen: Tensor, prefix: list[int], blocks: list[Block]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Cross entropy of the learned tokens and of the truths, and the share of right answers.

        An answer counts as right by its first token.

        Args:
            seen: The tower's tokens, shape (images, patches, width).
            prefix: Tokens up to and with the image.
            blocks: Rows about these images.
        """
        memory = self._read(seen, prefix)
        losses, truths, right = [], [], []
        for block in blocks:
            logits, gold, first, truth = self._answers(memory, len(prefix), block)
            truths.append(truth)
            losses.append(nn.functional.cross_entropy(logits, gold, reduction="none"))
            right.append((logits.argmax(1) == gold)[first])
        claims = torch.cat(truths)
        claimed = claims.mean() if len(claims) else torch.zeros(())
        return torch.cat(losses).mean(), claimed, torch.cat(right).float().mean()

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

    def _answers(
        self, memory: Any, before: int, block: Block
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Logits and gold of a block's learned tokens, which begin an answer, losses of truths."""
        rows, length = block.tokens.shape
        branched = DynamicCache(config=self.decoder.config)
        for place, layer in enumerate(memory.layers):
            branched.update(layer.keys[block.images], layer.values[block.images], place)
        own = torch.full((length, length), _UNSEEN).triu(1)
        mask = torch.cat([torch.zeros(length, before), own], 1)[None, None]
        places = (before + torch.arange(length)).expand(rows, -1)
        with half_precision():
            out = self.decoder(
                inputs_embeds=self.decoder.embed_tokens(block.tokens),
                attention_mask=mask,
                position_ids=places,
                past_key_values=branched,
                use_cache=True,
                output_hidden_states=True,
            )
        states, middle = out.last_hidden_state, out.hidden_states[_MIDDLE].float()
        claims = block.truths != IGNORED
        truth = nn.functional.binary_cross_entropy_with_logits(
            self.truth(middle[claims])[:, 0], block.truths[claims].float(), reduction="none"
        )
        gold = block.labels[:, 1:]
        learned = gold != IGNORED
        begins = block.labels[:, :-1] == IGNORED
        return self.head(states[:, :-1].float()[learned]), gold[learned], begins[learned], truth


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
    optimisers = _optimisers(answering, heads, recipe)
    trained = [
        one
        for optimiser in optimisers
        for group in optimiser.param_groups
        for one in group["params"]
    ]
    losses: list[float] = []
    right: list[float] = []
    for step in range(recipe.language_steps):
        for optimiser in optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate_at(step, recipe.language_steps, group["highest"])
        chosen = generator.integers(len(phantoms), size=recipe.language_batch)
        plain = step < recipe.plain_share * recipe.language_steps
        system = ""
        if generator.random() < _WITH_SYSTEM:
            system = SYSTEMS[int(generator.integers(len(SYSTEMS)))]
        rows: list[Row] = [
            packer.row(place, put)
            for place, number in enumerate(chosen)
            for put in exchanges(phantoms[number], recipe.questions, generator, plain=plain)
        ]
        images = torch.from_numpy(chosen)
        seen = tokens_of(answering.tower, source.noisy(images))
        loss, truth, hit = answering.loss(seen, packer.prefix(system), packer.blocks(rows, _BLOCKS))
        labels = source.loss(heads(seen), images)
        for optimiser in optimisers:
            optimiser.zero_grad()
        torch.autograd.backward(loss + recipe.truth_weight * truth + recipe.label_weight * labels)
        nn.utils.clip_grad_norm_(trained, 1.0)
        for optimiser in optimisers:
            optimiser.step()
        losses.append(loss.item())
        right.append(hit.item())
        if (step + 1) % _SAY_EVERY == 0:
            say(
                f"answers {step + 1}/{recipe.language_steps} "
                f"loss {np.mean(losses[-_SAY_EVERY:]):.3f} truth {truth.item():.3f} "
                f"first tokens right {np.mean(right[-_SAY_EVERY:]):.3f}"
            )
    return losses


def _optimisers(
    answering: Answering, heads: LabelHeads, recipe: Recipe
) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the decoder, AdamW for everything else."""
    matrices: list[nn.Parameter] = []
    rest = [*answering.truth.parameters(), *answering.projector.parameters()]
    for name, one in answering.decoder.named_parameters():
        inside = one.ndim == 2 and "embed_tokens" not in name
        (matrices if inside else rest).append(one)
    rate = recipe.language_rate
    tower = [*answering.tower.parameters(), *heads.parameters()]
    return [
        torch.optim.Muon(
            [{"params": matrices, "highest": recipe.matrix_rate}],
            lr=recipe.matrix_rate,
            momentum=0.95,
            weight_decay=0.01,
        ),
        torch.optim.AdamW(
            [
                {"params": tower, "highest": rate * recipe.tower_share},
                {"params": rest, "highest": rate},
            ],
            lr=rate,
            weight_decay=0.02,
            betas=(0.9, 0.98),
        ),
    ]
