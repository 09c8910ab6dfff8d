"""What is said about uncertainty on score tables made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from medtrust.core.records import Estimate, Sample
from medtrust.suites.clinical_ue.calibrating import calibration
from medtrust.suites.clinical_ue.error_detection import error_detection
from medtrust.suites.clinical_ue.foreseen import foresight
from medtrust.suites.clinical_ue.perturbed import perturbation
from parts.questions import choice, estimates_of, named, scored

OPTIONS = ("cyst", "nodule", "edema", "fracture")
N = 120
Rows = list[tuple[object, ...]]


def samples(n: int = N) -> list[Sample]:
    return [
        choice(number, answer=number % 4, options=OPTIONS,
               strata={"modality": "CT" if number % 3 else "MRI"})
        for number in range(n)
    ]  # fmt: skip


def marked(sample: Sample, measure: str, value: float | None, status: str = "ok",
           condition: str = "") -> tuple[object, ...]:  # fmt: skip
    return ("mine/task", 1, sample.id, condition, "corrected", measure, value, status, "")


def answered(
    sample: Sample, *, right: bool, unsure: float | None, name: str = "letter_probability",
    agrees: float = 1.0, condition: str = "",
) -> Rows:  # fmt: skip
    gold = int(sample.answer or 0)
    rows = scored(sample, float(gold if right else (gold + 1) % 4), condition=condition)
    status = "ok" if unsure is not None else "missing:no-letters"
    return [
        *rows,
        marked(sample, name, unsure, status, condition),
        marked(sample, "first_token_agrees", agrees, condition=condition),
        marked(sample, "option_mass", 0.02, condition=condition),
    ]


def telling(wrong: Sequence[bool], **more: Any) -> list[Rows]:
    """Wrong answers are the unsure ones."""
    return [
        answered(
            sample, right=not bad, unsure=0.5 + 0.004 * place if bad else 0.004 * place, **more
        )
        for place, (sample, bad) in enumerate(zip(samples(), wrong, strict=True))
    ]


def third(n: int = N) -> list[bool]:
    return [number % 3 == 1 for number in range(n)]


def of(found: Sequence[Estimate], metric: str, estimator: str = "letter_probability") -> Estimate:
    return named(found, metric, f"estimator={estimator}")


def test_uncertainty_that_ranks_errors_first_is_found() -> None:
    found = estimates_of(error_detection, samples(), telling(third()))
    auroc = of(found, "error_auroc")
    assert auroc.value is not None
    assert auroc.value > 0.9
    assert of(found, "prediction_rejection_ratio").value == pytest.approx(1, abs=0.2)
    assert named(found, "accuracy").value == pytest.approx(2 / 3)


def test_a_missing_value_never_counts_as_certain() -> None:
    """Answers without a value are outside, and how many there are is said."""
    rows = telling(third())
    blind = [answered(sample, right=False, unsure=None) for sample in samples()[:40]]
    found = estimates_of(error_detection, samples(), [*blind, *rows[40:]])
    assert of(found, "error_auroc").n == N - 40
    assert of(found, "estimator_available").value == pytest.approx(80 / 120)
    assert of(found, "error_auroc").counts["missing:no-letters"] == 40


def test_refused_and_unread_answers_are_neither_right_nor_wrong_about_their_certainty() -> None:
    silent = [
        [*scored(sample, None, "refused"), marked(sample, "letter_probability", None, "refused")]
        for sample in samples()[:30]
    ]
    found = estimates_of(error_detection, samples(), [*silent, *telling(third())[30:]])
    assert of(found, "error_auroc").n == N - 30
    assert named(found, "accuracy").n == N
    assert named(found, "answered_accuracy").n == N - 30


def test_letters_that_do_not_speak_for_the_answer_are_barred() -> None:
    found = estimates_of(error_detection, samples(), telling(third(), agrees=0.0))
    auroc = of(found, "error_auroc")
    assert auroc.value is None
    assert "not computable: the first token names the option of the text in 0%" in auroc.note
    assert not [each for each in found if each.metric == "aurc"]
    assert not [
        each for each in estimates_of(calibration, samples(), telling(third(), agrees=0.0))
        if "letter_probability" in each.group
    ]  # fmt: skip


def test_a_stratum_with_few_errors_says_so_once_and_no_more() -> None:
    found = estimates_of(error_detection, samples(), telling(third()))
    (few,) = (
        each for each in found if each.metric == "error_auroc" and "modality=MRI" in each.group
    )
    assert few.value is None
    assert "fewer than 20 right or 20 wrong" in few.note
    assert named(found, "error_auroc", "modality=CT;estimator=letter_probability").value == 1


def test_a_rank_gets_no_calibration_error_but_what_it_becomes_on_other_clusters() -> None:
    rows = telling(third(), name="perplexity")
    found = estimates_of(calibration, samples(), rows)
    metrics = {(each.metric, each.group) for each in found}
    assert ("ece_10_equal_width_right", "estimator=perplexity") not in metrics
    assert ("brier", "estimator=perplexity;calibration=isotonic") in metrics


def hidden(right: Sequence[bool], skipped: int = 0) -> list[Rows]:
    """The arm in which the right option is replaced; the first questions cannot be put so."""
    rows = []
    for place, (sample, kept) in enumerate(zip(samples(), right, strict=True)):
        if place < skipped:
            reason = "missing:nota-like-option"
            rows.append(scored(sample, None, reason, condition="nota=replace"))
            continue
        each = answered(sample, right=kept, unsure=0.3, condition="nota=replace")
        picked = marked(sample, "picked_nota", float(kept), condition="nota=replace")
        rows.append([*each, picked, marked(sample, "verified", 0.0, condition="nota=replace")])
    return rows


def test_collapse_is_among_the_answers_that_were_right() -> None:
    clean = telling(third())
    right_before = [not bad for bad in third()]
    kept = [right and number % 4 != 0 for number, right in enumerate(right_before)]
    found = estimates_of(perturbation, samples(), [*clean, *hidden(kept)])
    collapse = named(found, "collapse", condition="nota=replace")
    assert collapse.n == sum(right_before)
    assert collapse.value == pytest.approx(20 / 80)
    assert named(found, "nota_pick_rate", condition="nota=replace").value == pytest.approx(60 / N)
    change = named(found, "accuracy_change", condition="nota=replace")
    assert change.value == pytest.approx((60 - 80) / N)
    verified = named(found, "nota_verified", condition="nota=replace")
    assert verified.value == 0
    assert "unverified" in verified.note


def test_questions_that_cannot_be_put_so_are_counted_and_left_out_of_both_arms() -> None:
    clean = telling(third())
    found = estimates_of(perturbation, samples(), [*clean, *hidden([True] * N, skipped=24)])
    skipped = named(found, "nota_skipped", condition="nota=replace")
    assert skipped.value == pytest.approx(24 / N)
    assert skipped.counts["missing:nota-like-option"] == 24
    assert named(found, "accuracy_change", condition="nota=replace").n == N - 24
    assert not [each for each in found if "_if_failed_" in each.metric]


def test_fragility_is_foreseen_where_unsure_answers_collapse() -> None:
    rng = np.random.default_rng(5)
    unsure = rng.random(N)
    clean = [
        answered(sample, right=True, unsure=float(u))
        for sample, u in zip(samples(), unsure, strict=True)
    ]
    kept = [bool(u < 0.6) for u in unsure]
    shuffled = [
        answered(sample, right=bool(luck > 0.2), unsure=0.1, condition="options=shuffled")
        for sample, luck in zip(samples(), rng.random(N), strict=True)
    ]
    found = estimates_of(foresight, samples(), [*clean, *hidden(kept), *shuffled])
    label = "estimator=letter_probability"
    assert named(found, "fragility_auroc", label, "nota=replace").value == 1
    null = named(found, "fragility_null_auroc", label, "nota=replace")
    assert null.value is not None
    assert 0.3 < null.value < 0.7
    beyond = named(found, "fragility_minus_null", label, "nota=replace")
    assert beyond.low is not None
    assert beyond.low > 0
