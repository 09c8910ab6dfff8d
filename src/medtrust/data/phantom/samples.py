"""Phantom questions as samples: ids, clusters, strata, groups, and the region of interest."""

from __future__ import annotations

from medtrust.core.records import Access, ImageRef, Sample
from medtrust.data.phantom.questions import PhantomQuestion
from medtrust.imaging.phantom.key import phantom_key
from medtrust.imaging.phantom.labels import Phantom
from medtrust.imaging.phantom.region import region

LICENCE = "Apache-2.0"


def sample_of(
    phantom: Phantom,
    question: PhantomQuestion,
    *,
    suffix: str = "",
    pair: str = "",
    topic: str = "",
) -> Sample:
    """One question about one phantom as a sample.

    Args:
        phantom: What is drawn.
        question: What is asked of it.
        suffix: Added to the question's name in the id, where one phantom is asked twice.
        pair: Joins the two samples of a confusable pair.
        topic: Stratum to stand in instead of the question's own topic.
    """
    box = region(phantom)
    return Sample(
        id=f"phantom/{phantom.seed}:{question.name}{suffix}",
        question=question.text,
        kind=question.kind,
        images=(ImageRef(phantom_key(phantom)),),
        options=question.options,
        answer=question.answer,
        groups=groups_of(phantom),
        strata={
            "modality": phantom.modality,
            "region": phantom.organ,
            "topic": topic or question.topic,
        },
        cluster=cluster_of(phantom),
        pair=pair,
        licence=LICENCE,
        access=Access.PUBLIC,
        source={} if box is None else {"region": ",".join(str(edge) for edge in box)},
    )


def cluster_of(phantom: Phantom) -> str:
    """Key of the unforced phantom of the seed: the two images of a pair are one patient."""
    return phantom_key(phantom).partition("?")[0]


def groups_of(phantom: Phantom) -> dict[str, str]:
    """What is known of the made patient: sex, age group, skin tone."""
    known = {"sex": phantom.sex, "age_group": phantom.age_group, "tone": phantom.tone}
    return {name: value for name, value in known.items() if value is not None}
