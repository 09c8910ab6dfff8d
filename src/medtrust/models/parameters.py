"""Reading ``-M key=value`` pairs: known names only, each with one clear sentence when wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from medtrust.core.errors import UnknownNameError, UserError


def check_names(parameters: Mapping[str, str], known: Iterable[str]) -> None:
    """Refuse a parameter nobody reads.

    Raises:
        UnknownNameError: With near names.
    """
    for name in parameters:
        if name not in known:
            raise UnknownNameError.among("model option", name, known)


def fraction(parameters: Mapping[str, str], name: str, default: float) -> float:
    """A number in [0, 1].

    Raises:
        UserError: If it is not.
    """
    text = parameters.get(name)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise UserError(f"-M {name}={text} is not a number from 0 to 1.")
    return value
