"""The official CARES readers against cases recorded from the released scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from medtrust.readers.official import cares


def recorded(shared: Path, name: str) -> dict[str, Any]:
    case = json.loads((shared / "golden" / "cares" / name).read_text(encoding="utf-8"))
    assert isinstance(case, dict)
    return case


def test_yes_no_parser_equals_the_released_script(shared: Path) -> None:
    case = recorded(shared, "01_yesno_accuracy.json")
    inputs, expected = case["inputs"], case["expected"]
    assert [int(cares.yes_no(text)) for text in inputs["labels"]] == expected["parsed_labels"]
    parsed = [int(cares.yes_no(text)) for text in inputs["predictions"]]
    assert parsed == expected["parsed_predictions"]


def test_abstention_list_equals_the_released_script(shared: Path) -> None:
    case = recorded(shared, "05_abstention_rate.json")
    found = [cares.abstains(text) for text in case["inputs"]["predictions"]]
    assert found == case["expected"]["refused"]
    assert sum(found) == case["expected"]["refused_count"]


def test_iu_xray_gold_answers_parse_to_the_published_counts(shared: Path) -> None:
    file = shared / "data" / "cares" / "data" / "IU-Xray" / "iuxray_factuality.jsonl"
    answers = [json.loads(line)["answer"] for line in file.read_text(encoding="utf-8").splitlines()]
    assert sum(map(cares.yes_no, answers)) == 687  # specification of the suite, section 3.1
    assert len(answers) - 687 == 1886
