"""Running out of memory: as each device says it, and going on with smaller batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import torch

from medtrust.core.records import Failure
from medtrust.models.hf.jobs import Row

Item = TypeVar("Item")

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


def no_memory(row: Row) -> None:
    """Give a row up."""
    row.failure = NO_MEMORY


def in_batches(
    items: Sequence[Item],
    size: int,
    work: Callable[[Sequence[Item]], None],
    give_up: Callable[[Item], None],
    release: Callable[[], None],
) -> int:
    """Work on full batches; when memory runs out, on half as many items from then on.

    Args:
        items: What to work on, in order.
        size: Items of a full batch, at least 1.
        work: Begins an item anew each time.
        give_up: Called with what does not fit alone.
        release: Lets go of what was only kept for later.

    Returns:
        Items of a batch that fits: ``size`` if memory never ran out.
    """
    done = 0
    while done < len(items):
        part = items[done : done + size]
        try:
            work(part)
        except RuntimeError as error:
            if not ran_out(error):
                raise
        else:
            done += len(part)
            continue
        # outside the handler: the failed call's tensors hang on its traceback
        release()
        give_back()
        if len(part) == 1:
            give_up(part[0])
            done += 1
        else:
            size = len(part) // 2
    return size
