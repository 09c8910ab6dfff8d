"""What ``-M key=value`` may say about an encoder of transformers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from medtrust.core.errors import UnknownNameError
from medtrust.mining.encoder import check_names, whole_number

DTYPES: Final = ("float32", "bfloat16", "float16")
POOLINGS: Final = ("auto", "projection", "pooler", "class", "mean")
NAMES: Final = ("batch", "device", "dtype", "pooling", "revision", "threads")
MOST_IMAGES: Final = 4096


@dataclass(frozen=True, slots=True)
class VisionOptions:
    """How to run an encoder.

    Attributes:
        device: ``auto`` (a GPU if there is one), ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
        dtype: Of the arithmetic. Shorter ones move similarities by about 0.01, which is as wide as
            the band that most mined pairs lie in.
        batch: Most images in one forward call; halved when memory runs out.
        pooling: See `pooling`.
        revision: Commit or tag of a hub model.
        threads: CPU threads, or None for what torch takes.
    """

    device: str = "auto"
    dtype: str = "float32"
    batch: int = 32
    pooling: str = "auto"
    revision: str = ""
    threads: int | None = None


def read_options(parameters: Mapping[str, str]) -> VisionOptions:
    """Options from ``-M`` pairs.

    Raises:
        UserError: One sentence about a value that is wrong.
        UnknownNameError: For a name nobody reads.
    """
    check_names(parameters, NAMES)
    return VisionOptions(
        device=parameters.get("device", "auto"),
        dtype=_one_of(parameters, "dtype", DTYPES),
        batch=whole_number(parameters, "batch", 32, most=MOST_IMAGES),
        pooling=_one_of(parameters, "pooling", POOLINGS),
        revision=parameters.get("revision", ""),
        threads=whole_number(parameters, "threads", 0, most=1024) or None,
    )


def _one_of(parameters: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    value = parameters.get(name, known[0])
    if value not in known:
        raise UnknownNameError.among(name, value, known)
    return value
