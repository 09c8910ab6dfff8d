"""The plain JSON values of a calibration map, checked."""

from __future__ import annotations

import math
from itertools import pairwise

from medtrust.core.errors import DataError


def parameters(document: object, method: str, wanted: set[str]) -> dict[str, object]:
    """The fields of a map of this method.

    Args:
        document: What was read from JSON.
        method: Name that must stand in its field ``method``.
        wanted: The other fields that must be there; no more are allowed.

    Raises:
        DataError: If it is not such an object.
    """
    if not isinstance(document, dict) or document.get("method") != method:
        raise DataError(f'A calibration map of this kind must hold "method": "{method}".')
    fields = {str(name): value for name, value in document.items() if name != "method"}
    if set(fields) != wanted:
        raise DataError(
            f"A calibration map {method!r} must hold {', '.join(sorted(wanted))}, "
            f"not {', '.join(sorted(fields)) or 'nothing'}."
        )
    return fields


def number(
    fields: dict[str, object], name: str, low: float = -math.inf, high: float = math.inf
) -> float:
    """One finite number of a map, within its bounds.

    Raises:
        DataError: If it is not.
    """
    return _finite(fields[name], name, low, high)


def corners(fields: dict[str, object]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Scores and probabilities of an isotonic map.

    Raises:
        DataError: If there are none, their numbers differ, scores do not ascend or probabilities
            fall or leave [0, 1].
    """
    scores = _list_of(fields["scores"], "scores", -math.inf, math.inf)
    chances = _list_of(fields["probabilities"], "probabilities", 0.0, 1.0)
    if not scores or len(scores) != len(chances):
        raise DataError(
            "An isotonic calibration map needs as many scores as probabilities, at least one, "
            f"not {len(scores)} and {len(chances)}."
        )
    if any(second <= first for first, second in pairwise(scores)):
        raise DataError("The scores of an isotonic calibration map must ascend.")
    if any(second < first for first, second in pairwise(chances)):
        raise DataError("The probabilities of an isotonic calibration map must never fall.")
    return scores, chances


def _list_of(value: object, name: str, low: float, high: float) -> tuple[float, ...]:
    if not isinstance(value, (list, tuple)):
        raise DataError(f"{name} of a calibration map must be a list of numbers.")
    return tuple(_finite(each, name, low, high) for each in value)


def _finite(value: object, name: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise DataError(f"{name} of a calibration map must be a number, not {value!r}.")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found) or not low <= found <= high:
        raise DataError(f"{name} of a calibration map is out of range: {found!r}.")
    return found
