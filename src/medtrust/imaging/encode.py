"""Image encoding version 1: from an image to the bytes a model gets.

A JPEG or PNG that is 8-bit greyscale or RGB, stands upright, has no transparency and is whole
travels as it is, byte for byte. Everything else is decoded (`load.decode_image`), altered, and
written as an 8-bit RGB PNG, which loses nothing. Changing this rule means raising
`medtrust.core.keys.IMAGE_ENCODING_VERSION`.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Final

from PIL import Image

from medtrust.core.records import ImageRef
from medtrust.imaging.load import (
    DEFAULT_MAX_PIXELS,
    Pixels,
    decode_image,
    image_name,
    is_complete,
    load_image,
    open_header,
    orientation,
    read_image_bytes,
)
from medtrust.imaging.made import is_made

_MIME: Final = {"JPEG": "image/jpeg", "PNG": "image/png"}
_PNG_HEADER_BIT_DEPTH: Final = 24  # 8 signature, 4 length, 4 name, 8 size: then the depth
_PNG_COMPRESSION: Final = 1  # three times faster than 6; the pixels are the same


@dataclass(frozen=True, slots=True)
class EncodedImage:
    """An image ready to travel.

    Attributes:
        mime: ``image/jpeg`` or ``image/png``.
        data: Content of the file.
        width: In pixels.
        height: In pixels.
    """

    mime: str
    data: bytes = field(repr=False)
    width: int
    height: int


def encode_image(image: ImageRef, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> EncodedImage:
    """Encode an image by version 1 of the rule; writes no files.

    Args:
        image: A file, a blank image or a phantom, with or without alterations.
        max_pixels: Larger images are refused; at most `DEFAULT_MAX_PIXELS` has an effect.

    Raises:
        ImageError: If it cannot be read or altered; its reason says why.
    """
    if _is_made(image):
        return encode_png(load_image(image, max_pixels=max_pixels))
    data = read_image_bytes(image)
    plain = _plain(data, image_name(image), max_pixels)
    if plain is not None and is_complete(data):
        return plain
    # Bytes behind the end marker are harmless, a missing end is not: only decoding can tell.
    pixels = decode_image(data, name=image_name(image), max_pixels=max_pixels)
    return plain or encode_png(pixels)


def encode_unchanged(image: ImageRef, *, max_pixels: int) -> EncodedImage | None:
    """The file's own bytes, if a look at its header says that they may travel; else None.

    Cheap: reads and hashes the file and parses its header, but decodes nothing.

    Raises:
        ImageError: If the file cannot be read.
    """
    if _is_made(image):
        return None
    data = read_image_bytes(image)
    if not is_complete(data):
        return None
    return _plain(data, image_name(image), max_pixels)


def encode_png(pixels: Pixels) -> EncodedImage:
    """Write RGB pixels, shape (height, width, 3), as a PNG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=_PNG_COMPRESSION)
    height, width = pixels.shape[:2]
    return EncodedImage("image/png", buffer.getvalue(), width, height)


def _plain(data: bytes, name: str, max_pixels: int) -> EncodedImage | None:
    header = open_header(data, name=name, max_pixels=max_pixels)
    mime = _MIME.get(header.format or "")
    if mime is None or header.mode not in {"L", "RGB"} or "transparency" in header.info:
        return None
    if mime == "image/png" and data[_PNG_HEADER_BIT_DEPTH] != 8:
        return None
    if getattr(header, "is_animated", False) or orientation(header, data) != 1:
        return None
    return EncodedImage(mime, data, *header.size)


def _is_made(image: ImageRef) -> bool:
    return bool(image.alterations) or is_made(image.key)
