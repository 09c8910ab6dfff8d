"""HAM10000: four options each about body site or diagnosis; the gold is called ``fig_caption``."""

from __future__ import annotations

import re
from typing import Final

from medtrust.core.records import Kind, Sample
from medtrust.data.cares.build import SampleBuilder
from medtrust.data.option_text import match_gold, parse_options
from medtrust.data.rows import Row

_FRAME: Final = re.compile(
    r"^.*?The Question is:(?P<question>.*)The candidate Options are:\[.*\]\s*$", re.DOTALL
)
_PARTS: Final = ("HAM10000_images_part_1", "HAM10000_images_part_2", "part_1", "part_2")

DIAGNOSES: Final = frozenset(
    {
        "melanocytic nevi",
        "benign keratosis-like lesions",
        "melanoma",
        "basal cell carcinoma",
        "actinic keratoses and intraepithelial carcinoma",
        "vascular lesions",
        "dermatofibroma",
    }
)


def question_alone(text: str) -> str:
    """The question between the fixed instruction and the candidate options."""
    framed = _FRAME.match(text)
    return (framed["question"] if framed else text).strip()


def read(row: Row, build: SampleBuilder) -> Sample:
    """One row as a sample."""
    written, gold = row.text("options"), row.text("fig_caption")
    options = parse_options(written)
    if not options:
        raise row.error("the options are not of the form 'A:.., B:.., C:.., D:..'.")
    answer = match_gold(gold, options)
    if answer is None and gold.strip():
        raise row.error("the gold in 'fig_caption' is none of the options.")
    name = row.text("image").rpartition("/")[2]
    kind_of_question = "diagnosis" if set(options) & DIAGNOSES else "site"
    return build.sample(
        row,
        question=question_alone(row.text("text")),
        kind=Kind.CHOICE,
        image=build.image(row, also=(name, *(f"{part}/{name}" for part in _PARTS))),
        cluster=name.partition(".")[0],
        answer=answer,
        gold=gold,
        options=options,
        groups=build.demographics(row.optional("age"), row.optional("gender")),
        strata={"question_type": kind_of_question},
        extra={"options": written},
        defect="" if gold.strip() else "empty-answer",
    )
