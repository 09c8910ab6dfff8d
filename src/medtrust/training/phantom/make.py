"""The whole way from seeds to a folder of weights."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from medtrust.data.phantom.questions import questions
from medtrust.data.phantom.settings import HELD_OUT
from medtrust.imaging.phantom.labels import phantom
from medtrust.training.phantom.architecture import make_model, make_processor, make_tokenizer
from medtrust.training.phantom.images import pictures
from medtrust.training.phantom.language import learn_answers, learn_the_rest
from medtrust.training.phantom.packing import Packer
from medtrust.training.phantom.perception import (
    ImageSource,
    LabelHeads,
    Say,
    label_accuracy,
    learn_labels,
)
from medtrust.training.phantom.recipe import FIRST_SEED, Recipe
from medtrust.training.phantom.wordings import SYSTEMS, description, exchange

_TOKENIZER_IMAGES = 1_500
_CHECKED_IMAGES = 300


@dataclass(frozen=True, slots=True)
class Made:
    """What the training did.

    Attributes:
        parameters: Numbers in the model.
        label_losses: Loss of every step of the first stage.
        answer_losses: Loss of every step of the second and the last stage.
        label_accuracy: By label, of the tower after the first stage, on held-out images.
        cpu_s: CPU seconds in all.
    """

    parameters: int
    label_losses: list[float]
    answer_losses: list[float]
    label_accuracy: dict[str, float]
    cpu_s: float


def make(recipe: Recipe, out: Path, say: Say, *, workers: int = 1) -> Made:
    """Train the phantom model and save it for plain transformers.

    One thread computes, so that the same recipe gives the same weights on the same kind of CPU.

    Args:
        recipe: What to do.
        out: Folder for weights, tokenizer and processor; made if absent.
        say: Takes one line of progress.
        workers: Processes that draw images.
    """
    began = time.process_time()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _make(recipe, out, say, workers, began)
    finally:
        torch.set_num_threads(threads)


def _make(recipe: Recipe, out: Path, say: Say, workers: int, began: float) -> Made:
    torch.manual_seed(recipe.seed)
    sizes = recipe.architecture
    shown = pictures(range(FIRST_SEED, FIRST_SEED + recipe.images), sizes.patch, workers=workers)
    say(f"{recipe.images} images drawn, {time.process_time() - began:.0f} s CPU")
    tokenizer = make_tokenizer(_texts(recipe), sizes.vocabulary)
    model = make_model(tokenizer, sizes)
    parameters = sum(one.numel() for one in model.parameters())
    say(f"{parameters:,} parameters, {len(tokenizer)} tokens")
    generator = torch.Generator().manual_seed(recipe.seed)
    source = ImageSource(shown, generator)
    heads = LabelHeads(sizes.vision_width)
    tower = model.model.vision_tower
    label_losses = learn_labels(tower, heads, source, recipe, say)
    checked = pictures(range(HELD_OUT, HELD_OUT + _CHECKED_IMAGES), sizes.patch)
    accuracy = label_accuracy(tower, heads, ImageSource(checked, generator))
    say("labels, held out: " + ", ".join(f"{k} {v:.3f}" for k, v in accuracy.items()))
    say(f"{time.process_time() - began:.0f} s CPU so far")
    packer = Packer(tokenizer, sizes.image_tokens)
    answer_losses = learn_answers(model, heads, source, list(shown.phantoms), packer, recipe, say)
    answer_losses += learn_the_rest(model, source, list(shown.phantoms), packer, recipe, say)
    save(model, make_processor(tokenizer, sizes), out)
    cpu_s = time.process_time() - began
    say(f"saved, {cpu_s:.0f} s CPU")
    return Made(parameters, label_losses, answer_losses, accuracy, cpu_s)


def save(model: Any, processor: Any, out: Path) -> None:
    """Write half-precision weights, tokenizer, processor and chat template."""
    out.mkdir(parents=True, exist_ok=True)
    half = copy.deepcopy(model).to(torch.float16)
    half.save_pretrained(out)
    processor.save_pretrained(out)


def _texts(recipe: Recipe) -> list[str]:
    """Texts the tokenizer is learned from."""
    generator = np.random.default_rng([recipe.seed, 1])
    found = list(SYSTEMS)
    for seed in range(FIRST_SEED, FIRST_SEED + min(recipe.images, _TOKENIZER_IMAGES)):
        one = phantom(seed)
        put = [exchange(question, generator) for question in questions(one, generator)]
        put.append(description(one, generator))
        found += [text for turns in put for turn in turns for text in (turn.asked, turn.answered)]
    return found
