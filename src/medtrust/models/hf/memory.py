"""Running out of memory, as each device says it."""

from __future__ import annotations

from typing import Final

import torch

from medtrust.core.records import Failure

NO_MEMORY: Final = Failure(
    "out-of-memory", "The question alone does not fit into the device's memory."
)

_SAYINGS: Final = ("can't allocate memory", "not enough memory", "out of memory")


def ran_out(error: RuntimeError) -> bool:
    """Whether an error means that memory ran out; CPU and Apple devices have no type for it."""
    said = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError) or any(text in said for text in _SAYINGS)


def give_back() -> None:
    """Let the device's allocator return what nobody holds any more."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()
