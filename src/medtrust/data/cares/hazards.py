"""What in the published questions can make a result look like knowledge of the image.

Every sentence is computed from the samples that are there, so that a repaired or cut copy is
described as it is. No sentence repeats a question, an option or an answer.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from medtrust.core.records import Kind, Sample

PREFIX: Final = "Data hazard: "
"""With which these sentences begin among the notes of a data set."""

LEAST_ROWS: Final = 30
"""Fewer say nothing about a prior."""

FAR_FROM_CHANCE: Final = 0.10
"""How far above guessing a constant answer must lie to be worth a sentence."""


def hazards(name: str, samples: Sequence[Sample], question_ids: Sequence[str] = ()) -> list[str]:
    """Sentences about one set, each with its numbers; none for fewer than 30 samples.

    Args:
        name: The set, e.g. ``OL3I``.
        samples: All of its samples that were read.
        question_ids: What the file calls the rows, where it does.

    Returns:
        Each begins with `PREFIX` and the name.
    """
    if len(samples) < LEAST_ROWS:
        return []
    found = [
        *_confounded(samples),
        *_letter_prior(samples),
        *_option_prior(samples),
        *_yes_no_prior(samples),
        *_hidden_options(samples),
        *_yes_for_healthy(samples),
        *_shared_images(samples),
        *_useless_ids(question_ids),
    ]
    return [f"{PREFIX}{name}: {sentence}" for sentence in found]


def _confounded(samples: Sequence[Sample]) -> Iterator[str]:
    """Label of the case against position of its gold, and against the choice of options."""
    rows = [sample for sample in samples if _is_choice(sample) and sample.source.get("label")]
    labels = Counter(sample.source["label"] for sample in rows)
    if len(rows) < LEAST_ROWS or len(labels) < 2:
        return
    commonest, count = labels.most_common(1)[0]
    pairs = {(sample.source["label"], sample.strata["position"]) for sample in rows}
    letters = dict(pairs)
    if len(pairs) == len(labels) == len(set(letters.values())):
        where = " and ".join(
            f"{letters[label]} in all {number:,} rows of label {label}"
            for label, number in sorted(labels.items())
        )
        yield (
            f"position and label are fully confounded, the gold is {where}, so that always "
            f"choosing {letters[commonest]} is right on {_share(count, len(rows))}; shuffle the "
            "options (condition options=shuffled)."
        )
    yield (
        f"label {commonest} makes up {_share(count, len(rows))} of {len(rows):,} rows, so that "
        "answers that always fit it are right as often, also with shuffled options."
    )
    rarest = min(labels, key=lambda label: (labels[label], label))
    others = {sample.options for sample in rows if sample.source["label"] != rarest}
    apart = sum(s.source["label"] == rarest and s.options not in others for s in rows)
    if apart / labels[rarest] > FAR_FROM_CHANCE:
        yield (
            f"{apart:,} of the {labels[rarest]:,} rows of label {rarest} have options that no "
            "other row has, so that the words alone may tell it; compare with image=blank."
        )


def _letter_prior(samples: Sequence[Sample]) -> Iterator[str]:
    """One letter that is right far more often than guessing."""
    rows = [sample for sample in samples if _is_choice(sample) and not sample.source.get("label")]
    if len(rows) < LEAST_ROWS:
        return
    letter, count = Counter(sample.strata["position"] for sample in rows).most_common(1)[0]
    chance = sum(1 / len(sample.options) for sample in rows) / len(rows)
    if count / len(rows) - chance <= FAR_FROM_CHANCE:
        return
    yield (
        f"always choosing {letter} is right on {_share(count, len(rows))} of {len(rows):,} "
        f"questions, guessing on {_share(chance, 1)}; shuffle the options "
        "(condition options=shuffled)."
    )


def _option_prior(samples: Sequence[Sample]) -> Iterator[str]:
    """One option that is the gold of most questions of a kind."""
    by_type: dict[str, list[str]] = defaultdict(list)
    for sample in samples:
        labelled = sample.source.get("label")
        if sample.kind is Kind.CHOICE and isinstance(sample.answer, int) and not labelled:
            kind = sample.strata.get("question_type", "")
            by_type[kind].append(sample.options[sample.answer].casefold())
    for kind, golds in sorted(by_type.items()):
        count = Counter(golds).most_common(1)[0][1]
        if len(golds) >= LEAST_ROWS and count / len(golds) > 0.5:
            which = f"{kind} questions" if kind else "questions"
            yield (
                f"one and the same answer is right on {_share(count, len(golds))} of the "
                f"{len(golds):,} {which}."
            )


def _yes_no_prior(samples: Sequence[Sample]) -> Iterator[str]:
    """Always yes or always no."""
    golds = [sample.answer for sample in samples if isinstance(sample.answer, bool)]
    if len(golds) < LEAST_ROWS:
        return
    yes = sum(golds)
    word, count = ("yes", yes) if 2 * yes > len(golds) else ("no", len(golds) - yes)
    if count / len(golds) - 0.5 <= FAR_FROM_CHANCE:
        return
    yield (
        f"always answering '{word}' is right on {_share(count, len(golds))} of the "
        f"{len(golds):,} usable golds."
    )


def _hidden_options(samples: Sequence[Sample]) -> Iterator[str]:
    """Choices whose published text ends with the question."""
    rows = [sample for sample in samples if _is_choice(sample) and sample.source.get("options")]
    hidden = sum(sample.source["text"].strip() == sample.question for sample in rows)
    if not hidden:
        return
    yield (
        f"{hidden:,} of {len(rows):,} published texts show no options; a model asked in the "
        "published words (--official) never sees what it is to choose from there."
    )


def _yes_for_healthy(samples: Sequence[Sample]) -> Iterator[str]:
    """Rows of a diagnosis where the option for label 0 begins with yes."""
    rows = [
        sample
        for sample in samples
        if _is_choice(sample)
        and len(sample.options) == 2
        and sample.source.get("label") in {"0", "1"}
    ]
    turned = sum(_negative_option(sample).casefold().startswith("yes") for sample in rows)
    if not turned:
        return
    yield (
        f"{turned:,} of {len(rows):,} rows ask whether the finding is absent, so that 'yes' means "
        "healthy there; rates of yes mix both."
    )


def _negative_option(sample: Sample) -> str:
    """The option that is right for label 0."""
    gold = sample.answer if isinstance(sample.answer, int) else 0
    return sample.options[gold if sample.source["label"] == "0" else 1 - gold]


def _shared_images(samples: Sequence[Sample]) -> Iterator[str]:
    """Several questions on one image."""
    images = len({sample.source["image"] for sample in samples})
    if images == len(samples):
        return
    yield (
        f"{len(samples):,} questions are about {images:,} images; a task that replaces the "
        "question asks once per image, and answers about one image are not independent."
    )


def _useless_ids(question_ids: Sequence[str]) -> Iterator[str]:
    """One and the same name for every row."""
    written = [name for name in question_ids if name]
    if len(written) < LEAST_ROWS or len(set(written)) > 1:
        return
    yield (
        f"question_id is the same in all {len(written):,} rows, so that answers of other tools "
        "can only be matched by their line."
    )


def _is_choice(sample: Sample) -> bool:
    """Whether it is a choice with a usable gold."""
    return sample.kind is Kind.CHOICE and isinstance(sample.answer, int)


def _share(count: float, whole: int) -> str:
    return f"{count / whole:.1%}".replace("%", " %")
