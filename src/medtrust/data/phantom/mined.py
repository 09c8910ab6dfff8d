"""Mined pairs of phantoms: what truly sets them apart, and questions about just that.

Where MediConfusion needed a language model and a radiologist to say what two confusable images
differ in, a phantom's labels say it exactly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from medtrust.core.errors import DataError
from medtrust.core.records import Sample
from medtrust.data.phantom.pairs import Pair, pair_samples
from medtrust.imaging.phantom.key import phantom_from_key
from medtrust.imaging.phantom.labels import Phantom

KEY_COLUMNS: Final = ("i", "j")
"""Columns of a file of mined pairs: the two images, by id where their embeddings hold ids."""


def asked_difference(first: Phantom, second: Phantom) -> str | None:
    """The label that one question can tell two phantoms apart by, or None.

    Only images of one modality are compared, the finding counts first, and a side only where both
    have the same thing on it.
    """
    if first.modality != second.modality:
        return None
    if first.finding != second.finding:
        return "finding"
    for label in ("side", "view", "tone"):
        one, other = getattr(first, label), getattr(second, label)
        if one != other and None not in (one, other):
            return label
    if first.view == second.view == "frontal" and first.device != second.device:
        return "device"
    return None


@dataclass(frozen=True, slots=True)
class Truth:
    """How many pairs truly differ in something that can be asked.

    Attributes:
        pairs: Pairs that were mined.
        differ: Those that differ in an asked label, see `asked_difference`.
        by_label: They by label.
        all_pairs: Pairs of the images there are.
        all_differ: Those that differ in an asked label.
        one_modality: Pairs of images of one modality; only these can differ in an asked label.
    """

    pairs: int
    differ: int
    by_label: Counter[str]
    all_pairs: int
    all_differ: int
    one_modality: int


def truth_of(pairs: Iterable[tuple[str, str]], images: Sequence[str]) -> Truth:
    """Mined pairs beside all pairs of the same images.

    Args:
        pairs: Keys of two phantoms each.
        images: Keys of all phantoms that were mined.

    Raises:
        DataError: If a key names no phantom.
    """
    read = _reader()
    labels = Counter(asked_difference(read(first), read(second)) for first, second in pairs)
    differ = Counter({label: count for label, count in labels.items() if label is not None})
    kinds = [list(alike) for alike in _by_labels(map(read, images)).values()]
    n_pairs, all_differ, one_modality = 0, 0, 0
    for place, alike in enumerate(kinds):
        for others in kinds[place:]:
            n = len(alike) * (len(alike) - 1) // 2 if others is alike else len(alike) * len(others)
            n_pairs += n
            one_modality += n * (alike[0].modality == others[0].modality)
            all_differ += n * (asked_difference(alike[0], others[0]) is not None)
    return Truth(
        pairs=labels.total(), differ=differ.total(), by_label=differ,
        all_pairs=n_pairs, all_differ=all_differ, one_modality=one_modality,
    )  # fmt: skip


def _by_labels(phantoms: Iterable[Phantom]) -> dict[tuple[str | None, ...], list[Phantom]]:
    """Phantoms by the labels that decide whether two differ."""
    found: dict[tuple[str | None, ...], list[Phantom]] = {}
    for one in phantoms:
        labels = (one.modality, one.finding, one.side, one.view, one.tone, one.device)
        found.setdefault(labels, []).append(one)
    return found


def pair_samples_of(pairs: Iterable[tuple[str, str]]) -> Iterator[Sample]:
    """Questions about mined pairs, for those that differ in a label that can be asked.

    Both images of a pair get the same question with the same options, and the right answers are
    opposite; other labels may differ as well, but are not asked.

    Args:
        pairs: Keys of two phantoms each, e.g. ``phantom-1:5000003``.

    Raises:
        DataError: If a key names no phantom.
    """
    read = _reader()
    for number, (one, other) in enumerate(pairs):
        first, second = read(one), read(other)
        label = asked_difference(first, second)
        if label is not None:
            yield from pair_samples(Pair(label, first, second), mark=f"-mined-{number}")


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """The keys in a file of mined pairs, as ``medtrust mine`` writes it.

    Raises:
        DataError: If the file is not there or names no images.
    """
    import polars as pl

    if not path.is_file():
        raise DataError(f"There is no file of mined pairs {path}.")
    try:
        frame = pl.read_parquet(path, columns=list(KEY_COLUMNS))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(
            f"{path} is no file of mined pairs with the columns {' and '.join(KEY_COLUMNS)}."
        ) from error
    if set(frame.dtypes) != {pl.String()}:
        raise DataError(f"{path} numbers its images: mine with embeddings that hold ids.")
    return list(frame.iter_rows())


def _reader() -> Callable[[str], Phantom]:
    known: dict[str, Phantom] = {}

    def read(key: str) -> Phantom:
        if key not in known:
            found = phantom_from_key(key)
            if found is None:
                raise DataError(f"{key} names no phantom, so nothing is known about it.")
            known[key] = found
        return known[key]

    return read
