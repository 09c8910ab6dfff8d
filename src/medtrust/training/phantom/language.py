"""Stage two: tower and decoder learn together to answer questions."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn
from transformers import DynamicCache

from medtrust.data.phantom.pairs import DEVICE_OPTIONS
from medtrust.data.phantom.questions import PhantomQuestion, choice, questions
from medtrust.data.phantom.terms import STEMS
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
_LAST_RATE = 0.5
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


LAST_WEIGHTS: Final = {
    **dict.fromkeys(QUESTION_WEIGHTS, 1.0),
    "sex-yes-no": 6.0, "sex-choice": 6.0, "device-choice": 3.0, "privacy-open": 0.2,
    "unanswerable-open": 0.2, "modality-open": 0.4, "organ-choice": 0.5,
}  # fmt: skip
"""The same in the last stage: most where the second one left off too early."""


def exchanges(
    one: Phantom,
    count: int,
    generator: np.random.Generator,
    *,
    plain: bool = False,
    last: bool = False,
) -> list[Exchange]:
    """A few conversations about a phantom.

    Args:
        one: What they are about.
        count: How many.
        generator: Draws questions and wordings.
        plain: Only questions with their answers: no follow-ups, no "none of the above" and the
            like. Training begins with these.
        last: Weights of the last stage, and choices about a device.
    """
    asked = [*questions(one, generator), *questions(one, generator)]
    if last and one.view == "frontal":
        asked.append(_device_choice(one, generator))
    table = LAST_WEIGHTS if last else QUESTION_WEIGHTS
    weights = np.array([table[question.name] for question in asked])
    chosen = generator.choice(len(asked), count, replace=False, p=weights / weights.sum())
    put = [exchange(asked[place], generator, plain=plain) for place in chosen]
    if generator.random() < _DESCRIBED:
        put[-1] = description(one, generator)
    return put


def _device_choice(one: Phantom, generator: np.random.Generator) -> PhantomQuestion:
    """Pacemaker or not, as an option."""
    right, wrong = DEVICE_OPTIONS if one.device else DEVICE_OPTIONS[::-1]
    return choice("device", right, [wrong], generator, text=STEMS["finding-choice"][3])


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
    """Second stage: train the whole model; returns the loss of every step."""
    answering = Answering(model)
    generator = np.random.default_rng([recipe.seed, 2])
    optimisers = _optimisers(answering, [*heads.parameters()], recipe, 1.0)
    losses: list[float] = []
    right: list[float] = []
    for step in range(recipe.language_steps):
        _set_rates(optimisers, step, recipe.language_steps)
        plain = step < recipe.plain_share * recipe.language_steps
        chosen = generator.integers(len(phantoms), size=recipe.language_batch)
        system = _system(generator)
        rows: list[Row] = [
            packer.row(place, put)
            for place, number in enumerate(chosen)
            for put in exchanges(phantoms[number], recipe.questions, generator, plain=plain)
        ]
        images = torch.from_numpy(chosen)
        seen = tokens_of(answering.tower, source.noisy(images))
        loss, truth, hit = answering.loss(seen, packer.prefix(system), packer.blocks(rows, _BLOCKS))
        labels = source.loss(heads(seen), images)
        _step(optimisers, loss + recipe.truth_weight * truth + recipe.label_weight * labels)
        losses.append(loss.item())
        right.append(hit.item())
        _report(say, "answers", step, recipe.language_steps, losses, right)
    return losses


def learn_the_rest(
    model: Any,
    source: ImageSource,
    phantoms: list[Phantom],
    packer: Packer,
    recipe: Recipe,
    say: Say,
) -> list[float]:
    """Last stage: what only frontal chest images have, which are half of its images.

    It starts from weights rounded to half precision, so that it may as well start from saved ones.
    """
    with torch.no_grad():
        for one in model.parameters():
            one.copy_(one.half().float())
    torch.manual_seed(recipe.seed + 1)
    answering = Answering(model)
    generator = np.random.default_rng([recipe.seed, 3])
    source.generator.manual_seed(recipe.seed + 3)
    optimisers = _optimisers(answering, [], recipe, _LAST_RATE)
    frontal = np.array([place for place, one in enumerate(phantoms) if one.view == "frontal"])
    half = recipe.language_batch // 2
    losses: list[float] = []
    right: list[float] = []
    for step in range(recipe.last_steps):
        _set_rates(optimisers, step, recipe.last_steps)
        chosen = np.concatenate(
            [
                generator.integers(len(phantoms), size=recipe.language_batch - half),
                generator.choice(frontal, half),
            ]
        )
        system = _system(generator)
        rows = [
            packer.row(place, put)
            for place, number in enumerate(chosen)
            for put in exchanges(phantoms[number], recipe.questions, generator, last=True)
        ]
        seen = tokens_of(answering.tower, source.noisy(torch.from_numpy(chosen)))
        loss, truth, hit = answering.loss(seen, packer.prefix(system), packer.blocks(rows, _BLOCKS))
        _step(optimisers, loss + recipe.truth_weight * truth)
        losses.append(loss.item())
        right.append(hit.item())
        _report(say, "the rest", step, recipe.last_steps, losses, right)
    return losses


def _system(generator: np.random.Generator) -> str:
    """A system message now and then, else nothing."""
    if generator.random() >= _WITH_SYSTEM:
        return ""
    return SYSTEMS[int(generator.integers(len(SYSTEMS)))]


def _set_rates(optimisers: list[torch.optim.Optimizer], step: int, steps: int) -> None:
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step, steps, group["highest"])


def _step(optimisers: list[torch.optim.Optimizer], loss: Tensor) -> None:
    for optimiser in optimisers:
        optimiser.zero_grad()
    torch.autograd.backward(loss)
    nn.utils.clip_grad_norm_(
        [
            p
            for optimiser in optimisers
            for group in optimiser.param_groups
            for p in group["params"]
        ],
        1.0,
    )
    for optimiser in optimisers:
        optimiser.step()


def _report(
    say: Say, stage: str, step: int, steps: int, losses: list[float], right: list[float]
) -> None:
    if (step + 1) % _SAY_EVERY == 0:
        say(
            f"{stage} {step + 1}/{steps} loss {np.mean(losses[-_SAY_EVERY:]):.3f} "
            f"first tokens right {np.mean(right[-_SAY_EVERY:]):.3f}"
        )


def _optimisers(
    answering: Answering, heads: list[nn.Parameter], recipe: Recipe, share: float
) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the decoder, AdamW for everything else."""
    matrices: list[nn.Parameter] = []
    rest = [*answering.truth.parameters(), *answering.projector.parameters()]
    for name, one in answering.decoder.named_parameters():
        inside = one.ndim == 2 and "embed_tokens" not in name
        (matrices if inside else rest).append(one)
    rate = share * recipe.language_rate
    tower = [*answering.tower.parameters(), *heads]
    return [
        torch.optim.Muon(
            [{"params": matrices, "highest": share * recipe.matrix_rate}],
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
