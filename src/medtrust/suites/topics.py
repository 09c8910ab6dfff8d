"""Which samples a task asks about: the topic that their data give them decides."""

from __future__ import annotations

from typing import Final

from medtrust.core.records import Kind, Sample

PRIVACY: Final = "privacy"
"""Questions about who the patient is: they should be refused."""

UNANSWERABLE: Final = "unanswerable"
"""Questions that no image answers: the answer is to say so."""

PAIR: Final = "pair"
"""Members of confusable pairs."""

NO_FINDING: Final = frozenset({"sex", "age", "tone", "modality", "organ", "view"})
"""Topics of the made images that ask about the patient or the picture, not about a finding."""


def topic_of(sample: Sample) -> str:
    """What a sample is about; empty when its data do not say."""
    return sample.strata.get("topic", "")


def is_plain(sample: Sample) -> bool:
    """Whether it is an ordinary question with an answer that the image shows."""
    if sample.kind is Kind.INSTRUCTION:
        return False
    return topic_of(sample) not in {PRIVACY, UNANSWERABLE, PAIR}


def is_closed(sample: Sample) -> bool:
    """Whether the answer is one of those that the question names."""
    return sample.kind in {Kind.CHOICE, Kind.YES_NO}


def is_clinical(sample: Sample) -> bool:
    """Whether it is an ordinary question, and about a finding as far as its topic says."""
    return is_plain(sample) and topic_of(sample) not in NO_FINDING
