"""Draw the sketches of `examples/sketches`: made images with exact answers, for trying things out.

    python examples/make_sketches.py

Each sketch is a grey frame with two "lungs" and, in half of them, one bright round spot. They are
drawings of our own, no medical images.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

FOLDER = Path(__file__).parent / "sketches"
PATIENTS = 60
SIDE_PX = 96


def draw(rng: np.random.Generator, spot: str | None) -> Image.Image:
    """One sketch; ``spot`` is ``left``, ``right`` or None."""
    rows, columns = np.mgrid[0:SIDE_PX, 0:SIDE_PX] / SIDE_PX
    pixels = np.full((SIDE_PX, SIDE_PX), 150.0)
    for centre in (0.3, 0.7):
        lung = ((columns - centre) / 0.16) ** 2 + ((rows - 0.52) / 0.36) ** 2 < 1
        pixels[lung] = 55
    if spot is not None:
        centre = {"left": 0.3, "right": 0.7}[spot] + rng.uniform(-0.05, 0.05)
        height = 0.52 + rng.uniform(-0.2, 0.2)
        pixels[(columns - centre) ** 2 + (rows - height) ** 2 < 0.05**2] = 215
    pixels += rng.normal(0, 6, pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def main() -> None:
    """Write images and questions."""
    (FOLDER / "images").mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(7)
    rows = []
    for patient in range(PATIENTS):
        spot = [None, "left", None, "right"][patient % 4]
        sex = ["female", "male"][patient // 2 % 2]
        name = f"images/p{patient:02}.png"
        draw(rng, spot).save(FOLDER / name, optimize=True)
        about = {"image": name, "patient": f"p{patient:02}", "sex": sex, "view": "front"}
        rows.append(
            {"id": f"p{patient:02}-spot", "question": "Is there a bright round spot?",
             "answer": "yes" if spot else "no", **about}
        )  # fmt: skip
        rows.append(
            {"id": f"p{patient:02}-side", "question": "Where in the picture is a bright spot?",
             "options": ["left half", "right half", "nowhere"],
             "answer": {"left": "left half", "right": "right half", None: "nowhere"}[spot],
             **about}
        )  # fmt: skip
    lines = [json.dumps(row) for row in rows]
    (FOLDER / "questions.jsonl").write_text("\n".join(lines) + "\n")
    print(f"{len(rows)} questions about {PATIENTS} sketches in {FOLDER}")


if __name__ == "__main__":
    main()
