"""Every quirk of the released CARES scripts, one case each, in ``cares_quirks.json``.

A case says what the release does (``quirk``), by which function of `parts` it is read
(``read``), what goes in and what has to come out. Where the release stops or leaves something
behind, what has to come out is what we do in its place.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from parts import quirks_of_answers, quirks_of_measures

FILE: Final = Path(__file__).with_name("cares_quirks.json")
CASES: Final[list[dict[str, Any]]] = json.loads(FILE.read_text("utf-8"))["cases"]
READ: Final = {**quirks_of_answers.READ, **quirks_of_measures.READ}


def require_same(found: Any, expected: Any, place: str) -> None:
    """Compare structures; numbers within 1e-9, the text of a refusal by the part that is given."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), place
        for name, each in expected.items():
            require_same(found.get(name), each, f"{place}.{name}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), place
        for number, (one, other) in enumerate(zip(found, expected, strict=True)):
            require_same(one, other, f"{place}[{number}]")
    elif isinstance(expected, float):
        assert isinstance(found, float), f"{place}: {found!r}"
        assert found == pytest.approx(expected, abs=1e-9), place
    elif place.endswith(".refused"):
        assert expected in found, f"{place}: {found!r}"
    else:
        assert found == expected, f"{place}: {found!r}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['section']}-{case['id']}")
def test_each_quirk_is_met_as_recorded(case: dict[str, Any], tmp_path: Path) -> None:
    found = READ[case["read"]](case["inputs"], tmp_path)
    require_same(found, case["expected"], case["id"])


def test_every_section_has_cases_and_every_case_says_where_it_is_from() -> None:
    assert {case["section"] for case in CASES} == {"6", *(f"6.{number}" for number in range(1, 12))}
    assert len({case["id"] for case in CASES}) == len(CASES)
    assert {case["read"] for case in CASES} == set(READ)
    assert all(case["source"] and case["quirk"].endswith(".") for case in CASES)
