"""What is in a phantom: its labels, drawn from the seed, and how often each is drawn.

Every label has its own random stream. So two phantoms of one seed that differ in one forced label
agree in all others, and their pictures differ only by that label: a confusable pair with exact
truth. (Force the modality, and for a chest the view, of both: they decide which labels there are.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from medtrust.core.errors import UnknownNameError, UserError
from medtrust.imaging.phantom.streams import Stream, share

MODALITY_SHARES: Final = {
    "chest x-ray": 0.30, "CT": 0.13, "MRI": 0.12, "fundus photograph": 0.13, "dermoscopy": 0.13,
    "ultrasound": 0.10, "histology": 0.09,
}  # fmt: skip

FINDING_SHARES: Final[dict[str, dict[str, float]]] = {
    "chest x-ray": {
        "normal": 0.30, "nodule": 0.15, "pleural effusion": 0.15, "cardiomegaly": 0.13,
        "pneumothorax": 0.12, "consolidation": 0.15,
    },
    "CT": {"normal": 0.36, "hemorrhage": 0.34, "infarct": 0.30},
    "MRI": {"normal": 0.45, "tumor": 0.55},
    "fundus photograph": {"normal": 0.34, "glaucoma": 0.33, "diabetic retinopathy": 0.33},
    "dermoscopy": {"normal": 0.20, "nevus": 0.40, "melanoma": 0.40},
    "ultrasound": {"normal": 0.30, "cyst": 0.35, "mass": 0.35},
    "histology": {"normal": 0.50, "carcinoma": 0.50},
}  # fmt: skip
"""Shares within a modality; of chest X-rays among the frontal ones, a lateral one is normal."""

VIEW_SHARES: Final = {"frontal": 0.85, "lateral": 0.15}
SIDE_SHARES: Final = {"left": 0.5, "right": 0.5}
SEX_SHARES: Final = {"female": 0.5, "male": 0.5}
AGE_SHARES: Final = {"under 60": 0.5, "60 and over": 0.5}
DEVICE_SHARES: Final = {"none": 0.8, "pacemaker": 0.2}
TONE_SHARES: Final = {"light": 0.45, "medium": 0.30, "dark": 0.25}

MODALITIES: Final = tuple(MODALITY_SHARES)
FINDINGS: Final = {
    modality: tuple(name for name in shares if name != "normal")
    for modality, shares in FINDING_SHARES.items()
}
ORGANS: Final = {
    "chest x-ray": "chest", "CT": "brain", "MRI": "brain", "fundus photograph": "eye",
    "dermoscopy": "skin", "ultrasound": "breast", "histology": "tissue",
}  # fmt: skip

SIDED: Final = frozenset({
    "nodule", "pleural effusion", "pneumothorax", "consolidation", "hemorrhage", "infarct",
    "tumor", "cyst", "mass",
})  # fmt: skip
"""Findings that lie in one half of the image."""

AGED: Final = frozenset({"chest x-ray", "CT", "MRI"})

MAX_SEED: Final = (1 << 63) - 1

_ALL_FINDINGS: Final = ("normal", *(name for names in FINDINGS.values() for name in names))

VALUES: Final[dict[str, tuple[str, ...]]] = {
    "age_group": tuple(AGE_SHARES),
    "device": tuple(DEVICE_SHARES),
    "finding": _ALL_FINDINGS,
    "modality": MODALITIES,
    "sex": tuple(SEX_SHARES),
    "side": tuple(SIDE_SHARES),
    "tone": tuple(TONE_SHARES),
    "view": tuple(VIEW_SHARES),
}
"""Labels that may be forced, and their values."""


@dataclass(frozen=True, slots=True)
class Phantom:
    """All that is known of a made image; its pixels follow from this.

    Attributes:
        seed: 0 to 2**63 - 1.
        modality: One of `MODALITIES`.
        organ: What the modality shows.
        finding: ``normal`` or one of `FINDINGS` of the modality.
        side: Half of the image, ``left`` or ``right``, that the finding lies in; in a fundus
            photograph that of the optic disc, whatever the finding. None when nothing has a side.
        sex: ``female`` or ``male`` for a frontal chest X-ray, else None.
        age_group: ``under 60`` or ``60 and over`` for frontal chest X-rays, CT and MRI, else None.
        view: ``frontal`` or ``lateral`` for a chest X-ray, else None. Lateral ones are normal.
        device: ``pacemaker`` or None; frontal chest X-rays only.
        tone: Skin tone ``light``, ``medium`` or ``dark`` for dermoscopy, else None.
        forced: Labels that the caller fixed, sorted; the others were drawn from the seed.
    """

    seed: int
    modality: str
    organ: str
    finding: str
    side: str | None
    sex: str | None
    age_group: str | None
    view: str | None
    device: str | None
    tone: str | None
    forced: tuple[tuple[str, str], ...] = ()


def phantom(seed: int, /, **forced: str) -> Phantom:
    """Draw the labels of a seed; no pixels are made.

    Args:
        seed: 0 to 2**63 - 1.
        **forced: Labels to fix, by name, with a value of `VALUES`; ``device="none"`` for no device.

    Returns:
        The labels. What is forced also narrows what it depends on: a forced ``nodule`` makes a
        frontal chest X-ray.

    Raises:
        UnknownNameError: For a label or a value that does not exist.
        UserError: If the seed is out of range, or no phantom has all the forced labels.
    """
    _check(seed, forced)
    modality = _modality(seed, forced)
    frontal, view = _view(seed, modality, forced)
    finding = _finding(seed, modality, lateral=view == "lateral", forced=forced)
    sided = modality == "fundus photograph" or finding in SIDED
    aged = modality in AGED and view != "lateral"
    device = _label(seed, "device", DEVICE_SHARES, forced, there=frontal)
    return Phantom(
        seed=seed,
        modality=modality,
        organ=ORGANS[modality],
        finding=finding,
        side=_label(seed, "side", SIDE_SHARES, forced, there=sided),
        sex=_label(seed, "sex", SEX_SHARES, forced, there=frontal),
        age_group=_label(seed, "age_group", AGE_SHARES, forced, there=aged),
        view=view,
        device=None if device == "none" else device,
        tone=_label(seed, "tone", TONE_SHARES, forced, there=modality == "dermoscopy"),
        forced=tuple(sorted(forced.items())),
    )


def _check(seed: int, forced: dict[str, str]) -> None:
    if not 0 <= seed <= MAX_SEED:
        raise UserError(f"The seed {seed} of a phantom lies outside 0 to 2**63 - 1.")
    for name, value in forced.items():
        if name not in VALUES:
            raise UnknownNameError.among("label of a phantom", name, VALUES)
        if value not in VALUES[name]:
            known = ", ".join(VALUES[name])
            raise UnknownNameError(f"Unknown {name} of a phantom {value!r}: there are: {known}.")


def _draw(seed: int, label: str, shares: dict[str, float]) -> str:
    return share(Stream(seed, f"label {label}").unit(), shares)


def _modality(seed: int, forced: dict[str, str]) -> str:
    """One that has every forced label."""
    possible = {name: part for name, part in MODALITY_SHARES.items() if _fits(name, forced)}
    if not possible:
        raise _impossible(forced)
    return _draw(seed, "modality", possible)


def _fits(modality: str, forced: dict[str, str]) -> bool:
    chest = modality == "chest x-ray"
    finding = forced.get("finding", "normal")
    findings = {finding} if "finding" in forced else set(FINDINGS[modality])
    return (
        forced.get("modality", modality) == modality
        and finding in FINDING_SHARES[modality]
        and (chest or not forced.keys() & {"sex", "view", "device"})
        and (modality in AGED or "age_group" not in forced)
        and (modality == "dermoscopy" or "tone" not in forced)
        and ("side" not in forced or modality == "fundus photograph" or bool(findings & SIDED))
    )


def _view(seed: int, modality: str, forced: dict[str, str]) -> tuple[bool, str | None]:
    """Whether it is a frontal chest X-ray, and the view."""
    if modality != "chest x-ray":
        return False, None
    only_frontal = forced.keys() & {"sex", "side", "age_group", "device"} or (
        forced.get("finding", "normal") != "normal"
    )
    view = forced.get("view") or ("frontal" if only_frontal else _draw(seed, "view", VIEW_SHARES))
    if view == "lateral" and only_frontal:
        raise _impossible(forced)
    return view == "frontal", view


def _finding(seed: int, modality: str, *, lateral: bool, forced: dict[str, str]) -> str:
    if lateral:
        return "normal"
    shares = FINDING_SHARES[modality]
    if "finding" in forced:
        shares = {forced["finding"]: 1.0}
    if "side" in forced and modality != "fundus photograph":
        shares = {name: part for name, part in shares.items() if name in SIDED}
    if not shares:
        raise _impossible(forced)
    return _draw(seed, "finding", shares)


def _label(
    seed: int, name: str, shares: dict[str, float], forced: dict[str, str], *, there: bool
) -> str | None:
    if not there:
        return None
    return forced.get(name) or _draw(seed, name, shares)


def _impossible(forced: dict[str, str]) -> UserError:
    wanted = ", ".join(f"{name}={value}" for name, value in sorted(forced.items()))
    return UserError(f"No phantom has all of these labels: {wanted}; leave one of them out.")
