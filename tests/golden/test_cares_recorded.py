"""Every recorded case of the released CARES scripts."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from medtrust.core.records import Alteration
from medtrust.imaging.alterations import alter
from medtrust.imaging.legacy_noise import wrapped_noise
from medtrust.metrics.two_by_two import two_by_two
from medtrust.readers.official import cares, cares_text

VARIANCE = 6.0


def recorded(shared: Path, name: str) -> dict[str, Any]:
    path = shared / "golden" / "cares" / name
    if not path.is_file():
        pytest.skip(f"the recorded case {name} is not here")
    case = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(case, dict)
    return case


def grey(*shape: int) -> NDArray[np.uint8]:
    return np.full(shape, 100, dtype=np.uint8)


def rounded_and_clipped(pixels: NDArray[np.uint8], *, seed: int) -> NDArray[np.uint8]:
    """What the noise script should have computed from the same draws."""
    drawn = np.random.RandomState(seed).normal(0.0, math.sqrt(VARIANCE), pixels.shape)
    return np.clip(np.rint(pixels + drawn), 0, 255).astype(np.uint8)


def test_yes_no_answers_give_the_recorded_table_and_shares(shared: Path) -> None:
    case = recorded(shared, "01_yesno_accuracy.json")
    expected = case["expected"]
    gold = [cares.yes_no(text) for text in case["inputs"]["labels"]]
    predicted = [cares.yes_no(text) for text in case["inputs"]["predictions"]]
    assert gold == [label == 1 for label in expected["parsed_labels"]]
    assert predicted == [label == 1 for label in expected["parsed_predictions"]]
    table = two_by_two(gold, predicted)
    counts = {
        "TP": table.true_positives,
        "FP": table.false_positives,
        "TN": table.true_negatives,
        "FN": table.false_negatives,
    }
    assert counts == {name: expected[name] for name in counts}
    for name in ("accuracy", "precision", "recall", "f1"):
        share = getattr(table, name)
        assert share.value == pytest.approx(expected[name], abs=case["tolerance"])


def test_abstentions_are_those_recorded(shared: Path) -> None:
    case = recorded(shared, "05_abstention_rate.json")
    texts, expected = case["inputs"]["predictions"], case["expected"]
    assert [cares.abstains(text) for text in texts] == expected["refused"]
    assert len(texts) == expected["total"]
    assert cares.abstention_rate(texts) == pytest.approx(expected["rate"], abs=case["tolerance"])


def test_text_measures_are_those_recorded(shared: Path) -> None:
    case = recorded(shared, "12_text_metrics.json")
    rows = case["expected"]
    assert [[row["candidate"], row["reference"]] for row in rows] == case["inputs"]["pairs"]
    for row in rows:
        candidate, reference = row["candidate"], row["reference"]
        assert cares_text.normalised(candidate) == row["norm_c"]
        assert cares_text.normalised(reference) == row["norm_r"]
        assert cares_text.exact_match(candidate, reference) == row["exact"]
        assert cares_text.token_overlap(candidate, reference) == tuple(row["f1"])
        assert cares_text.bleu_1(candidate, reference).value == row["bleu1"]


def test_noise_of_a_small_image_is_bit_exact(shared: Path) -> None:
    case = recorded(shared, "09_gaussian_noise.json")
    drawn = np.random.RandomState(0).normal(0.0, math.sqrt(VARIANCE), (2, 3, 3))
    assert np.allclose(drawn, case["inputs"]["raw_noise_2x3x3"], atol=case["tolerance"], rtol=0)
    expected = case["expected"]
    found = wrapped_noise(grey(2, 3, 3), variance=VARIANCE, seed=0)
    assert found.tolist() == expected["repo_legacy_2x3x3"]
    corrected = rounded_and_clipped(grey(2, 3, 3), seed=0)
    assert corrected.tolist() == expected["corrected_clip_round_2x3x3"]


def test_noise_of_a_large_image_is_white_as_often_as_recorded(shared: Path) -> None:
    case = recorded(shared, "09_gaussian_noise.json")
    found = wrapped_noise(grey(256, 256, 3), variance=VARIANCE, seed=0)
    expected = case["expected"]
    assert np.mean(found == 255) == pytest.approx(
        expected["repo_legacy_256_fraction_255"], abs=case["tolerance"]
    )
    assert found.mean() == pytest.approx(expected["repo_legacy_256_mean"], abs=case["tolerance"])


def test_the_noise_alteration_is_the_recorded_noise_with_its_channels_reversed(
    shared: Path,
) -> None:
    case = recorded(shared, "09_gaussian_noise.json")
    found = alter(grey(2, 3, 3), Alteration("legacy-noise@1", (("variance", VARIANCE),), 0))
    assert found[..., ::-1].tolist() == case["expected"]["repo_legacy_2x3x3"]
