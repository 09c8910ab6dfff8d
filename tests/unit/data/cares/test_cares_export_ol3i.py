"""CT slices written out of HDF5 files: the layouts that are understood, and spoilt files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from medtrust.core.errors import DataError, UserError
from medtrust.data.cares.export.ol3i import export_ol3i
from medtrust.data.cares.export.writing import Export
from medtrust.data.check import check
from parts.cares_files import load_cares, ol3i_row, write_set

h5py = pytest.importorskip("h5py")

FIRST, SECOND = "5ov_Jw+XCi=", "7r7hiw-K_Q="
FOLDER = "data/OL3I/images"


def slice_of(shift: int = 0, size: int = 48) -> NDArray[np.int16]:
    """Hounsfield units: air outside, a smooth body inside."""
    rows, columns = np.mgrid[0:size, 0:size]
    body = (rows + columns) * 2 - 60 + shift
    return np.asarray(np.where(rows < 8, -1000, body), np.int16)


def windowed(values: NDArray[Any]) -> NDArray[np.int64]:
    """By hand: -160 is black, 240 is white."""
    return np.asarray(np.rint((np.clip(values, -160, 240) + 160) / 400 * 255), np.int64)


def asked(root: Path, *names: str) -> None:
    rows = [ol3i_row("Is it?", "A:Yes, B:No", "B:No") | {"image": f"{name}.jpg"} for name in names]
    write_set(root, "OL3I", rows)


def pixels(root: Path, name: str) -> NDArray[np.int64]:
    with Image.open(root / FOLDER / f"{name}.jpg") as image:
        assert image.format == "JPEG"
        return np.asarray(image, np.int64)


def away_from_edges(found: NDArray[np.int64], expected: NDArray[np.int64]) -> int:
    """Largest difference where JPEG has no sharp edge to smear."""
    return int(np.abs(found - expected)[16:].max())


def export(root: Path, **options: Any) -> Export:
    return export_ol3i(root / "slices.h5", root, **options)


def one_array_per_id(file: Any) -> None:
    file[FIRST], file[SECOND] = slice_of(), slice_of(40)


def in_a_group(file: Any) -> None:
    file[f"l3/{FIRST}"], file[f"l3/{SECOND}"] = slice_of(), slice_of(40)


def with_an_ending(file: Any) -> None:
    file[f"{FIRST}.png"], file[f"{SECOND}.jpg"] = slice_of(), slice_of(40)


def a_group_per_id(file: Any) -> None:
    file[f"{FIRST}/image"], file[f"patients/{SECOND}/CT"] = slice_of(), slice_of(40)


def with_one_channel(file: Any) -> None:
    file[FIRST], file[SECOND] = slice_of()[:, :, None], slice_of(40)[None]


def stacked(file: Any) -> None:
    file["images"] = np.stack([slice_of(), slice_of(40)])
    file["anon_id"] = [FIRST, SECOND]
    file["width"] = [48, 48]
    file["label_names"] = ["x", "y"]


def stacked_with_bytes_and_packed(file: Any) -> None:
    pictures = np.stack([slice_of(), slice_of(40)])[..., None]
    file.create_dataset("ct/slices", data=pictures, compression="gzip", chunks=(1, 48, 48, 1))
    file["ct/ids"] = np.array([FIRST.encode(), SECOND.encode()])


def stacked_with_two_kinds_of_ids(file: Any) -> None:
    file["images"] = np.stack([slice_of(), slice_of(40)])
    file["id"] = [17, 18]
    file["filenames"] = [f"{FIRST}.jpg", f"{SECOND}.jpg"]


LAYOUTS = [
    one_array_per_id, in_a_group, with_an_ending, a_group_per_id, with_one_channel, stacked,
    stacked_with_bytes_and_packed, stacked_with_two_kinds_of_ids,
]  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_gives_the_same_images_where_the_questions_look(
    tmp_path: Path, layout: Any
) -> None:
    asked(tmp_path, FIRST, SECOND)
    with h5py.File(tmp_path / "slices.h5", "w") as file:
        layout(file)
    assert len(check(load_cares(tmp_path))) == 2
    found = export(tmp_path)
    assert (found.written, found.kept, found.asked) == (2, 0, 2)
    assert (found.problems, found.missing) == ((), ())
    assert away_from_edges(pixels(tmp_path, FIRST), windowed(slice_of())) <= 2
    assert away_from_edges(pixels(tmp_path, SECOND), windowed(slice_of(40))) <= 2
    assert check(load_cares(tmp_path)) == []


def made(root: Path, **arrays: Any) -> None:
    with h5py.File(root / "slices.h5", "w") as file:
        for name, values in arrays.items():
            file[name] = values


def test_the_window_is_that_of_soft_tissue(tmp_path: Path) -> None:
    flat = [np.full((32, 32), value, np.float32) for value in (-1000, -160, 40, 240, 3000)]
    made(tmp_path, a=flat[0], b=flat[1], c=flat[2], d=flat[3], e=flat[4])
    (tmp_path / "data").mkdir()
    export(tmp_path)
    shades = [int(np.median(pixels(tmp_path, name))) for name in "abcde"]
    assert shades == [0, 0, 128, 255, 255]


def test_bytes_are_written_as_they_are(tmp_path: Path) -> None:
    picture = (np.mgrid[0:32, 0:32][0] * 4).astype(np.uint8)
    made(tmp_path, a=picture)
    (tmp_path / "data").mkdir()
    assert export(tmp_path).problems == ()
    assert np.abs(pixels(tmp_path, "a") - picture).max() <= 2


def test_slices_without_air_are_written_and_said(tmp_path: Path) -> None:
    made(tmp_path, a=np.full((8, 8), 40, np.int16), b=slice_of())
    (tmp_path / "data").mkdir()
    (sentence,) = export(tmp_path).problems
    assert sentence.startswith("1 of 2 slices written hold nothing below -200")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.zeros((4, 4), np.uint16), "of type uint16, which cannot hold Hounsfield units below 0"),
        (np.full((4, 4), 0.5), "values in 0..1, which are no Hounsfield units"),
        (np.full((4, 4), np.nan), "values that are not finite"),
        (np.zeros((0, 4), np.int16), "is empty"),
        (np.zeros((4, 4), bool), "holds no numbers"),
        (np.array([[b"a", b"b"]]), "holds no numbers"),
        (np.zeros((1, 4, 4, 2), np.int16), None),
    ],
)
def test_what_is_no_slice_is_one_sentence_and_the_rest_goes_on(
    tmp_path: Path, values: Any, reason: str | None
) -> None:
    asked(tmp_path, "bad", FIRST)
    made(tmp_path, **{"bad": values, FIRST: slice_of()})
    found = export(tmp_path)
    assert (found.written, found.missing) == (1, ("bad.jpg",))
    (sentence,) = found.problems
    assert sentence.startswith("bad ")
    assert (reason or "has the shape (4, 4, 2)") in sentence


def test_a_huge_shape_that_holds_nothing_takes_no_memory(tmp_path: Path) -> None:
    asked(tmp_path, "huge", "bomb", FIRST)
    with h5py.File(tmp_path / "slices.h5", "w") as file:
        file.create_dataset("huge", shape=(10**9, 10**9), dtype="i2", chunks=(64, 64))
        file.create_dataset("bomb", shape=(4, 4), maxshape=(None, 4), dtype="i2",
                            chunks=(10**8, 4), compression="gzip")  # fmt: skip
        file[FIRST] = slice_of()
    found = export(tmp_path)
    assert found.written == 1
    assert sorted(found.problems) == [
        "bomb is packed in pieces of more than 256 MiB.",
        "huge has 1,000,000,000 x 1,000,000,000 pixels, more than 25,000,000.",
    ]


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a\\b", ".hidden", "", "x" * 300, "a\u202eb"])
def test_an_id_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "data").mkdir()
    made(tmp_path, images=np.stack([slice_of(), slice_of()]), ids=[name, FIRST])
    found = export(tmp_path)
    assert found.problems == ("images[0]: its id cannot be the name of a file.",)
    written = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(written) == sorted(["slices.h5", f"{FIRST}.jpg"])


def test_an_id_that_climbs_out_of_a_group_stays_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with h5py.File(tmp_path / "slices.h5", "w") as file:
        file["a/../../x"] = slice_of()
    assert export(tmp_path).written == 1
    assert (tmp_path / FOLDER / "x.jpg").is_file()


def test_ids_that_are_there_twice_are_not_written_at_all(tmp_path: Path) -> None:
    asked(tmp_path, FIRST, SECOND)
    with h5py.File(tmp_path / "slices.h5", "w") as file:
        file[f"one/{FIRST}"], file[f"two/{FIRST}"] = slice_of(), slice_of(9)
        file[SECOND] = slice_of()
    found = export(tmp_path)
    assert (found.written, found.missing) == (1, (f"{FIRST}.jpg",))
    (sentence,) = found.problems
    assert sentence.startswith(f"{FIRST} is there 2 times (one/{FIRST}, two/{FIRST}")


def test_links_to_other_files_and_virtual_arrays_are_not_followed(tmp_path: Path) -> None:
    asked(tmp_path, "outer", "soft", "virtual", "elsewhere", FIRST)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["outer"] = slice_of()
    (tmp_path / "raw.bin").write_bytes(bytes(2 * 48 * 48))
    with h5py.File(tmp_path / "slices.h5", "w") as file:
        file["outer"] = h5py.ExternalLink("other.h5", "outer")
        file["soft"] = h5py.SoftLink("/nowhere")
        layout = h5py.VirtualLayout(shape=(48, 48), dtype="i2")
        layout[:] = h5py.VirtualSource("other.h5", "outer", shape=(48, 48))
        file.create_virtual_dataset("virtual", layout)
        outside = [(str(tmp_path / "raw.bin"), 0, h5py.h5f.UNLIMITED)]
        file.create_dataset("elsewhere", shape=(48, 48), dtype="i2", external=outside)
        file[FIRST] = slice_of()
    found = export(tmp_path)
    assert found.written == 1
    assert sorted(found.problems) == [
        "elsewhere keeps its values in another file, which is not followed.",
        "virtual keeps its values in another file, which is not followed.",
    ]


def test_groups_that_hold_each_other_end(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with h5py.File(tmp_path / "slices.h5", "w") as file:
        file["a/b/slice"] = slice_of()
        file["a/b/again"] = file["a"]
    assert export(tmp_path).written == 1


def test_a_damaged_piece_costs_its_image_alone(tmp_path: Path) -> None:
    asked(tmp_path, FIRST, SECOND)
    with h5py.File(tmp_path / "slices.h5", "w") as file:
        for name in (FIRST, SECOND):
            file.create_dataset(name, data=slice_of(), chunks=(48, 48), compression="gzip",
                                fletcher32=True)  # fmt: skip
        place = file[FIRST].id.get_chunk_info(0)
    raw = bytearray((tmp_path / "slices.h5").read_bytes())
    raw[place.byte_offset : place.byte_offset + 16] = b"\xff" * 16
    (tmp_path / "slices.h5").write_bytes(bytes(raw))
    found = export(tmp_path)
    assert (found.written, found.missing) == (1, (f"{FIRST}.jpg",))
    assert found.problems == (f"{FIRST} cannot be read (OSError).",)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "is no HDF5 file"), (b"not HDF5", "is no HDF5 file"), (None, "There is no file")],
)
def test_what_is_no_hdf5_file_is_said(tmp_path: Path, content: bytes | None, reason: str) -> None:
    if content is not None:
        (tmp_path / "slices.h5").write_bytes(content)
    with pytest.raises(DataError, match=reason):
        export(tmp_path)


def test_without_h5py_the_way_to_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)  # as where it is not installed
    with pytest.raises(UserError, match=r"pip install 'medtrust\[ol3i\]'"):
        export(tmp_path)


@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_a_file_cut_short_is_said(tmp_path: Path, part: float) -> None:
    made(tmp_path, **{FIRST: slice_of(size=256), SECOND: slice_of(size=256)})
    path = tmp_path / "slices.h5"
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    with pytest.raises(DataError, match="is cut short; copy it again"):
        export(tmp_path)


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"labels": np.zeros(5)},
        {"images": np.zeros((2, 4, 4))},
        {"images": np.zeros((2, 4, 4)), "ids": ["a", "b", "c"]},
        {"images": np.zeros((2, 4, 4)), "width": [1, 2]},
        {"empty": h5py.Empty("f")},
    ],
)
def test_a_file_without_images_says_which_layouts_are_understood(
    tmp_path: Path, arrays: dict[str, Any]
) -> None:
    made(tmp_path, **arrays)
    with pytest.raises(DataError, match="no images in a layout understood here: one array per id"):
        export(tmp_path)


def test_a_file_of_other_patients_says_what_it_holds(tmp_path: Path) -> None:
    asked(tmp_path, FIRST)
    made(tmp_path, somebody=slice_of())
    with pytest.raises(DataError, match=r"None of the 1 arrays .* the first is called somebody"):
        export(tmp_path)


def test_ids_that_are_no_text_are_said(tmp_path: Path) -> None:
    made(tmp_path, images=np.stack([slice_of(), slice_of()]), ids=np.array([b"\xff", b"b"]))
    with pytest.raises(DataError, match="The ids in ids of the HDF5 file cannot be read"):
        export(tmp_path)


def test_names_that_are_no_utf_8_do_not_end_the_export(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    made(tmp_path, **{"name": slice_of(), FIRST: slice_of()})
    raw = (tmp_path / "slices.h5").read_bytes()
    assert raw.count(b"name\0") == 1
    (tmp_path / "slices.h5").write_bytes(raw.replace(b"name\0", b"na\xff\xfe\0"))
    assert export(tmp_path).written == 2


def test_a_second_run_keeps_what_is_there(tmp_path: Path) -> None:
    asked(tmp_path, FIRST, SECOND)
    made(tmp_path, **{FIRST: slice_of()})
    assert export(tmp_path).missing == (f"{SECOND}.jpg",)
    made(tmp_path, **{FIRST: slice_of(), SECOND: slice_of(), "other": slice_of()})
    again = export(tmp_path)
    assert (again.written, again.kept, again.missing) == (1, 1, ())
    assert export(tmp_path, every=True).written == 1
    assert export(tmp_path, overwrite=True).written == 2
