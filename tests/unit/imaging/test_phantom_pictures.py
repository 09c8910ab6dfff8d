"""The picture of a phantom shows its labels, and nothing else moves with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from medtrust.imaging.phantom.draw import draw, paint
from medtrust.imaging.phantom.labels import FINDINGS, SIDED, TONE_SHARES, Phantom, phantom
from medtrust.imaging.phantom.region import region
from medtrust.imaging.phantom.shapes import VISIBLE

ILL = [(modality, finding) for modality, names in FINDINGS.items() for finding in names]
SEEDS = range(0, 40, 5)


def ill_and_well(seed: int, modality: str, finding: str) -> tuple[Phantom, Phantom]:
    view = {"view": "frontal"} if modality == "chest x-ray" else {}
    return (
        phantom(seed, modality=modality, finding=finding, **view),
        phantom(seed, modality=modality, finding="normal", **view),
    )


def change(one: Phantom, other: Phantom) -> NDArray[Any]:
    """Largest difference of the channels before noise, shape (112, 112)."""
    difference = np.abs(paint(one).picture - paint(other).picture)
    largest: NDArray[Any] = difference if difference.ndim == 2 else difference.max(axis=2)
    return largest


def outside(box: tuple[int, int, int, int], values: NDArray[Any]) -> NDArray[Any]:
    x0, y0, x1, y1 = box
    mask = np.ones((112, 112), dtype=bool)
    mask[y0:y1, x0:x1] = False
    return values[mask]


def test_a_picture_is_rgb_of_112_by_112_with_light_and_shade() -> None:
    for seed in range(40):
        pixels = draw(phantom(seed))
        assert pixels.shape == (112, 112, 3)
        assert pixels.dtype == np.uint8
        assert paint(phantom(seed)).picture.dtype == np.float32
        assert pixels.std() > 3


def test_drawing_twice_gives_the_same_bytes_and_another_seed_gives_others() -> None:
    assert draw(phantom(5)).tobytes() == draw(phantom(5)).tobytes()
    normal = {"modality": "CT", "finding": "normal", "age_group": "under 60"}
    assert draw(phantom(5, **normal)).tobytes() != draw(phantom(6, **normal)).tobytes()


@pytest.mark.parametrize(("modality", "finding"), ILL)
def test_a_finding_changes_the_picture_inside_its_region_and_hardly_outside(
    modality: str, finding: str
) -> None:
    # speckle multiplies what lies under it, by up to three
    limit = 3 * VISIBLE if modality == "ultrasound" else VISIBLE
    for seed in SEEDS:
        ill, well = ill_and_well(seed, modality, finding)
        box = region(ill)
        assert box is not None
        assert region(well) is None
        changed = change(ill, well)
        assert outside(box, changed).max() <= limit + 1e-6
        assert changed.max() > VISIBLE


@pytest.mark.parametrize(("modality", "finding"), ILL)
def test_a_region_is_tight_inside_the_image_and_at_least_a_patch_large(
    modality: str, finding: str
) -> None:
    for seed in SEEDS:
        ill, well = ill_and_well(seed, modality, finding)
        box = region(ill)
        assert box is not None
        x0, y0, x1, y1 = box
        assert 0 <= x0 < x1 <= 112
        assert 0 <= y0 < y1 <= 112
        assert min(x1 - x0, y1 - y0) >= 16
        if finding != "glaucoma":  # boxed by the whole disc, of which only the cup changes
            touched = paint(ill).touched
            assert touched is not None
            for edge in (touched[y0, :], touched[y1 - 1, :], touched[:, x0], touched[:, x1 - 1]):
                assert edge.any()
        if modality not in {"chest x-ray", "ultrasound", "dermoscopy", "fundus photograph"}:
            # nothing is laid over these findings, so the box follows from the two pictures alone
            rows, columns = (change(ill, well) > VISIBLE).nonzero()
            assert box == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_the_region_of_glaucoma_is_the_optic_disc() -> None:
    for seed in SEEDS:
        p = phantom(seed, finding="glaucoma")
        box = region(p)
        assert box is not None
        x0, y0, x1, y1 = box
        bright = paint(p).picture.sum(axis=2) > 2.0
        rows, columns = bright.nonzero()
        assert x0 <= columns.min()
        assert columns.max() < x1
        assert y0 <= rows.min()
        assert rows.max() < y1
        assert 20 <= x1 - x0 <= 28


@pytest.mark.parametrize("finding", sorted(SIDED))
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_finding_with_a_side_lies_in_that_half_of_the_image(finding: str, side: str) -> None:
    for seed in SEEDS:
        box = region(phantom(seed, finding=finding, side=side))
        assert box is not None
        assert box[2] <= 60 if side == "left" else box[0] >= 52


@pytest.mark.parametrize(("side", "half"), [("left", slice(0, 56)), ("right", slice(56, 112))])
def test_the_optic_disc_lies_on_its_side(side: str, half: slice) -> None:
    for finding in ("normal", "glaucoma"):
        for seed in SEEDS:
            p = phantom(seed, modality="fundus photograph", finding=finding, side=side)
            blue = paint(p).picture[:, :, 2]
            assert blue.max() == blue[:, half].max()


@pytest.mark.parametrize("finding", sorted(SIDED))
def test_the_other_side_of_a_pair_changes_nothing_but_the_two_places(finding: str) -> None:
    for seed in SEEDS:
        left, right = (phantom(seed, finding=finding, side=side) for side in ("left", "right"))
        limit = 3 * VISIBLE if left.modality == "ultrasound" else VISIBLE
        changed = change(left, right)
        for p in (left, right):
            box = region(p)
            assert box is not None
            x0, y0, x1, y1 = box
            changed[y0:y1, x0:x1] = 0
        assert changed.max() <= limit + 1e-6


@pytest.mark.parametrize(
    ("forced", "label", "values"),
    [
        ({"modality": "chest x-ray"}, "sex", ("female", "male")),
        ({"modality": "chest x-ray"}, "age_group", ("under 60", "60 and over")),
        ({"modality": "chest x-ray"}, "device", ("none", "pacemaker")),
        ({"modality": "CT"}, "age_group", ("under 60", "60 and over")),
        ({"modality": "MRI"}, "age_group", ("under 60", "60 and over")),
        ({"modality": "dermoscopy"}, "tone", ("light", "dark")),
        ({"modality": "chest x-ray", "finding": "normal"}, "view", ("frontal", "lateral")),
    ],
)
def test_a_label_that_differs_shows_in_at_least_a_third_of_a_patch(
    forced: dict[str, str], label: str, values: tuple[str, str]
) -> None:
    for seed in SEEDS:
        one, other = (phantom(seed, **forced, **{label: value}) for value in values)
        assert (change(one, other) > 0.15).sum() >= 16 * 16 / 3


@pytest.mark.parametrize("finding", ["nevus", "melanoma"])
def test_moles_show_least_on_dark_skin(finding: str) -> None:
    for seed in SEEDS:
        shown = []
        for tone in TONE_SHARES:
            ill = phantom(seed, finding=finding, tone=tone)
            well = phantom(seed, modality="dermoscopy", finding="normal", tone=tone)
            touched = paint(ill).touched
            assert touched is not None
            shown.append(change(ill, well)[touched].mean())
        light, medium, dark = shown
        assert light > medium > 2 * dark


def test_noise_is_that_of_the_seed_whatever_the_labels() -> None:
    ill, well = ill_and_well(8, "CT", "infarct")
    box = region(ill)
    assert box is not None
    difference = np.abs(draw(ill).astype(int) - draw(well)).max(axis=2)
    assert outside(box, difference).max() <= round(VISIBLE * 1.08 * 255) + 1
