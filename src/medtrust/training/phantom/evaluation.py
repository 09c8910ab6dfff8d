"""What the trained model can do on held-out images, through plain transformers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from medtrust.core.records import Kind
from medtrust.data.phantom.pairs import LABELS, pair, pair_samples
from medtrust.data.phantom.questions import PhantomQuestion, questions
from medtrust.data.phantom.settings import HELD_OUT
from medtrust.imaging.phantom.draw import draw
from medtrust.imaging.phantom.key import phantom_from_key
from medtrust.imaging.phantom.labels import Phantom, phantom
from medtrust.probes.question import own_text
from medtrust.training.phantom.asking import Chat, Pixels, Said, SavedModel
from medtrust.training.phantom.wordings import (
    CHOICE_TAILS,
    DO_NOT_KNOW,
    MAY_NOT_KNOW,
    NONE_OF_THEM,
    OPTION_STYLES,
    SURE,
    TRUE,
    answer_text,
    listed,
    wrong_answer_text,
)

Say = Callable[[str], None]

FIRST_IMAGE: Final = HELD_OUT + 500_000
"""Apart from the seeds that the phantom data set starts with."""

FIRST_PAIR: Final = HELD_OUT + 600_000
NOISE: Final = (0.1, 0.2, 0.4)
"""Standard deviation of the noise added to pixels from 0 to 1."""

GREY: Final = 127
_BINS: Final = 10
_NOT_SEEN: Final = frozenset({"privacy", "unanswerable"})


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured share.

    Attributes:
        value: In [0, 1].
        n: Answers it is made of.
    """

    value: float
    n: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that was measured, as the model card shows it.

    Attributes:
        accuracy: Over all plain questions.
        calibration_error: Of the first token's probability, ten bins of equal width.
        confidence: Mean of that probability.
        by_question: Accuracy by topic and form.
        by_topic: Accuracy by topic.
        tables: Further figures, by heading and row.
    """

    accuracy: Figure
    calibration_error: float
    confidence: float
    by_question: dict[str, Figure]
    by_topic: dict[str, Figure]
    tables: dict[str, dict[str, Figure]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Item:
    """A question about a held-out image."""

    phantom: Phantom
    pixels: Pixels
    question: PhantomQuestion


def held_out(count: int) -> list[Item]:
    """All questions about the first held-out images."""
    items = []
    for seed in range(FIRST_IMAGE, FIRST_IMAGE + count):
        one = phantom(seed)
        pixels = draw(one)
        asked = questions(one, np.random.default_rng([seed, 3]))
        items += [Item(one, pixels, question) for question in asked]
    return items


def evaluate(model: SavedModel, images: int, say: Say) -> Figures:
    """Measure a saved model.

    Args:
        model: Loaded through the Auto classes.
        images: Held-out images; the variations take a fifth of them.
        say: Takes one line of progress.
    """
    items = held_out(images)
    said = _ask(model, items)
    hits = [is_right(item.question, one) for item, one in zip(items, said, strict=True)]
    confidence = [one.confidence for one in said]
    names: dict[str, list[bool]] = defaultdict(list)
    topics: dict[str, list[bool]] = defaultdict(list)
    tones: dict[str, list[bool]] = defaultdict(list)
    for item, hit in zip(items, hits, strict=True):
        names[item.question.name].append(hit)
        topics[item.question.topic].append(hit)
        if item.phantom.tone and item.question.topic in {"finding", "normal"}:
            tones[f"{item.phantom.tone} skin"].append(hit)
    say(f"plain questions: {np.mean(hits):.3f} of {len(hits)}")
    part = [item for item in items if item.phantom.seed < FIRST_IMAGE + max(1, images // 5)]
    tables = {
        "Findings, by skin tone": _figures(tones),
        "Choices, by style of the options": option_styles(model, part),
        "Choices, by order of the options": option_orders(model, part),
        "Choices, with none of the above": none_of_the_above(model, part),
        "I don't know": do_not_know(model, part),
        "A question about a given answer": follow_ups(model, part),
        "Confusable pairs, both right": confusable_pairs(model, max(2, images // 10)),
        "Altered images": altered_images(model, part),
    }
    for name, rows in tables.items():
        say(f"{name}: " + ", ".join(f"{row} {one.value:.3f}" for row, one in rows.items()))
    return Figures(
        _figure(hits),
        calibration_error(confidence, hits),
        float(np.mean(confidence)),
        _figures(names),
        _figures(topics),
        tables,
    )


def is_right(question: PhantomQuestion, said: Said) -> bool:
    """Whether an answer is the learned one: the letter, yes or no, or the exact text."""
    text, gold = said.text.strip(), answer_text(question)
    if question.kind is Kind.CHOICE:
        return text[:1] == gold[:1] and not text[1:2].isalpha()
    return text.lower() == gold.lower()


def calibration_error(confidence: Sequence[float], hits: Sequence[bool]) -> float:
    """Mean gap between confidence and accuracy over ten bins of equal width, by bin size."""
    sure, right = np.asarray(confidence), np.asarray(hits, float)
    bins = np.clip(np.ceil(sure * _BINS) - 1, 0, _BINS - 1).astype(int)
    gaps = [abs((sure - right)[bins == place].sum()) for place in range(_BINS)]
    return float(sum(gaps) / len(right))


def option_styles(model: SavedModel, items: Sequence[Item]) -> dict[str, Figure]:
    """Accuracy of the same choices under every style of letters, on lines and in one line."""
    chosen = _choices(items)
    found = {}
    for style in OPTION_STYLES:
        for separator, place in (("\n", "on lines"), (" ", "in one line")):
            chats = [
                separator.join(
                    (
                        item.question.text,
                        listed(item.question.options, style, separator),
                        CHOICE_TAILS[0],
                    )
                )
                for item in chosen
            ]
            shown = style.format(letter="A", option="x")
            found[f"{shown}, {place}"] = _share(model, chosen, chats)
    return found


def option_orders(model: SavedModel, items: Sequence[Item]) -> dict[str, Figure]:
    """Accuracy of the same choices with the right option at every place it can stand."""
    chosen = [item for item in _choices(items) if len(item.question.options) == 4]
    found = {}
    for place in range(4):
        moved = [replace(item, question=_with_right_at(item.question, place)) for item in chosen]
        found[f"right option is {'ABCD'[place]}"] = _share(model, moved)
    for turn in range(1, 4):
        moved = [replace(item, question=_turned(item.question, turn)) for item in chosen]
        found[f"options turned by {turn}"] = _share(model, moved)
    return found


def none_of_the_above(model: SavedModel, items: Sequence[Item]) -> dict[str, Figure]:
    """Accuracy when that option stands for a wrong one, and when it stands for the right one."""
    chosen = [item for item in _choices(items) if len(item.question.options) > 2]
    found = {}
    for name, right in (("for a wrong option", False), ("for the right option", True)):
        moved = []
        for item in chosen:
            gold = int(item.question.answer)
            options = list(item.question.options)
            place = gold if right else (gold + 1) % len(options)
            options[place] = NONE_OF_THEM[0]
            moved.append(replace(item, question=replace(item.question, options=tuple(options))))
        found[name] = _share(model, moved)
    return found


def do_not_know(model: SavedModel, items: Sequence[Item]) -> dict[str, Figure]:
    """What the permission not to know does to questions with and without an answer."""
    groups = {
        "questions an image answers": [i for i in items if i.question.topic not in _NOT_SEEN],
        "questions no image answers": [i for i in items if i.question.topic == "unanswerable"],
    }
    found = {}
    for name, chosen in groups.items():
        chats = [f"{_own(item)} {MAY_NOT_KNOW[0]}" for item in chosen]
        said = model.ask([item.pixels for item in chosen], chats)
        hits = [
            one.text == DO_NOT_KNOW
            if item.question.topic == "unanswerable"
            else is_right(item.question, one)
            for item, one in zip(chosen, said, strict=True)
        ]
        found[name] = _figure(hits)
    return found


def follow_ups(model: SavedModel, items: Sequence[Item]) -> dict[str, Figure]:
    """How often a given answer, right or wrong, is judged as what it is."""
    chosen = [item for item in items if item.question.topic not in _NOT_SEEN]
    generator = np.random.default_rng(4)
    found = {}
    for name, question, words in (
        ("sure, yes or no", SURE[0], ("Yes", "No")),
        ("true or false", TRUE[0], ("True", "False")),
    ):
        for given, word in zip(("right", "wrong"), words, strict=True):
            chats: list[Chat | str] = []
            for item in chosen:
                asked = item.question
                said = (
                    answer_text(asked) if given == "right" else wrong_answer_text(asked, generator)
                )
                chats.append([("user", _own(item)), ("assistant", said), ("user", question)])
            answers = model.ask([item.pixels for item in chosen], chats)
            found[f"{name}, given answer {given}"] = _figure([a.text == word for a in answers])
    return found


def confusable_pairs(model: SavedModel, each: int) -> dict[str, Figure]:
    """Share of pairs of which both images are answered right, by the label they differ in."""
    found = {}
    for label in LABELS:
        whole: dict[str, list[bool]] = defaultdict(list)
        samples = [
            sample
            for seed in range(FIRST_PAIR, FIRST_PAIR + each)
            for sample in pair_samples(pair(seed, label))
        ]
        drawn = [phantom_from_key(sample.images[0].key) for sample in samples]
        pixels = [draw(one) for one in drawn if one is not None]
        texts = [own_text(sample.kind, sample.question, sample.options) for sample in samples]
        for sample, one in zip(samples, model.ask(pixels, texts), strict=True):
            gold = sample.answer
            if gold is not None:
                asked = PhantomQuestion(label, sample.kind, sample.question, gold, sample.options)
                whole[sample.pair].append(is_right(asked, one))
        found[label] = _figure([all(hits) for hits in whole.values()])
    return found


def altered_images(model: SavedModel, items: Sequence[Item]) -> dict[str, Figure]:
    """Accuracy and mean confidence under Gaussian noise, and on a grey image."""
    chosen = [item for item in items if item.question.topic not in _NOT_SEEN]
    generator = np.random.default_rng(9)
    images = {"as they are": [item.pixels for item in chosen]}
    for size in NOISE:
        images[f"noise {size}"] = [noisy(item.pixels, size, generator) for item in chosen]
    images["grey image"] = [np.full_like(item.pixels, GREY) for item in chosen]
    found = {}
    for name, pixels in images.items():
        said = model.ask(pixels, [_own(item) for item in chosen])
        hits = [is_right(item.question, one) for item, one in zip(chosen, said, strict=True)]
        found[f"{name}, accuracy"] = _figure(hits)
        found[f"{name}, confidence"] = _figure([one.confidence for one in said])
        error = calibration_error([one.confidence for one in said], hits)
        found[f"{name}, calibration error"] = Figure(error, len(hits))
    return found


def noisy(pixels: Pixels, size: float, generator: np.random.Generator) -> Pixels:
    """The image with Gaussian noise of a standard deviation, of pixels from 0 to 1."""
    added = pixels + generator.normal(0, 255 * size, pixels.shape)
    return np.clip(added, 0, 255).astype(np.uint8)


def _own(item: Item) -> str:
    return own_text(item.question.kind, item.question.text, item.question.options)


def _ask(model: SavedModel, items: Sequence[Item]) -> list[Said]:
    return model.ask([item.pixels for item in items], [_own(item) for item in items])


def _share(model: SavedModel, items: Sequence[Item], chats: Sequence[str] | None = None) -> Figure:
    texts = [_own(item) for item in items] if chats is None else chats
    said = model.ask([item.pixels for item in items], texts)
    return _figure([is_right(i.question, one) for i, one in zip(items, said, strict=True)])


def _choices(items: Sequence[Item]) -> list[Item]:
    return [item for item in items if item.question.kind is Kind.CHOICE]


def _with_right_at(question: PhantomQuestion, place: int) -> PhantomQuestion:
    gold = int(question.answer)
    options = [option for k, option in enumerate(question.options) if k != gold]
    options.insert(place, question.options[gold])
    return replace(question, options=tuple(options), answer=place)


def _turned(question: PhantomQuestion, turn: int) -> PhantomQuestion:
    options = question.options[turn:] + question.options[:turn]
    return replace(
        question, options=options, answer=options.index(question.options[int(question.answer)])
    )


def _figure(values: Sequence[bool] | Sequence[float]) -> Figure:
    return Figure(float(np.mean(values)) if len(values) else float("nan"), len(values))


def _figures(rows: dict[str, list[bool]]) -> dict[str, Figure]:
    return {name: _figure(rows[name]) for name in sorted(rows)}
