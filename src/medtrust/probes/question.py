"""Asking one question: our own wording, or the published text as the data file holds it.

Our templates have ids and their digests go into the manifest; changing a word means raising the
version of every task that uses it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b
from typing import Final

import numpy as np

from medtrust.core.errors import UserError
from medtrust.core.records import (
    Alteration,
    Decoding,
    ImageRef,
    Kind,
    Message,
    Request,
    Sample,
)
from medtrust.core.task import Ask, Setting, Skip

PROMPTS: Final[Mapping[str, str]] = {
    "question/choice": "{question}\n\n{options}\n\nAnswer with the letter of the correct option.",
    "question/yes-no": "{question}\n\nAnswer with yes or no.",
    "question/open": "{question}\n\nAnswer in one to three sentences.",
}
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
IMAGE_TOKEN: Final = "<image>"  # noqa: S105 - a placeholder in published texts, no password
BLANK_KEY: Final = "blank:336x336"
"""One grey image for every question, so that equal questions on it are one request."""

DECODING: Final[Mapping[Kind, Decoding]] = {
    Kind.CHOICE: Decoding(max_tokens=512),
    Kind.YES_NO: Decoding(max_tokens=512),
    Kind.OPEN: Decoding(max_tokens=512),
    Kind.INSTRUCTION: Decoding(max_tokens=1024),
}
_BLANK: Final = (ImageRef(BLANK_KEY),)
LEGACY_VARIANCE: Final = 6.0
"""Of the released CARES script, on the scale from 0 to 255."""

_NOISE: Final = re.compile(r"gaussian-(\d+(?:\.\d+)?)")


def question(sample: Sample, setting: Setting) -> Ask:
    """The ask for a sample under a condition.

    Conditions understood: ``image=blank`` (every image becomes one grey image),
    ``noise=gaussian-S`` (noise of standard deviation S, with intensities from 0 to 1, is added to
    every image; drawn per image from the run's seed), ``noise=legacy`` (as the released CARES
    script does it) and ``options=shuffled`` (option order drawn
    per sample from the run's seed).

    Args:
        sample: Any sample.
        setting: With ``official["question"]`` set, the data file's own text is asked.

    Raises:
        Skip: If the published text fixes the option order and cannot be shuffled.
        UserError: If a noise is neither ``gaussian-S`` nor ``legacy``.
    """
    images = sample.images
    if setting.parameters.get("image") == "blank":
        images = _BLANK * len(images)
    if "noise" in setting.parameters:
        kind = setting.parameters["noise"]
        images = tuple(noisy(image, kind, setting.seed) for image in images)
    options = sample.options
    shuffled = setting.parameters.get("options") == "shuffled"
    if shuffled:
        order = option_order(sample.id, len(options), setting.seed)
        options = tuple(options[place] for place in order)
    if "question" in setting.official:
        text = _published_text(sample, options, shuffled=shuffled)
    else:
        text = own_text(sample.kind, sample.question, options)
    message = Message("user", (*images, text))
    return Ask(Request((message,), DECODING[sample.kind]), options=options)


def noisy(image: ImageRef, kind: str, seed: int) -> ImageRef:
    """The image with noise on top of whatever was done to it before.

    Its seed depends on the run's seed and the image alone, not on the kind or strength.

    Args:
        image: Any image.
        kind: ``gaussian-S``, or ``legacy``: what the released CARES script makes of a variance
            of 6.
        seed: Of the run.

    Raises:
        UserError: If the kind is neither.
    """
    digest = blake2b(f"{seed}\x1f{image.key}\x1fnoise".encode(), digest_size=6).digest()
    number = int.from_bytes(digest, "big")
    match = _NOISE.fullmatch(kind)
    if kind == "legacy":
        # its generator takes seeds of 32 bits only
        step = Alteration("legacy-noise@1", (("variance", LEGACY_VARIANCE),), number % 2**32)
    elif match is not None:
        step = Alteration("gaussian-noise@1", (("sigma", float(match[1])),), number)
    else:
        raise UserError(f"noise={kind} is not understood: write noise=gaussian-0.2.")
    return replace(image, alterations=(*image.alterations, step))


def own_text(kind: Kind, text: str, options: Sequence[str]) -> str:
    """Our wording of a question.

    Args:
        kind: Form of the answer.
        text: The question alone.
        options: In the order to show; letters are added here.
    """
    if kind is Kind.CHOICE:
        listed = "\n".join(
            f"{letter}. {option}" for letter, option in zip(LETTERS, options, strict=False)
        )
        return PROMPTS["question/choice"].format(question=text, options=listed)
    name = "question/yes-no" if kind is Kind.YES_NO else "question/open"
    return PROMPTS[name].format(question=text)


def _published_text(sample: Sample, options: tuple[str, ...], *, shuffled: bool) -> str:
    text = sample.source.get("text", "")
    if shuffled:
        # also where the drawn order is the published one: what stays must be a fair sample
        listed = sample.source.get("options", "")
        if not listed or listed not in text:
            raise Skip("published-order-fixed")
        lettered = ", ".join(
            f"{letter}:{option}" for letter, option in zip(LETTERS, options, strict=False)
        )
        if options != sample.options:
            text = text.replace(listed, lettered)
    return text.replace(IMAGE_TOKEN, "").strip()


@lru_cache(maxsize=4096)
def option_order(sample_id: str, count: int, seed: int) -> tuple[int, ...]:
    """A permutation of ``count`` options, fixed by sample and seed."""
    digest = blake2b(f"{seed}\x1f{sample_id}\x1foptions".encode(), digest_size=8).digest()
    generator = np.random.default_rng(int.from_bytes(digest, "big"))
    return tuple(int(place) for place in generator.permutation(count))
