"""Failure patterns: what a pair asks about, told from the words of question and options.

The paper says that its patterns were summarised from the questions that models confuse; neither
its procedure nor its counts could be read. The rules here are our own. A tag is *confirmed* when
the abstract or the public reviews name that pattern, else it is ours. Rules overlap on purpose: a
pair may have several tags, or none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

VERSION: Final = 1
"""Of the rules; a change of any of them is a new version."""

NONE: Final = "none"
"""Tag of a pair that no rule meets."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One rule.

    Attributes:
        tag: Its name, as in the stratum ``patterns``.
        confirmed: Named by the paper's abstract or its reviews; else our own.
        words: Alternatives, each a regular expression between word boundaries, any case.
        counted: Rough count of other people's keywords over the 176 pairs, to compare with.
    """

    tag: str
    confirmed: bool
    words: tuple[str, ...]
    counted: int

    def meets(self, text: str) -> bool:
        """Whether any of the words stands in the text."""
        return _compiled(self.words).search(text) is not None


PATTERNS: Final = (
    Pattern(
        "normal-or-variant",
        confirmed=True,
        words=(
            r"(?:ab)?normal(?:it(?:y|ies)|ly)?",
            r"anomal(?:y|ies|ous)",
            r"variants?",
            r"congenital",
            r"persistent",
            r"patholog(?:y|ies|ical)",
            r"intact",
            r"preserved",
        ),
        counted=52,
    ),
    Pattern(
        "lesion",
        confirmed=True,
        words=(
            r"mass(?:es)?",
            r"lesions?",
            r"tumou?rs?",
            r"cysts?",
            r"cystic",
            r"nodules?",
            r"\w*adenomas?",
            r"neoplas\w*",
            r"metasta\w*",
            r"pml",
        ),
        counted=43,
    ),
    Pattern(
        "signal",
        confirmed=True,
        words=(
            r"signal",
            r"\w*intens(?:e|ity|ities)",
            r"densit(?:y|ies)",
            r"\w*enhanc(?:ing|ement|es|ed)",
            r"\w*echo(?:ic|genic|genicity)",
            r"\w*attenuat\w*",
            r"opaci(?:ty|ties|fication)",
            r"uptake",
        ),
        counted=34,
    ),
    Pattern(
        "vascular",
        confirmed=True,
        words=(
            r"arter(?:y|ies|ial)",
            r"coronary",
            r"(?:pseudo)?aneurysms?",
            r"vascular",
            r"vessels?",
            r"vein",
            r"venous",
            r"svc",
            r"\w*stenosis",
            r"\w*occlu(?:sion|ded|sive)",
            r"angiograms?",
            r"angiography",
            r"arteriovenous",
            r"aort(?:a|ic)",
            r"embolization",
            r"lad",
            r"dissection",
            r"vertebral artery",
        ),
        counted=67,
    ),
    Pattern(
        "device",
        confirmed=True,
        words=(
            r"devices?",
            r"stent(?:s|ing)?",
            r"catheters?",
            r"microcatheters?",
            r"coils?",
            r"coiling",
            r"implant(?:s|ation)?",
            r"wires?",
            r"jagwire",
            r"screws?",
            r"pac(?:ing|emaker)",
            r"microspheres",
            r"balloon",
        ),
        counted=20,
    ),
    Pattern(
        "location",
        confirmed=True,  # the reviews speak of spatial reasoning
        words=(
            r"left",
            r"right",
            r"upper",
            r"lower",
            r"medial",
            r"lateral",
            r"anterior",
            r"posterior",
            r"inferior",
            r"superior",
            r"proximal",
            r"distal",
            r"bilateral",
            r"where",
            r"location",
            r"located",
            r"sides?",
            r"region",
        ),
        counted=72,
    ),
    Pattern(
        "spine",
        confirmed=False,
        words=(
            r"spin(?:e|al)",
            r"vertebra(?:e|l)?(?! artery)",
            r"discs?",
            r"fractures?",
            r"cord",
            # T1 and T2 are weightings of an MRI far more often than vertebrae
            r"(?:[cls]\d|t(?:[3-9]|1[0-2]))(?:[-\u2013/][clts]?\d{1,2})?",
            r"tonsil(?:s|lar)",
            r"herniat(?:ion|ed)",
            r"subluxation",
            r"ankylosis",
        ),
        counted=30,
    ),
    Pattern(
        "modality-or-orientation",
        confirmed=False,
        words=(
            r"modality",
            r"sequences?",
            r"technique",
            r"t[12][- ]?(?:weighted)?",
            r"weighted",
            r"flair",
            r"sagittal",
            r"coronal",
            r"axial",
            r"procedure",
            r"mrcp",
            r"ercp",
        ),
        counted=27,
    ),
    Pattern(
        "fluid-or-haemorrhage",
        confirmed=False,
        words=(
            r"h(?:a)?emorrhag(?:e|es|ic)",
            r"bleeding",
            r"h(?:a)?ematomas?",
            r"h(?:a)?emosiderin",
            r"effusions?",
            r"fluid",
            r"(?:o)?edema(?:tous)?",
            r"extravasation",
            r"hydrocephalus",
        ),
        counted=7,
    ),
)
COUNTED_NONE: Final = 13
"""Pairs that none of those other keywords met."""

_COMPILED: dict[tuple[str, ...], re.Pattern[str]] = {}


def _compiled(words: tuple[str, ...]) -> re.Pattern[str]:
    found = _COMPILED.get(words)
    if found is None:
        found = re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE)
        _COMPILED[words] = found
    return found


def tags(question: str, options: Sequence[str]) -> tuple[str, ...]:
    """Tags of one pair, in the order of `PATTERNS`; ``("none",)`` when no rule meets it.

    Args:
        question: As asked.
        options: Their texts; the order does not matter.
    """
    text = "\n".join((question, *options))
    return tuple(rule.tag for rule in PATTERNS if rule.meets(text)) or (NONE,)


def origin(tag: str) -> str:
    """``confirmed`` or ``ours``.

    Raises:
        KeyError: If no rule has that name.
    """
    return _ORIGINS[tag]


_ORIGINS: Final[Mapping[str, str]] = {
    rule.tag: "confirmed" if rule.confirmed else "ours" for rule in PATTERNS
} | {NONE: "ours"}
