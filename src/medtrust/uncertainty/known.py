"""Every estimator that is installed: the table's, then those of plug-ins."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from medtrust.core.errors import UserError
from medtrust.core.registry import load, names
from medtrust.uncertainty.estimators import Estimator


@cache
def known_estimators() -> Mapping[str, Estimator]:
    """Estimators by name, in the order of reports.

    Raises:
        UserError: If a plug-in's estimator is none, or has another name than its entry point.
    """
    found: dict[str, Estimator] = {}
    for name in names("estimator"):
        estimator = load("estimator", name)
        if not isinstance(estimator, Estimator) or estimator.name != name:
            raise UserError(
                f"The plug-in estimator {name!r} is no Estimator of that name; uninstall it or "
                "tell its author."
            )
        found[name] = estimator
    return MappingProxyType(found)
