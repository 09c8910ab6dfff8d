"""The file of pairs: parquet in row groups of a fixed size, so that equal pairs are equal bytes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from medtrust.core.errors import DataError
from medtrust.mining.strip import PAIR, Pairs

GROUP: Final = 1_000_000
KEY: Final = "medtrust"
"""Name under which the file says what it was made from."""
COLUMNS: Final = ("i", "j", "similarity_a", "similarity_b")


def write_pairs(
    parts: Iterable[Pairs],
    out: Path,
    folder: Path,
    *,
    ids: tuple[str | int, ...] | None,
    said: dict[str, Any],
) -> int:
    """Write pairs as they come, and put the file in its place when it is whole.

    Args:
        parts: Arrays of type `PAIR`, in the order of the file.
        out: Where the file ends up.
        folder: Where it is made; on the same file system.
        ids: Names of the rows, for i and j.
        said: What the file says about itself; the number of pairs is added.

    Returns:
        Number of pairs.
    """
    import polars as pl

    groups = folder / "groups"
    shutil.rmtree(groups, ignore_errors=True)
    groups.mkdir()
    named = None if ids is None else pl.Series("ids", ids)
    total, files = 0, []
    for number, group in enumerate(_grouped(parts)):
        files.append(groups / f"{number:05}.parquet")
        _frame(group, named).write_parquet(files[-1], compression="uncompressed")
        total += len(group)
    temporary = folder / "pairs.parquet"
    pl.scan_parquet(files).sink_parquet(
        temporary, row_group_size=GROUP, maintain_order=True,
        metadata={KEY: json.dumps({**said, "pairs": total}, sort_keys=True)},
    )  # fmt: skip
    temporary.replace(out)
    return total


def said_by(out: Path) -> dict[str, Any] | None:
    """What a file of pairs says about itself, or None where there is none.

    Raises:
        DataError: If another kind of file is there.
    """
    if not out.exists():
        return None
    import polars as pl

    try:
        return dict(json.loads(pl.read_parquet_metadata(out)[KEY]))
    except (pl.exceptions.PolarsError, OSError, KeyError, ValueError) as error:
        raise DataError(
            f"{out} is there already and was not written by this command: choose another --out."
        ) from error


def _grouped(parts: Iterable[Pairs]) -> Iterator[Pairs]:
    """The same pairs in groups of one size; the last is smaller, and there is always one."""
    held: list[Pairs] = []
    count = 0
    for part in parts:
        held.append(part)
        count += len(part)
        while count >= GROUP:
            everything = np.concatenate(held)
            yield everything[:GROUP]
            held, count = [everything[GROUP:]], count - GROUP
    rest = np.concatenate([np.empty(0, dtype=PAIR), *held])
    yield rest


def _frame(pairs: Pairs, ids: Any) -> Any:
    import polars as pl

    def rows(name: str) -> Any:
        found = pl.Series(name, np.ascontiguousarray(pairs[name]))
        return found if ids is None else ids.gather(found).alias(name)

    similarity = [
        pl.Series(f"similarity_{name}", np.ascontiguousarray(pairs[name])) for name in ("a", "b")
    ]
    return pl.DataFrame([rows("i"), rows("j"), *(one.fill_nan(None) for one in similarity)])
