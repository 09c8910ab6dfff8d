"""Conditions have one written form."""

from __future__ import annotations

import pytest

from medtrust.core.conditions import canonical_condition, condition, parse_condition
from medtrust.core.errors import UserError


@pytest.mark.parametrize("text", ["", "clean"])
def test_clean_is_the_empty_text(text: str) -> None:
    assert canonical_condition(text) == ""
    assert parse_condition("") == {}


def test_pairs_are_sorted_by_name() -> None:
    assert canonical_condition("options=shuffled;image=blank") == "image=blank;options=shuffled"
    assert condition(noise="gaussian-3", image="blank") == "image=blank;noise=gaussian-3"
    assert condition(jpeg_quality="10") == "jpeg-quality=10"


def test_a_condition_is_read_back_as_its_pairs() -> None:
    pairs = {"image": "blank", "options": "shuffled"}
    assert parse_condition(condition(**pairs)) == pairs


@pytest.mark.parametrize(
    "text",
    [
        "image",
        "image=",
        "=blank",
        "Image=blank",
        "image=blank;",
        "image=a b",
        "image=blank,x=y",
        "a=b=c",
    ],
)
def test_what_is_not_written_as_pairs_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="not written as name=value"):
        canonical_condition(text)


def test_a_name_may_stand_once() -> None:
    with pytest.raises(UserError, match="sets the same name twice"):
        canonical_condition("image=blank;image=blank")
