"""What a study calls its models and methods."""

from __future__ import annotations

from medtrust.report.uncertainty_names import estimator_name
from medtrust.report.wording import count, visible, words


def models_said(number: int) -> str:
    """How many models, in words."""
    return "1 model" if number == 1 else f"{count(number)} models"


def methods_said(number: int) -> str:
    """How many methods, in words."""
    return "1 method" if number == 1 else f"{count(number)} methods"


def named(estimator: str) -> str:
    """A method in the words of reports; its id where it has none, as those of plug-ins."""
    return estimator_name(estimator) or visible(words(estimator))
