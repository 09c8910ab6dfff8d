"""Images are found in every form in which people keep them, and nothing gets out of a package."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from pathlib import Path

import pytest
from PIL import Image

from medtrust.core.dataset import Dataset
from medtrust.core.errors import DataError
from medtrust.data.check import check
from medtrust.data.mediconfusion import packages
from medtrust.data.mediconfusion.packages import member
from parts.mediconfusion_files import (
    load_mediconfusion,
    roco_path,
    write_images,
    write_mediconfusion,
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copies out of packages stay inside the test."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("MEDTRUST_CACHE", str(folder))
    return folder


def picture(colour: str = "red") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (30, 20), colour).save(stream, "JPEG")
    return stream.getvalue()


def write_package(path: Path, files: dict[str, bytes], *more: tarfile.TarInfo) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for entry in more:
            archive.addfile(entry)
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def there(dataset: Dataset) -> list[str]:
    """Paths of the images that were found, in order, each once."""
    found = [sample.images[0].path for sample in dataset.samples]
    return [path for path in dict.fromkeys(found) if path is not None]


def test_images_lie_under_their_local_numbers(tmp_path: Path) -> None:
    root = write_mediconfusion(tmp_path / "set", 2)
    write_images(tmp_path / "kept", [0, 1, 2])
    dataset = load_mediconfusion(root, images=tmp_path / "kept")
    assert [Path(path).name for path in there(dataset)] == ["20000.jpg", "20001.jpg", "20002.jpg"]
    first = dataset.samples[0].images[0]
    digest = hashlib.sha256((tmp_path / "kept" / "20000.jpg").read_bytes()).hexdigest()
    assert first.key == f"sha256:{digest}"
    assert check(dataset) == []
    assert not any("missing" in note for note in dataset.notes)


def test_images_beside_the_questions_need_no_naming(tmp_path: Path) -> None:
    root = write_mediconfusion(tmp_path, 2, images=True)
    assert len(there(load_mediconfusion(root))) == 3


@pytest.mark.parametrize("below", ["roco-dataset/data", "data", ""])
def test_a_roco_tree_is_understood(tmp_path: Path, below: str) -> None:
    root = write_mediconfusion(tmp_path / "set", 1)
    place = tmp_path / "roco"
    for number in (0, 1):
        path = place / below / roco_path(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture())
    assert len(there(load_mediconfusion(root, images=place))) == 2
    assert check(load_mediconfusion(root, images=place)) == []


def test_an_unpacked_article_is_understood(tmp_path: Path) -> None:
    root = write_mediconfusion(tmp_path / "set", 1)
    path = tmp_path / "articles" / "PMC1001" / "figure-1.jpg"
    path.parent.mkdir(parents=True)
    path.write_bytes(picture())
    assert there(load_mediconfusion(root, images=tmp_path / "articles")) == [str(path)]


def test_the_place_that_was_named_goes_before_the_questions(tmp_path: Path) -> None:
    root = write_mediconfusion(tmp_path / "set", 1, images=True)
    write_images(tmp_path / "kept", [0])
    first, second = there(load_mediconfusion(root, images=tmp_path / "kept"))
    assert Path(first).parent == tmp_path / "kept"
    assert Path(second).parent == root / "data" / "images"


def test_an_image_is_copied_out_of_its_package_once(tmp_path: Path, cache: Path) -> None:
    root = write_mediconfusion(tmp_path / "set", 1)
    place = tmp_path / "packages"
    package = write_package(
        place / "oa_package" / "00" / "PMC1000.tar.gz",
        {"PMC1000/text.nxml": b"<article/>", "PMC1000/figure-0.jpg": picture()},
    )
    (found,) = there(load_mediconfusion(root, images=place))
    assert Path(found).read_bytes() == picture()
    assert [path.name for path in cache.rglob("*") if path.is_file()] == [Path(found).name]
    kept = Path(found).stat().st_mtime_ns
    assert there(load_mediconfusion(root, images=place)) == [found]
    assert Path(found).stat().st_mtime_ns == kept
    write_package(package, {"PMC1000/figure-0.jpg": picture("blue") + b"\0"})
    (other,) = there(load_mediconfusion(root, images=place))
    assert Path(other).read_bytes() == picture("blue") + b"\0"


def test_a_package_without_the_image_is_a_note_and_a_missing_image(tmp_path: Path) -> None:
    root = write_mediconfusion(tmp_path / "set", 1)
    write_package(tmp_path / "p" / "PMC1000.tar.gz", {"PMC1000/other.jpg": picture()})
    (tmp_path / "p" / "PMC1001.tar.gz").write_bytes(b"no archive at all")
    dataset = load_mediconfusion(root, images=tmp_path / "p")
    assert there(dataset) == []
    assert any("PMC1000.tar.gz does not hold the image" in note for note in dataset.notes)
    assert any("PMC1001.tar.gz cannot be unpacked" in note for note in dataset.notes)
    assert [image.path for image in check(dataset)] == ["20000.jpg", "20001.jpg"]


def special(name: str, kind: bytes, target: str = "/etc/passwd") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE]
)
def test_links_and_devices_in_a_package_are_refused(
    tmp_path: Path, cache: Path, kind: bytes
) -> None:
    package = write_package(
        tmp_path / "PMC1.tar.gz", {}, special("PMC1/x.jpg", kind)
    )  # fmt: skip
    with pytest.raises(DataError, match="link or folder where the image should be"):
        member(package, "PMC1/x.jpg")
    assert not cache.exists()


def test_names_that_climb_out_of_a_package_are_never_followed(tmp_path: Path, cache: Path) -> None:
    root = write_mediconfusion(tmp_path / "set", 1)
    evil = {"../../evil.jpg": picture(), "/evil.jpg": picture(), "PMC1000/figure-0.jpg": picture()}
    write_package(tmp_path / "p" / "PMC1000.tar.gz", evil)
    (found,) = there(load_mediconfusion(root, images=tmp_path / "p"))
    assert Path(found).is_relative_to(cache)
    assert list(tmp_path.rglob("evil*")) == []


def test_large_members_and_endless_packages_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = write_package(tmp_path / "PMC1.tar.gz", {"PMC1/a": b"0" * 5000, "PMC1/b": b"x"})
    monkeypatch.setattr(packages, "LARGEST_IMAGE", 4000)
    with pytest.raises(DataError, match="an image of 5,000 bytes"):
        member(package, "PMC1/a")
    monkeypatch.setattr(packages, "LARGEST_PACKAGE", 3000)
    with pytest.raises(DataError, match="larger than 3,000 bytes"):
        member(package, "PMC1/b")


def test_a_cut_package_is_one_sentence(tmp_path: Path) -> None:
    package = write_package(tmp_path / "PMC1.tar.gz", {"PMC1/a": bytes(range(256)) * 400})
    package.write_bytes(package.read_bytes()[:200])
    with pytest.raises(DataError, match=r"cannot be unpacked|ends in the middle"):
        member(package, "PMC1/a")


def test_a_place_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    root = write_mediconfusion(tmp_path / "set", 1)
    with pytest.raises(DataError, match="no folder of images"):
        load_mediconfusion(root, images=tmp_path / "absent")


def test_what_lies_where_an_image_should_be_but_is_no_file_is_a_note(tmp_path: Path) -> None:
    root = write_mediconfusion(tmp_path / "set", 1, images=True)
    (root / "data" / "images" / "20000.jpg").unlink()
    os.mkfifo(root / "data" / "images" / "20000.jpg")
    dataset = load_mediconfusion(root)
    assert [image.path for image in check(dataset)] == ["20000.jpg"]
    assert any("not a regular file" in note for note in dataset.notes)


def test_missing_images_are_counted_with_the_pairs_that_are_whole(tmp_path: Path) -> None:
    root = write_mediconfusion(tmp_path / "set", 4, images=True)
    (root / "data" / "images" / "20000.jpg").unlink()
    dataset = load_mediconfusion(root)
    (note,) = [note for note in dataset.notes if "are missing" in note]
    assert "1 of 6 images are missing, both images are there for 3 of 4 pairs" in note
    (missing,) = check(dataset)
    assert (missing.dataset, missing.path, missing.samples) == ("MediConfusion", "20000.jpg", 1)


def test_files_with_the_same_bytes_are_noted_with_their_pairs(tmp_path: Path) -> None:
    root = write_mediconfusion(tmp_path / "set", 2, images=True, share=False)
    assert not any("the bytes of another" in note for note in load_mediconfusion(root).notes)
    for number in (20000, 20001, 20003):
        (root / "data" / "images" / f"{number}.jpg").write_bytes(picture())
    (note,) = [note for note in load_mediconfusion(root).notes if "bytes of another" in note]
    assert "3 image files have" in note
    assert "among them both images of 10001;" in note
