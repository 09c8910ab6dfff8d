"""Pairs as samples: two a pair, one for each image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from medtrust.core.records import Access, ImageRef, Kind, Sample
from medtrust.data.components import components
from medtrust.data.mediconfusion.layout import Article
from medtrust.data.mediconfusion.pair import Pair, Slot
from medtrust.data.mediconfusion.patterns import tags
from medtrust.data.pool import ValuePool

NAME: Final = "MediConfusion"
LICENCE: Final = "questions MIT (claimed); image: {}"
UNKNOWN_LICENCE: Final = "licence of its article"
SEPARATOR: Final = "|"
"""Between categories, and between tags, in one stratum."""

_SIMILARITY: Final = (
    (0.90, "<0.90"),
    (0.91, "0.90-0.91"),
    (0.92, "0.91-0.92"),
    (0.93, "0.92-0.93"),
)
_GENERAL: Final = ((0.5, "<0.5"), (0.6, "0.5-0.6"), (0.7, "0.6-0.7"))


def samples_of(
    pairs: Sequence[Pair],
    articles: Mapping[str, Article],
    images: Mapping[str, ImageRef],
    licences: Mapping[str, str],
    access: Access = Access.PUBLIC,
) -> list[Sample]:
    """Two samples a pair, in file order, im_1 before im_2.

    Args:
        pairs: As read.
        articles: Where images were printed, by ROCO path; may lack any.
        images: By ROCO path, for all of them.
        licences: Of articles, by PMCID; may lack any.
        access: Who may see them.
    """
    clusters = pair_clusters(pairs, articles)
    around = _Around(articles, images, licences, access, ValuePool())
    return [
        _sample(pair, slot, other, f"mediconfusion:{cluster}", around)
        for pair, cluster, others in zip(pairs, clusters, unrelated(pairs, clusters), strict=True)
        for slot, other in zip(pair.slots, others, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Around:
    """What all samples of one load have in common."""

    articles: Mapping[str, Article]
    images: Mapping[str, ImageRef]
    licences: Mapping[str, str]
    access: Access
    pool: ValuePool

    def licence(self, slot: Slot) -> str:
        article = self.articles.get(slot.roco)
        known = self.licences.get(article.pmcid) if article else None
        return self.pool.text(LICENCE.format(known or UNKNOWN_LICENCE))


def unrelated(pairs: Sequence[Pair], clusters: Sequence[str]) -> Iterator[tuple[Slot | None, ...]]:
    """For each pair the images of the next one, in file order, that nothing ties to it.

    After the last pair comes the first; without any such pair there are none.
    """
    n = len(pairs)
    for place, cluster in enumerate(clusters):
        following = ((place + step) % n for step in range(1, n))
        found = next((pairs[at] for at in following if clusters[at] != cluster), None)
        yield (None, None) if found is None else tuple(found.slots)


def pair_clusters(pairs: Sequence[Pair], articles: Mapping[str, Article]) -> list[str]:
    """For each pair the id of the first pair that it hangs together with.

    Pairs hang together through a shared image and, where ``articles`` tells it, a shared article.
    """
    tokens = []
    for pair in pairs:
        own = [f"image:{slot.roco}" for slot in pair.slots]
        own += [
            f"article:{articles[slot.roco].pmcid}" for slot in pair.slots if slot.roco in articles
        ]
        tokens.append(own)
    return [pairs[first].id for first in components(tokens)]


def _sample(pair: Pair, slot: Slot, other: Slot | None, cluster: str, around: _Around) -> Sample:
    strata = {
        "dataset": NAME,
        "categories": SEPARATOR.join(slot.categories),
        "similarity": similarity_bin(pair.similarity),
        "similarity_general": general_bin(pair.similarity_general),
        "split": slot.split,
        "patterns": SEPARATOR.join(tags(pair.question, pair.options)),
    }
    source = {
        "question": pair.question,
        "option_A": pair.options[0],
        "option_B": pair.options[1],
        "correct": slot.correct,
        "pair": pair.id,
        "local": str(slot.local),
        "roco": slot.roco,
    }
    if other is not None:
        shown = around.images[other.roco]
        source |= {"other_image": shown.key, "other_image_path": shown.path or ""}
    return Sample(
        id=f"mediconfusion/{pair.id}/{slot.name}",
        question=pair.question,
        kind=Kind.CHOICE,
        images=(around.images[slot.roco],),
        options=pair.options,
        answer="AB".index(slot.correct),
        strata=around.pool.mapping(strata),
        cluster=cluster,
        pair=pair.id,
        licence=around.licence(slot),
        access=around.access,
        source=source,
    )


def similarity_bin(value: float) -> str:
    """Bin of a BiomedCLIP cosine; the lower edge belongs to the bin."""
    return next((name for edge, name in _SIMILARITY if value < edge), "0.93+")


def general_bin(value: float) -> str:
    """Bin of a DINOv2 cosine; the lower edge belongs to the bin."""
    return next((name for edge, name in _GENERAL if value < edge), "0.7+")
