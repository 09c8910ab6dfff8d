"""Fundus images written out of npz files, whole and spoilt ones."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from medtrust.core.errors import DataError
from medtrust.data.cares.export import writing
from medtrust.data.cares.export.fairvlmed import export_fairvlmed
from medtrust.data.cares.export.writing import Export
from medtrust.data.check import check
from parts.cares_files import fundus_row, load_cares, write_set

FOLDER = "data/Harvard-FairVLMed/images"


def ramp(height: int = 40, width: int = 64) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A smooth picture, so that JPEG keeps it nearly as it is."""
    rows, columns = np.mgrid[0:height, 0:width]
    return np.asarray(rows * 2 + columns * 2, np.uint8)


def write_npz(folder: Path, number: int, picture: Any, *, packed: bool = False) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    save = np.savez_compressed if packed else np.savez
    save(folder / f"data_{number:05d}.npz", slo_fundus=picture, age=np.float64(61))


def asked(root: Path, *numbers: int) -> None:
    write_set(root, "Harvard-FairVLMed", [fundus_row(number) for number in numbers])


def pixels(root: Path, number: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    with Image.open(root / FOLDER / f"slo_fundus_{number:05d}.jpg") as image:
        assert image.format == "JPEG"
        return np.asarray(image)


def export(root: Path, **options: Any) -> Export:
    return export_fairvlmed(root / "npz", root, **options)


@pytest.mark.parametrize("place", ["", "Test"])
@pytest.mark.parametrize("packed", [False, True])
def test_an_image_lies_where_the_questions_look_for_it(
    tmp_path: Path, place: str, packed: bool
) -> None:
    asked(tmp_path, 8001, 8001)
    write_npz(tmp_path / "npz" / place, 8001, ramp(), packed=packed)
    assert len(check(load_cares(tmp_path))) == 1
    found = export(tmp_path)
    assert (found.written, found.kept, found.problems, found.missing) == (1, 0, (), ())
    assert found.asked == 1
    assert np.abs(pixels(tmp_path, 8001).astype(int) - ramp()).max() <= 2
    assert check(load_cares(tmp_path)) == []


@pytest.mark.parametrize(
    ("made", "scale"),
    [
        (ramp().astype(np.float32), 1),
        (ramp().astype(np.float64) / 255, 1),
        (ramp()[:, :, None], 1),
        (np.asfortranarray(ramp()), 1),
        (np.zeros((8, 8), np.float32), 0),
    ],
)
def test_floating_numbers_in_either_range_give_the_same_picture(
    tmp_path: Path, made: Any, scale: int
) -> None:
    write_npz(tmp_path / "npz", 8001, made)
    (tmp_path / "data").mkdir()
    export(tmp_path)
    expected = ramp().astype(int) if scale else np.zeros((8, 8), int)
    assert np.abs(pixels(tmp_path, 8001) - expected).max() <= 2


def test_three_channels_stay_in_colour(tmp_path: Path) -> None:
    picture = np.zeros((32, 32, 3), np.uint8)
    picture[:, :, 0] = 200
    write_npz(tmp_path / "npz", 8001, picture)
    (tmp_path / "data").mkdir()
    export(tmp_path)
    assert np.abs(pixels(tmp_path, 8001).astype(int) - picture).max() <= 2


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (np.zeros((4, 4), np.int32), "of type int32; 8-bit or floating numbers were expected"),
        (np.zeros((4, 4), np.uint16), "of type uint16"),
        (np.full((4, 4), 300.0), "values from 300 to 300"),
        (np.full((4, 4), -0.5), "values from -0.5 to -0.5"),
        (np.full((4, 4), np.nan), "values that are not finite"),
        (np.full((4, 4), np.inf), "values that are not finite"),
        (np.zeros(16, np.uint8), r"has the shape \(16,\)"),
        (np.zeros((2, 4, 4), np.uint8), r"has the shape \(2, 4, 4\)"),
        (np.zeros((3, 4, 4), np.uint8), r"has the shape \(3, 4, 4\)"),
        (np.zeros((4, 4, 4), np.uint8), r"has the shape \(4, 4, 4\)"),
        (np.zeros((0, 4), np.uint8), "is empty"),
        (np.uint8(7), r"has the shape \(\)"),
        (np.array([["a", "b"]]), "holds no numbers"),
        (np.zeros((2, 2), bool), "holds no numbers"),
        (np.zeros((2, 2), complex), "holds no numbers"),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_one_sentence_and_the_rest_goes_on(
    tmp_path: Path, made: Any, reason: str
) -> None:
    asked(tmp_path, 8001, 8002)
    write_npz(tmp_path / "npz", 8001, made)
    write_npz(tmp_path / "npz", 8002, ramp())
    found = export(tmp_path)
    assert (found.written, found.missing) == (1, ("slo_fundus_08001.jpg",))
    (sentence,) = found.problems
    assert sentence.startswith("data_08001.npz: slo_fundus ")
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(sentence)


class Harmful:
    """Unpickling it would leave a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def test_nothing_is_ever_unpickled(tmp_path: Path) -> None:
    asked(tmp_path, 8001, 8002)
    trap = tmp_path / "trap"
    write_npz(tmp_path / "npz", 8001, np.array([[Harmful(trap)]], dtype=object))
    write_npz(tmp_path / "npz", 8002, ramp())
    with zipfile.ZipFile(tmp_path / "npz" / "data_08001.npz", "a") as archive:
        archive.writestr("note.npy", pickle.dumps(Harmful(trap)))
    found = export(tmp_path)
    assert found.problems == (
        "data_08001.npz: slo_fundus holds Python objects, which could run code when read.",
    )
    assert not trap.exists()


def npz_of(member: bytes, name: str = "slo_fundus.npy") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, member)
    return stream.getvalue()


def npy(header: str, values: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + values


def header(shape: tuple[int, ...], descr: str = "|u1") -> str:
    return f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n"


def whole(picture: Any) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, slo_fundus=picture)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "BadZipFile"),
        (b"no zip", "BadZipFile"),
        (whole(ramp())[:-30], "BadZipFile"),
        (npz_of(npy(header((10**15, 10**15)))), "pixels, more than 25,000,000"),
        (npz_of(npy(header((10**6, 10**6, 3)))), "pixels, more than 25,000,000"),
        (npz_of(npy(header((-1, 4)))), "is empty"),
        (npz_of(npy(header((4, 4)), b"12345")), "EOFError"),
        (npz_of(npy(header((4, 4), "|O"))), "Python objects"),
        (npz_of(npy(header((4, 4), "<U9"))), "holds no numbers"),
        (npz_of(npy("{'descr': ('private")), "cannot be read"),
        (npz_of(npy("{" * 5000)), "cannot be read"),
        (npz_of(b""), "ValueError"),
        (npz_of(npy(header((4, 4)), bytes(16)), name="other.npy"), "is not in it"),
        (npz_of(npy(header((4, 4)), bytes(16)), name="../slo_fundus.npy"), "is not in it"),
    ],
)  # fmt: skip
def test_a_spoilt_file_is_one_sentence_that_repeats_nothing_of_it(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    asked(tmp_path, 8001, 8002)
    write_npz(tmp_path / "npz", 8002, ramp())
    (tmp_path / "npz" / "data_08001.npz").write_bytes(content)
    found = export(tmp_path)
    (sentence,) = found.problems
    assert reason in sentence
    assert "private" not in sentence
    assert found.written == 1


def test_values_altered_inside_are_told_by_their_checksum(tmp_path: Path) -> None:
    raw = bytearray(whole(ramp()))
    raw[len(raw) // 2] ^= 0xFF
    asked(tmp_path, 8001, 8002)
    write_npz(tmp_path / "npz", 8002, ramp())
    (tmp_path / "npz" / "data_08001.npz").write_bytes(bytes(raw))
    assert "BadZipFile" in export(tmp_path).problems[0]


def test_a_second_run_keeps_what_is_there_and_writes_the_rest(tmp_path: Path) -> None:
    asked(tmp_path, 8001, 8002, 8003)
    write_npz(tmp_path / "npz", 8001, ramp())
    export(tmp_path)
    (tmp_path / FOLDER / "slo_fundus_08001.jpg").write_bytes(b"mine")
    (tmp_path / FOLDER / "slo_fundus_08003.jpg").write_bytes(b"")  # a copy that was cut short
    write_npz(tmp_path / "npz", 8002, ramp())
    write_npz(tmp_path / "npz", 8003, ramp())
    again = export(tmp_path)
    assert (again.written, again.kept, again.missing) == (2, 1, ())
    assert (tmp_path / FOLDER / "slo_fundus_08001.jpg").read_bytes() == b"mine"
    assert export(tmp_path).written == 0


def test_overwrite_writes_again(tmp_path: Path) -> None:
    asked(tmp_path, 8001)
    write_npz(tmp_path / "npz", 8001, ramp())
    export(tmp_path)
    (tmp_path / FOLDER / "slo_fundus_08001.jpg").write_bytes(b"old")
    assert export(tmp_path, overwrite=True).written == 1
    assert pixels(tmp_path, 8001).shape == (40, 64)


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    asked(tmp_path, 8001)
    write_npz(tmp_path / "npz", 8001, ramp())
    export(tmp_path)
    image = tmp_path / FOLDER / "slo_fundus_08001.jpg"
    first = image.read_bytes()
    export(tmp_path, overwrite=True)
    assert image.read_bytes() == first
    assert [path.name for path in image.parent.iterdir()] == [image.name]  # nothing left behind


def test_only_what_the_questions_name_is_written_unless_all_is_asked_for(tmp_path: Path) -> None:
    asked(tmp_path, 8001, 9000)
    for number in (8001, 8002):
        write_npz(tmp_path / "npz", number, ramp())
    found = export(tmp_path)
    assert (found.written, found.asked, found.missing) == (1, 2, ("slo_fundus_09000.jpg",))
    found = export(tmp_path, every=True)
    assert (found.written, found.kept, found.asked) == (1, 1, 2)


def test_without_a_question_file_all_are_written_and_nothing_is_compared(tmp_path: Path) -> None:
    write_npz(tmp_path / "npz", 8001, ramp())
    found = export_fairvlmed(tmp_path / "npz", tmp_path / "new")
    assert (found.written, found.asked, found.missing) == (1, None, ())
    assert (tmp_path / "new/Harvard-FairVLMed/images/slo_fundus_08001.jpg").is_file()


def test_the_first_folder_that_has_a_number_keeps_it(tmp_path: Path) -> None:
    asked(tmp_path, 8001)
    write_npz(tmp_path / "npz", 8001, ramp())
    write_npz(tmp_path / "npz/Training", 8001, np.zeros((4, 4), np.uint8))
    export(tmp_path)
    assert pixels(tmp_path, 8001).shape == (40, 64)


def test_folders_and_links_called_like_files_are_passed_over(tmp_path: Path) -> None:
    asked(tmp_path, 8001)
    write_npz(tmp_path / "npz", 8001, ramp())
    (tmp_path / "npz/data_08002.npz").mkdir()
    (tmp_path / "npz/data_08003.npz").symlink_to(tmp_path / "nowhere")
    assert export(tmp_path, every=True).written == 1


def test_nothing_to_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"There is no folder .* after --npz"):
        export(tmp_path)
    (tmp_path / "npz").mkdir()
    with pytest.raises(DataError, match=r"holds no data_0NNNN\.npz"):
        export(tmp_path)
    write_npz(tmp_path / "npz", 8001, ramp())
    asked(tmp_path, 9000)
    with pytest.raises(DataError, match="None of the 1 npz files is named by"):
        export(tmp_path)


def test_not_one_image_is_an_error_that_tells_the_first_reason(tmp_path: Path) -> None:
    for number in (8001, 8002, 8003):
        write_npz(tmp_path / "npz", number, np.zeros(4, np.uint8))
    with pytest.raises(
        DataError, match=r"No image was written\. data_08001\.npz: .* \(2 more such problems\)"
    ):
        export_fairvlmed(tmp_path / "npz", tmp_path / "new")


def test_a_folder_that_takes_no_image_is_one_sentence(tmp_path: Path) -> None:
    write_npz(tmp_path / "npz", 8001, ramp())
    (tmp_path / "Harvard-FairVLMed").write_bytes(b"a file")
    with pytest.raises(DataError, match=r"images takes no image: Not a directory\."):
        export_fairvlmed(tmp_path / "npz", tmp_path)
    with pytest.raises(DataError, match="is a file; name the folder"):
        export_fairvlmed(tmp_path / "npz", tmp_path / "Harvard-FairVLMed")


def test_a_broken_question_file_names_the_line(tmp_path: Path) -> None:
    asked(tmp_path, 8001)
    write_npz(tmp_path / "npz", 8001, ramp())
    (tmp_path / "data/Harvard-FairVLMed/fundus_factuality.jsonl").write_text("{}\n", "utf-8")
    with pytest.raises(DataError, match="line 1: there is no 'image'"):
        export(tmp_path)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("ab+c_d=.jpg", True), ("ä.jpg", True), ("../x.jpg", False), ("a/b.jpg", False),
        ("a\\b.jpg", False), (".hidden", False), ("", False), ("a\0.jpg", False),
        ("a\nb.jpg", False), ("a\u202eb.jpg", False), ("c:x.jpg", False), ("x" * 201, False),
    ],
)  # fmt: skip
def test_a_name_is_that_of_a_file_in_the_folder_itself(name: str, plain: bool) -> None:
    assert writing.plain_name(name) is plain
