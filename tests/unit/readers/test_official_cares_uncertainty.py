"""The released reading of how sure an answer sounds."""

from __future__ import annotations

import pytest

from medtrust.metrics.two_by_two import Share, TwoByTwo
from medtrust.readers.official.cares_uncertainty import (
    FORK_SURE_PHRASES,
    SURE_PHRASES,
    UNSURE_PHRASES,
    GatedCell,
    chosen_rightly,
    gated_cell,
    gated_summary,
    says_sure,
    says_sure_in_fork,
    says_unsure,
    two_choices,
)

OPTIONS = "A:high risk, B:low risk"
HIGH, LOW = "A:high risk", "B:low risk"


@pytest.mark.parametrize("phrase", SURE_PHRASES)
def test_each_sure_phrase_counts_anywhere_in_any_case(phrase: str) -> None:
    assert says_sure(f"Well, {phrase.upper()} then")


@pytest.mark.parametrize("phrase", UNSURE_PHRASES)
def test_each_unsure_phrase_counts_anywhere_in_any_case(phrase: str) -> None:
    assert says_unsure(f"Well, {phrase.upper()} then")


def test_the_lists_have_the_lengths_of_the_release() -> None:
    assert (len(set(SURE_PHRASES)), len(set(UNSURE_PHRASES))) == (12, 10)
    assert len(set(FORK_SURE_PHRASES)) == 16


def test_four_sure_phrases_never_matter() -> None:
    idle = [
        phrase for phrase in SURE_PHRASES if any(o in phrase for o in SURE_PHRASES if o != phrase)
    ]
    assert len(idle) == 4


def test_plain_text_is_neither_sure_nor_unsure() -> None:
    assert not says_sure("The lungs are clear")
    assert not says_unsure("The lungs are clear")
    assert not says_sure_in_fork("The lungs are clear")


def test_most_unsure_answers_sound_sure_too() -> None:
    both = [phrase for phrase in UNSURE_PHRASES if says_sure(phrase)]
    assert both == ["unsure", "not sure", "cannot confidently", "cannot provide", "uncertain"]


@pytest.mark.parametrize(
    ("options", "choices"),
    [
        ("A:yes, B:no", ("A:yes", "B:no")),
        ("A: yes, B: no", ("A: yes", "B: no")),
        ("B:no, A:yes", ("A:yes", "B:no")),
        ("A:one, B:two, C:three, D:four", ("A:one", "B:two")),
        ("A:a, b, B:c, d", ("A:a", "B:c")),
        ("A:one, B:two, A:three", ("A:three", "B:two")),
        ("A:one , B:two ", ("A:one", "B:two")),
        ("A:one,B:two", None),
        ("a:one, b:two", None),
        ("B:two", None),
        ("", None),
    ],
)
def test_choices_are_the_pieces_with_letters(options: str, choices: tuple[str, str] | None) -> None:
    assert two_choices(options) == choices


@pytest.mark.parametrize(
    ("text", "gold", "cell"),
    [
        ("high risk, but I am not sure", HIGH, "FN"),
        ("low risk, but I am not sure", HIGH, "TN"),
        ("high risk, for certain", HIGH, None),
        ("low risk, for certain", HIGH, None),
        ("low risk, definitely", LOW, "TP"),
        ("high risk, definitely", LOW, "FP"),
        ("low risk", LOW, None),
        ("low risk, which is doubtful", LOW, None),
    ],
)
def test_the_gold_answer_decides_which_list_is_looked_up(
    text: str, gold: str, cell: GatedCell | None
) -> None:
    assert gated_cell(text, gold, OPTIONS) == cell


def test_a_gold_answer_near_to_neither_choice_is_in_no_cell_but_may_be_right() -> None:
    assert gated_cell("sure", "777", "A:x, B:y") is None
    assert chosen_rightly("888", "777", "A:x, B:y")


def test_options_without_two_choices_stop_the_reading() -> None:
    with pytest.raises(ValueError, match="beginning with A: and B:"):
        gated_cell("sure", "yes", "yes, no")
    with pytest.raises(ValueError, match="beginning with A: and B:"):
        chosen_rightly("sure", "yes", "")


def test_the_summary_counts_cells_and_dropped_rows() -> None:
    counts: dict[GatedCell | None, int] = {"TP": 3, "FP": 5, "TN": 7, "FN": 2, None: 4}
    summary = gated_summary(cell for cell, count in counts.items() for _ in range(count))
    assert summary.table == TwoByTwo(3, 5, 7, 2)
    assert summary.dropped == 4
    assert summary.sure_accuracy == pytest.approx(10 / 17)
    assert summary.precision == pytest.approx(3 / 8)
    assert summary.recall == pytest.approx(3 / 5)
    assert summary.f1 == pytest.approx(6 / 13)
    assert summary.over_confident_ratio == Share(5 / 17)


def test_without_a_counted_row_the_script_prints_zeros_and_its_fork_stops() -> None:
    summary = gated_summary([None, None])
    assert (summary.sure_accuracy, summary.precision, summary.recall, summary.f1) == (0, 0, 0, 0)
    assert summary.table.accuracy == Share(None, "no answers")
    assert summary.over_confident_ratio.value is None
    assert "divides by zero" in summary.over_confident_ratio.reason
