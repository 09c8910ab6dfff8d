"""The files of a MediConfusion checkout: where they lie, and what a pair must hold.

Understood are the repository (``DIR/data/dataset.json`` or ``dataset.csv``, ``image_dict.json``),
its ``data`` folder, and one file with the same columns as data hubs serve it: a list of objects,
lines of objects, or a table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from medtrust.core.errors import DataError
from medtrust.data.mediconfusion.pair import Pair, read_pair
from medtrust.data.rows import csv_rows, digest, json_rows, read_bytes

FILES: Final = ("dataset.json", "dataset.csv", "dataset.jsonl")
IMAGE_FILE: Final = "image_dict.json"
STATISTICS_FILE: Final = "stats/statistics.json"
_SOURCE: Final = "a checkout of MShahabSepehri/MediConfusion that holds data/dataset.json"
_ID: Final = "id"


@dataclass(frozen=True, slots=True)
class Article:
    """Where an image was printed.

    Attributes:
        pmcid: Number of the article at PubMed Central, e.g. ``PMC3284869``.
        file_name: Name of the picture among the files of the article.
        package: Address of the article's package as released; that service has ended.
    """

    pmcid: str
    file_name: str
    package: str


@dataclass(frozen=True, slots=True)
class Layout:
    """What the files hold.

    Attributes:
        folder: Folder of the questions.
        pairs: In file order.
        articles: By ROCO path; empty without ``image_dict.json``.
        statistics: Image slots by category as ``stats/statistics.json`` counts them, or None.
        digests: sha256 of the files read, by their name.
    """

    folder: Path
    pairs: Sequence[Pair]
    articles: Mapping[str, Article]
    statistics: Mapping[str, int] | None = None
    digests: Mapping[str, str] = field(default_factory=dict)


def read_layout(path: Path) -> Layout:
    """Read and check all files.

    Args:
        path: The repository, its ``data`` folder, or a file with the columns of the data set.

    Raises:
        DataError: If no questions are there, or a file or pair is broken; names pair and field.
    """
    file = _question_file(path)
    raw = read_bytes(file)
    digests = {file.name: digest(raw)}
    records = _records(file.name, raw)
    pairs = [read_pair(file.name, name, values) for name, values in records]
    _require_distinct(file.name, pairs)
    articles: dict[str, Article] = {}
    described = file.parent / IMAGE_FILE
    if described.exists():
        raw = read_bytes(described)
        digests[IMAGE_FILE] = digest(raw)
        articles = _articles(raw, pairs)
    statistics: Mapping[str, int] | None = None
    counted = file.parent / STATISTICS_FILE
    if counted.exists():
        raw = read_bytes(counted)
        digests[STATISTICS_FILE] = digest(raw)
        statistics = _statistics(raw)
    return Layout(file.parent, pairs, articles, statistics, digests)


def _question_file(path: Path) -> Path:
    if path.is_file():
        return path
    if not path.is_dir():
        raise DataError(f"There is no folder {path}: check the path after `--data`.")
    for folder in (path, path / "data"):
        for name in FILES:
            if (folder / name).exists():
                return folder / name
    raise DataError(f"No MediConfusion question file under {path}: give {_SOURCE}.")


def _records(file: str, raw: bytes) -> list[tuple[str, Mapping[str, Any]]]:
    """Pair ids with their fields, whatever the form of the file."""
    suffix = Path(file).suffix.lower()
    if suffix == ".csv":
        return [(row.optional(_ID), row.values) for row in csv_rows(file, raw)]
    if suffix == ".jsonl":
        return [(row.optional(_ID), row.values) for row in json_rows(file, raw)]
    content = _json(file, raw)
    if isinstance(content, dict):
        found = list(content.items())
    elif isinstance(content, list):
        found = [(_listed_id(row), row) for row in content]
    else:
        raise DataError(f"{file}: an object of pairs by id was expected, or a list of pairs.")
    for place, (_, values) in enumerate(found, 1):
        if not isinstance(values, dict):
            raise DataError(f"{file}: entry {place} is no object with the fields of a pair.")
    return found


def _listed_id(row: Any) -> str:
    value = row.get(_ID, "") if isinstance(row, dict) else ""
    return str(value)


def _json(file: str, raw: bytes) -> Any:
    try:
        return orjson.loads(raw.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise DataError(
            f"{file}, line {error.lineno}: no valid JSON ({error.msg}); copy the file again."
        ) from None


def _require_distinct(file: str, pairs: Sequence[Pair]) -> None:
    """Ids are unique, and one image has one local number everywhere."""
    if not pairs:
        raise DataError(f"{file} holds no pairs.")
    seen: set[str] = set()
    by_path: dict[str, int] = {}
    by_local: dict[int, str] = {}
    for pair in pairs:
        if pair.id in seen:
            raise DataError(f"{file}: pair {pair.id} is there twice.")
        seen.add(pair.id)
        for slot in pair.slots:
            same = by_path.setdefault(slot.roco, slot.local) == slot.local
            if not same or by_local.setdefault(slot.local, slot.roco) != slot.roco:
                raise DataError(
                    f"{file}, pair {pair.id}: {slot.name}_local contradicts another pair: one "
                    "image has one number."
                )


def _articles(raw: bytes, pairs: Sequence[Pair]) -> dict[str, Article]:
    content = _json(IMAGE_FILE, raw)
    if not isinstance(content, dict):
        raise DataError(f"{IMAGE_FILE}: an object of images by ROCO path was expected.")
    found: dict[str, Article] = {}
    for pair in pairs:
        for slot in pair.slots:
            if slot.roco in content and slot.roco not in found:
                where = f"{IMAGE_FILE}, image of {slot.name} of pair {pair.id}"
                found[slot.roco] = _article(where, content[slot.roco], slot.local)
    return found


def _statistics(raw: bytes) -> Mapping[str, int]:
    content = _json(STATISTICS_FILE, raw)
    numbers = content.values() if isinstance(content, dict) else [None]
    if not all(type(number) is int for number in numbers):
        raise DataError(f"{STATISTICS_FILE}: an object of counts by category was expected.")
    return dict(content)


def _article(where: str, values: Any, local: int) -> Article:
    if not isinstance(values, dict):
        raise DataError(f"{where}: an object with local, dlink and file_name was expected.")
    if values.get("local") != local:
        raise DataError(f"{where}: local is not the number that the pair gives.")
    package, name = values.get("dlink"), values.get("file_name")
    if not isinstance(package, str) or not isinstance(name, str):
        raise DataError(f"{where}: dlink and file_name must be text.")
    pmcid = package.rpartition("/")[2].removesuffix(".tar.gz")
    if not (pmcid.startswith("PMC") and pmcid[3:].isascii() and pmcid[3:].isdigit()):
        raise DataError(f"{where}: dlink does not end in PMC<number>.tar.gz.")
    if not name.isprintable() or set(name) & set("/\\") or name.startswith("."):
        raise DataError(f"{where}: file_name is no plain name of a file.")
    return Article(pmcid, name, package)
