"""``python -m medtrust.training.phantom --out DIR``: make the phantom model again."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from medtrust.training.phantom.asking import SavedModel
from medtrust.training.phantom.card import CARD_NAME, card
from medtrust.training.phantom.evaluation import evaluate
from medtrust.training.phantom.make import make
from medtrust.training.phantom.recipe import SMOKE, Recipe


def main(arguments: list[str] | None = None) -> int:
    """Train, measure, write weights and model card.

    Args:
        arguments: Command line, or None for the process's own.
    """
    parser = argparse.ArgumentParser(
        prog="python -m medtrust.training.phantom",
        description="Trains the phantom model from fixed seeds on one CPU core, in half an hour.",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for weights and card")
    parser.add_argument("--workers", type=int, default=1, help="processes that draw images")
    parser.add_argument("--smoke", action="store_true", help="a few minutes, learns little")
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    say = logging.getLogger("medtrust.training").info
    recipe = SMOKE if chosen.smoke else Recipe()
    made = make(recipe, chosen.out, say, workers=chosen.workers)
    figures = evaluate(SavedModel(chosen.out), recipe.held_out_images, say)
    (chosen.out / CARD_NAME).write_text(card(recipe, made, figures), encoding="utf-8")
    say(f"accuracy {figures.accuracy.value:.3f}, card written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
