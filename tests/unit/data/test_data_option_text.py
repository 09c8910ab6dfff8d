"""Options in one string, golds as letters or texts, option lists at the end of a question."""

from __future__ import annotations

import pytest

from medtrust.data.option_text import (
    match_gold,
    parse_options,
    strip_option_list,
    strip_yes_no_request,
)


@pytest.mark.parametrize(
    ("written", "options"),
    [
        ("A:ear, B:hand, C:back", ("ear", "hand", "back")),
        ("A: Yes, it is seen, B: No, it is not", ("Yes, it is seen", "No, it is not")),
        ("A. ear B. hand", ("ear", "hand")),
        ("(A) ear (B) hand (C) back", ("ear", "hand", "back")),
        ("A) ear; B) hand", ("ear", "hand")),
        ("A: ear\nB: hand", ("ear", "hand")),
        ("A:grade 1: mild, B:grade 2: severe", ("grade 1: mild", "grade 2: severe")),
        ("A: vitamin B, low, B: vitamin B, high", ("vitamin B, low", "vitamin B, high")),
        ("A: x, y D: z, B: w", ("x, y D: z", "w")),
    ],
)
def test_options_survive_their_own_commas(written: str, options: tuple[str, ...]) -> None:
    assert parse_options(written) == options


@pytest.mark.parametrize("written", ["", "ear, hand", "A: ear", "B: ear, C: hand", "A: , B: x"])
def test_a_string_of_another_form_has_no_options(written: str) -> None:
    assert parse_options(written) == ()


OPTIONS = ("chest CT", "Ultrasound", "brain MRI")


@pytest.mark.parametrize(
    ("gold", "index"),
    [
        ("brain MRI", 2),
        ("ultrasound", 1),
        ("C", 2),
        ("c.", 2),
        ("(B)", 1),
        ("B: Ultrasound", 1),
        ("C) brain mri", 2),
        ("0", 0),
        ("3", None),
        ("B: brain MRI", None),
        ("A large mass", None),
        ("D", None),
        ("", None),
    ],
)
def test_a_gold_names_an_option_by_text_label_or_index(gold: str, index: int | None) -> None:
    assert match_gold(gold, OPTIONS) == index


def test_the_text_of_an_option_goes_before_its_index() -> None:
    assert match_gold("1", ("3", "2", "1")) == 2


def test_labels_of_the_file_are_understood() -> None:
    assert match_gold("2: yes", ("no", "yes"), labels=("1", "2")) == 1


@pytest.mark.parametrize(
    "tail",
    [
        " A: chest CT B: Ultrasound C: brain MRI",
        "\nA. chest CT, B. ultrasound, C. brain MRI.",
        " Options: (A) chest CT; (B) Ultrasound; (C) brain MRI",
        " [A: chest CT, B: Ultrasound, C: brain MRI]",
    ],
)
def test_the_repeated_options_are_stripped(tail: str) -> None:
    assert strip_option_list(f"Which modality is it?{tail}", OPTIONS) == "Which modality is it?"


@pytest.mark.parametrize(
    "question",
    [
        "Which modality is it?",
        "Which is it? A: chest CT B: Ultrasound",
        "Which is it? B: chest CT A: Ultrasound C: brain MRI",
        "A: chest CT B: Ultrasound C: brain MRI",
    ],
)
def test_a_question_that_ends_otherwise_is_left_alone(question: str) -> None:
    assert strip_option_list(question, OPTIONS) == question


@pytest.mark.parametrize(
    "tail",
    [
        " Answer yes or no.",
        " Please answer with 'yes' or 'no'",
        " (answer: yes/no)",
        " [yes, no]",
        " Please choose from the following two options: [yes, no]\n",
    ],
)
def test_the_request_for_yes_or_no_is_stripped(tail: str) -> None:
    assert strip_yes_no_request(f"Is it large?{tail}") == "Is it large?"


@pytest.mark.parametrize("question", ["Is the answer yes or no?", "Answer yes or no.", "Is it so?"])
def test_what_is_itself_the_question_stays(question: str) -> None:
    assert strip_yes_no_request(question) == question
