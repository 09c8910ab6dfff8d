from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import sqrt

import pytest

from medtrust.core.errors import UnknownNameError, UserError
from medtrust.imaging.phantom import labels
from medtrust.imaging.phantom.labels import FINDINGS, MODALITIES, SIDED, VALUES, Phantom, phantom

SAMPLE = [phantom(seed) for seed in range(4000)]


def assert_shares(found: list[str | None], shares: dict[str, float]) -> None:
    """Each share within four standard errors of what is stated."""
    counts, n = Counter(found), len(found)
    assert set(counts) <= set(shares)
    for name, stated in shares.items():
        assert counts[name] / n == pytest.approx(stated, abs=4 * sqrt(stated * (1 - stated) / n))


def test_modalities_appear_as_often_as_stated() -> None:
    assert sum(labels.MODALITY_SHARES.values()) == pytest.approx(1)
    assert_shares([p.modality for p in SAMPLE], labels.MODALITY_SHARES)


@pytest.mark.parametrize("modality", MODALITIES)
def test_findings_appear_as_often_as_stated_for_their_modality(modality: str) -> None:
    shares = labels.FINDING_SHARES[modality]
    assert sum(shares.values()) == pytest.approx(1)
    found = [p.finding for p in SAMPLE if p.modality == modality and p.view != "lateral"]
    assert_shares(list(found), shares)


@pytest.mark.parametrize(
    ("label", "shares"),
    [
        (lambda p: p.view, labels.VIEW_SHARES),
        (lambda p: p.sex, labels.SEX_SHARES),
        (lambda p: p.age_group, labels.AGE_SHARES),
        (lambda p: p.tone, labels.TONE_SHARES),
        (lambda p: p.side, labels.SIDE_SHARES),
        (
            lambda p: (p.device or "none") if p.view == "frontal" else None,
            labels.DEVICE_SHARES,
        ),
    ],
    ids=["view", "sex", "age group", "tone", "side", "device"],
)
def test_every_other_label_appears_as_often_as_stated_where_it_exists(
    label: Callable[[Phantom], str | None], shares: dict[str, float]
) -> None:
    assert_shares([value for p in SAMPLE if (value := label(p)) is not None], shares)


def test_labels_exist_exactly_where_the_kind_of_image_has_them() -> None:
    for p in SAMPLE:
        frontal = p.view == "frontal"
        assert (p.view is not None) == (p.modality == "chest x-ray")
        assert (p.sex is not None) == frontal
        assert (p.tone is not None) == (p.modality == "dermoscopy")
        assert (p.age_group is not None) == (frontal or p.modality in {"CT", "MRI"})
        assert (p.side is not None) == (p.modality == "fundus photograph" or p.finding in SIDED)
        assert p.organ == labels.ORGANS[p.modality]
        if not frontal:
            assert p.device is None
        if p.view == "lateral":
            assert p.finding == "normal"


@pytest.mark.parametrize(("name", "values"), VALUES.items())
def test_every_value_of_every_label_can_be_forced(name: str, values: tuple[str, ...]) -> None:
    for value in values:
        for seed in range(8):
            p = phantom(seed, **{name: value})
            assert (getattr(p, name) or "none") == value
            assert p.forced == ((name, value),)


def test_a_forced_side_makes_a_finding_that_has_one() -> None:
    for modality in ("chest x-ray", "CT", "MRI", "ultrasound"):
        found = {phantom(s, modality=modality, side="left").finding for s in range(60)}
        assert found == SIDED & set(FINDINGS[modality])


def test_two_phantoms_of_one_seed_agree_in_all_labels_that_are_not_forced() -> None:
    for seed in range(200):
        ill = phantom(seed, modality="chest x-ray", view="frontal", finding="nodule")
        well = phantom(seed, modality="chest x-ray", view="frontal", finding="normal")
        assert (ill.sex, ill.age_group, ill.device) == (well.sex, well.age_group, well.device)
        assert well.side is None
        drawn = phantom(seed)
        again = phantom(seed, modality=drawn.modality, finding=drawn.finding)
        assert (again.side, again.sex, again.tone) == (drawn.side, drawn.sex, drawn.tone)


def test_labels_do_not_depend_on_each_other() -> None:
    frontal = [phantom(seed, modality="chest x-ray", view="frontal") for seed in range(2000)]
    women = [p for p in frontal if p.sex == "female"]
    assert len(women) / 2000 == pytest.approx(0.5, abs=0.05)
    for finding, share in labels.FINDING_SHARES["chest x-ray"].items():
        found = sum(p.finding == finding for p in women) / len(women)
        assert found == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize(
    "forced",
    [
        {"modality": "CT", "finding": "nodule"},
        {"view": "lateral", "sex": "female"},
        {"view": "lateral", "finding": "nodule"},
        {"tone": "dark", "modality": "MRI"},
        {"finding": "normal", "side": "left", "modality": "CT"},
        {"finding": "cardiomegaly", "side": "left"},
        {"device": "none", "tone": "light"},
        {"age_group": "under 60", "finding": "cyst"},
    ],
)
def test_labels_that_no_phantom_has_together_are_refused(forced: dict[str, str]) -> None:
    with pytest.raises(UserError, match="leave one of them out"):
        phantom(0, **forced)


def test_a_forced_side_of_a_normal_image_is_that_of_the_optic_disc() -> None:
    assert phantom(3, finding="normal", side="right").modality == "fundus photograph"


def test_unknown_labels_and_values_are_refused_with_what_there_is() -> None:
    with pytest.raises(UnknownNameError, match="did you mean side"):
        phantom(0, sied="left")
    with pytest.raises(UnknownNameError, match="left, right"):
        phantom(0, side="up")


@pytest.mark.parametrize("seed", [-1, 1 << 63])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(UserError, match="outside"):
        phantom(seed)
