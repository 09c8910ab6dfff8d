"""Opening image files whose content nobody vouches for.

Whatever is wrong with a file becomes one `ImageError` with a reason:

=====================  ==========================================================
``image-missing``      there is no such file
``image-empty``        the file has no bytes
``image-unreadable``   not an image, a kind not read here, or damaged inside
``image-truncated``    the file ends too early
``image-too-large``    more pixels than allowed (a decompression bomb, or a slide)
``image-changed``      the bytes are not those the key was computed from
``out-of-memory``      it does not fit into this machine's memory; nothing is wrong with it
=====================  ==========================================================
"""

from __future__ import annotations

import io
import threading
import warnings
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medtrust.core.errors import ImageError
from medtrust.core.records import ImageRef
from medtrust.imaging.alterations import alter
from medtrust.imaging.made import made_pixels, made_size

Pixels = NDArray[np.uint8]

FORMATS: Final = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")

DEFAULT_MAX_PIXELS: Final = 178_956_970
"""The number of pixels at which pillow itself stops, about 13,377 x 13,377; 0.5 GB as RGB."""

ORIENTATION_TAG: Final = 0x0112

# EXIF 2.32, 4.6.4: how the stored picture must be turned to stand upright.
UPRIGHT: Final[dict[int, Image.Transpose]] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_MAGIC: Final = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"BM", b"II*\0", b"MM\0*", b"GIF8")
_METADATA: Final = ("exif", "xmp", "Raw profile type exif", "XML:com.adobe.xmp")

# The filters of `warnings` belong to the whole process, so only one thread may bend them at a time.
_WARNINGS_LOCK: Final = threading.Lock()


def load_image(image: ImageRef, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Pixels:
    """Pixels of an image as a person would see it, its alterations applied.

    Args:
        image: A file, or a blank image or phantom that is made here.
        max_pixels: Larger images are refused; at most `DEFAULT_MAX_PIXELS` has an effect.

    Returns:
        8-bit RGB, shape (height, width, 3). See `decode_image` for how other depths and colour
        modes get there.

    Raises:
        ImageError: With one of the reasons above, or those of `alterations.alter`.
    """
    size = made_size(image.key)
    if size is not None:  # before it is made: a blank image may be of any size
        check_size(*size, name=image.key, max_pixels=max_pixels)
    try:
        pixels = made_pixels(image.key)
        if pixels is None:
            data = read_image_bytes(image)
            pixels = decode_image(data, name=image_name(image), max_pixels=max_pixels)
        for alteration in image.alterations:
            pixels = alter(pixels, alteration)
    except MemoryError as problem:
        raise _no_memory(image_name(image)) from problem
    return pixels


def image_size(image: ImageRef, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> tuple[int, int]:
    """Width and height as seen, EXIF rotation applied, alterations not; reads only the header.

    Raises:
        ImageError: As `load_image`, for what the header shows.
    """
    size = made_size(image.key)
    if size is not None:
        check_size(*size, name=image.key, max_pixels=max_pixels)
        return size
    data = read_image_bytes(image)
    header = open_header(data, name=image_name(image), max_pixels=max_pixels)
    width, height = header.size
    return (height, width) if orientation(header, data) >= 5 else (width, height)


def image_name(image: ImageRef) -> str:
    """What to call an image in a message: its file name, or its key when there is no file."""
    return Path(image.path).name if image.path else image.key


def read_image_bytes(image: ImageRef) -> bytes:
    """The bytes of the file, checked against the digest in its key.

    Raises:
        ImageError: ``image-missing``, ``image-empty``, ``image-unreadable``, ``image-changed`` or
            ``out-of-memory``.
    """
    name = image_name(image)
    if image.path is None:
        raise ImageError(
            "image-missing", f"The image {name} is not here; name its folder with --images."
        )
    try:
        data = Path(image.path).read_bytes()
    except FileNotFoundError:
        raise ImageError("image-missing", f"There is no image file {name}.") from None
    except (OSError, ValueError) as problem:
        sentence = f"The image file {name} cannot be read: {_why(problem)}."
        raise ImageError("image-unreadable", sentence) from problem
    except MemoryError as problem:
        raise _no_memory(name) from problem
    if not data:
        raise ImageError("image-empty", f"The image file {name} is empty; copy it again.")
    if image.key.startswith("sha256:") and sha256(data).hexdigest() != image.key[7:]:
        raise ImageError(
            "image-changed",
            f"The image file {name} has changed since the run was planned; start the run again.",
        )
    return data


def decode_image(
    data: bytes, *, name: str = "the image", max_pixels: int = DEFAULT_MAX_PIXELS
) -> Pixels:
    """Decode a whole file into 8-bit RGB, upright.

    * Greyscale deeper than 8 bits is stretched from its own minimum and maximum to 0..255, because
      12-bit data in a 16-bit file would otherwise be black. So brightness cannot be compared
      between such images. A constant image becomes mid-grey, and values that are not finite count
      as the minimum. Colour with 16 bits a channel keeps the upper 8.
    * Transparency is laid over white, the paper of a printed figure.
    * CMYK is converted by pillow without a colour profile; of several frames the first is taken.

    Args:
        data: Content of a JPEG, PNG, WebP, BMP, TIFF or GIF file.
        name: What to call it in an error.
        max_pixels: Larger images are refused before they are decoded.

    Returns:
        Shape (height, width, 3).

    Raises:
        ImageError: ``image-unreadable``, ``image-truncated``, ``image-too-large`` or
            ``out-of-memory``.
    """
    header = open_header(data, name=name, max_pixels=max_pixels)
    try:
        turn = UPRIGHT.get(orientation(header, data))
        upright = header.transpose(turn) if turn is not None else header
        return _rgb(upright)
    except MemoryError as problem:
        raise _no_memory(name) from problem
    except Exception as problem:  # pillow's plugins raise whatever their parsers stumble over
        raise _damaged(data, name, problem) from problem


def open_header(data: bytes, *, name: str, max_pixels: int) -> Image.Image:
    """Open without decoding; nothing of pillow's warnings gets out.

    Raises:
        ImageError: ``image-unreadable``, ``image-truncated``, ``image-too-large`` or
            ``out-of-memory``.
    """
    try:
        with _WARNINGS_LOCK, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as problem:
        raise _too_large(name, max_pixels) from problem
    except MemoryError as problem:
        raise _no_memory(name) from problem
    except Exception as problem:  # see decode_image
        raise _damaged(data, name, problem) from problem
    check_size(*image.size, name=name, max_pixels=max_pixels)
    return image


def orientation(image: Image.Image, data: bytes) -> int:
    """EXIF orientation of an opened image, 1 to 8; 1 where there is none or it is nonsense.

    Raises:
        MemoryError: If there is too little to read the metadata.
    """
    if image.format == "TIFF":  # pillow turns these itself, and has swapped their size already
        return 1
    # A PNG may carry its EXIF behind the pixels, where pillow's header does not look.
    late_exif = image.format == "PNG" and b"eXIf" in data
    if not late_exif and not any(key in image.info for key in _METADATA):
        return 1
    try:
        with _WARNINGS_LOCK, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = image.getexif().get(ORIENTATION_TAG, 1)
    except MemoryError:  # says nothing about the metadata: the picture would lie on its side
        raise
    except Exception:  # noqa: BLE001 - broken metadata must not cost the picture
        return 1
    return value if isinstance(value, int) and value in UPRIGHT else 1


def check_size(width: int, height: int, *, name: str, max_pixels: int) -> None:
    """Refuse an image of more than `max_pixels`.

    Raises:
        ImageError: ``image-too-large``.
    """
    if width * height > max_pixels:
        raise _too_large(name, max_pixels)


def is_complete(data: bytes) -> bool:
    """Whether a JPEG or PNG ends with its end marker; False also where one cannot tell so."""
    return data.endswith(b"\xff\xd9") or data[-8:-4] == b"IEND"


def _rgb(image: Image.Image) -> Pixels:
    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
        values = np.asarray(image)
        inverted = image.format == "TIFF" and getattr(image, "tag_v2", {}).get(262) == 0
        grey = stretch(-values.astype(np.float64) if inverted else values)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        above = image.convert("RGBA")
        paper = Image.new("RGBA", above.size, (255, 255, 255, 255))
        image = Image.alpha_composite(paper, above)
    return np.array(image.convert("RGB"))


def stretch(values: NDArray[Any]) -> Pixels:
    """Map values linearly from their own range to 0..255; a constant becomes 128.

    Args:
        values: Any real numbers, shape (height, width); what is not finite counts as the minimum.
    """
    exact = values.astype(np.float64)
    finite = exact[np.isfinite(exact)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    if low == high:
        return np.full(values.shape, 128, dtype=np.uint8)
    exact = np.nan_to_num(exact, nan=low, posinf=low, neginf=low)
    scaled: Pixels = np.rint((exact - low) * (255.0 / (high - low))).astype(np.uint8)
    return scaled


def _damaged(data: bytes, name: str, problem: Exception) -> ImageError:
    known = data.startswith(_MAGIC)
    if not known:
        kinds = "JPEG, PNG, WebP, BMP, TIFF or GIF"
        return ImageError("image-unreadable", f"The file {name} is not a {kinds} image.")
    short = data.startswith((b"\xff\xd8", b"\x89PNG")) and not is_complete(data)
    if short or "truncated" in str(problem).lower() or isinstance(problem, EOFError):
        return ImageError("image-truncated", f"The image file {name} ends early; copy it again.")
    return ImageError("image-unreadable", f"The image file {name} is damaged and cannot be read.")


def _too_large(name: str, max_pixels: int) -> ImageError:
    return ImageError(
        "image-too-large",
        f"The image {name} has more than {max_pixels:,} pixels; make it smaller or raise the limit "
        "(max_pixels).",
    )


def _no_memory(name: str) -> ImageError:
    return ImageError(
        "out-of-memory", f"There is not enough memory for the image {name}; make it smaller."
    )


def _why(problem: Exception) -> str:
    strerror = getattr(problem, "strerror", None)
    return str(strerror).lower() if strerror else "its name is not a valid path"
