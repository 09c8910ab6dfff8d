"""Under which conditions a question is put, and how much is asked in each.

The paper's abstract names the clean question and the one whose right answer is hidden. All else
is our own design: which hiding, the controls that keep the right answer, and how each arm is read.
"""

from __future__ import annotations

from typing import Final

from medtrust.core.conditions import CLEAN
from medtrust.core.records import Kind, Sample
from medtrust.core.task import Ask, Setting
from medtrust.probes.nota import Offered, offered, unchanged
from medtrust.probes.question import question
from medtrust.probes.wording import worded_otherwise
from medtrust.suites.topics import is_closed, is_plain

REPLACED: Final = "nota=replace"
NOTA: Final = tuple(
    f"nota={name}" for name in ("replace", "replace_last", "add", "remove", "swap_distractor")
)
REMOVED: Final = "nota=remove"
ABOVE: Final = "nota=replace;words=above"
SHUFFLED: Final = "options=shuffled"
SWAPPED_DISTRACTOR: Final = "nota=swap_distractor"
REWORDED: Final = ("wording=second", "wording=third")
BLANK: Final = "image=blank"
NOISE: Final = "noise=gaussian-0.1"
SHUFFLED_DRAWS: Final = "draws=shuffled"

CONDITIONS: Final = (CLEAN, *NOTA, SHUFFLED, *REWORDED, BLANK, NOISE)
OPTIONAL: Final = (SHUFFLED_DRAWS, ABOVE)
FULL: Final = frozenset({CLEAN, REPLACED, SHUFFLED_DRAWS})
"""Arms in which draws are made and the model is asked how sure it is."""

UNALTERED: Final = frozenset({CLEAN, SHUFFLED_DRAWS})
"""Arms in which the greedy question is the plain one; its image is also altered weakly there."""

NULLS: Final = (SHUFFLED, SWAPPED_DISTRACTOR)
"""Arms that change as little as hiding does, and keep the right answer."""

EXACT: Final = frozenset({"phantom"})
"""Data whose labels are exact: with the right option hidden, no other one is right."""


def applies(sample: Sample, condition: str) -> bool:
    """Ordinary closed questions; options are shuffled and images altered where there are any.

    A yes/no question has no option to hide: its NOTA arms are held, and skipped with that reason.
    """
    if not (is_plain(sample) and is_closed(sample)):
        return False
    if condition in {SHUFFLED, SHUFFLED_DRAWS}:
        return sample.kind is Kind.CHOICE
    return condition not in {BLANK, NOISE} or bool(sample.images)


def offer(sample: Sample, setting: Setting) -> Offered:
    """The options as an arm offers them.

    Raises:
        Skip: If they cannot be offered so.
    """
    variant = setting.parameters.get("nota")
    if variant is None:
        return unchanged(sample)
    words = setting.parameters.get("words", "others")
    return offered(sample, variant, words=words, seed=setting.seed)


def ask_in(arm: Offered, setting: Setting) -> Ask:
    """The greedy question of an arm."""
    if "wording" in setting.parameters:
        return worded_otherwise(arm.sample, setting)
    return question(arm.sample, setting)


def is_verified(sample: Sample) -> bool:
    """Whether it was checked that "none of the others" is right once the right option is hidden.

    Exact labels say so; else an expert, by the stratum ``nota_verified``.
    """
    if sample.id.partition("/")[0] in EXACT:
        return True
    return sample.strata.get("nota_verified", "").strip().lower() in {"yes", "true", "1"}
