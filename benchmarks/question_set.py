"""Make a folder of questions about images, in the shape a user's own folder has.

The images are real JPEGs of noise, saved at the quality that gives about 60 kB. Every question has
its own number in its text, so no two requests are equal and none falls away when planned.

    python benchmarks/question_set.py FOLDER --questions 2000 --images 500
"""

from __future__ import annotations

import argparse
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from PIL import Image

IMAGE_BYTES = 60_000
IMAGE_SIDE = 384
FINDINGS = ("an effusion", "a nodule", "a fracture", "an opacity")
VIEWS = {"A": "chest X-ray", "B": "chest CT", "C": "brain MRI", "D": "ultrasound"}


@dataclass(frozen=True, slots=True)
class Question:
    """What a bare client needs of a row."""

    question_id: str
    image: Path
    text: str


def noise_image(index: int, side: int = IMAGE_SIDE) -> Image.Image:
    """A grey disc under noise: decodable, and as hard to compress as a radiograph."""
    rng = np.random.default_rng(index)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    pixels = 200 * np.exp(-2 * (x**2 + y**2)) + rng.normal(0, 30, (side, side))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def jpeg_bytes(image: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def quality_for(n_bytes: int) -> int:
    """The lowest quality at which the first image has at least `n_bytes`."""
    image = noise_image(0)
    return next((q for q in range(10, 96) if len(jpeg_bytes(image, q)) >= n_bytes), 95)


def row(index: int, n_images: int) -> dict[str, Any]:
    """Row of `questions.jsonl`; every second question is yes/no, the others have four options."""
    image_index = index % n_images
    common = {
        "question_id": f"q{index:06d}",
        "image": f"images/{image_index:05d}.jpg",
        "answer_type": "CLOSED",
        "dataset": "noise",
        "sex": ("female", "male")[image_index % 2],
        "age": 30 + image_index % 50,
        "patient_hash": f"p{image_index // 2:05d}",
        "modality": "X-ray",
        "split": "test",
        "licence": "CC0",
    }
    if index // n_images % 2 == 0:
        finding = FINDINGS[index // n_images // 2 % len(FINDINGS)]
        text = f"Case {index}: does this image show {finding}? Answer yes or no."
        gt = ("yes", "no")[index % 3 % 2]
        return {**common, "text": text, "gt": gt, "question_type": "yes/no", "task": "finding"}
    listed = " ".join(f"{letter}: {view}" for letter, view in VIEWS.items())
    letter = "ABCD"[index % 4]
    return {
        **common,
        "text": f"Case {index}: what imaging modality was used to produce this image? {listed}",
        "gt": f"{letter}: {VIEWS[letter]}",
        "question_type": "multi-choice",
        "task": "modality",
        "options": VIEWS,
    }


def make_question_set(folder: Path, *, n_questions: int, n_images: int) -> Path:
    """Write images and `questions.jsonl` under `folder`; the same numbers give the same bytes."""
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    quality = quality_for(IMAGE_BYTES)
    for index in range(n_images):
        (images / f"{index:05d}.jpg").write_bytes(jpeg_bytes(noise_image(index), quality))
    with (folder / "questions.jsonl").open("wb") as file:
        for index in range(n_questions):
            file.write(orjson.dumps(row(index, n_images)) + b"\n")
    return folder


def load_questions(folder: Path) -> list[Question]:
    with (folder / "questions.jsonl").open("rb") as file:
        rows = [orjson.loads(line) for line in file]
    return [Question(r["question_id"], folder / r["image"], r["text"]) for r in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=2000)
    parser.add_argument("--images", type=int, default=500)
    arguments = parser.parse_args()
    make_question_set(arguments.folder, n_questions=arguments.questions, n_images=arguments.images)
    sizes = [path.stat().st_size for path in (arguments.folder / "images").iterdir()]
    print(f"{arguments.questions} questions, {len(sizes)} images, {np.mean(sizes):.0f} B each")


if __name__ == "__main__":
    main()
