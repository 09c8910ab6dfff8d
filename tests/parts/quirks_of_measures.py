"""How the cases of ``cares_quirks.json`` on measures are read: sections 6.6 to 6.11."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from PIL import Image

from medtrust.core.errors import ImageError
from medtrust.core.records import Alteration, Answer, ImageRef, Mark
from medtrust.data.demographics import age_group
from medtrust.imaging.alterations import alter
from medtrust.imaging.legacy_noise import wrapped_noise
from medtrust.imaging.load import load_image
from medtrust.metrics.averages import unweighted_mean
from medtrust.metrics.bounded_gap import bounded_gap
from medtrust.metrics.gaps import group_gap
from medtrust.metrics.intervals import Interval
from medtrust.readers.official import cares, cares_text
from medtrust.suites.cares.privacy import number_marks, status_marks
from parts.quirks_of_answers import Inputs, Read, of_pairs, of_texts, only, value

# section 6.6: toxicity


def toxicity(inputs: Inputs, _folder: Path) -> dict[str, float | str]:
    texts, scores = [row[0] for row in inputs["rows"]], [row[1] for row in inputs["rows"]]
    return {
        "average": cares.toxicity_average(scores),
        "refusal_rate": value(cares.toxic_refusal_rate(texts)),
    }


def toxicity_gap(inputs: Inputs, _folder: Path) -> dict[str, float | None]:
    before, after = inputs["before"], inputs["after"]
    found = bounded_gap(
        *([math.nan if score is None else score for score in side] for side in (before, after)),
        rng=np.random.default_rng(0),
        draws=10,
    )
    released = cares.toxicity_average(after) - cares.toxicity_average(before)
    assert found.unpaired == pytest.approx(released)
    return {
        "released": released,
        "paired": found.paired.interval.value,
        "n_both": found.n_both,
    }


# section 6.7: fairness


def largest_gap(inputs: Inputs, _folder: Path) -> float | None:
    rng = np.random.default_rng(0)
    groups = np.array(inputs["groups"])
    least = inputs.get("minimum_n", 1)
    return group_gap(inputs["scores"], groups, rng=rng, draws=10, minimum_n=least).gap


# section 6.8: privacy


def mean_of(rows: Sequence[Sequence[Mark]], measure: str) -> float:
    return float(np.mean([only(marks, measure) for marks in rows]))


def privacy(inputs: Inputs, _folder: Path) -> dict[str, float]:
    told = inputs["told"]
    rows = [status_marks(Answer(text), inputs["record"], told) for text in inputs["answers"]]
    names = ("matches", "disclosed", "hallucinated", *(["repeated"] if told else []))
    return {name: mean_of(rows, name) for name in names}


def privacy_number(inputs: Inputs, _folder: Path) -> dict[str, list[float | str | None]]:
    rows = [number_marks(Answer(text), inputs["told"]) for text in inputs["answers"]]
    return {name: [only(marks, name) for marks in rows] for name in ("given", "hallucinated")}


# section 6.9: noise


def flat(level: int, *shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.full(shape, level, dtype=np.uint8)


def noise(variance: float, seed: int | None) -> Alteration:
    return Alteration("legacy-noise@1", (("variance", variance),), seed)


def described(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> dict[str, Any]:
    return {
        "fraction_255": round(float(np.mean(pixels == 255)), 3),
        "mean": round(float(pixels.mean()), 1),
    }


def flat_noise(inputs: Inputs, _folder: Path) -> dict[str, Any]:
    pixels = flat(inputs["level"], inputs["size"], inputs["size"], 3)
    return described(wrapped_noise(pixels, variance=inputs["variance"], seed=inputs["seed"]))


def gaussian_flat(inputs: Inputs, _folder: Path) -> dict[str, Any]:
    pixels = flat(inputs["level"], inputs["size"], inputs["size"], 3)
    meant = Alteration("gaussian-noise@1", (("sigma", inputs["sigma"]),), inputs["seed"])
    return described(alter(pixels, meant))


def noise_seed(inputs: Inputs, _folder: Path) -> dict[str, Any]:
    pixels = flat(100, 8, 8, 3)
    with pytest.raises(ImageError) as caught:
        alter(pixels, noise(inputs["variance"], None))
    one, again, other = (alter(pixels, noise(inputs["variance"], seed)) for seed in (1, 1, 2))
    return {
        "without": caught.value.reason,
        "same": np.array_equal(one, again),
        "other": np.array_equal(one, other),
    }


def noise_first_pixel(inputs: Inputs, _folder: Path) -> list[int]:
    pixels = flat(inputs["level"], 1, 1, 3)
    found = alter(pixels, noise(inputs["variance"], inputs["seed"]))
    return [int(level) for level in found[0, 0]]


def noise_file(inputs: Inputs, folder: Path) -> dict[str, bool]:
    path = folder / inputs["name"]
    Image.fromarray(flat(inputs["level"], 16, 16, 3)).save(path)
    before = path.read_bytes()
    step = noise(inputs["variance"], inputs["seed"])
    image = ImageRef(f"sha256:{hashlib.sha256(before).hexdigest()}", (step,), str(path))
    altered = load_image(image)
    return {
        "file_changed": path.read_bytes() != before,
        "altered": bool((altered != inputs["level"]).any()),
    }


# section 6.10: text measures


def normalised_again(inputs: Inputs, _folder: Path) -> list[str]:
    first = cares_text.normalised(inputs["text"])
    for text in inputs["between"]:
        cares_text.normalised(text)
    return [first, cares_text.normalised(inputs["text"])]


def closed_set(inputs: Inputs, _folder: Path) -> list[float]:
    candidates = inputs["candidates"]
    return [cares_text.closed_set_match(one, gold, candidates) for one, gold in inputs["pairs"]]


def normalised_and_read(inputs: Inputs, _folder: Path) -> dict[str, Any]:
    text = inputs["text"]
    return {"normalised": cares_text.normalised(text), "yes": cares.yes_no(text)}


# section 6.11: averages


def averages(inputs: Inputs, _folder: Path) -> dict[str, dict[str, float]]:
    """Printed averages that their own rows contradict, with what the rows give."""
    contradicted = {}
    columns = zip(*inputs["rows"], strict=True)
    for model, column, printed in zip(inputs["models"], columns, inputs["printed"], strict=True):
        parts = [Interval(row, None, None, 0.95, "printed", 0, 0) for row in column]
        mean = unweighted_mean(parts).value
        assert mean is not None
        last_digit = 10.0 ** -len(printed.partition(".")[2])
        if abs(mean - float(printed)) > 0.51 * last_digit:
            contradicted[model] = round(mean, 2)
    return {"contradicted": contradicted}


READ: Final[dict[str, Read]] = {
    "age_groups": of_texts(age_group, "ages"),
    "averages": averages,
    "bleu_1": of_pairs(lambda one, other: value(cares_text.bleu_1(one, other))),
    "closed_set": closed_set,
    "exact_match": of_pairs(cares_text.exact_match),
    "flat_noise": flat_noise,
    "gaussian_flat": gaussian_flat,
    "group_gap": largest_gap,
    "noise_file": noise_file,
    "noise_first_pixel": noise_first_pixel,
    "noise_seed": noise_seed,
    "normalised": of_texts(cares_text.normalised),
    "normalised_again": normalised_again,
    "normalised_and_read": normalised_and_read,
    "privacy": privacy,
    "privacy_number": privacy_number,
    "token_overlap": of_pairs(cares_text.token_overlap),
    "toxicity": toxicity,
    "toxicity_gap": toxicity_gap,
}
"""By the name that a case gives."""
