"""Lets a test process import the torchvision that lies beside the environment, not in it.

The processors of six architectures have a part for videos that needs torchvision. The registry's
wheel cannot load its compiled operations beside a CPU torch, and inside the environment it would
break `AutoProcessor` for everything else. So ``make setup`` puts it into a folder of its own, and
only a process that asks for this module sees it: ``pytest -p parts.torchvision_shim``.

The operations that processors use (resize, normalise) are plain torch.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

FOLDER = Path(sys.prefix) / "torchvision-for-tests"


def is_installed() -> bool:
    """Whether ``make setup`` has put torchvision beside this environment."""
    return (FOLDER / "torchvision").is_dir()


def is_active() -> bool:
    """Whether this process sees it."""
    return str(FOLDER) in sys.path


def activate() -> None:
    """Make torchvision importable in this process.

    Raises:
        RuntimeError: If it is not there, or transformers has already found it missing.
    """
    if not is_installed():
        raise RuntimeError(f"no torchvision in {FOLDER}: `make setup` puts it there")
    if "transformers" in sys.modules:
        raise RuntimeError("transformers looks for torchvision once, when first imported")
    sys.path.append(str(FOLDER))
    if not _compiled_part_loads():
        # These two describe the missing compiled operations to torch, which does not know them.
        for name in ("_meta_registrations", "_autograd_registrations"):
            sys.modules[f"torchvision.{name}"] = ModuleType(f"torchvision.{name}")
    import torchvision

    assert Path(torchvision.__file__).is_relative_to(FOLDER)


def _compiled_part_loads() -> bool:
    import ctypes

    import torch  # noqa: F401 - what it links against

    try:
        ctypes.CDLL(str(FOLDER / "torchvision" / "_C.so"))
    except OSError:
        return False
    return True


def pytest_configure() -> None:
    """Run where pytest was told to take this module as a plug-in."""
    activate()
