"""What ``-M key=value`` may say about a local model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from medtrust.core.errors import UnknownNameError, UserError
from medtrust.models.parameters import check_names

DTYPES: Final = ("auto", "float32", "bfloat16", "float16")
PATHS: Final = ("auto", "plain")
LONGEST_NUMBER: Final = 12
NAMES: Final = (
    "batch", "context", "device", "dtype", "keep_gib", "path", "revision", "threads",
    "top_logprobs",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LocalOptions:
    """How to run a local model.

    Attributes:
        device: ``auto`` (a GPU if there is one), ``cpu``, ``cuda``, ``cuda:1``, ``mps``, or
            ``split`` to spread a large model over all GPUs (needs accelerate).
        dtype: ``auto`` is the weights' own type on a GPU and float32 on a CPU.
        batch: Most rows in one forward call; halved when memory runs out.
        path: ``auto`` shares prefill where the model's cache allows it; ``plain`` never does.
        context: Most tokens of prompt and answer, if not what the model's configuration says.
        keep_gib: Memory for caches that follow-up questions may still need, in GiB.
        revision: Commit or tag of a hub model.
        top_logprobs: How many alternatives the signals ``top_tokens`` and ``top_logprobs`` hold.
        threads: CPU threads, or None for what torch takes; small models are fastest with one.
    """

    device: str = "auto"
    dtype: str = "auto"
    batch: int = 64
    path: str = "auto"
    context: int | None = None
    keep_gib: float = 1.0
    revision: str = ""
    top_logprobs: int = 5
    threads: int | None = None


def read_options(parameters: Mapping[str, str]) -> LocalOptions:
    """Options from ``-M`` pairs.

    Raises:
        UserError: One sentence about a value that is wrong.
        UnknownNameError: For a name nobody reads.
    """
    check_names(parameters, NAMES)
    return LocalOptions(
        device=parameters.get("device", "auto"),
        dtype=_one_of(parameters, "dtype", DTYPES),
        batch=_count(parameters, "batch", 64, most=4096),
        path=_one_of(parameters, "path", PATHS),
        context=_count(parameters, "context", 0, most=10_000_000) or None,
        keep_gib=_gib(parameters),
        revision=parameters.get("revision", ""),
        top_logprobs=_count(parameters, "top_logprobs", 5, most=100),
        threads=_count(parameters, "threads", 0, most=1024) or None,
    )


def _one_of(parameters: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    value = parameters.get(name, known[0])
    if value not in known:
        raise UnknownNameError.among(name, value, known)
    return value


def _count(parameters: Mapping[str, str], name: str, default: int, *, most: int) -> int:
    text = parameters.get(name)
    if text is None:
        return default
    fits = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    if not (fits and 1 <= int(text) <= most):
        raise UserError(
            f"-M {name}={text[:LONGEST_NUMBER]} is not a whole number from 1 to {most}."
        )
    return int(text)


def _gib(parameters: Mapping[str, str]) -> float:
    text = parameters.get("keep_gib", "1")
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 4096:
        raise UserError(f"-M keep_gib={text} is not a number of GiB from 0 to 4096.")
    return value
