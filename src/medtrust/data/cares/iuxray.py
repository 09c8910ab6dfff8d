"""IU-Xray: yes/no questions about frontal chest X-rays, with golds in free text.

Golds begin with yes or no, most of the time. The rows whose gold cannot be used as it stands are
listed in ``iuxray_gold.csv`` by line and by a digest of the row, so that a cut or reordered copy of
the file meets the same verdicts and a repaired row meets none.
"""

from __future__ import annotations

import csv
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from medtrust.core.records import Kind, Sample
from medtrust.data.cares.build import SampleBuilder
from medtrust.data.option_text import strip_yes_no_request
from medtrust.data.rows import Row

_IMAGE_MARK: Final = "<image>"
_VERDICT: Final = re.compile(r"^(?:-\s*)?(yes|no)\s*(?=[.,;(]|$)", re.IGNORECASE)
_STUDY: Final = re.compile(r"^(CXR\d+)_")


@dataclass(frozen=True, slots=True)
class GoldVerdict:
    """What the list says about one row.

    Attributes:
        line: 0-based line in the published file.
        verdict: ``exclude``, or the gold it is repaired to: ``yes`` or ``no``.
        reason: Short code; ``docs/data.md`` explains each.
    """

    line: int
    verdict: str
    reason: str


def row_digest(image: str, text: str, answer: str) -> str:
    """First 16 hex digits of sha256 over the three fields, each ended by a line feed."""
    return hashlib.sha256(f"{image}\n{text}\n{answer}\n".encode()).hexdigest()[:16]


@cache
def gold_verdicts() -> dict[str, GoldVerdict]:
    """The documented list, by row digest."""
    file = resources.files("medtrust.data.cares") / "iuxray_gold.csv"
    lines = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("#")]
    return {
        entry["row"]: GoldVerdict(int(entry["line"]), entry["verdict"], entry["reason"])
        for entry in csv.DictReader(lines)
    }


def leading_verdict(gold: str) -> bool | None:
    """The yes or no with which a gold begins, None when it begins otherwise.

    The word counts when a full stop, comma, semicolon or bracket follows it or nothing at all, so
    that "No information on ..." is no verdict; one dash may stand before it.
    """
    found = _VERDICT.match(gold.strip())
    return None if found is None else found[1].lower() == "yes"


def read_gold(image: str, text: str, answer: str) -> tuple[bool | None, str]:
    """Gold of the corrected reading and, when there is none, the reason."""
    listed = gold_verdicts().get(row_digest(image, text, answer))
    if listed is not None:
        if listed.verdict == "exclude":
            return None, listed.reason
        return listed.verdict == "yes", ""
    if not answer.strip():
        return None, "empty-answer"
    verdict = leading_verdict(answer)
    return (None, "no-leading-verdict") if verdict is None else (verdict, "")


def question_alone(text: str) -> str:
    """The question without the bracket of options and the image token."""
    body = text.strip().removesuffix(_IMAGE_MARK).strip()
    # the bracket itself is no question: a row may have nothing before it
    alone = strip_yes_no_request(f"?{body}").removeprefix("?")
    return alone.strip()


def read(row: Row, build: SampleBuilder) -> Sample:
    """One row as a sample."""
    image, text, answer = row.text("image"), row.text("text"), row.text("answer")
    gold, defect = read_gold(image, text, answer)
    study = _STUDY.match(image)
    return build.sample(
        row,
        question=question_alone(text),
        kind=Kind.YES_NO,
        image=build.image(row),
        cluster=study[1] if study else image,
        answer=gold,
        gold=answer,
        defect=defect,
    )
