from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from medtrust.core.errors import DataError, ModelError
from medtrust.core.records import ImageRef
from medtrust.mining.embedding_file import write_embeddings
from medtrust.mining.embeddings import open_embeddings
from medtrust.mining.encoder import EncoderIdentity, Pixels, Vectors, open_encoder
from medtrust.mining.encoding import Encoded, digest_of, encode_pictures
from medtrust.mining.pictures import Picture, folder_pictures
from medtrust.mining.pixels import PixelEncoder
from medtrust.mining.stored import VectorStore


class Counting(PixelEncoder):
    """The real encoder of pixels, which notes what it is given and may refuse or stop.

    Args:
        fits: Most images that fit into memory together.
        breaks_on: Width of images on which it fails.
        stops_after: Calls after which it is interrupted.
    """

    def __init__(self, fits: int = 99, breaks_on: int = 0, stops_after: int = 99) -> None:
        super().__init__()
        self.batch = 4
        self.calls: list[int] = []
        self._fits = fits
        self._breaks_on = breaks_on
        self._stops_after = stops_after

    def prepare(self, pixels: Pixels) -> Any:
        return pixels.shape[1], super().prepare(pixels)

    def encode(self, prepared: Sequence[Any]) -> Vectors:
        if len(self.calls) == self._stops_after:
            raise KeyboardInterrupt
        self.calls.append(len(prepared))
        if len(prepared) > self._fits:
            raise MemoryError
        if any(width == self._breaks_on for width, _ in prepared):
            raise RuntimeError("no such width")
        return super().encode([vector for _, vector in prepared])


def encoded(folder: Path, encoder: Any, store: Path, **named: Any) -> Encoded:
    with VectorStore(store) as kept:
        return encode_pictures(folder_pictures(folder).pictures, encoder, kept, **named)


@pytest.fixture
def folder(drawn_images: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(drawn_images, tmp_path / "images"))


def test_rows_are_unit_vectors_in_the_order_of_the_paths(folder: Path, tmp_path: Path) -> None:
    found = encoded(folder, Counting(), tmp_path / "s.sqlite")
    assert [one.id for one in found.pictures] == [f"patient-{n // 3}/{n}.png" for n in range(9)]
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1.0, atol=1e-6)
    pixels = PixelEncoder()
    opened = np.asarray(Image.open(folder / "patient-1" / "4.png"))
    expected = pixels.encode([pixels.prepare(opened)])[0]
    np.testing.assert_allclose(found.vectors[4], expected / np.linalg.norm(expected), atol=1e-6)


def test_each_content_is_encoded_once_and_copies_are_named(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "patient-0" / "1.png", folder / "again.png")
    encoder = Counting()
    found = encoded(folder, encoder, tmp_path / "s.sqlite")
    assert sum(encoder.calls) == 9
    assert found.copies == (("patient-0/1.png", "again.png"),)
    assert len(found.pictures) == len(found.digests) == len(found.vectors) == 9


def test_what_is_stored_is_not_encoded_again_and_new_images_are(
    folder: Path, tmp_path: Path
) -> None:
    first = encoded(folder, Counting(), tmp_path / "s.sqlite")
    again = Counting()
    second = encoded(folder, again, tmp_path / "s.sqlite")
    assert again.calls == []
    assert (first.n_encoded, second.n_encoded) == (9, 0)
    np.testing.assert_array_equal(first.vectors, second.vectors)
    Image.new("RGB", (8, 8), (9, 0, 0)).save(folder / "new.png")
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)).save(folder / "other.png")
    third = Counting()
    encoded(folder, third, tmp_path / "s.sqlite")
    assert third.calls == [2]


def test_an_interrupted_pass_keeps_its_batches_and_goes_on(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        encoded(folder, Counting(stops_after=1), tmp_path / "s.sqlite")
    rest = Counting()
    found = encoded(folder, rest, tmp_path / "s.sqlite")
    assert rest.calls == [4, 1]
    whole = encoded(folder, Counting(), tmp_path / "other.sqlite")
    np.testing.assert_array_equal(found.vectors, whole.vectors)


def test_another_encoder_does_not_see_these_rows(folder: Path, tmp_path: Path) -> None:
    encoded(folder, PixelEncoder(16), tmp_path / "s.sqlite")
    assert encoded(folder, PixelEncoder(8), tmp_path / "s.sqlite").vectors.shape == (9, 192)


def test_batches_are_halved_when_memory_runs_out(folder: Path, tmp_path: Path) -> None:
    encoder = Counting(fits=1)
    found = encoded(folder, encoder, tmp_path / "s.sqlite")
    assert encoder.calls[:3] == [4, 2, 1]
    assert set(encoder.calls[3:]) == {1}
    whole = encoded(folder, Counting(), tmp_path / "other.sqlite")
    np.testing.assert_array_equal(found.vectors, whole.vectors)


def test_an_image_that_does_not_fit_alone_is_listed(folder: Path, tmp_path: Path) -> None:
    found = encoded(folder, Counting(fits=0), tmp_path / "s.sqlite")
    assert {one.reason for one in found.problems} == {"out-of-memory"}
    assert len(found.problems) == 9
    with pytest.raises(DataError, match="out-of-memory: 9"):
        write_embeddings(tmp_path / "none.npz", found)


def test_what_is_wrong_with_a_file_is_listed_with_its_reason(folder: Path, tmp_path: Path) -> None:
    whole = (folder / "patient-0" / "0.png").read_bytes()
    (folder / "b-short.png").write_bytes(whole[: len(whole) // 2])
    (folder / "c-text.jpg").write_text("no image")
    (folder / "d-empty.png").write_bytes(b"")
    Image.new("RGB", (2000, 1000)).save(folder / "e-huge.png")
    Image.new("RGB", (50, 50), (7, 7, 7)).save(folder / "f-even.png")
    (folder / "g-text.jpg").write_text("no image")
    (folder / "h-gone.png").symlink_to(folder / "nowhere.png")
    os.mkfifo(folder / "i-pipe.png")
    found = encoded(folder, Counting(), tmp_path / "s.sqlite", max_pixels=1_000_000)
    assert {one.id: one.reason for one in found.problems} == {
        "b-short.png": "image-truncated",
        "c-text.jpg": "image-unreadable",
        "d-empty.png": "image-empty",
        "e-huge.png": "image-too-large",
        "f-even.png": "no-direction",
        "g-text.jpg": "image-unreadable",
        "h-gone.png": "image-missing",
        "i-pipe.png": "image-unreadable",
    }
    assert all(one.sentence.endswith(".") for one in found.problems)
    assert len(found.vectors) == 9


def test_an_image_on_which_the_encoder_fails_costs_only_itself(
    folder: Path, tmp_path: Path
) -> None:
    Image.fromarray(np.arange(300, dtype=np.uint8)[:297].reshape(1, 99, 3)).save(folder / "x.png")
    found = encoded(folder, Counting(breaks_on=99), tmp_path / "s.sqlite")
    assert [(one.id, one.reason) for one in found.problems] == [("x.png", "encoding-failed")]
    assert len(found.vectors) == 9


def test_an_encoder_that_fails_on_all_images_is_one_error(tmp_path: Path) -> None:
    for number in range(4):
        picture = np.full((6, 99, 3), 40 * number, dtype=np.uint8)
        Image.fromarray(picture).save(tmp_path / f"{number}.png")
    with pytest.raises(ModelError, match="fails on every image"):
        encoded(tmp_path, Counting(breaks_on=99), tmp_path / "s.sqlite")


def test_a_file_that_changes_after_it_was_hashed_is_refused(folder: Path, tmp_path: Path) -> None:
    class Changing(PixelEncoder):
        @property
        def identity(self) -> EncoderIdentity:
            # asked for between hashing and opening
            Image.new("RGB", (9, 9)).save(folder / "patient-2" / "8.png")
            return EncoderIdentity("changing", "", "changing-1")

        @identity.setter
        def identity(self, value: EncoderIdentity) -> None: ...

    found = encoded(folder, Changing(), tmp_path / "s.sqlite")
    assert [(one.id, one.reason) for one in found.problems] == [
        ("patient-2/8.png", "image-changed")
    ]


def test_made_images_have_the_digest_of_their_pixels() -> None:
    drawn = digest_of(ImageRef("phantom-1:5000001"))
    assert drawn == digest_of(ImageRef("phantom-1:5000001"))
    assert drawn != digest_of(ImageRef("phantom-1:5000002"))
    assert len(drawn) == 64


def test_a_known_digest_is_not_computed_again(tmp_path: Path) -> None:
    assert digest_of(ImageRef(f"sha256:{'a' * 64}", path=str(tmp_path / "absent"))) == "a" * 64


def test_the_written_file_opens_as_embeddings_with_ids(folder: Path, tmp_path: Path) -> None:
    found = encoded(folder, Counting(), tmp_path / "s.sqlite")
    write_embeddings(tmp_path / "e.npz", found)
    opened = open_embeddings(tmp_path / "e.npz")
    assert opened.ids == tuple(one.id for one in found.pictures)
    assert opened.plain
    np.testing.assert_array_equal(opened.values, found.vectors)
    assert [path.name for path in tmp_path.glob("*.partial")] == []


def test_only_npz_is_written(folder: Path, tmp_path: Path) -> None:
    found = encoded(folder, Counting(), tmp_path / "s.sqlite")
    with pytest.raises(DataError, match=r"name it e\.npz"):
        write_embeddings(tmp_path / "e.csv", found)


@pytest.mark.parametrize("name", ["clip", "dinov2"])
def test_real_encoders_give_the_same_rows_in_any_batch_order_and_company(
    encoder_folder: Callable[[str], Path], drawn_images: Path, tmp_path: Path, name: str
) -> None:
    pictures = folder_pictures(drawn_images).pictures
    rows = []
    for batch, order in ((1, pictures), (2, pictures[::-1]), (64, pictures)):
        encoder = open_encoder(f"hf/{encoder_folder(name)}", {"threads": "1", "batch": str(batch)})
        with VectorStore(tmp_path / f"{batch}.sqlite") as store:
            found = encode_pictures(order, encoder, store)
        by_id = {one.id: row for one, row in zip(found.pictures, found.vectors, strict=True)}
        rows.append(np.stack([by_id[one.id] for one in pictures]))
    assert np.abs(rows[0] - rows[1]).max() < 1e-5
    assert np.abs(rows[0] - rows[2]).max() < 1e-5
    assert np.abs(rows[0] @ rows[0].T - np.eye(9)).max() > 0.05


def test_missing_images_of_a_data_set_are_listed(tmp_path: Path) -> None:
    gone = Picture("set:1.jpg", ImageRef("set:1.jpg"))
    there = Picture("phantom-1:1", ImageRef("phantom-1:1"))
    with VectorStore(tmp_path / "s.sqlite") as store:
        found = encode_pictures([gone, there], PixelEncoder(), store)
    assert [(one.id, one.reason) for one in found.problems] == [("set:1.jpg", "image-missing")]
    assert [one.id for one in found.pictures] == ["phantom-1:1"]


def test_a_name_that_is_no_text_gets_one(folder: Path, tmp_path: Path) -> None:
    try:
        shutil.copy(folder / "patient-0" / "0.png", os.fsdecode(os.fsencode(folder) + b"/\xff.png"))
    except OSError:
        pytest.skip("this file system takes text only")
    shutil.rmtree(folder / "patient-0")
    found = encoded(folder, Counting(), tmp_path / "s.sqlite")
    assert found.pictures[0].id == "\\xff.png"
    write_embeddings(tmp_path / "e.npz", found)
    assert open_embeddings(tmp_path / "e.npz").ids == tuple(one.id for one in found.pictures)


def test_what_waits_is_dropped_when_the_work_is_stopped(tmp_path: Path) -> None:
    opened: list[str] = []

    class Stopping(PixelEncoder):
        batch = 200

        def prepare(self, pixels: Pixels) -> Any:
            opened.append(str(pixels.shape))
            time.sleep(0.01)
            raise KeyboardInterrupt

    made = [Picture(f"phantom-1:{n}", ImageRef(f"phantom-1:{n}")) for n in range(200)]
    with VectorStore(tmp_path / "s.sqlite") as store, pytest.raises(KeyboardInterrupt):
        encode_pictures(made, Stopping(), store)
    assert len(opened) < 100
