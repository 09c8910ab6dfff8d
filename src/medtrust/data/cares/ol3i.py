"""OL3I: two options about an abdominal CT slice; option texts hold commas of their own.

The gold is always B for label 0 and always A for label 1: position and label are fully confounded,
so a serious run shuffles the options.
"""

from __future__ import annotations

from medtrust.core.records import Kind, Sample
from medtrust.data.cares.build import SampleBuilder
from medtrust.data.option_text import match_gold, parse_options, strip_yes_no_request
from medtrust.data.rows import Row


def read(row: Row, build: SampleBuilder) -> Sample:
    """One row as a sample."""
    written, gold, image = row.text("options"), row.text("answer"), row.text("image")
    options = parse_options(written)
    if len(options) != 2:
        raise row.error("the options are not of the form 'A:.., B:..'.")
    answer = match_gold(gold, options)
    if answer is None and gold.strip():
        raise row.error("the gold in 'answer' is none of the options.")
    return build.sample(
        row,
        question=strip_yes_no_request(row.text("text")),
        kind=Kind.CHOICE,
        image=build.image(row),
        cluster=image.removesuffix(".jpg"),
        answer=answer,
        gold=gold,
        options=options,
        groups=build.demographics(row.optional("age"), row.optional("gender")),
        extra={"options": written, "label": row.optional("label")},
        defect="" if gold.strip() else "empty-answer",
    )
