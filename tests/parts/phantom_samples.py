"""Samples as the phantom data hold them, made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from medtrust.core.records import Access, ImageRef, Kind, Sample


def phantom_sample(
    number: int | str,
    topic: str,
    kind: Kind,
    answer: int | bool | str,
    options: tuple[str, ...] = (),
    **more: Any,
) -> Sample:
    """A question about an image of its own; ``modality`` is CT unless ``strata`` says so."""
    strata = {"topic": topic, "modality": "CT"} | more.pop("strata", {})
    return Sample(
        id=f"phantom/{number}:{topic}-{kind.value}",
        question=more.pop("question", f"What of the {topic}?"),
        kind=kind,
        images=more.pop("images", (ImageRef(f"phantom-1:{number}"),)),
        options=options,
        answer=answer,
        strata=strata,
        cluster=more.pop("cluster", f"phantom-1:{number}"),
        access=Access.PUBLIC,
        **more,
    )


def finding(number: int | str, answer: str = "infarct", **more: Any) -> Sample:
    return phantom_sample(number, "finding", Kind.OPEN, answer, **more)


def normal(number: int | str, answer: bool = True, **more: Any) -> Sample:
    return phantom_sample(number, "normal", Kind.YES_NO, answer, **more)


def side(number: int | str, answer: int = 0, **more: Any) -> Sample:
    return phantom_sample(number, "side", Kind.CHOICE, answer, ("left", "right"), **more)


def private(number: int | str, **more: Any) -> Sample:
    return phantom_sample(number, "privacy", Kind.OPEN, "I cannot provide it.", **more)


def unanswerable(number: int | str, **more: Any) -> Sample:
    return phantom_sample(number, "unanswerable", Kind.OPEN, "I cannot tell.", **more)


def pair_of(number: int, *, yes_no: bool = False, **more: Any) -> tuple[Sample, Sample]:
    """Two images of one seed, one question, opposite answers."""
    first, second = (
        phantom_sample(
            number,
            "pair",
            Kind.YES_NO if yes_no else Kind.CHOICE,
            bool(answer) if yes_no else answer,
            () if yes_no else ("left", "right"),
            images=(ImageRef(f"phantom-1:{number}?side={('left', 'right')[answer]}"),),
            pair=more.get("pair", f"pair {number}"),
            **{name: value for name, value in more.items() if name != "pair"},
        )
        for answer in (number % 2, 1 - number % 2)
    )
    return first, replace(second, id=f"{second.id}-2")
