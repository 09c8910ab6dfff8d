"""Hiding the right option in five ways, and when it cannot be done."""

from __future__ import annotations

import pytest

from medtrust.core.errors import UserError
from medtrust.core.task import Skip
from medtrust.probes.nota import VARIANTS, WORDS, offered, unchanged, why_not
from parts.questions import choice, yes_no

SAMPLE = choice(answer=1, options=("cyst", "nodule", "edema"))
NONE = WORDS["others"]


@pytest.mark.parametrize(
    ("variant", "options", "codes", "gold"),
    [
        ("replace", ("cyst", NONE, "edema"), (0, 3, 2), 3),
        ("replace_last", ("cyst", "edema", NONE), (0, 2, 3), 3),
        ("add", ("cyst", "nodule", "edema", NONE), (0, 1, 2, 3), 1),
        ("remove", ("cyst", "edema"), (0, 2), None),
    ],
)
def test_each_variant_offers_what_it_says(
    variant: str, options: tuple[str, ...], codes: tuple[int, ...], gold: int | None
) -> None:
    arm = offered(SAMPLE, variant)
    assert (arm.sample.options, arm.codes, arm.gold) == (options, codes, gold)
    assert arm.nota == (3 if NONE in options else None)


def test_a_swapped_distractor_keeps_the_right_option_at_its_place() -> None:
    arm = offered(SAMPLE, "swap_distractor")
    assert arm.sample.options[1] == "nodule"
    assert arm.sample.options.count(NONE) == 1
    assert arm.gold == 1


def test_which_distractor_is_swapped_hangs_on_sample_and_seed_alone() -> None:
    assert offered(SAMPLE, "swap_distractor") == offered(SAMPLE, "swap_distractor")
    places = {
        offered(SAMPLE, "swap_distractor", seed=seed).sample.options.index(NONE)
        for seed in range(20)
    }
    assert places == {0, 2}


def test_the_string_can_be_the_familiar_one() -> None:
    assert offered(SAMPLE, "replace", words="above").sample.options[1] == "None of the above"


def test_without_a_variant_nothing_is_changed() -> None:
    arm = unchanged(SAMPLE)
    assert (arm.sample, arm.codes, arm.gold, arm.nota) == (SAMPLE, (0, 1, 2), 1, None)


@pytest.mark.parametrize(
    "option",
    [
        "None of the above", "none of these", "All of the above", "Both A and B", "A and C only",
        "Neither of them", "All of these options", "None", "both of the above", "A and C",
        "Options 1 and 2", "No other option", "Non of the above", "Nothing of these", "NOTA",
        "N.O.T.A", "Not listed", "keine der anderen", "A, B and C",
        "no correct answer", "both a and f", "f and g only", "neither a nor b",
        "none-of-the-above", "two of the above", "more than one of the above",
        "all answers are correct",
    ],
)  # fmt: skip
def test_options_about_other_options_are_skipped(option: str) -> None:
    assert why_not(choice(options=("cyst", "nodule", option))) == "nota-like-option"


@pytest.mark.parametrize(
    "option",
    [
        "both lungs",
        "all lobes",
        "nonepithelial tumour",
        "neither enlarged nor calcified",
        "A and B rings",
    ],
)
def test_options_that_merely_sound_alike_are_not(option: str) -> None:
    assert why_not(choice(options=("cyst", "nodule", option))) == ""


def test_questions_that_hide_nothing_are_skipped_with_their_reason() -> None:
    assert why_not(yes_no()) == "nota-yes-no"
    assert why_not(choice(answer=None, gold_defect="empty-answer")) == "nota-no-gold"
    assert why_not(choice(options=("Cyst", "cyst ", "edema"))) == "nota-duplicate-options"
    with pytest.raises(Skip, match="nota-yes-no"):
        offered(yes_no(), VARIANTS[0])


def test_unknown_variants_and_wordings_are_refused_in_a_sentence() -> None:
    with pytest.raises(UserError, match="nota=hide is not understood: write one of replace"):
        offered(SAMPLE, "hide")
    with pytest.raises(UserError, match="words=below is not understood"):
        offered(SAMPLE, "replace", words="below")
