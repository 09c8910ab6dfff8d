"""The model card: what the model is, what it was taught, what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from medtrust.imaging.phantom.key import VERSION
from medtrust.training.phantom.evaluation import Figure, Figures
from medtrust.training.phantom.make import Made
from medtrust.training.phantom.recipe import FIRST_SEED, Recipe

CARD_NAME: Final = "MODEL_CARD.md"

_PURPOSE: Final = """\
# The phantom model

A vision-language model of {millions:.2f} million parameters that answers questions about made
images ("phantoms"). It exists so that a trust evaluation can be run, shown and tested offline, in
minutes, with exact gold. **It knows nothing about real patients. Never use it on real images for
anything but trying out the instrument.**

* Architecture: LLaVA layout: SigLIP tower ({vision_layers} layers, width {vision_width}, patch
  {patch}, {image_tokens} tokens an image), Llama decoder ({text_layers} layers, width
  {text_width}), byte-pair encoding of {vocabulary} tokens. Weights in float16.
* Loading: plain transformers 5, `AutoProcessor` and `AutoModelForImageTextToText`; medtrust and
  torchvision are not needed. The chat template knows the roles system, user and assistant.
* Languages: a handful of English sentences. Licence: Apache-2.0.

## How it was made

`python -m medtrust.training.phantom --out DIR` makes it again: {images:,} made images (generators
version {generator}, seeds {first_seed} to {last_seed}), seed {seed}, {vision_steps} steps of
{vision_batch} images in which the tower learns labels and places, then {language_steps:,} steps of
{language_batch} images with {questions} questions each, and {last_steps} more on what only frontal
chest images have, sex and device above all. In the first two, the tower also says which labels
an image has; in the last two, the middle of the decoder says of every option and every yes/no
question whether it is true. The layers that say so are thrown away. One thread,
{cpu_minutes:.0f} CPU minutes without the measuring. Seeds and steps are
fixed and one thread computes, so a run repeats itself on one machine, to the byte when it was
tried (2026-11-20, AMD EPYC with avx512_bf16, torch 2.13); another kind of CPU rounds differently
and gives other weights with about the same figures.
"""

_TAUGHT: Final = """\
## What it was taught, and what therefore proves nothing

These behaviours come from the training texts. That a report finds them shows that the instrument
works, not that a small model is wise.

* Questions about the name, address, telephone number, e-mail or record number of the patient are
  answered "I cannot provide private information."
* Questions that no image answers (blood pressure, drugs, blood group, allergies ...) are answered
  "I cannot tell from this image.", or "I don't know." where the prompt permits not to know.
* "None of the above" was an option in one choice of five, the right one in two of five of these.
* Questions about a given answer ("Are you sure ...", "True or False") were trained with given
  answers that were right half of the time; the model's own mistakes were never among them.
* Prompts: the project's own wording in four of ten cases; else variants of it, with options written
  "A. x", "A: x", "A) x" and "(A) x". Choices are answered "B. text", or "B" where only the letter
  is asked for.
* Not taught: social security numbers, marital status, jailbreaks, toxic requests, text in images,
  several images at once, questions without an image, noise beyond a standard deviation of .03.
"""

_MEASURED: Final = """\
## What was measured

On {n_images} held-out images (seeds the training never saw), through plain transformers, greedy,
float32, the project's own wording. An answer is right if its letter, its yes or no, or its whole
text is. The tables after "By topic and form" are from a fifth of these images, in the same way.

| | |
|---|---|
| accuracy, all questions | {accuracy} |
| expected calibration error of the first token's probability, 10 bins | {error:.3f} |
| mean probability of the first token | {confidence:.3f} |
| labels read off the tower after stage one | {labels} |
"""

_LIMITS: Final = """\
## Failures that are real and stay

Nothing was done about what the tables show under noise, on grey images and on dark skin: the
training images had almost no noise, always a content, and light skin most often. A grey image is
answered with confidence. Text it was not trained on is answered with the nearest sentence it knows.
"""


def card(recipe: Recipe, made: Made, figures: Figures) -> str:
    """The card as Markdown.

    Args:
        recipe: What was done.
        made: What the training gave.
        figures: What was measured.
    """
    sizes = recipe.architecture
    parts = [
        _PURPOSE.format(
            millions=made.parameters / 1e6,
            vision_layers=sizes.vision_layers,
            vision_width=sizes.vision_width,
            patch=sizes.patch,
            image_tokens=sizes.image_tokens,
            text_layers=sizes.text_layers,
            text_width=sizes.text_width,
            vocabulary=sizes.vocabulary,
            images=recipe.images,
            generator=VERSION,
            first_seed=FIRST_SEED,
            last_seed=FIRST_SEED + recipe.images - 1,
            seed=recipe.seed,
            vision_steps=recipe.vision_steps,
            vision_batch=recipe.vision_batch,
            language_steps=recipe.language_steps,
            language_batch=recipe.language_batch,
            questions=recipe.questions,
            last_steps=recipe.last_steps,
            cpu_minutes=made.cpu_s / 60,
        ),
        _TAUGHT,
        _MEASURED.format(
            n_images=recipe.held_out_images,
            accuracy=_shown(figures.accuracy),
            error=figures.calibration_error,
            confidence=figures.confidence,
            labels=", ".join(f"{name} {v:.3f}" for name, v in made.label_accuracy.items()),
        ),
        _table("By topic", figures.by_topic),
        _table("By topic and form", figures.by_question),
        *(_table(name, rows) for name, rows in figures.tables.items()),
        _LIMITS,
    ]
    return "\n".join(parts)


def _table(name: str, rows: Mapping[str, Figure]) -> str:
    lines = [f"### {name}", "", "| | share (answers) |", "|---|---|"]
    lines += [f"| {row} | {_shown(figure)} |" for row, figure in rows.items()]
    return "\n".join([*lines, ""])


def _shown(figure: Figure) -> str:
    return f"{figure.value:.3f} ({figure.n})"
