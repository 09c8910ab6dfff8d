"""What in the pairs themselves can mislead whoever reads a result; computed from what is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from medtrust.data.mediconfusion.layout import STATISTICS_FILE, Article
from medtrust.data.mediconfusion.pair import Pair
from medtrust.data.mediconfusion.published import CATEGORIES, N_IMAGES, N_ITEMS, N_PAIRS
from medtrust.data.mediconfusion.samples import pair_clusters

PREFIX: Final = "Data hazard: "
FEW_ITEMS: Final = 1000
"""Below this many, a model's rate is known no better than to a few points."""


def differences(
    pairs: Sequence[Pair], statistics: Mapping[str, int] | None = None
) -> Iterator[str]:
    """One sentence for each size that is not the published one, or not that of the copy itself.

    Args:
        pairs: All pairs that were read.
        statistics: Image slots by category as the copy's own statistics count them, or None.
    """
    sizes = {
        "pairs": (len(pairs), N_PAIRS),
        "images": (len(_splits(pairs)), N_IMAGES),
        "items": (2 * len(pairs), N_ITEMS),
    }
    for what, (here, known) in sizes.items():
        if here != known:
            yield f"MediConfusion: {here} {what}, {known} were published."
    if statistics is None:
        return
    tagged = Counter(name for pair in pairs for slot in pair.slots for name in slot.categories)
    wrong = [name for name in CATEGORIES if tagged[name] != statistics.get(name, 0)]
    if wrong:
        yield (
            f"MediConfusion: {STATISTICS_FILE} counts other images than the pairs hold in "
            f"{', '.join(wrong)}; the pairs are counted."
        )


def hazards(pairs: Sequence[Pair], articles: Mapping[str, Article]) -> Iterator[str]:
    """Sentences that begin with `PREFIX`; none repeats a question or an option.

    Args:
        pairs: All pairs that were read.
        articles: Where images were printed, by ROCO path; may lack any.
    """
    for sentence in (
        *_contaminated(pairs),
        *_dependent(pairs, articles),
        *_articles_for_letters(pairs),
        *_few(pairs),
    ):
        yield f"{PREFIX}{sentence}"


def _contaminated(pairs: Sequence[Pair]) -> Iterator[str]:
    splits = _splits(pairs)
    train = Counter(splits.values())["train"]
    if train:
        yield (
            f"{train} of {len(splits)} images are in ROCO's train split; models trained on ROCO or "
            "on PubMed Central have probably seen them with their captions (stratum split)."
        )


def _dependent(pairs: Sequence[Pair], articles: Mapping[str, Article]) -> Iterator[str]:
    by_image = Counter(pair_clusters(pairs, {}))
    if len(by_image) == len(pairs):
        return
    more = ""
    if articles:
        more = f" ({len(set(pair_clusters(pairs, articles)))} when shared articles count, too)"
    largest = by_image.most_common(1)[0][1]
    yield (
        f"images are shared, so that the {len(pairs)} pairs form only {len(by_image)} "
        f"components{more}, the largest of {largest} pairs; pairs are not independent and "
        "intervals go by component."
    )


def _articles_for_letters(pairs: Sequence[Pair]) -> Iterator[str]:
    """The released parser takes the word A at the start of an option for the letter A."""
    first = [pair.id for pair in pairs if pair.options[0].startswith("A ")]
    second = [pair.id for pair in pairs if pair.options[1].startswith("A ")]
    if not first and not second:
        return
    named = sorted({*first, *second})
    wrong = f", for option B in {len(second)} of them" if second else ""
    yield (
        f"{len(named)} pairs have an option that begins with the article 'A' "
        f"({_listed(named)}){wrong}; quoted in an answer, it is option A to the released parser."
    )


def _few(pairs: Sequence[Pair]) -> Iterator[str]:
    if 2 * len(pairs) < FEW_ITEMS:
        yield (
            f"{2 * len(pairs)} items in all; one pair is {1 / len(pairs):.1%} of set accuracy, and "
            "rows by category or pattern rest on a few of them."
        ).replace("%", " %")


def _splits(pairs: Sequence[Pair]) -> dict[str, str]:
    """Split by distinct image."""
    return {slot.roco: slot.split for pair in pairs for slot in pair.slots}


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(names[:8]) + more
