"""The operations that may be done to an image, by name and version.

An operation is a pure function of pixels, parameters and seed, so that ``name@version`` with its
parameters says exactly what the model saw. Changing what an operation computes means a new version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from medtrust.core.errors import ImageError, UnknownNameError
from medtrust.core.records import Alteration

Operation = Callable[
    [NDArray[np.uint8], Mapping[str, float | int | str], int | None], NDArray[np.uint8]
]
"""(pixels of shape (height, width, 3), parameters, seed) -> pixels of any size, 8-bit RGB."""

OPERATIONS: Final[dict[str, str]] = {
    "fill@1": "medtrust.imaging.blank:fill",
    "gaussian-blur@1": "medtrust.imaging.blur:gaussian_blur",
    "gaussian-noise@1": "medtrust.imaging.noise:gaussian_noise",
    "legacy-noise@1": "medtrust.imaging.legacy_noise:legacy_noise",
    "resize@1": "medtrust.imaging.resize:resize",
}
"""``name@version`` to ``module:function``; nothing is imported before it is used."""


def alter(pixels: NDArray[np.uint8], alteration: Alteration) -> NDArray[np.uint8]:
    """Apply one operation; the given pixels stay as they are.

    Raises:
        ImageError: ``alteration-unknown`` for a name or version that does not exist,
            ``alteration-parameters`` if the operation refuses its parameters.
    """
    function = operation(alteration.operation)
    try:
        return function(pixels, dict(alteration.parameters), alteration.seed)
    except (KeyError, TypeError, ValueError) as problem:
        what = f"needs {problem.args[0]!r}" if isinstance(problem, KeyError) else str(problem)
        raise ImageError(
            "alteration-parameters",
            f"The image operation {alteration.operation} cannot use its parameters: {what}.",
        ) from problem


@cache
def operation(name: str) -> Operation:
    """The function behind ``name@version``.

    Raises:
        ImageError: ``alteration-unknown``, with near names.
    """
    if name not in OPERATIONS:
        error = UnknownNameError.among("image operation", name, OPERATIONS)
        raise ImageError("alteration-unknown", str(error))
    module, _, attribute = OPERATIONS[name].partition(":")
    return cast("Operation", getattr(import_module(module), attribute))
