"""Array types and the checks every metric makes on what it is given."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from medtrust.core.errors import ShapeError

BoolArray: TypeAlias = npt.NDArray[np.bool_]
FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]


def as_values(values: npt.ArrayLike, name: str) -> FloatArray:
    """Check and convert a vector of finite numbers.

    Args:
        values: Numbers, shape (n,).
        name: What to call the vector in an error.

    Returns:
        The values as float64, shape (n,).

    Raises:
        ShapeError: If it is not one-dimensional, not numeric, or holds NaN or infinity.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ShapeError(f"{name} must be numbers.") from error
    if array.ndim != 1:
        raise ShapeError(f"{name} must have one dimension, not {array.ndim}.")
    if not np.isfinite(array).all():
        raise ShapeError(f"{name} holds NaN or infinity; leave missing values out beforehand.")
    return array


def as_zero_one(values: npt.ArrayLike, name: str) -> FloatArray:
    """Check and convert a vector of booleans, or of zeros and ones.

    Raises:
        ShapeError: If any value is neither 0 nor 1, or the shape is not (n,).
    """
    array = as_values(values, name)
    if not is_zero_one(array):
        raise ShapeError(f"{name} must hold only 0 and 1.")
    return array


def is_zero_one(values: FloatArray) -> bool:
    """Whether every value is 0 or 1 (true of an empty vector)."""
    return bool(((values == 0.0) | (values == 1.0)).all())


def as_codes(values: npt.ArrayLike, name: str) -> IntArray:
    """Check and convert a vector of whole numbers that name clusters, groups or labels.

    Raises:
        ShapeError: If a value is not a whole number, or the shape is not (n,).
    """
    array = as_values(values, name)
    codes = array.astype(np.int64)
    if not np.array_equal(codes, array):
        raise ShapeError(f"{name} must hold whole numbers.")
    return codes


def require_same_length(**arrays: npt.NDArray[np.generic] | None) -> int:
    """Check that all given vectors have one length, and return it; None is skipped.

    Raises:
        ShapeError: If two lengths differ; the message names them.
    """
    lengths = {name: array.shape[0] for name, array in arrays.items() if array is not None}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise ShapeError(f"Arrays differ in length: {listed}.")
    return next(iter(lengths.values()), 0)


def require_level(level: float) -> None:
    """Check that a confidence level lies strictly between 0 and 1.

    Raises:
        ShapeError: If it does not.
    """
    if not 0.0 < level < 1.0:
        raise ShapeError(f"level must lie between 0 and 1, not {level}.")
