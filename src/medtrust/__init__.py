"""Measures whether a medical vision-language model can be trusted.

Everything the command line does is a call in `medtrust.run`.
"""

from __future__ import annotations

from importlib import import_module

__version__ = "0.1.0"

_ELSEWHERE = {"EscalationPolicy": "medtrust.tuning.policy"}
"""Names that are imported when they are first used; types are in ``__init__.pyi``."""


def __getattr__(name: str) -> object:
    if name in _ELSEWHERE:
        return getattr(import_module(_ELSEWHERE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_ELSEWHERE})
