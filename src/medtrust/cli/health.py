"""What is installed, and what a model really does."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from medtrust import __version__

_EXTRAS: Final[Mapping[str, tuple[str, ...]]] = {
    "local": ("torch", "transformers"),
    "dicom": ("pydicom", "nibabel"),
    "ol3i": ("h5py",),
    "train": ("trl", "peft"),
    "review": ("fastapi", "uvicorn"),
}

Row = dict[str, str]


def installed() -> list[Row]:
    """medtrust, Python, and the extras with their packages."""
    rows = [
        _row("medtrust", "yes", f"version {__version__}"),
        _row("python", "yes", f"version {platform.python_version()} on {platform.system()}"),
    ]
    for extra, packages in _EXTRAS.items():
        found = {package: _version(package) for package in packages}
        absent = [package for package, number in found.items() if number is None]
        there = ", ".join(f"{package} {number}" for package, number in found.items() if number)
        if absent:
            sentence = f"not installed: {', '.join(absent)}; pip install 'medtrust[{extra}]'"
            rows.append(_row(f"extra {extra}", "no", sentence))
        else:
            rows.append(_row(f"extra {extra}", "yes", there))
    return rows


def model_findings(name: str, base_url: str | None, parameters: Mapping[str, str]) -> list[Row]:
    """Ask the model small questions and say what it really does."""
    from medtrust.assembly import open_model
    from medtrust.models.doctor import examine

    async def ask() -> list[Row]:
        model = open_model(name, base_url, parameters)
        try:
            findings = await examine(model)
        finally:
            await model.close()
        return [_row(finding.name, finding.found, finding.sentence) for finding in findings]

    return asyncio.run(ask())


def _row(name: str, found: str, sentence: str) -> Row:
    return {"name": name, "found": found, "sentence": sentence}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
