"""Your own questions: one JSONL or CSV file, with images beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from medtrust.core.dataset import Dataset, DataSource
from medtrust.core.errors import DataError
from medtrust.core.records import Access, Sample
from medtrust.data.components import components
from medtrust.data.folder_columns import Columns, choose_columns
from medtrust.data.folder_rows import RowReader
from medtrust.data.images import ImageFinder
from medtrust.data.pool import ValuePool
from medtrust.data.rows import Row, csv_rows, json_rows, opened, stream_digest
from medtrust.data.shown import plain_errors, shown

_DEFAULT_FILES: Final = ("questions.jsonl", "questions.csv")
_ENDINGS: Final = {".jsonl": json_rows, ".ndjson": json_rows, ".csv": csv_rows}


@plain_errors()
def load(source: DataSource) -> Dataset:
    """Samples of an own file.

    Args:
        source: ``path`` is a ``.jsonl`` or ``.csv`` file, or a folder with ``questions.jsonl`` or
            ``questions.csv``; ``images`` the root of the image paths (default: the file's
            folder); ``columns``, ``groups``, ``strata`` and ``cluster`` name columns and win over
            what is found by itself; ``access`` is ``phi`` unless declared.

    Returns:
        Samples in file order, named ``<data name>:<id column>``. Rows without a value in the
        cluster column, and all rows when there is none, are clustered by shared images. Joins
        mean nothing here: columns of patients stand in the file itself. ``notes`` says which
        columns were chosen and how many images are missing. ``source`` is empty: nobody published
        prompts for these rows, so nothing reads them as they were written.

    Raises:
        DataError: If the file, a column, a row or a gold is wrong; one sentence, with the line.
    """
    path = _question_file(source.path)
    rows_of = _ENDINGS[path.suffix.lower()]
    root = source.images or path.parent
    if not root.is_dir():
        raise DataError(f"There is no folder of images {root}: check `--images`.")
    finder = ImageFinder(source.name, [root])
    with opened(path) as stream:
        digest = stream_digest(stream)
        # every row is read twice, so that never more than one of them is held beside the samples
        present = _columns_of(rows_of(path.name, stream))
        if not present:
            raise DataError(f"{path} holds no rows.")
        columns = choose_columns(source, path.name, present)
        access = source.access or Access.PHI
        reader = RowReader(source.name, columns, finder, access, ValuePool(), source.age_bins)
        stream.seek(0)
        samples = _clustered(_read(rows_of(path.name, stream), reader, columns))
        if stream_digest(stream) != digest:
            raise DataError(f"{path} was changed while it was read: run the same command again.")
    return Dataset(
        name=source.name,
        samples=samples,
        digests={path.name: digest},
        notes=tuple(shown(note) for note in _notes(columns, finder, samples)),
    )


def _question_file(path: Path) -> Path:
    """The file itself, or the one with the expected name in a folder."""
    if path.is_dir():
        found = [path / name for name in _DEFAULT_FILES if (path / name).exists()]
        if not found:
            raise DataError(f"{path} is a folder without {' or '.join(_DEFAULT_FILES)}.")
        if len(found) > 1:
            raise DataError(f"{path} holds {' and '.join(_DEFAULT_FILES)}: name one of them.")
        return found[0]
    if not path.exists():
        raise DataError(f"There is no file {path}: check the path after `--data`.")
    if path.suffix.lower() not in _ENDINGS:
        raise DataError(f"{path} ends in {path.suffix!r}; questions come as .jsonl or .csv.")
    return path


def _columns_of(rows: Iterable[Row]) -> list[str]:
    """All columns of all rows, in order of first appearance."""
    present: dict[str, None] = {}
    for row in rows:
        if not row.values.keys() <= present.keys():
            present.update(dict.fromkeys(row.values))
    return list(present)


def _read(rows: Iterable[Row], reader: RowReader, columns: Columns) -> list[Sample]:
    """Every row as a sample; refuses an id that two rows carry."""
    samples: list[Sample] = []
    lines: dict[str, int] = {}
    for row in rows:
        sample = reader.read(row)
        first = lines.setdefault(sample.id, row.line_shown)
        if first != row.line_shown:
            raise row.error(f"the id in {columns.id!r} was used in line {first} already.")
        samples.append(sample)
    return samples


def _clustered(samples: list[Sample]) -> list[Sample]:
    """Give samples without a cluster the component of images they share."""
    open_ones = [index for index, sample in enumerate(samples) if not sample.cluster]
    shared = components([[image.key for image in samples[index].images] for index in open_ones])
    names: dict[int, str] = {}
    for index, component in zip(open_ones, shared, strict=True):
        if component not in names:
            first = samples[open_ones[component]]
            named = f"image:{first.images[0].key}" if first.images else f"row:{first.id}"
            names[component] = named
        samples[index] = replace(samples[index], cluster=names[component])
    return samples


def _notes(columns: Columns, finder: ImageFinder, samples: Sequence[Sample]) -> list[str]:
    """What was chosen and what is missing, for people."""

    def listed(pairs: Sequence[tuple[str, str]]) -> str:
        return ", ".join(name if name == own else f"{name} ({own})" for name, own in pairs)

    groups = (*columns.groups, *((("age_group", columns.age),) if columns.age else ()))
    chosen = (
        f"question from {columns.question!r}, answer from {columns.answer!r}; "
        f"groups: {listed(groups) or 'none'}; strata: {listed(columns.strata) or 'none'}; "
        f"cluster: {columns.cluster or 'shared images'}."
    )
    notes = [chosen]
    asked, there = finder.count()
    if there < asked:
        notes.append(f"{asked - there} of {asked} images are missing; see `medtrust data check`.")
    defects = sum(bool(sample.gold_defect) for sample in samples)
    if defects:
        notes.append(f"{defects} of {len(samples)} rows have no gold answer.")
    return notes
