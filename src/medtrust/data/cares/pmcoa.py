"""PMC-OA: open questions about figures; figures of one article are one cluster."""

from __future__ import annotations

import re
from typing import Final

from medtrust.core.records import Kind, Sample
from medtrust.data.cares.build import SampleBuilder
from medtrust.data.rows import Row

_ARTICLE: Final = re.compile(r"(PMC\d+)_")


def read(row: Row, build: SampleBuilder) -> Sample:
    """One row as a sample."""
    gold, image = row.text("answer"), row.text("image")
    article = _ARTICLE.search(image)
    return build.sample(
        row,
        question=row.text("text").strip(),
        kind=Kind.OPEN,
        image=build.image(row, also=(image.removeprefix("images/"),)),
        cluster=article[1] if article else image,
        answer=gold.strip(),
        gold=gold,
    )
