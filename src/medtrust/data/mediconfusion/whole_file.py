"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

from medtrust.core.errors import DataError


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under another name and give it its own at the end; makes its folder.

    Raises:
        DataError: If the folder takes no file.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError as problem:
        raise DataError(f"{path.parent} takes no image: {problem.strerror or problem}.") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
