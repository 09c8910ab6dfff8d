"""What a copy of MediConfusion holds, counted like the published counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from medtrust.core.dataset import Dataset
from medtrust.core.records import Sample
from medtrust.data.components import components
from medtrust.data.counts import CensusRow, Count, compare
from medtrust.data.mediconfusion.published import CATEGORIES, COUNTS
from medtrust.data.mediconfusion.samples import NAME, SEPARATOR

Counts = dict[str, Count]
PairOf = tuple[Sample, Sample]

_YES_NO: Final = {"yes", "no"}


def mediconfusion_census(dataset: Dataset) -> list[CensusRow]:
    """Counts beside the published ones, in their order, then those that nobody published.

    Args:
        dataset: As the loader returns it, whole pairs.
    """
    by_pair: dict[str, list[Sample]] = {}
    for sample in dataset.samples:
        by_pair.setdefault(sample.pair, []).append(sample)
    pairs = [(members[0], members[1]) for members in by_pair.values() if len(members) == 2]
    found = (
        _sizes(dataset.samples, pairs)
        | _tags(dataset.samples, pairs)
        | _images(dataset.samples)
        | _questions(pairs)
        | _bins(pairs)
    )
    return compare(NAME, COUNTS, found)


def _sizes(samples: Sequence[Sample], pairs: Sequence[PairOf]) -> Counts:
    tokens = [[sample.source["roco"] for sample in pair] for pair in pairs]
    return {
        "pairs": len(pairs),
        "images": len({sample.source["roco"] for sample in samples}),
        "items": len(samples),
        "components by shared images": len(set(components(tokens))),
        "components by shared images and articles": len({sample.cluster for sample in samples}),
    }


def _tags(samples: Sequence[Sample], pairs: Sequence[PairOf]) -> Counts:
    tagged = [_categories(sample) for sample in samples]
    sets = [(_categories(first), _categories(second)) for first, second in pairs]
    counts: Counts = {}
    for name in CATEGORIES:
        counts[f"slots tagged {name}"] = sum(name in tags for tags in tagged)
        counts[f"pairs with either {name}"] = sum(name in a | b for a, b in sets)
        counts[f"pairs with both {name}"] = sum(name in a & b for a, b in sets)
    sizes = Counter(len(tags) for tags in tagged)
    counts |= {f"slots with {size} tags": sizes[size] for size in sorted(sizes)}
    counts["pairs with equal categories"] = sum(a == b for a, b in sets)
    return counts


def _categories(sample: Sample) -> frozenset[str]:
    return frozenset(sample.strata["categories"].split(SEPARATOR))


def _images(samples: Sequence[Sample]) -> Counts:
    uses = Counter(sample.source["roco"] for sample in samples)
    times = Counter(uses.values())
    splits = Counter(roco.partition("/")[0] for roco in uses)
    counts: Counts = {f"images used {n} times": times[n] for n in sorted(times)}
    return counts | {f"images of ROCO {name}": count for name, count in splits.items()}


def _questions(pairs: Sequence[PairOf]) -> Counts:
    firsts = [first for first, _ in pairs]
    questions = [sample.question for sample in firsts]
    words = Counter(question.split()[0].lower() for question in questions)
    options = [option for sample in firsts for option in sample.options]
    letters = Counter(sample.source["correct"] for sample in firsts)
    counts: Counts = {
        "yes/no pairs": sum(_is_yes_no(sample) for sample in firsts),
        "first image right with A": letters["A"],
        "first image right with B": letters["B"],
        "distinct questions": len(set(questions)),
        "mean words of a question": _mean_words(questions),
        "mean words of an option": _mean_words(options),
    }
    return counts | {f"questions beginning with {word}": n for word, n in words.most_common()}


def _is_yes_no(sample: Sample) -> bool:
    """Whether the options are nothing but yes and no."""
    return {option.strip().lower() for option in sample.options} == _YES_NO


def _mean_words(texts: Sequence[str]) -> float:
    return round(sum(len(text.split()) for text in texts) / max(len(texts), 1), 1)


def _bins(pairs: Sequence[PairOf]) -> Counts:
    counts: Counter[str] = Counter()
    for first, _ in pairs:
        counts[f"pairs of similarity {first.strata['similarity']}"] += 1
        counts[f"pairs of general similarity {first.strata['similarity_general']}"] += 1
        for tag in first.strata["patterns"].split(SEPARATOR):
            counts[f"pairs of pattern {tag}"] += 1
    return dict(sorted(counts.items()))
