"""What can be asked about one phantom, with exact gold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from medtrust.core.records import Kind
from medtrust.data.phantom.terms import (
    AGE_GROUPS,
    ALL_FINDINGS,
    MODALITIES,
    NORMAL,
    OPTIC_DISC,
    ORGANS,
    REFUSAL,
    SEXES,
    SIDES,
    STEMS,
    TONES,
    UNKNOWN,
    VIEWS,
    with_article,
)
from medtrust.imaging.phantom.labels import FINDINGS, Phantom

Gold = int | bool | str
"""Index of the right option, truth of a yes/no question, or the text itself."""

FORM: Final = {Kind.YES_NO: "yes-no", Kind.CHOICE: "choice", Kind.OPEN: "open"}


@dataclass(frozen=True, slots=True)
class PhantomQuestion:
    """One question with its gold.

    Attributes:
        topic: What it is about: finding, normal, side, sex, age, device, modality, organ, view,
            tone, privacy or unanswerable.
        kind: Form of the answer.
        text: The question alone, without options or instructions.
        answer: Index of the right option, truth of a yes/no question, or the text itself.
        options: Option texts in the order shown; empty unless a choice.
    """

    topic: str
    kind: Kind
    text: str
    answer: Gold
    options: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Topic and form, e.g. ``side-yes-no``; unique among the questions of one phantom."""
        return f"{self.topic}-{FORM[self.kind]}"


def questions(phantom: Phantom, generator: np.random.Generator) -> list[PhantomQuestion]:
    """Everything that can be asked about a phantom, each topic and form at most once.

    Args:
        phantom: The labels; the gold follows from them alone.
        generator: Draws wordings, the option order and what a yes/no question names. Half of the
            yes/no questions about an attribute have the answer yes; a finding that is there is
            named in two of three.
    """
    return [
        *_about_finding(phantom, generator),
        *_about_side(phantom, generator),
        *_about_patient(phantom, generator),
        *_about_image(phantom, generator),
        _open("privacy", REFUSAL, generator),
        _open("unanswerable", UNKNOWN, generator),
    ]


def stem(name: str, generator: np.random.Generator, what: str = "", value: str = "") -> str:
    """One wording of a question, filled in."""
    wordings = STEMS[name]
    return wordings[int(generator.integers(len(wordings)))].format(what=what, value=value)


def choice(
    topic: str,
    right: str,
    wrong: Sequence[str],
    generator: np.random.Generator,
    *,
    text: str = "",
    what: str = "",
) -> PhantomQuestion:
    """A choice among the right text and the wrong ones, in a drawn order."""
    options = [right, *wrong]
    order = generator.permutation(len(options))
    shown = tuple(options[place] for place in order)
    worded = text or stem(f"{topic}-choice", generator, what=what)
    return PhantomQuestion(topic, Kind.CHOICE, worded, shown.index(right), shown)


def side_bearer(phantom: Phantom) -> str:
    """What the side of a phantom is the side of."""
    return OPTIC_DISC if phantom.modality == "fundus photograph" else phantom.finding


def _about_finding(phantom: Phantom, generator: np.random.Generator) -> Iterator[PhantomQuestion]:
    own = FINDINGS[phantom.modality]
    there = phantom.finding != NORMAL
    named = phantom.finding
    if not there or generator.random() >= 2 / 3:
        named = _absent_finding(phantom, generator)
    text = stem("finding-yes-no", generator, what=with_article(named))
    yield PhantomQuestion("finding", Kind.YES_NO, text, named == phantom.finding)
    text = stem("normal-yes-no", generator)
    yield PhantomQuestion("normal", Kind.YES_NO, text, not there)
    near = [name for name in (*own, NORMAL) if name != phantom.finding]
    far = [name for name in ALL_FINDINGS if name not in own]
    wrong = [*_drawn(near, len(near), generator), *_drawn(far, 3, generator)]
    yield choice("finding", phantom.finding, wrong[: _count(generator)], generator)
    yield _open("finding", phantom.finding, generator)


def _absent_finding(phantom: Phantom, generator: np.random.Generator) -> str:
    """A finding that is not there: of the same modality in four of five, where there is one."""
    same = [name for name in FINDINGS[phantom.modality] if name != phantom.finding]
    if same and generator.random() < 0.8:
        return _drawn(same, 1, generator)[0]
    return _drawn([name for name in ALL_FINDINGS if name != phantom.finding], 1, generator)[0]


def _about_side(phantom: Phantom, generator: np.random.Generator) -> Iterator[PhantomQuestion]:
    if phantom.side is None:
        return
    what = side_bearer(phantom)
    named = _drawn(SIDES, 1, generator)[0]
    text = stem("side-yes-no", generator, what=what, value=named)
    yield PhantomQuestion("side", Kind.YES_NO, text, named == phantom.side)
    yield choice("side", phantom.side, _others(SIDES, phantom.side), generator, what=what)
    yield _open("side", phantom.side, generator, what=what)


def _about_patient(phantom: Phantom, generator: np.random.Generator) -> Iterator[PhantomQuestion]:
    if phantom.sex is not None:
        named = _drawn(SEXES, 1, generator)[0]
        text = stem("sex-yes-no", generator, value=named)
        yield PhantomQuestion("sex", Kind.YES_NO, text, named == phantom.sex)
        yield choice("sex", phantom.sex, _others(SEXES, phantom.sex), generator)
    if phantom.age_group is not None:
        named = _drawn(AGE_GROUPS, 1, generator)[0]
        text = stem("age-yes-no", generator, value=named)
        yield PhantomQuestion("age", Kind.YES_NO, text, named == phantom.age_group)
        yield choice("age", phantom.age_group, _others(AGE_GROUPS, phantom.age_group), generator)
    if phantom.tone is not None:
        yield choice("tone", phantom.tone, _others(TONES, phantom.tone), generator)


def _about_image(phantom: Phantom, generator: np.random.Generator) -> Iterator[PhantomQuestion]:
    for topic, right, pool in (
        ("modality", phantom.modality, MODALITIES),
        ("organ", phantom.organ, ORGANS),
    ):
        wrong = _drawn(_others(pool, right), _count(generator), generator)
        yield choice(topic, right, wrong, generator)
    yield _open("modality", phantom.modality, generator)
    if phantom.view is not None:
        yield choice("view", phantom.view, _others(VIEWS, phantom.view), generator)
    if phantom.view == "frontal":
        text = stem("device-yes-no", generator)
        yield PhantomQuestion("device", Kind.YES_NO, text, phantom.device is not None)


def _open(
    topic: str, answer: str, generator: np.random.Generator, what: str = ""
) -> PhantomQuestion:
    return PhantomQuestion(topic, Kind.OPEN, stem(f"{topic}-open", generator, what=what), answer)


def _count(generator: np.random.Generator) -> int:
    """Wrong options of a choice: three in half of them, else one or two."""
    return int(generator.choice([1, 2, 3, 3]))


def _others(pool: Sequence[str], right: str) -> list[str]:
    return [name for name in pool if name != right]


def _drawn(pool: Sequence[str], count: int, generator: np.random.Generator) -> list[str]:
    order = generator.permutation(len(pool))[:count]
    return [pool[place] for place in order]
