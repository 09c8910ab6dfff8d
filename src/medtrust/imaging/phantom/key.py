"""The key of a phantom: ``phantom-1:17``, or ``phantom-1:17?finding=nodule&side=left``.

The number behind ``phantom-`` is the version of the generators. The rest is the seed and, sorted,
the labels that were forced, with ``+`` for a blank. One phantom has one key.
"""

from __future__ import annotations

import re
from typing import Final

from medtrust.core.errors import ImageError, UserError
from medtrust.imaging.phantom.labels import Phantom, phantom

VERSION: Final = 1
"""Raised whenever the pixels or labels of any key change."""

_BEGINNING: Final = re.compile(r"phantom-\d+:", re.ASCII)
_KEY: Final = re.compile(r"phantom-(\d{1,9}):(\d{1,19})(?:\?(.+))?", re.ASCII)


def phantom_key(p: Phantom) -> str:
    """The key that names a phantom; `phantom_from_key` reads it back."""
    pairs = "&".join(f"{name}={value.replace(' ', '+')}" for name, value in p.forced)
    return f"phantom-{VERSION}:{p.seed}" + (f"?{pairs}" if pairs else "")


def phantom_from_key(key: str) -> Phantom | None:
    """The phantom that a key names, or None when the key names something else.

    Raises:
        ImageError: ``image-unreadable``, if it starts with ``phantom-VERSION:`` but no phantom of
            this release has it.
    """
    if not _BEGINNING.match(key):
        return None
    match = _KEY.fullmatch(key)
    if match is None:
        raise _unreadable(key, "write phantom-1:SEED or phantom-1:SEED?LABEL=VALUE&...")
    if int(match[1]) != VERSION:
        raise _unreadable(key, f"this release draws version {VERSION}")
    pairs = [part.partition("=") for part in match[3].split("&")] if match[3] else []
    forced = {name: value.replace("+", " ") for name, _, value in pairs}
    try:
        found = phantom(int(match[2]), **forced)
    except UserError as problem:
        raise _unreadable(key, str(problem).rstrip(".")) from problem
    if phantom_key(found) != key:  # two keys of one image would be asked twice
        raise _unreadable(key, f"it is written {phantom_key(found)}")
    return found


def _unreadable(key: str, why: str) -> ImageError:
    return ImageError("image-unreadable", f"The made image {key!r} cannot be drawn: {why}.")
