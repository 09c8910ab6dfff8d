from __future__ import annotations

import io
import struct
import zlib
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from medtrust.core.errors import ImageError
from medtrust.core.records import Alteration, ImageRef
from medtrust.imaging.encode import encode_image, encode_unchanged
from medtrust.imaging.load import load_image

RNG = np.random.default_rng(1)
COLOUR = Image.fromarray(RNG.integers(0, 256, (24, 32, 3), dtype=np.uint8))


def saved(folder: Path, image: Image.Image, kind: str, **options: Any) -> ImageRef:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return kept(folder, buffer.getvalue())


def kept(folder: Path, data: bytes) -> ImageRef:
    path = folder / "picture.bin"
    path.write_bytes(data)
    return ImageRef(f"sha256:{sha256(data).hexdigest()}", path=str(path))


def content(image: ImageRef) -> bytes:
    return Path(image.path or "").read_bytes()


def decoded(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize(("kind", "mime"), [("JPEG", "image/jpeg"), ("PNG", "image/png")])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_plain_jpeg_or_png_travels_byte_for_byte(
    tmp_path: Path, kind: str, mime: str, mode: str
) -> None:
    image = saved(tmp_path, COLOUR.convert(mode), kind)
    encoded = encode_image(image)
    assert (encoded.mime, encoded.width, encoded.height) == (mime, 32, 24)
    assert encoded.data == content(image)
    assert encode_unchanged(image, max_pixels=10_000) == encoded


def upright_exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 1
    return exif


def test_exif_that_turns_nothing_changes_nothing(tmp_path: Path) -> None:
    for kind in ("JPEG", "PNG"):
        image = saved(tmp_path, COLOUR, kind, exif=upright_exif())
        assert encode_image(image).data == content(image)


@pytest.mark.parametrize("mode", ["P", "RGBA", "LA", "1", "I;16", "CMYK"])
def test_every_other_colour_mode_travels_as_an_rgb_png(tmp_path: Path, mode: str) -> None:
    if mode == "I;16":
        picture = Image.fromarray(RNG.integers(0, 4096, (24, 32)).astype(np.uint16))
    else:
        picture = COLOUR.convert(mode)
    image = saved(tmp_path, picture, "JPEG" if mode == "CMYK" else "PNG")
    assert encode_unchanged(image, max_pixels=10_000) is None
    encoded = encode_image(image)
    assert encoded.mime == "image/png"
    assert decoded(encoded.data).mode == "RGB"
    assert np.array_equal(np.asarray(decoded(encoded.data)), load_image(image))


@pytest.mark.parametrize("kind", ["WEBP", "BMP", "TIFF", "GIF"])
def test_every_other_kind_of_file_travels_as_an_rgb_png(tmp_path: Path, kind: str) -> None:
    encoded = encode_image(saved(tmp_path, COLOUR, kind))
    assert encoded.mime == "image/png"
    assert decoded(encoded.data).size == (32, 24)


def deep_colour_png() -> bytes:
    """One row of two pixels, 16 bits a channel, which pillow reads but cannot write."""

    def chunk(name: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + crc

    header = struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)
    row = b"\0" + struct.pack(">6H", 0x10FF, 0x20FF, 0x30FF, 0xFFFF, 0, 0x80)
    body = chunk(b"IDAT", zlib.compress(row))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


def test_a_png_of_16_bit_colour_travels_with_its_upper_8_bits(tmp_path: Path) -> None:
    image = kept(tmp_path, deep_colour_png())
    assert encode_unchanged(image, max_pixels=10_000) is None
    pixels = np.asarray(decoded(encode_image(image).data))
    assert pixels.tolist() == [[[0x10, 0x20, 0x30], [0xFF, 0, 0]]]


def test_a_turned_picture_travels_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    encoded = encode_image(saved(tmp_path, COLOUR, "JPEG", exif=exif))
    assert (encoded.mime, encoded.width, encoded.height) == ("image/png", 24, 32)
    assert decoded(encoded.data).getexif().get(0x0112, 1) == 1


def test_an_animated_png_travels_as_its_first_frame(tmp_path: Path) -> None:
    image = saved(
        tmp_path, COLOUR, "PNG", save_all=True, append_images=[Image.new("RGB", (32, 24))]
    )
    encoded = encode_image(image)
    assert encoded.data != content(image)
    assert np.array_equal(np.asarray(decoded(encoded.data)), np.asarray(COLOUR))


def test_bytes_behind_the_end_marker_are_harmless(tmp_path: Path) -> None:
    image = kept(tmp_path, content(saved(tmp_path, COLOUR, "JPEG")) + b"\0" * 50)
    assert encode_unchanged(image, max_pixels=10_000) is None
    assert encode_image(image).data == content(image)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_truncated_file_is_never_sent(tmp_path: Path, kind: str) -> None:
    whole = content(saved(tmp_path, COLOUR, kind))
    with pytest.raises(ImageError) as caught:
        encode_image(kept(tmp_path, whole[: len(whole) * 2 // 3]))
    assert caught.value.reason == "image-truncated"


def test_an_altered_image_travels_as_a_png_of_its_altered_pixels(tmp_path: Path) -> None:
    plain = saved(tmp_path, COLOUR, "JPEG")
    altered = ImageRef(plain.key, (Alteration("resize@1", (("longest_side", 8),)),), plain.path)
    encoded = encode_image(altered)
    assert (encoded.mime, encoded.width, encoded.height) == ("image/png", 8, 6)
    assert np.array_equal(np.asarray(decoded(encoded.data)), load_image(altered))


def test_a_blank_image_travels_as_a_grey_png() -> None:
    encoded = encode_image(ImageRef("blank:16x8"))
    assert (encoded.mime, encoded.width, encoded.height) == ("image/png", 16, 8)
    assert np.all(np.asarray(decoded(encoded.data)) == 128)


def test_the_same_image_gives_the_same_bytes_twice() -> None:
    assert encode_image(ImageRef("blank:16x8")) == encode_image(ImageRef("blank:16x8"))


def test_the_limit_holds_for_images_that_would_travel_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(ImageError) as caught:
        encode_image(saved(tmp_path, COLOUR, "PNG"), max_pixels=100)
    assert caught.value.reason == "image-too-large"


def test_pixels_do_not_flood_a_log() -> None:
    assert len(repr(encode_image(ImageRef("blank:16x8")))) < 100
