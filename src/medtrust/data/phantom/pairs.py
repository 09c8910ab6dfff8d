"""Confusable pairs: two phantoms of one seed that differ in one forced label.

Both get the same question with the same options, and the right answers are opposite. Anatomy,
texture and noise are the same, so a model that confuses the two has not seen the label.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from medtrust.core.records import Kind, Sample
from medtrust.data.phantom.questions import PhantomQuestion, side_bearer
from medtrust.data.phantom.samples import sample_of
from medtrust.data.phantom.terms import NORMAL, STEMS, with_article
from medtrust.imaging.phantom.labels import FINDINGS, SIDED, Phantom, phantom

LABELS: Final = ("finding", "side", "view", "device", "tone")
"""Labels that the two phantoms of a pair may differ in, in the order they take turns."""

DEVICE_OPTIONS: Final = ("pacemaker", "no pacemaker")
_CHEST: Final = {"modality": "chest x-ray"}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two phantoms and the values of the label they differ in."""

    label: str
    first: Phantom
    second: Phantom

    @property
    def name(self) -> str:
        """``phantom/<seed>:pair-<label>``."""
        return f"phantom/{self.first.seed}:pair-{self.label}"


def pair(seed: int, label: str) -> Pair:
    """The pair of a seed that differs in one label; which comes first is drawn from the seed.

    Args:
        seed: Seed of both phantoms.
        label: One of `LABELS`.
    """
    generator = np.random.default_rng([seed, LABELS.index(label)])
    fixed, values = _forced(seed, label, generator)
    first, second = (values[place] for place in generator.permutation(len(values))[:2])
    return Pair(
        label,
        phantom(seed, **{**fixed, label: first}),
        phantom(seed, **{**fixed, label: second}),
    )


def _forced(
    seed: int, label: str, generator: np.random.Generator
) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Labels that both share, and the values that tell them apart."""
    if label == "view":
        return {**_CHEST, "finding": NORMAL}, ("frontal", "lateral")
    if label == "device":
        return {**_CHEST, "view": "frontal"}, ("none", "pacemaker")
    if label == "tone":
        return {"modality": "dermoscopy"}, ("light", "medium", "dark")
    modality = phantom(seed).modality
    frontal = {"view": "frontal"} if modality == "chest x-ray" else {}
    fixed = {"modality": modality, **frontal}
    if label == "finding":
        return fixed, (NORMAL, _one(FINDINGS[modality], generator))
    sided = [name for name in FINDINGS[modality] if name in SIDED]
    if sided:
        fixed["finding"] = _one(sided, generator)
    elif modality != "fundus photograph":
        fixed = {**_CHEST, "view": "frontal", "finding": _one(_SIDED_CHEST, generator)}
    return fixed, ("left", "right")


_SIDED_CHEST: Final = tuple(name for name in FINDINGS["chest x-ray"] if name in SIDED)


def _one(names: tuple[str, ...] | list[str], generator: np.random.Generator) -> str:
    return names[int(generator.integers(len(names)))]


def pair_samples(made: Pair, *, mark: str = "") -> Iterator[Sample]:
    """The samples of a pair: a choice of two for both phantoms, and a yes/no question if one fits.

    Samples that belong together carry the same ``pair``.

    Args:
        made: The pair.
        mark: Put into all ids, where one phantom may be in several pairs.
    """
    options = tuple(sorted((_answer(made.first, made.label), _answer(made.second, made.label))))
    closed = _yes_no(made)
    for place, one in enumerate((made.first, made.second), start=1):
        asked = PhantomQuestion(
            f"pair-{made.label}",
            Kind.CHOICE,
            _choice_text(made),
            options.index(_answer(one, made.label)),
            options,
        )
        yield _sample(one, asked, f"{mark}-{place}", f"{made.name}{mark}")
        if closed:
            text, truth = closed
            asked = PhantomQuestion(
                f"pair-{made.label}", Kind.YES_NO, text, _answer(one, made.label) == truth
            )
            yield _sample(one, asked, f"{mark}-{place}", f"{made.name}{mark}-yes-no")


def _sample(one: Phantom, asked: PhantomQuestion, suffix: str, name: str) -> Sample:
    return sample_of(one, asked, suffix=suffix, pair=name, topic="pair")


def _answer(one: Phantom, label: str) -> str:
    """The value of the label, in the words of an option."""
    if label == "device":
        return DEVICE_OPTIONS[0 if one.device else 1]
    return str(getattr(one, label))


def _choice_text(made: Pair) -> str:
    if made.label == "device":
        return "Which of these does the image show?"
    what = side_bearer(made.first) if made.label == "side" else ""
    return STEMS[f"{made.label}-choice"][0].format(what=what)


def _yes_no(made: Pair) -> tuple[str, str] | None:
    """A yes/no question about the label, and the answer that makes it true."""
    if made.label == "finding":
        truth = next(f for f in (made.first.finding, made.second.finding) if f != NORMAL)
        return STEMS["finding-yes-no"][0].format(what=with_article(truth)), truth
    if made.label == "side":
        text = STEMS["side-yes-no"][0].format(what=side_bearer(made.first), value="left")
        return text, "left"
    if made.label == "device":
        return STEMS["device-yes-no"][0], "pacemaker"
    return None
