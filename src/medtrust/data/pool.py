"""Equal texts and mappings are kept once: a hundred thousand samples share a few hundred groups."""

from __future__ import annotations

from collections.abc import Mapping

from medtrust.core.records import NOTHING


class ValuePool:
    """Hands out one object for all equal values of one load."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._mappings: dict[tuple[tuple[str, str], ...], Mapping[str, str]] = {(): NOTHING}
        self._tuples: dict[tuple[str, ...], tuple[str, ...]] = {}

    def text(self, value: str) -> str:
        """The first text seen that equals this one."""
        return self._texts.setdefault(value, value)

    def texts(self, values: tuple[str, ...]) -> tuple[str, ...]:
        """The first tuple seen that equals this one."""
        return self._tuples.setdefault(values, values)

    def mapping(self, values: Mapping[str, str]) -> Mapping[str, str]:
        """One shared mapping for all equal ones; entries with an empty value are left out."""
        key = tuple((name, value) for name, value in values.items() if value)
        shared = self._mappings.get(key)
        if shared is None:
            shared = {self.text(name): self.text(value) for name, value in key}
            self._mappings[key] = shared
        return shared
