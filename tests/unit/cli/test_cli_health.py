"""`medtrust doctor`: what is installed, and how to get the rest."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from medtrust import __version__
from medtrust.cli.health import _EXTRAS, installed

PROJECT = Path(__file__).resolve().parents[3]


def test_the_first_rows_name_the_versions_of_medtrust_and_python() -> None:
    rows = {row["name"]: row for row in installed()}
    assert rows["medtrust"]["sentence"] == f"version {__version__}"
    assert rows["python"]["found"] == "yes"


def there(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def test_an_extra_is_there_when_all_its_packages_are_and_else_says_how_to_get_it() -> None:
    rows = {row["name"]: row for row in installed()}
    for extra, packages in _EXTRAS.items():
        row = rows[f"extra {extra}"]
        absent = [package for package in packages if not there(package)]
        assert row["found"] == ("no" if absent else "yes")
        if absent:
            assert f"pip install 'medtrust[{extra}]'" in row["sentence"]
            assert all(package in row["sentence"] for package in absent)


def test_every_extra_of_the_package_is_looked_for() -> None:
    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    extras = {
        name: {re.split("[<>=]", item)[0] for item in items}
        for name, items in declared["optional-dependencies"].items()
    }
    assert set(_EXTRAS) == set(extras)
    for name, packages in _EXTRAS.items():
        assert set(packages) <= extras[name]
