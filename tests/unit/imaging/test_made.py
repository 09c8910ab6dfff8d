"""Images without a file work wherever images with one do."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medtrust.core.dataset import Dataset
from medtrust.core.errors import ImageError
from medtrust.core.records import Alteration, ImageRef, Kind, Sample
from medtrust.data.check import check
from medtrust.engine.exchange import RequestWriter
from medtrust.imaging.encode import encode_image, encode_unchanged
from medtrust.imaging.load import image_size, load_image
from medtrust.imaging.made import is_made, made_pixels, made_size
from medtrust.imaging.phantom.draw import draw
from medtrust.imaging.phantom.labels import phantom

KEY = "phantom-1:17?finding=nodule&side=left"
PIXELS = draw(phantom(17, finding="nodule", side="left"))


@pytest.mark.parametrize("key", ["blank:3x2", KEY])
def test_made_keys_are_told_from_keys_of_files(key: str) -> None:
    assert is_made(key)
    pixels = made_pixels(key)
    assert pixels is not None
    assert made_size(key) == (pixels.shape[1], pixels.shape[0])


@pytest.mark.parametrize("key", ["sha256:00", "cares:a/b.jpg", "phantom-limbs:1.png", "blanks:1"])
def test_keys_of_files_are_not_made(key: str) -> None:
    assert not is_made(key)
    assert made_size(key) is None
    assert made_pixels(key) is None


@pytest.mark.parametrize("key", ["blank:", "phantom-1:x", "phantom-9:1"])
def test_a_broken_key_of_a_made_image_is_unreadable_not_missing(key: str) -> None:
    assert is_made(key)
    for use in (load_image, image_size, encode_image):
        with pytest.raises(ImageError) as caught:
            use(ImageRef(key))
        assert caught.value.reason == "image-unreadable"


def test_a_phantom_is_loaded_sized_and_altered_like_a_file() -> None:
    assert np.array_equal(load_image(ImageRef(KEY)), PIXELS)
    assert image_size(ImageRef(KEY)) == (112, 112)
    small = load_image(ImageRef(KEY, (Alteration("resize@1", (("longest_side", 56),)),)))
    assert small.shape == (56, 56, 3)


def test_a_phantom_too_large_for_a_limit_is_refused() -> None:
    with pytest.raises(ImageError) as caught:
        load_image(ImageRef(KEY), max_pixels=112 * 112 - 1)
    assert caught.value.reason == "image-too-large"


def test_a_phantom_travels_as_a_png_that_loses_nothing() -> None:
    assert encode_unchanged(ImageRef(KEY), max_pixels=10**6) is None
    encoded = encode_image(ImageRef(KEY))
    assert (encoded.mime, encoded.width, encoded.height) == ("image/png", 112, 112)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(encoded.data))), PIXELS)


def test_made_images_are_never_missing() -> None:
    images = (ImageRef(KEY), ImageRef("blank:2x2"), ImageRef("set:gone.png"))
    sample = Sample("set:1", "Is it so?", Kind.YES_NO, images, answer=True)
    missing = check(Dataset(name="set", samples=(sample,), digests={}))
    assert [image.path for image in missing] == ["gone.png"]


def test_a_written_plan_holds_the_picture_of_a_made_image(tmp_path: Path) -> None:
    with RequestWriter(tmp_path, {}) as writer:
        name = writer._image_path(ImageRef(KEY))
        assert writer._image_path(ImageRef("set:gone.png")) is None
        assert writer.missing_images == {"set:gone.png"}
    assert name is not None
    assert np.array_equal(np.asarray(Image.open(tmp_path / name)), PIXELS)
