"""Demographics joined from files of the data owners."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medtrust.core.errors import DataError
from parts.cares_files import fundus_row, load_cares, mimic_row, write_set


def write_npz(folder: Path, number: int, **fields: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {"slo_fundus": np.zeros((4, 4), np.uint8), **fields}
    np.savez(folder / f"data_{number:05d}.npz", **arrays)


def test_fairvlmed_attributes_come_from_the_npz_files(tmp_path: Path) -> None:
    write_set(tmp_path, "Harvard-FairVLMed", [fundus_row(8001), fundus_row(8002)])
    write_npz(
        tmp_path / "npz/Test",
        8001,
        age=np.float64(61),
        gender=np.int64(0),
        race=np.array([1]),
        ethnicity=np.int64(1),
        language=np.int64(-1),
        maritalstatus=np.int64(1),
    )
    dataset = load_cares(tmp_path, joins={"fairvlmed": tmp_path / "npz"})
    joined, without = dataset.samples
    assert joined.groups == {
        "sex": "female",
        "race": "Black",
        "ethnicity": "Hispanic",
        "marital_status": "single",
        "age": "61",
        "age_group": "60-69",
    }
    assert joined.source["marital_status"] == "single"
    assert without.groups == {}
    assert "Harvard-FairVLMed: joined 1 of 2 patients." in dataset.notes


def test_codes_stand_for_the_published_words(tmp_path: Path) -> None:
    rows = [fundus_row(8001), fundus_row(8002), fundus_row(8003)]
    write_set(tmp_path, "Harvard-FairVLMed", rows)
    for code, number in enumerate((8001, 8002, 8003)):
        write_npz(tmp_path / "npz", number, gender=np.int64(code % 2), race=np.int64(code))
    found = load_cares(tmp_path, joins={"fairvlmed": tmp_path / "npz"}).samples
    assert [sample.groups["race"] for sample in found] == ["Asian", "Black", "White"]
    assert [sample.groups["sex"] for sample in found] == ["female", "male", "female"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"race": np.array(["Asian"], dtype=object)}, "Python objects, which could run code"),
        ({"race": np.array("Asian")}, "is not one number"),
        ({"race": np.int64(7)}, "race is an unknown code; known are 0 to 2 and -1"),
        ({"age": np.array([1, 2])}, "is not one number"),
    ],
)
def test_an_npz_that_cannot_be_trusted_is_refused(
    tmp_path: Path, fields: dict[str, Any], message: str
) -> None:
    write_set(tmp_path, "Harvard-FairVLMed", [fundus_row(8001)])
    write_npz(tmp_path / "npz", 8001, **fields)
    with pytest.raises(DataError, match=message):
        load_cares(tmp_path, joins={"fairvlmed": tmp_path / "npz"})


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04broken"])
def test_a_broken_npz_is_said_in_words(tmp_path: Path, content: bytes) -> None:
    write_set(tmp_path, "Harvard-FairVLMed", [fundus_row(8001)])
    (tmp_path / "data_08001.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"data_08001\.npz cannot be read as npz"):
        load_cares(tmp_path, joins={"fairvlmed": tmp_path})


def test_the_join_of_fairvlmed_must_be_a_folder(tmp_path: Path) -> None:
    write_set(tmp_path, "Harvard-FairVLMed", [fundus_row(8001)])
    with pytest.raises(DataError, match="must be the folder with the npz files"):
        load_cares(tmp_path, joins={"fairvlmed": tmp_path / "none"})


ADMISSIONS = (
    "subject_id,hadm_id,marital_status,insurance\n"
    "10000001,1,MARRIED,Other\n"
    "10000001,2,MARRIED,Medicare\n"
    "99999999,3,SINGLE,Other\n"
)


@pytest.mark.parametrize("name", ["admissions.csv", "admissions.csv.gz"])
def test_mimic_columns_are_joined_where_a_subject_has_one_value(tmp_path: Path, name: str) -> None:
    write_set(tmp_path, "MIMIC-CXR", [mimic_row()])
    path = tmp_path / name
    packed = name.endswith(".gz")
    path.write_bytes(gzip.compress(ADMISSIONS.encode()) if packed else ADMISSIONS.encode())
    dataset = load_cares(tmp_path, joins={"mimic": path})
    (sample,) = dataset.samples
    assert sample.groups["marital_status"] == "MARRIED"
    assert sample.source["marital_status"] == "MARRIED"
    assert "insurance" not in sample.groups
    assert "MIMIC-CXR: insurance differs between rows of 1 subjects; left out there." in (
        dataset.notes
    )
    assert f"join/{name}" in dataset.digests


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"id,marital_status\n1,SINGLE\n", "no column 'subject_id'"),
        ("a.csv", b"subject_id\n\xff\n", "is no CSV in UTF-8"),
        ("a.csv.gz", b"not packed", "cannot be read"),
        ("none.csv", None, "cannot be read"),
    ],
)
def test_a_broken_join_of_mimic_is_said_in_words(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    write_set(tmp_path, "MIMIC-CXR", [mimic_row()])
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        load_cares(tmp_path, joins={"mimic": tmp_path / name})


def npy(header: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()


def packed(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("age.npy", content)
    return stream.getvalue()


def spoilt(kind: str) -> bytes:
    """An npz whose field ``age`` cannot be read, for one reason each."""
    good = io.BytesIO()
    np.savez_compressed(good, age=np.float64(61))
    raw = bytearray(good.getvalue())
    if kind == "deflate":
        start = 30 + int.from_bytes(raw[26:28], "little") + int.from_bytes(raw[28:30], "little")
        raw[start : start + 8] = b"\xff" * 8
    elif kind == "encrypted":
        raw[6] |= 1
        raw[raw.index(b"PK\x01\x02") + 8] |= 1
    elif kind == "shape":
        shape = (10**15,)
        header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}\n"
        return packed(npy(header))
    elif kind == "header":
        return packed(npy("{'descr': ('private"))
    return bytes(raw)


@pytest.mark.filterwarnings("ignore:Reading .* header.*:UserWarning")
@pytest.mark.parametrize("kind", ["deflate", "encrypted", "shape", "header"])
def test_a_spoilt_number_in_an_npz_is_one_sentence(tmp_path: Path, kind: str) -> None:
    write_set(tmp_path, "Harvard-FairVLMed", [fundus_row(8001)])
    (tmp_path / "data_08001.npz").write_bytes(spoilt(kind))
    with pytest.raises(
        DataError, match=r"data_08001\.npz(: 'age' is not one| cannot be read)"
    ) as told:
        load_cares(tmp_path, joins={"fairvlmed": tmp_path})
    assert "private" not in str(told.value)


def test_a_packed_join_with_a_broken_middle_is_one_sentence(tmp_path: Path) -> None:
    write_set(tmp_path, "MIMIC-CXR", [mimic_row()])
    raw = bytearray(gzip.compress(ADMISSIONS.encode()))
    raw[10:18] = b"\xff" * 8
    (tmp_path / "a.csv.gz").write_bytes(bytes(raw))
    with pytest.raises(DataError, match="cannot be read"):
        load_cares(tmp_path, joins={"mimic": tmp_path / "a.csv.gz"})


def test_a_joined_column_never_replaces_a_published_field(tmp_path: Path) -> None:
    write_set(tmp_path, "MIMIC-CXR", [mimic_row()])
    path = tmp_path / "notes.csv"
    path.write_text("subject_id,text,answer,image,ward\n10000001,t,a,i,west\n", encoding="utf-8")
    plain, joined = load_cares(tmp_path), load_cares(tmp_path, joins={"mimic": path})
    assert joined.samples[0].source == {**plain.samples[0].source, "ward": "west"}
    for column in ("answer", "image", "text"):
        note = f"MIMIC-CXR: the joined column {column} is dropped: the file has its own."
        assert note in joined.notes
