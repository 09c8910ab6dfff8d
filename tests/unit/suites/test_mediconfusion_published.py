"""The published MediConfusion boards fit together, but for the one row that is marked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from medtrust.core.published import PublishedNumber
from medtrust.core.registry import load
from medtrust.suites.mediconfusion.published import (
    MISPRINT,
    PAIR_AWARE,
    PAIRS,
    impossible_models,
    numbers,
)

SET_PAIRS = {
    "Gemini 2.0 Pro": 52, "GPT o1 20241217": 43, "Gemini 1.5 Pro": 35, "GPT-4o 20240513": 33,
    "DeepSeek-VL2": 28, "Llama 3.2 90B-Vision": 27, "InstructBLIP Vicuna 7B": 22,
    "Molmo 7B-D": 17, "LLaVA v1.6 Mistral 7B": 16, "Claude 3 Opus": 15, "BLIP-2 OPT 2.7B": 12,
    "Molmo 72B": 12, "RadFM": 10, "Janus Pro 7B": 8, "Med-Flamingo": 8,
    "LLaVA-Med v1.5 Mistral 7B": 2,
}  # fmt: skip
"""Pairs with both answers right, by the specification's table (section 7)."""

CONFUSED = {"GPT o1 20241217": (122, 173), "InstructBLIP Vicuna 7B": (139, 173),
            "Molmo 7B-D": (150, 174), "DeepSeek-VL2": (132, 171)}  # fmt: skip
"""Confused and valid pairs of models with an answer that is not valid (section 6)."""

MODELS = ("Gemini 2.0 Pro", "random", *list(SET_PAIRS)[1:])
IMPOSSIBLE = "Med-Flamingo"


def of(metric: str) -> dict[str, PublishedNumber]:
    return {number.model: number for number in numbers() if number.metric == metric}


def value(metric: str, model: str) -> float:
    found = of(metric)[model].value
    assert found is not None
    return found


def test_both_boards_have_all_their_rows_once() -> None:
    assert tuple(of("set_accuracy")) == MODELS
    assert tuple(of("confusion")) == MODELS
    assert len(numbers()) == 2 * len(MODELS) + len(of("individual_accuracy"))
    assert {number.task for number in numbers()} == {"mediconfusion/multiple_choice"}
    assert {(number.condition, number.group) for number in numbers()} == {("", "")}


@pytest.mark.parametrize("model", SET_PAIRS)
def test_set_accuracy_is_a_whole_number_of_176_pairs(model: str) -> None:
    assert of("set_accuracy")[model].printed == f"{100 * SET_PAIRS[model] / PAIRS:.2f}"


@pytest.mark.parametrize("model", SET_PAIRS)
def test_confusion_is_a_whole_number_of_the_valid_pairs(model: str) -> None:
    printed = of("confusion")[model]
    confused, valid = CONFUSED.get(model, (round(float(printed.printed) * PAIRS / 100), PAIRS))
    assert printed.printed == f"{100 * confused / valid:.2f}"
    assert (f"of {valid} valid pairs" in printed.note) == (model in CONFUSED)


def test_exactly_one_row_is_impossible_and_it_is_marked_and_no_other_is() -> None:
    assert impossible_models(numbers()) == (IMPOSSIBLE,)
    marked = {number.model for number in numbers() if number.note.startswith(MISPRINT)}
    assert marked == {IMPOSSIBLE}
    for model in SET_PAIRS:
        possible = value("set_accuracy", model) <= 1 - value("confusion", model) + 1e-9
        assert possible == (model != IMPOSSIBLE)


def test_individual_accuracy_is_derived_where_all_answers_were_valid_and_nowhere_else() -> None:
    derived = of("individual_accuracy")
    assert set(derived) == set(MODELS) - set(CONFUSED) - {IMPOSSIBLE}
    for model, number in derived.items():
        confused = round(value("confusion", model) * PAIRS)
        right = confused / 2 + SET_PAIRS.get(model, PAIRS / 4)
        assert number.printed == f"{100 * right / PAIRS:.2f}"
        assert number.value == pytest.approx(
            value("confusion", model) / 2 + value("set_accuracy", model), abs=1e-4
        )
        assert number.table == "derived"
        assert number.note.startswith("derived")


def test_guessing_stands_among_the_rows() -> None:
    metrics = ("set_accuracy", "individual_accuracy", "confusion")
    assert [value(metric, "random") for metric in metrics] == [0.25, 0.5, 0.5]


def test_every_row_of_a_model_says_that_its_mode_is_not_stated_or_that_it_cannot_be() -> None:
    for number in numbers():
        if number.model != "random":
            assert number.note.endswith("mode not stated") or number.model == IMPOSSIBLE


def test_later_additions_and_values_before_the_release_are_said() -> None:
    found = of("set_accuracy")
    later = [model for model, number in found.items() if "successor's board" in number.note]
    assert later == ["Gemini 2.0 Pro", "GPT o1 20241217", "DeepSeek-VL2", "Janus Pro 7B"]
    assert found["InstructBLIP Vicuna 7B"].note.startswith("10.80 before the release")
    assert found["RadFM"].note.startswith("7.39 before the release")


def test_work_that_sees_both_images_is_a_note_and_no_row() -> None:
    assert not set(PAIR_AWARE) & {number.model for number in numbers()}
    assert all("protocol=pair-aware" in note for note in PAIR_AWARE.values())


def test_every_value_is_its_printed_number() -> None:
    for number in numbers():
        assert number.value == pytest.approx(float(number.printed) / 100, abs=1e-12)
        assert (number.unit, number.read_by_eye) == ("percent", False)


def test_they_are_found_by_the_name_of_the_suite() -> None:
    given: Callable[[], tuple[PublishedNumber, ...]] = load("published", "mediconfusion")
    assert given() == numbers()
