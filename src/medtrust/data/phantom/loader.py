"""The phantom data set: made images, exact golds, as many as one asks for."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from math import floor
from pathlib import Path
from typing import Final

import numpy as np

from medtrust.core.dataset import Dataset, DataSource
from medtrust.core.records import Sample
from medtrust.data.phantom.mined import pair_samples_of, read_pairs
from medtrust.data.phantom.pairs import LABELS, pair, pair_samples
from medtrust.data.phantom.questions import PhantomQuestion, questions
from medtrust.data.phantom.samples import sample_of
from medtrust.data.phantom.settings import HELD_OUT, MOST_IMAGES, PhantomSettings, parse_settings
from medtrust.imaging.phantom.key import VERSION
from medtrust.imaging.phantom.labels import FINDINGS, Phantom, phantom

QUESTIONS_VERSION: Final = 1
"""Raised whenever a wording, a gold or the draw of questions changes."""

_FIRST_PAIR: Final = HELD_OUT + 2 * MOST_IMAGES + 1
_WEIGHTS: Final = {"sex": 2.0, "age": 1.5, "tone": 2.0, "side": 1.5, "device": 1.5, "view": 1.5}
"""How much more often a topic is asked than others: it exists for few images only."""

_SELDOM: Final = {"privacy": 0.6, "unanswerable": 0.6}


def load(source: DataSource) -> Dataset:
    """Samples of made images; nothing is read and nothing is drawn yet.

    Args:
        source: ``path`` holds options instead of a path, see `PhantomSettings`; everything else
            is of no meaning here. Access is public whatever was declared: nobody is in these
            images.

    Returns:
        First the questions image by image, then the confusable pairs, then the mined ones. Same
        options, same samples; with more images the first ones stay the same.

    Raises:
        UnknownNameError: For an option that does not exist.
        DataError: For a value that cannot be.
    """
    settings = parse_settings(source.path)
    samples = [*image_samples(settings), *held_out_pairs(settings)]
    made_from = f"generators {VERSION}, questions {QUESTIONS_VERSION}, {settings}"
    digests = {"phantom": sha256(made_from.encode()).hexdigest()}
    if settings.mined:
        samples += pair_samples_of(read_pairs(Path(settings.mined)))
        digests["mined"] = sha256(Path(settings.mined).read_bytes()).hexdigest()
    return Dataset(
        name=source.name,
        samples=samples,
        digests=digests,
        notes=(f"Made images: {made_from.replace(',', ', ').replace('  ', ' ')}.",),
    )


def image_samples(settings: PhantomSettings) -> Iterator[Sample]:
    """The questions about single images."""
    for number in range(settings.first, settings.first + settings.images):
        one = held_out_phantom(number, settings.prevalence)
        generator = np.random.default_rng([one.seed, QUESTIONS_VERSION])
        for asked in _some(questions(one, generator), settings.questions, generator):
            yield sample_of(one, asked)


def held_out_phantom(number: int, prevalence: float) -> Phantom:
    """Phantom of a held-out image, with or without a finding so that the prevalence is met.

    Args:
        number: Number of the image, from 0.
        prevalence: Share of images with a finding among the first n, for every n, up to one.
    """
    seed = HELD_OUT + number
    drawn = phantom(seed)
    wanted = floor((number + 1) * prevalence) > floor(number * prevalence)
    if wanted == (drawn.finding != "normal"):
        return drawn
    if not wanted:
        return phantom(seed, modality=drawn.modality, finding="normal")
    found = FINDINGS[drawn.modality]
    return phantom(seed, modality=drawn.modality, finding=found[seed % len(found)])


def held_out_pairs(settings: PhantomSettings) -> Iterator[Sample]:
    """The samples of the pairs; the labels they differ in take turns."""
    for number in range(settings.first, settings.first + settings.pairs):
        yield from pair_samples(pair(_FIRST_PAIR + number, LABELS[number % len(LABELS)]))


def _some(
    asked: list[PhantomQuestion], count: int, generator: np.random.Generator
) -> list[PhantomQuestion]:
    """A weighted draw of the questions, in their own order."""
    if count >= len(asked):
        return asked
    weights = np.array([{**_WEIGHTS, **_SELDOM}.get(one.topic, 1.0) for one in asked])
    chosen = generator.choice(len(asked), count, replace=False, p=weights / weights.sum())
    return [asked[place] for place in sorted(chosen.tolist())]
