"""Names to code, without importing the code.

Built-ins stand in a static table, so that `medtrust list` imports nothing. Plug-ins come through
the entry-point groups ``medtrust.tasks``, ``medtrust.models``, ``medtrust.data``,
``medtrust.official``, ``medtrust.published``, ``medtrust.encoders`` and ``medtrust.estimators``;
they may not shadow a built-in.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from medtrust.core.built_in import BUILT_IN, Entry, Noun
from medtrust.core.errors import UnknownNameError, UserError

_GROUPS: Final[dict[Noun, str]] = {
    "task": "medtrust.tasks",
    "model": "medtrust.models",
    "data": "medtrust.data",
    "official": "medtrust.official",
    "published": "medtrust.published",
    "encoder": "medtrust.encoders",
    "estimator": "medtrust.estimators",
}


@cache
def entries() -> tuple[Entry, ...]:
    """All entries: built-ins first, then plug-ins in alphabetical order.

    Raises:
        UserError: If a plug-in takes the name of a built-in or of another plug-in.
    """
    found = list(BUILT_IN)
    taken = {(entry.noun, entry.name): "a built-in" for entry in BUILT_IN}
    for noun, group in _GROUPS.items():
        for point in sorted(entry_points(group=group), key=_name_and_package):
            name, package = _name_and_package(point)
            if (noun, name) in taken:
                raise UserError(
                    f"The plug-in {noun} {name!r} of {package} has the name of "
                    f"{taken[noun, name]}; rename it or uninstall the package."
                )
            taken[noun, name] = f"a plug-in of {package}"
            found.append(Entry(noun, point.name, point.value, f"plug-in {point.value}"))
    return tuple(found)


def _name_and_package(point: EntryPoint) -> tuple[str, str]:
    return point.name, point.dist.name if point.dist else "an unknown package"


def names(noun: Noun) -> list[str]:
    """Names registered for a noun, in the table's order."""
    return [entry.name for entry in entries() if entry.noun == noun]


def find(noun: Noun, name: str) -> Entry:
    """The entry of a name.

    Raises:
        UnknownNameError: With near names.
    """
    for entry in entries():
        if entry.noun == noun and entry.name == name:
            return entry
    raise UnknownNameError.among(noun, name, names(noun))


def load(noun: Noun, name: str) -> Any:
    """Import what a name stands for.

    Raises:
        UnknownNameError: If nothing has that name.
        UserError: If it is a plug-in that cannot be imported.
    """
    entry = find(noun, name)
    module, _, attribute = entry.target.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        if entry in BUILT_IN:
            raise
        raise UserError(
            f"The plug-in {noun} {name!r} ({entry.target}) cannot be imported: {error}."
        ) from error


def expand_tasks(wanted: tuple[str, ...]) -> list[str]:
    """Task names for what was typed: a task's own name, or a suite's for all its tasks.

    Raises:
        UnknownNameError: With near names among tasks and suites.
    """
    known = names("task")
    suites = {name.partition("/")[0] for name in known}
    found: list[str] = []
    for name in wanted:
        if name in suites:
            found += [task for task in known if task.startswith(f"{name}/")]
        elif name in known:
            found.append(name)
        else:
            raise UnknownNameError.among("suite or task", name, [*suites, *known])
    return list(dict.fromkeys(found))


__all__ = ["BUILT_IN", "Entry", "Noun", "entries", "expand_tasks", "find", "load", "names"]
