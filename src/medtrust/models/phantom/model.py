"""The embedded vision-language model: small, trained on made images, here to be measured.

It knows seven kinds of drawn images and nothing of medicine. `MODEL_CARD.md` beside the weights
says how it was made (`python -m medtrust.training.phantom`), what it was taught and where it fails.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from medtrust.core.errors import UserError
from medtrust.core.model import ModelOptions
from medtrust.models.hf.adapter import LocalModel, open_folder
from medtrust.models.hf.options import read_options

WEIGHTS: Final = Path(__file__).parent / "weights"


def open_model(options: ModelOptions) -> LocalModel:
    """Make ``phantom``; takes the ``-M`` pairs of ``hf/`` models.

    Raises:
        UserError: For a name behind it, an address, or wrong options.
    """
    if options.name:
        raise UserError(f"There is one embedded model: write phantom, not phantom/{options.name}.")
    if options.base_url is not None:
        raise UserError("The embedded model answers in this process: leave --base-url out.")
    if "revision" in options.parameters:
        raise UserError("The embedded model has one revision: leave -M revision out.")
    # its matrices are too small to share between threads, which would only burn cores waiting
    parameters = {"threads": "1", "batch": "256", **options.parameters}
    return open_folder("phantom", "1", WEIGHTS, read_options(parameters))
