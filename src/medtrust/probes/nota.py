"""None of the others: options changed so that the right answer is hidden, or seems to be.

================  ==================================================================================
``replace``       the right option's text becomes "none of the others"; letters stay
``replace_last``  the right option is taken away, "none of the others" stands last
``add``           "none of the others" is added last; the right option stays (control)
``remove``        the right option is taken away and nothing offered: any choice is wrong
``swap_distractor``  one wrong option becomes "none of the others" (control)
================  ==================================================================================

The options of both arms stand in the same order, so that a pair differs in nothing else. Which
readings of the published abstract this covers: suites/clinical_ue/README.md.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Final, Literal, get_args

from medtrust.core.errors import UserError
from medtrust.core.records import Kind, Sample
from medtrust.core.task import Skip

Variant = Literal["replace", "replace_last", "add", "remove", "swap_distractor"]
VARIANTS: Final[tuple[Variant, ...]] = get_args(Variant)
HIDING: Final = frozenset({"replace", "replace_last", "remove"})
"""Variants under which no offered option of the file is right."""

WORDS: Final[Mapping[str, str]] = {
    "others": "None of the other options",
    "above": "None of the above",
}
"""What the option says. The first holds wherever it stands; the second is odd in first place."""

NOTA_LIKE: Final = re.compile(
    r"\b(?:none?|neither|nothing|all|both|any|either|two|three|some|several|more than one|no other)"
    r" of (?:the |these|those|them|above|other)"
    r"|\b(?:no other|no correct|none correct|not listed|all (?:answers|options|choices)\b)"
    r"|\bnone of\b|\ball (?:the )?above\b|\bnone (?:apply|applies)\b"
    r"|\A(?:both |neither |either |options? |answers? )*(?:[a-j]|\d)(?:, (?:[a-j]|\d))*,?"
    r" (?:and|&|or|nor) (?:options? |answers? )?(?:[a-j]|\d)(?: only| both)?\Z"
    r"|\An ?o ?t ?a\Z|\A(?:none|all|both|neither)(?: is correct| are correct)?\Z"
    r"|\A(?:keine der|aucune de|ninguna de|nessuna del|nenhuma d)"
)
"""Options that speak about other options, plainly spelled: with them the right answer changes."""

_SIGNS: Final = re.compile(r"[^\w,&]+")


@dataclass(frozen=True, slots=True)
class Offered:
    """A sample as it is offered under a variant.

    Attributes:
        sample: With the options as they are offered, and the place of the right one among them as
            its answer; None under ``remove``.
        codes: What each offered option is in the file: its place there, or the number of options
            in the file for "none of the others".
        nota: That number, where it is offered; else None.
    """

    sample: Sample
    codes: tuple[int, ...]
    nota: int | None = None

    @property
    def gold(self) -> int | None:
        """Code of the right option; None where there is none."""
        answer = self.sample.answer
        return self.codes[answer] if isinstance(answer, int) else None


def unchanged(sample: Sample) -> Offered:
    """The options of the file."""
    return Offered(sample, tuple(range(len(sample.options))))


def offered(sample: Sample, variant: str, *, words: str = "others", seed: int = 0) -> Offered:
    """The options that a variant offers.

    Args:
        sample: A question with options; others are skipped.
        variant: One of `VARIANTS`.
        words: Name of the wording, of `WORDS`.
        seed: Chooses the wrong option that ``swap_distractor`` replaces.

    Raises:
        Skip: If the question cannot be put this way; ``nota-yes-no``, ``nota-no-gold``,
            ``nota-like-option`` or ``nota-duplicate-options``.
        UserError: For an unknown variant or wording.
    """
    if variant not in VARIANTS:
        raise UserError(f"nota={variant} is not understood: write one of {', '.join(VARIANTS)}.")
    if words not in WORDS:
        raise UserError(f"words={words} is not understood: write one of {', '.join(WORDS)}.")
    reason = why_not(sample)
    if reason:
        raise Skip(reason)
    gold, count = sample.answer, len(sample.options)
    if not isinstance(gold, int):
        raise Skip("nota-no-gold")
    codes = list(range(count))
    place: int | None = gold
    match variant:
        case "replace":
            codes[gold] = count
        case "replace_last":
            codes.remove(gold)
            codes.append(count)
            place = count - 1
        case "add":
            codes.append(count)
        case "remove":
            codes.remove(gold)
            place = None
        case _:
            codes[_distractor(sample, gold, seed)] = count
    texts = (*sample.options, WORDS[words])
    shown = tuple(texts[code] for code in codes)
    changed = replace(sample, options=shown, answer=place)
    return Offered(changed, tuple(codes), count if count in codes else None)


def why_not(sample: Sample) -> str:
    """Why a question cannot be put with "none of the others"; empty when it can."""
    if sample.kind is not Kind.CHOICE:
        return "nota-yes-no"
    if sample.gold_defect or not isinstance(sample.answer, int):
        return "nota-no-gold"
    texts = [plainly(option) for option in sample.options]
    if any(NOTA_LIKE.search(text) for text in texts):
        return "nota-like-option"
    return "nota-duplicate-options" if len(set(texts)) < len(texts) else ""


def plainly(option: str) -> str:
    """An option in lower case, its signs as spaces."""
    text = unicodedata.normalize("NFKC", option).lower()
    return _SIGNS.sub(" ", text).strip(" ,")


def _distractor(sample: Sample, gold: int, seed: int) -> int:
    """A wrong option, fixed by sample and seed."""
    wrong = [place for place in range(len(sample.options)) if place != gold]
    digest = blake2b(f"{seed}\x1f{sample.id}\x1fdistractor".encode(), digest_size=8).digest()
    return wrong[int.from_bytes(digest, "big") % len(wrong)]
