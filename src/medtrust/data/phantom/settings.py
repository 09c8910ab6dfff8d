"""What may be said about the made data set: ``images=120,prevalence=0.5,first=0``."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from medtrust.core.errors import DataError, UnknownNameError

HELD_OUT: Final = 5_000_000
"""Seeds from here on are for evaluation; training stays below."""

MOST_IMAGES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class PhantomSettings:
    """The options of the phantom data set.

    Attributes:
        images: Phantoms that are asked about one by one.
        prevalence: Share of them with a finding, exact up to one image.
        questions: Questions about each of them, at most.
        pairs: Confusable pairs beside them, each from a seed of its own.
        first: Number of the first image; two loads overlap where these ranges overlap.
        mined: File of mined pairs of phantoms to ask about as well, or empty.
    """

    images: int = 300
    prevalence: float = 0.5
    questions: int = 5
    pairs: int = 30
    first: int = 0
    mined: str = ""

    def __str__(self) -> str:
        """The options as they are typed; no file stands for itself, its content has a digest."""
        known = {name: value for name, value in asdict(self).items() if name != "mined"}
        return ",".join(f"{name}={value}" for name, value in known.items())


def parse_settings(path: Path) -> PhantomSettings:
    """Read the options from where other data sets have a path.

    Args:
        path: ``name=value`` separated by commas; ``.`` means the defaults.

    Raises:
        UnknownNameError: For an option that does not exist.
        DataError: For a value that is no number or out of range, or an option given twice.
    """
    settings = PhantomSettings()
    text = "" if str(path) == "." else str(path)
    known = [field.name for field in fields(settings)]
    given: set[str] = set()
    for part in filter(None, text.split(",")):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if name not in known:
            raise UnknownNameError.among("option of the phantom data", name, known)
        if not equals:
            raise DataError(f"The option {name!r} of the phantom data needs a value: {name}=...")
        if name in given:
            raise DataError(f"The option {name} of the phantom data is given twice; keep one.")
        given.add(name)
        settings = _with(settings, name, value)
    return settings


def _with(settings: PhantomSettings, name: str, value: str) -> PhantomSettings:
    if name == "mined":
        return replace(settings, mined=value)
    try:
        number = float(value) if name == "prevalence" else int(value)
    except ValueError:
        kind = "a number" if name == "prevalence" else "a whole number"
        raise DataError(
            f"The option {name} of the phantom data is {kind}, not {value!r}."
        ) from None
    low, high = {
        "prevalence": (0, 1),
        "images": (1, MOST_IMAGES),
        "questions": (1, 100),
        "pairs": (0, MOST_IMAGES),
        "first": (0, MOST_IMAGES),
    }[name]
    if not low <= number <= high:
        raise DataError(
            f"The option {name} of the phantom data lies between {low} and {high}, not {value}."
        )
    changed: dict[str, Any] = {name: number}
    return replace(settings, **changed)
