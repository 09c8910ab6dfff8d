"""OmniMedVQA: two to four options in columns of their own; the gold is the option's text."""

from __future__ import annotations

from typing import Final

from medtrust.core.records import Kind, Sample
from medtrust.data.cares.build import SampleBuilder
from medtrust.data.option_text import match_gold
from medtrust.data.rows import Row

_COLUMNS: Final = ("option_A", "option_B", "option_C", "option_D")


def read(row: Row, build: SampleBuilder) -> Sample:
    """One row as a sample; a gold that is none of its options is a defect of the published row."""
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
            "subset": row.optional("dataset"),
            "modality": row.optional("modality_type"),
            "question_type": row.optional("question_type"),
        },
        defect=defect,
    )
