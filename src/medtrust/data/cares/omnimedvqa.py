"""OmniMedVQA: two to four options in columns of their own; the gold is the option's text."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from medtrust.core.records import Kind, Sample
from medtrust.data import vocabulary
from medtrust.data.cares.build import SampleBuilder
from medtrust.data.option_text import match_gold
from medtrust.data.rows import Row

_COLUMNS: Final = ("option_A", "option_B", "option_C", "option_D")


@dataclass(frozen=True, slots=True)
class Subset:
    """What the images of one subset are.

    Attributes:
        modality: Term of `vocabulary`, or ``unknown``.
        region: Term of `vocabulary`, or ``unknown``.
        why: Where that comes from.
    """

    modality: str
    region: str
    why: str


UNKNOWN: Final = Subset(vocabulary.UNKNOWN, vocabulary.UNKNOWN, "")


@cache
def subsets() -> dict[str, Subset]:
    """The documented list, by the letters and digits of the subset's name in lower case."""
    file = resources.files("medtrust.data.cares") / "omnimedvqa_subsets.csv"
    lines = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("#")]
    return {
        _plain(entry["subset"]): Subset(entry["modality"], entry["region"], entry["why"])
        for entry in csv.DictReader(lines, strict=True)
    }


def subset(name: str) -> Subset:
    """What is known of a subset, e.g. of ``RUS CHN``; unknown for a name not in the list."""
    return subsets().get(_plain(name), UNKNOWN)


def read(row: Row, build: SampleBuilder) -> Sample:
    """One row as a sample; a gold that is none of its options is a defect of the published row.

    The modality is the row's own ``modality_type`` where it has a term for one, else its subset's.
    """
    gold, image = row.text("answer"), row.text("image")
    options = tuple(text for column in _COLUMNS if (text := row.optional(column).strip()))
    if len(options) < 2:
        raise row.error("at least option_A and option_B must have a text.")
    answer = match_gold(gold, options)
    defect = ""
    if not gold.strip():
        defect = "empty-answer"
    elif answer is None:
        defect = "gold-not-an-option"
    elif options.count(options[answer]) > 1:
        defect = "repeated-option"
    shown = subset(row.optional("dataset"))
    own = vocabulary.modality(row.optional("modality_type"))
    return build.sample(
        row,
        question=row.text("text").strip(),
        kind=Kind.CHOICE,
        image=build.image(row, also=(image.removeprefix("Images/"),)),
        cluster=image,
        answer=answer,
        gold=gold,
        options=options,
        strata={
            "modality": shown.modality if own == vocabulary.UNKNOWN else own,
            "region": shown.region,
            "subset": row.optional("dataset"),
            "question_type": row.optional("question_type"),
        },
        defect=defect,
    )


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
