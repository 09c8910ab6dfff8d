"""Images that no file holds: their key says all that is needed to make them.

``blank:WIDTHxHEIGHT`` is a mid-grey image (`blank`), ``phantom-VERSION:SEED...`` a phantom
(`phantom.key`). Whoever has to tell a made image from a missing one asks here.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from medtrust.imaging.blank import blank_pixels, blank_size
from medtrust.imaging.phantom.key import phantom_from_key

_KEY: Final = re.compile(r"blank:|phantom-\d+:", re.ASCII)


def is_made(key: str) -> bool:
    """Whether the image of this key is made rather than read from a file; the key may be wrong."""
    return _KEY.match(key) is not None


def made_size(key: str) -> tuple[int, int] | None:
    """Width and height of a made image, or None when the key names a file.

    Raises:
        ImageError: ``image-unreadable``, if the key begins like a made image's but names none.
    """
    size = blank_size(key)
    if size is not None or phantom_from_key(key) is None:
        return size
    from medtrust.imaging.phantom.shapes import SIZE

    return SIZE, SIZE


def made_pixels(key: str) -> NDArray[np.uint8] | None:
    """Pixels of a made image, RGB, shape (height, width, 3), or None when the key names a file.

    Raises:
        ImageError: As `made_size`.
    """
    size = blank_size(key)
    if size is not None:
        return blank_pixels(*size)
    phantom = phantom_from_key(key)
    if phantom is None:
        return None
    from medtrust.imaging.phantom.draw import draw

    return draw(phantom)
