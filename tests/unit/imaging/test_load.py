from __future__ import annotations

import io
import struct
import subprocess
import sys
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from medtrust.core.errors import ImageError
from medtrust.core.records import Alteration, ImageRef
from medtrust.imaging.load import decode_image, image_size, load_image, stretch


def picture(mode: str = "RGB", size: tuple[int, int] = (40, 30)) -> Image.Image:
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (5, 7, 3), dtype=np.uint8))
    return coarse.resize(size, Image.Resampling.BICUBIC).convert(mode)


def as_bytes(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def ref(folder: Path, data: bytes, name: str = "picture.jpg") -> ImageRef:
    path = folder / name
    path.write_bytes(data)
    return ImageRef(f"set:{name}", path=str(path))


def reason_of(image: ImageRef, **options: Any) -> str:
    with pytest.raises(ImageError) as caught:
        load_image(image, **options)
    assert str(caught.value).endswith(".")
    return caught.value.reason


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header promises more pixels than anyone has memory for."""

    def chunk(name: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + crc

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    assert reason_of(ImageRef("set:a.jpg", path=str(tmp_path / "a.jpg"))) == "image-missing"
    assert reason_of(ImageRef("set:a.jpg")) == "image-missing"


def test_a_folder_or_an_impossible_name_is_unreadable(tmp_path: Path) -> None:
    assert reason_of(ImageRef("set:a.jpg", path=str(tmp_path))) == "image-unreadable"
    assert reason_of(ImageRef("set:a.jpg", path="a\0b.jpg")) == "image-unreadable"


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path) -> None:
    assert reason_of(ref(tmp_path, b"")) == "image-empty"


def test_text_named_jpg_is_unreadable(tmp_path: Path) -> None:
    assert reason_of(ref(tmp_path, b"<html>not found</html>")) == "image-unreadable"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "BMP", "GIF"])
def test_a_file_cut_in_half_is_not_half_an_image(tmp_path: Path, kind: str) -> None:
    data = as_bytes(picture(size=(200, 150)), kind)
    assert reason_of(ref(tmp_path, data[: len(data) // 2])) in {
        "image-truncated",
        "image-unreadable",
    }


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("kept", [0.02, 0.3, 0.9])
def test_a_cut_jpeg_or_png_is_said_to_be_truncated(tmp_path: Path, kind: str, kept: float) -> None:
    data = as_bytes(picture(size=(200, 150)), kind)
    assert reason_of(ref(tmp_path, data[: int(len(data) * kept)])) == "image-truncated"


@pytest.mark.parametrize("size", [(20_000, 8_000), (60_000, 60_000)])
def test_a_decompression_bomb_is_refused_without_a_warning(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image = ref(tmp_path, bomb(*size))
        assert reason_of(image, max_pixels=100_000_000) == "image-too-large"


def test_a_size_that_makes_pillow_warn_is_still_read_where_the_limit_allows_it() -> None:
    data = as_bytes(Image.new("1", (10_000, 9_500)), "PNG")
    assert decode_image(data).shape == (9_500, 10_000, 3)


def test_the_limit_is_the_number_of_pixels(tmp_path: Path) -> None:
    image = ref(tmp_path, as_bytes(picture(), "PNG"))
    assert load_image(image, max_pixels=1200).shape == (30, 40, 3)
    assert reason_of(image, max_pixels=1199) == "image-too-large"
    assert reason_of(ImageRef("blank:40x30"), max_pixels=1199) == "image-too-large"


def test_a_file_that_is_not_what_its_key_says_is_refused(tmp_path: Path) -> None:
    path = ref(tmp_path, as_bytes(picture(), "PNG")).path
    assert reason_of(ImageRef("sha256:" + "0" * 64, path=path)) == "image-changed"


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "CMYK", "YCbCr"])
def test_every_colour_mode_becomes_rgb_of_the_same_picture(mode: str) -> None:
    kind = "TIFF" if mode in {"CMYK", "YCbCr"} else "PNG"
    image = picture(mode)
    pixels = decode_image(as_bytes(image, kind))
    assert pixels.dtype == np.uint8
    assert np.array_equal(pixels, np.asarray(image.convert("RGB")))


def test_a_cmyk_jpeg_keeps_its_colours() -> None:
    cyan = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    red, green, blue = decode_image(as_bytes(cyan, "JPEG"))[4, 4]
    assert (red < 20, green > 200, blue > 200) == (True, True, True)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_laid_over_white(mode: str) -> None:
    clear = Image.new("RGBA", (4, 4), (10, 10, 10, 0)).convert(mode)
    assert np.all(decode_image(as_bytes(clear, "PNG")) == 255)
    solid = Image.new("RGBA", (4, 4), (10, 10, 10, 255)).convert(mode)
    assert np.all(decode_image(as_bytes(solid, "PNG")) == 10)


def test_a_transparent_palette_entry_is_laid_over_white() -> None:
    image = Image.new("P", (4, 4), 0)
    image.putpalette([0, 0, 0, 200, 0, 0])
    image.putpixel((0, 0), 1)
    pixels = decode_image(as_bytes(image, "PNG", transparency=0))
    assert pixels[0, 0].tolist() == [200, 0, 0]
    assert pixels[1, 1].tolist() == [255, 255, 255]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_deep_grey_is_stretched_from_its_own_minimum_and_maximum(kind: str) -> None:
    values = np.linspace(1000, 3000, 256).astype(np.uint16).reshape(16, 16)
    pixels = decode_image(as_bytes(Image.fromarray(values), kind))
    assert pixels.shape == (16, 16, 3)
    assert pixels[0, 0].tolist() == [0, 0, 0]
    assert pixels[-1, -1].tolist() == [255, 255, 255]
    assert np.array_equal(pixels[:, :, 0].ravel(), np.arange(256))


def test_a_deep_grey_tiff_where_zero_is_white_is_inverted() -> None:
    values = np.arange(256, dtype=np.uint16).reshape(16, 16)
    pixels = decode_image(as_bytes(Image.fromarray(values), "TIFF", tiffinfo={262: 0}))
    assert (pixels[0, 0, 0], pixels[-1, -1, 0]) == (255, 0)


def test_a_float_tiff_is_stretched_and_what_is_not_finite_is_its_minimum() -> None:
    values = np.array([[-1.0, 1.0], [np.nan, np.inf]], dtype=np.float32)
    pixels = decode_image(as_bytes(Image.fromarray(values), "TIFF"))
    assert pixels[:, :, 0].tolist() == [[0, 255], [0, 0]]


def test_a_constant_deep_image_is_mid_grey() -> None:
    assert np.all(stretch(np.full((3, 3), 700, dtype=np.uint16)) == 128)
    assert np.all(stretch(np.full((3, 3), np.nan)) == 128)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("code", range(1, 9))
def test_a_picture_stands_upright_whatever_exif_says(tmp_path: Path, kind: str, code: int) -> None:
    # bright top left corner, wider than high, in the upright picture
    upright = np.zeros((16, 32), dtype=np.uint8)
    upright[:8, :8] = 255
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, 3),
    }[code]
    exif = Image.Exif()
    exif[0x0112] = code
    image = Image.fromarray(np.ascontiguousarray(stored))
    file = ref(tmp_path, as_bytes(image, kind, exif=exif))
    assert image_size(file) == (32, 16)
    pixels = load_image(file)
    assert pixels.shape == (16, 32, 3)
    assert pixels[:8, :8].mean() > 240
    assert pixels[8:].mean() < 15


def test_exif_behind_the_pixels_of_a_png_counts_too() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = as_bytes(picture(), "PNG", exif=exif)
    start = data.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(data[start : start + 4])
    late = data[:start] + data[end:-12] + data[start:end] + data[-12:]
    assert decode_image(late).shape == (40, 30, 3)


def test_broken_exif_does_not_cost_the_picture() -> None:
    data = as_bytes(picture(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff rubbish")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert decode_image(data).shape == (30, 40, 3)


def test_of_several_frames_the_first_is_taken() -> None:
    first, second = Image.new("RGB", (4, 4), "red"), Image.new("RGB", (4, 4), "blue")
    for kind in ("GIF", "TIFF", "PNG", "WEBP"):
        options = {"lossless": True} if kind == "WEBP" else {}
        data = as_bytes(first, kind, save_all=True, append_images=[second], **options)
        assert decode_image(data)[0, 0].tolist() == [255, 0, 0], kind


def test_a_blank_image_is_mid_grey_and_needs_no_file() -> None:
    pixels = load_image(ImageRef("blank:5x3"))
    assert pixels.shape == (3, 5, 3)
    assert np.all(pixels == 128)
    assert image_size(ImageRef("blank:5x3")) == (5, 3)


@pytest.mark.parametrize("key", ["blank:", "blank:5", "blank:0x4", "blank:-1x4", "blank:5x4x3"])
def test_a_blank_image_without_a_size_is_refused(key: str) -> None:
    assert reason_of(ImageRef(key)) == "image-unreadable"


def test_alterations_are_applied_in_order() -> None:
    red = Alteration("fill@1", (("red", 255), ("green", 0), ("blue", 0)))
    small = Alteration("resize@1", (("longest_side", 10),))
    pixels = load_image(ImageRef("blank:40x20", (red, small)))
    assert pixels.shape == (5, 10, 3)
    assert pixels[0, 0].tolist() == [255, 0, 0]


LITTLE_MEMORY = """
import resource, sys
from pathlib import Path
from medtrust.core.errors import ImageError
from medtrust.core.records import ImageRef
from medtrust.imaging.load import image_size, load_image

picture = ImageRef("set:a.png", path=sys.argv[1])
image_size(ImageRef("set:b.png", path=sys.argv[2]))  # pillow's plugins are imported by now
pages = int(Path("/proc/self/statm").read_text().split()[0])
most = pages * resource.getpagesize() + int(sys.argv[4]) * 2**20
resource.setrlimit(resource.RLIMIT_AS, (most, most))
try:
    if sys.argv[3] == "size":
        image_size(picture)
    else:
        load_image(picture if sys.argv[3] == "load" else ImageRef("blank:9000x9000"))
except ImageError as error:
    sys.stdout.write(f"{error.reason}|{error}")
"""


def with_little_memory(tmp_path: Path, data: bytes, action: str, megabytes: int) -> list[str]:
    """Reason and sentence, in a process that may take only so much more memory."""
    files = ref(tmp_path, data, "a.png").path, ref(tmp_path, as_bytes(picture(), "PNG"), "b").path
    ended = subprocess.run(
        [sys.executable, "-c", LITTLE_MEMORY, *map(str, files), action, str(megabytes)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.split("|")


def with_a_large_note(data: bytes, size: int) -> bytes:
    """A PNG with a chunk nobody knows between its header and its pixels."""
    note = b"noTe" + bytes(size)
    chunk = struct.pack(">I", size) + note + struct.pack(">I", zlib.crc32(note))
    return data[:33] + chunk + data[33:]


@pytest.mark.skipif(sys.platform != "linux", reason="limits its own memory as Linux does")
def test_a_sound_image_that_does_not_fit_into_memory_is_not_called_damaged(tmp_path: Path) -> None:
    sound = as_bytes(Image.new("RGB", (6_000, 6_000)), "PNG")
    reason, sentence = with_little_memory(tmp_path, sound, "load", 64)
    assert reason == "out-of-memory"
    assert sentence == "There is not enough memory for the image a.png; make it smaller."


@pytest.mark.skipif(sys.platform != "linux", reason="limits its own memory as Linux does")
@pytest.mark.parametrize(
    ("action", "megabytes"), [("load", 100), ("size", 100), ("size", 16), ("made", 100)]
)
def test_memory_may_run_out_before_and_after_a_file_is_decoded(
    tmp_path: Path, action: str, megabytes: int
) -> None:
    sound = with_a_large_note(as_bytes(picture(), "PNG"), 60 * 2**20)
    assert load_image(ref(tmp_path, sound)).shape == (30, 40, 3)
    reason, _ = with_little_memory(tmp_path, sound, action, megabytes)
    assert reason == "out-of-memory"


def test_random_damage_is_an_image_error_or_an_image_and_never_anything_else() -> None:
    rng = np.random.default_rng(7)
    for kind in ("JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP"):
        data = np.frombuffer(as_bytes(picture(), kind), dtype=np.uint8)
        for _ in range(60):
            damaged = data.copy()
            places = rng.integers(0, min(len(data), 400), 6)
            damaged[places] = rng.integers(0, 256, 6)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                try:
                    pixels = decode_image(damaged.tobytes(), max_pixels=1_000_000)
                except ImageError as problem:
                    outcome = problem.reason
                else:
                    outcome = f"image-with-{pixels.ndim}-axes"
            assert outcome in {
                "image-unreadable",
                "image-truncated",
                "image-too-large",
                "image-with-3-axes",
            }
