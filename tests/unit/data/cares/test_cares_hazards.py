"""What in the published questions looks like knowledge of the image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from medtrust.data.cares.hazards import PREFIX, hazards
from parts.cares_files import (
    fundus_row,
    ham_row,
    iu_row,
    load_cares,
    ol3i_row,
    omni_row,
    write_all_seven,
    write_set,
)


def told(root: Path) -> list[str]:
    """The hazards without their prefix."""
    notes = load_cares(root).notes
    return [note.removeprefix(PREFIX) for note in notes if note.startswith(PREFIX)]


def test_a_handful_of_rows_says_nothing(tmp_path: Path) -> None:
    write_all_seven(tmp_path)
    assert told(tmp_path) == []


def test_the_share_of_no_is_counted_on_usable_golds(tmp_path: Path) -> None:
    rows = [
        iu_row(f"Is it {n}?", "Yes." if n % 4 == 0 else "No.", image=f"CXR{n}_IM-1/0.png")
        for n in range(40)
    ]
    rows += [iu_row("Is it?", "The report is silent.", image="CXR99_IM-1/0.png")]
    write_set(tmp_path, "IU-Xray", rows)
    assert told(tmp_path) == [
        "IU-Xray: always answering 'no' is right on 75.0 % of the 40 usable golds.",
        (
            "IU-Xray: question_id is the same in all 41 rows, so that answers of other tools "
            "can only be matched by their line."
        ),
    ]


def test_balanced_golds_with_ids_of_their_own_are_no_hazard(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        iu_row("Is it?", "Yes." if n % 2 else "No.", image=f"CXR{n}_IM-1/0.png")
        | {"question_id": n}
        for n in range(40)
    ]
    write_set(tmp_path, "IU-Xray", rows)
    assert told(tmp_path) == []


def ol3i_rows(answers: dict[int, str], tail: str = "") -> list[dict[str, Any]]:
    """Ten negative rows to one positive."""
    return [
        ol3i_row(f"Is it seen?{tail}", "A:Yes, it is, B:No, it is not", answers[label])
        | {"label": label, "image": f"{n}.jpg", "question_id": n}
        for n in range(44)
        for label in [int(n % 11 == 0)]
    ]


def test_a_position_that_gives_the_label_away_is_said(tmp_path: Path) -> None:
    rows = ol3i_rows({0: "B:No, it is not", 1: "A:Yes, it is"}, tail=" [yes, no]")
    write_set(tmp_path, "OL3I", rows)
    assert told(tmp_path) == [
        (
            "OL3I: position and label are fully confounded, the gold is B in all 40 rows of "
            "label 0 and A in all 4 rows of label 1, so that always choosing B is "
            "right on 90.9 %; shuffle "
            "the options (condition options=shuffled)."
        ),
        (
            "OL3I: label 0 makes up 90.9 % of 44 rows, so that answers that always fit it "
            "are right as often, also with shuffled options."
        ),
    ]


def test_one_row_in_the_other_place_ends_the_confounding(tmp_path: Path) -> None:
    rows = ol3i_rows({0: "B:No, it is not", 1: "A:Yes, it is"}, tail=" [yes, no]")
    rows[1] |= {"options": "A:No, it is not, B:Yes, it is", "answer": "A:No, it is not"}
    write_set(tmp_path, "OL3I", rows)
    assert not any("confounded" in sentence for sentence in told(tmp_path))
    assert any("label 0 makes up 90.9 %" in sentence for sentence in told(tmp_path))


def test_texts_without_options_and_yes_for_healthy_are_counted(tmp_path: Path) -> None:
    rows = ol3i_rows({0: "B:No, it is not", 1: "A:Yes, it is"})
    for row in rows[5:10]:
        row |= {"options": "A:No, B:Yes", "answer": "B:Yes", "text": "Is it healthy? [yes, no]"}
    write_set(tmp_path, "OL3I", rows)
    sentences = "\n".join(told(tmp_path))
    assert "OL3I: 39 of 44 published texts show no options;" in sentences
    assert "OL3I: 5 of 44 rows ask whether the finding is absent," in sentences


def test_options_of_the_rare_label_alone_are_counted(tmp_path: Path) -> None:
    rows = ol3i_rows({0: "B:No, it is not", 1: "A:Yes, it is"})
    for row in (rows[0], rows[11], rows[22]):
        row |= {"options": "A:Heart, B:Kidney", "answer": "A:Heart"}
    write_set(tmp_path, "OL3I", rows)
    assert any(
        sentence.startswith("OL3I: 3 of the 4 rows of label 1 have options that no other row has")
        for sentence in told(tmp_path)
    )


def test_a_favoured_letter_and_a_favoured_answer_are_said_without_their_words(
    tmp_path: Path,
) -> None:
    options = "A:melanoma, B:dermatofibroma, C:vascular lesions, D:melanocytic nevi"
    rows = [
        ham_row(
            "What is it?", options, "A:melanoma" if n % 4 == 0 else "D:melanocytic nevi", f"I{n}"
        )
        for n in range(40)
    ]
    write_set(tmp_path, "HAM10000", rows)
    assert told(tmp_path) == [
        (
            "HAM10000: always choosing D is right on 75.0 % of 40 questions, guessing on 25.0 %; "
            "shuffle the options (condition options=shuffled)."
        ),
        "HAM10000: one and the same answer is right on 75.0 % of the 40 diagnosis questions.",
    ]


def test_guessing_counts_each_question_by_its_own_number_of_options(tmp_path: Path) -> None:
    even = omni_row("no", option_A="yes", option_B="no")
    rows = [
        even | {"image": f"Images/{n}.png", "answer": "no" if n % 2 else "yes"} for n in range(40)
    ]
    write_set(tmp_path, "OmniMedVQA", rows)
    assert not any("choosing" in sentence for sentence in told(tmp_path))


def test_questions_that_share_images_are_counted(tmp_path: Path) -> None:
    write_set(tmp_path, "Harvard-FairVLMed", [fundus_row(8001 + n // 4) for n in range(40)])
    assert told(tmp_path) == [
        (
            "Harvard-FairVLMed: 40 questions are about 10 images; a task that replaces the "
            "question asks once per image, and answers about one image are not independent."
        )
    ]


def test_no_samples_are_no_hazard() -> None:
    assert hazards("OL3I", []) == []


@pytest.fixture(scope="module")
def published(shared: Path) -> str:
    return "\n".join(told(shared / "data" / "cares"))


@pytest.mark.parametrize(
    "part",
    [
        "IU-Xray: always answering 'no' is right on 73.6 % of the 2,397 usable golds.",
        "IU-Xray: 2,573 questions are about 587 images;",
        "IU-Xray: question_id is the same in all 2,573 rows,",
        "HAM10000: always choosing D is right on 39.8 % of 2,000 questions, guessing on 25.0 %;",
        "HAM10000: one and the same answer is right on 67.4 % of the 1,000 diagnosis questions.",
        (
            "the gold is B in all 953 rows of label 0 and A in all 47 rows of label 1, so "
            "that always choosing B is right on 95.3 %;"
        ),
        "OL3I: 316 of 1,000 published texts show no options;",
        "OL3I: 72 of 1,000 rows ask whether the finding is absent,",
        "OL3I: 31 of the 47 rows of label 1 have options that no other row has,",
        "Harvard-FairVLMed: 2,838 questions are about 713 images;",
    ],
)
def test_the_published_files_have_the_hazards_that_are_known(published: str, part: str) -> None:
    assert part in published
