"""Finding images and naming them by their bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from medtrust.core.errors import DataError
from medtrust.data.images import ImageFinder
from medtrust.data.rows import Row

ROW = Row("q.jsonl", 4, {}, 5)


def test_an_image_is_named_by_the_digest_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/x.png").write_bytes(b"pixels")
    ref = ImageFinder("mine", [tmp_path]).ref("a/x.png", ROW)
    assert ref.key == f"sha256:{hashlib.sha256(b'pixels').hexdigest()}"
    assert ref.path == str(tmp_path / "a/x.png")


def test_a_missing_image_is_named_by_data_set_and_path(tmp_path: Path) -> None:
    finder = ImageFinder("cares", [tmp_path, tmp_path / "absent"], prefix="HAM10000/")
    ref = finder.ref("a/x.png", ROW)
    assert (ref.key, ref.path) == ("cares:HAM10000/a/x.png", None)
    assert finder.ref("a/x.png", ROW) is ref
    assert finder.count() == (1, 0)


def test_the_first_root_that_holds_the_image_wins(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    (tmp_path / "two/x.png").write_bytes(b"two")
    finder = ImageFinder("mine", [tmp_path / "one", tmp_path / "two"])
    assert finder.ref("x.png", ROW).path == str(tmp_path / "two/x.png")


def test_an_image_may_lie_under_another_relative_path(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"x")
    ref = ImageFinder("mine", [tmp_path]).ref("prefix/x.png", ROW, also=("x.png",))
    assert ref.path == str(tmp_path / "x.png")


def test_symbolic_links_are_followed_and_dangling_ones_are_missing(tmp_path: Path) -> None:
    (tmp_path / "real.png").write_bytes(b"x")
    (tmp_path / "link.png").symlink_to(tmp_path / "real.png")
    (tmp_path / "dangling.png").symlink_to(tmp_path / "gone.png")
    finder = ImageFinder("mine", [tmp_path])
    assert finder.ref("link.png", ROW).key == finder.ref("real.png", ROW).key
    assert finder.ref("dangling.png", ROW).path is None


def test_a_folder_with_the_name_of_an_image_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "x.png").mkdir()
    assert ImageFinder("mine", [tmp_path]).ref("x.png", ROW).path is None


@pytest.mark.parametrize("path", ["/etc/x.png", "C:\\x.png", "\\x.png", "C:/x.png"])
def test_an_absolute_path_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(DataError, match=r"q\.jsonl, line 5: the image path is absolute"):
        ImageFinder("mine", [tmp_path]).ref(path, ROW)


@pytest.mark.parametrize("path", ["../x.png", "a/../../x.png", "a\\..\\..\\x.png"])
def test_a_path_that_climbs_out_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(DataError, match=r"q\.jsonl, line 5: .* leaves its folder"):
        ImageFinder("mine", [tmp_path]).ref(path, ROW)


def test_an_empty_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the image path is empty"):
        ImageFinder("mine", [tmp_path]).ref(" ", ROW)


def test_backslashes_of_another_system_are_understood(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/x.png").write_bytes(b"x")
    assert ImageFinder("mine", [tmp_path]).ref("a\\x.png", ROW).path == str(tmp_path / "a/x.png")
