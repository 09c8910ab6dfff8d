"""Small data sets in the layout of the MediConfusion repository, made up here."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from medtrust.core.dataset import Dataset, DataSource
from medtrust.data.mediconfusion.loader import load

FIRST_PAIR = 10001
FIRST_LOCAL = 20000
CATEGORIES = ("Cerebral", "Vascular", "Spinal", "Cardiac", "Pulmonary")
SPLITS = ("train", "train", "validation", "test")
Form = Literal["json", "list", "jsonl", "csv"]


def image_numbers(place: int, *, share: bool = True) -> tuple[int, int]:
    """Numbers of the two images of the pair at a place.

    With ``share`` two neighbours (0 and 1, 2 and 3 ...) have one image in common, so that n pairs
    form half as many components, rounded up.
    """
    if not share:
        return 2 * place, 2 * place + 1
    start = 3 * (place // 2) + place % 2
    return start, start + 1


def roco_path(number: int) -> str:
    return f"{SPLITS[number % len(SPLITS)]}/radiology/images/ROCO_{number:05d}.jpg"


def pair_record(place: int, *, share: bool = True, **changes: Any) -> dict[str, Any]:
    """The 18 fields of one pair; the first image is right with A in every other pair."""
    first, second = image_numbers(place, share=share)
    right = ("A", "B") if place % 2 == 0 else ("B", "A")
    question = f"What is seen at level {place}?"
    options = (f"Lesion number {place}", f"No lesion at {place}")
    return {
        "im_1": roco_path(first),
        "im_2": roco_path(second),
        "im_1_local": FIRST_LOCAL + first,
        "im_2_local": FIRST_LOCAL + second,
        "cap_1": f" Caption of figure {first}.",
        "cap_2": f" Caption of figure {second}.",
        "category_1": [CATEGORIES[first % len(CATEGORIES)]],
        "category_2": [CATEGORIES[first % len(CATEGORIES)], "Head and Neck"],
        "BiomedCLIP_sim": 0.905 + 0.01 * (place % 4),
        "DINO_sim": 0.45 + 0.1 * (place % 3),
        "question": question,
        "option_A": options[0],
        "option_B": options[1],
        "im_1_correct": right[0],
        "im_2_correct": right[1],
        "AI_question": question,
        "AI_option_A": options[0],
        "AI_option_B": options[1],
        **changes,
    }


def image_record(number: int) -> dict[str, Any]:
    """Where an image was printed: every image has an article of its own."""
    return {
        "local": FIRST_LOCAL + number,
        "dlink": f"ftp://example.invalid/oa_package/00/0{number % 10}/PMC{1000 + number}.tar.gz",
        "file_name": f"figure-{number}.jpg",
    }


def write_mediconfusion(
    folder: Path,
    n_pairs: int = 4,
    *,
    form: Form = "json",
    share: bool = True,
    articles: bool = True,
    images: bool = False,
    changes: Mapping[int, Mapping[str, Any]] | None = None,
) -> Path:
    """Write ``data/dataset.*``, ``data/image_dict.json`` and, if wanted, all images.

    Args:
        folder: Becomes the repository.
        n_pairs: Pairs, with ids from 10001 on.
        form: As the repository writes it (``json`` or ``csv``), or as data hubs serve it.
        share: Whether neighbours share an image, see `image_numbers`.
        articles: Whether to write ``image_dict.json``.
        images: Whether to write a small picture for every image under ``data/images``.
        changes: Fields to replace, by place of the pair; a value of None leaves the field out.

    Returns:
        The folder, for ``--data mediconfusion=FOLDER``.
    """
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    records = {}
    for place in range(n_pairs):
        record = pair_record(place, share=share, **(changes or {}).get(place, {}))
        records[str(FIRST_PAIR + place)] = {
            name: value for name, value in record.items() if value is not None
        }
    write_records(data, records, form)
    numbers = sorted({n for place in range(n_pairs) for n in image_numbers(place, share=share)})
    if articles:
        described = {roco_path(number): image_record(number) for number in numbers}
        (data / "image_dict.json").write_text(json.dumps(described), encoding="utf-8")
    if images:
        write_images(data / "images", numbers)
    return folder


def write_records(data: Path, records: Mapping[str, Mapping[str, Any]], form: Form) -> None:
    """Write pairs in one of the forms in which they are found."""
    rows = [{"id": name, **record} for name, record in records.items()]
    if form == "json":
        (data / "dataset.json").write_text(json.dumps(records, indent=1), encoding="utf-8")
    elif form == "list":
        (data / "dataset.json").write_text(json.dumps(rows), encoding="utf-8")
    elif form == "jsonl":
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (data / "dataset.jsonl").write_text(lines, encoding="utf-8")
    else:
        with (data / "dataset.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["", *rows[0]])
            writer.writerows([index, *row.values()] for index, row in enumerate(rows))


def write_images(folder: Path, numbers: Iterable[int]) -> None:
    """A small picture for each number, ``<local>.jpg``, every one of another colour."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        colour = (40 * number % 256, 90, 255 - 40 * number % 256)
        Image.new("RGB", (48, 40), colour).save(folder / f"{FIRST_LOCAL + number}.jpg")


def load_mediconfusion(path: Path, **options: Any) -> Dataset:
    """Load a folder in the repository's layout."""
    return load(DataSource(name="mediconfusion", path=path, **options))
