"""What was counted once in the released files of MediConfusion (commit 40a8b41).

The counts come from the files, not from the paper, whose tables could not be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from medtrust.data.counts import Count

N_PAIRS: Final = 176
N_IMAGES: Final = 228
N_ITEMS: Final = 352

CATEGORIES: Final = (
    "Cerebral",
    "Vascular",
    "Head and Neck",
    "Cardiac",
    "Spinal",
    "Gastrointestinal",
    "Musculoskeletal",
    "Pulmonary",
    "Nuclear Medicine",
)
"""The nine that the radiologist gave to images, most frequent first."""

_BY_CATEGORY: Final = {
    "Cerebral": (79, 45, 34),
    "Vascular": (73, 38, 35),
    "Head and Neck": (67, 40, 27),
    "Cardiac": (52, 26, 26),
    "Spinal": (51, 31, 20),
    "Gastrointestinal": (43, 23, 20),
    "Musculoskeletal": (42, 23, 19),
    "Pulmonary": (20, 11, 9),
    "Nuclear Medicine": (14, 7, 7),
}
"""Image slots with the category, pairs where either image has it, pairs where both do."""

SLOTS_BY_CATEGORY: Final[Mapping[str, int]] = {
    name: counts[0] for name, counts in _BY_CATEGORY.items()
}
"""As in ``stats/statistics.json``: the denominators of the released rows by category."""

COUNTS: Final[Mapping[str, Count]] = {
    "pairs": N_PAIRS,
    "images": N_IMAGES,
    "items": N_ITEMS,
    "components by shared images": 60,
    **{
        f"{what} {name}": counts[index]
        for index, what in enumerate(("slots tagged", "pairs with either", "pairs with both"))
        for name, counts in _BY_CATEGORY.items()
    },
    "slots with 1 tags": 271,
    "slots with 2 tags": 73,
    "slots with 3 tags": 8,
    "pairs with equal categories": 143,
    "images used 1 times": 169,
    "images used 2 times": 38,
    "images used 3 times": 7,
    "images used 4 times": 4,
    "images used 5 times": 3,
    "images used 6 times": 3,
    "images used 7 times": 1,
    "images used 8 times": 2,
    "images used 14 times": 1,
    "images of ROCO train": 174,
    "images of ROCO validation": 36,
    "images of ROCO test": 18,
    "yes/no pairs": 21,
    "first image right with A": 88,
    "first image right with B": 88,
    "distinct questions": 173,
    "questions beginning with what": 126,
    "questions beginning with which": 20,
    "questions beginning with is": 16,
    "questions beginning with does": 7,
    "questions beginning with where": 6,
    "questions beginning with in": 1,
    "mean words of a question": 9.8,
    "mean words of an option": 4.2,
}

N_ARTICLES: Final = 219
"""Packages that the images come from."""

DRAFTS: Final[Mapping[str, int]] = {
    "kept verbatim": 119,
    "question edited": 43,
    "option A edited": 19,
    "option B edited": 17,
}
"""What the radiologist did to the drafts of the 176 pairs."""
