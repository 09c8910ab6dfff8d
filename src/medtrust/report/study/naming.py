"""What a study calls its models and methods."""

from __future__ import annotations

from medtrust.metrics.random_effects import MIN_MODELS
from medtrust.report.uncertainty_names import estimator_name
from medtrust.report.wording import count, visible, words


def models_said(number: int) -> str:
    """How many models, in words."""
    return "1 model" if number == 1 else f"{count(number)} models"


def few_said(number: int) -> list[str]:
    """What fewer than five models cannot say; nothing for more."""
    if number >= MIN_MODELS:
        return []
    said = (
        f"Only {models_said(number)}: with fewer than {MIN_MODELS}, how much true values differ "
        "between models cannot be estimated, and intervals speak of these alone."
    )
    return [said]


def methods_said(number: int) -> str:
    """How many methods, in words."""
    return "1 method" if number == 1 else f"{count(number)} methods"


def named(estimator: str) -> str:
    """A method in the words of reports; its id where it has none, as those of plug-ins."""
    return estimator_name(estimator) or visible(words(estimator))
