from __future__ import annotations

from pathlib import Path

import pytest

from medtrust.core.errors import DataError, UserError
from medtrust.core.records import Alteration, ImageRef, Kind, Sample
from medtrust.embedding import images_of
from medtrust.mining.pictures import (
    article_pattern,
    folder_pictures,
    listed_pictures,
    sample_pictures,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (
        "b/PMC12_f1.jpg", "b/PMC12_f2.JPG", "a.png", ".hidden.png", ".git/c.png", "notes.txt",
        "scan.dcm", "bare", "b/ü 1.tiff",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"-")
    return tmp_path


def test_images_of_a_folder_come_by_path_and_other_files_are_counted(folder: Path) -> None:
    found = folder_pictures(folder)
    assert [one.id for one in found.pictures] == [
        "a.png", "b/PMC12_f1.jpg", "b/PMC12_f2.JPG", "b/ü 1.tiff"
    ]  # fmt: skip
    assert found.left_out == {".txt": 1, ".dcm": 1, "no suffix": 1}
    assert found.pictures[1].image.path == str(folder / "b" / "PMC12_f1.jpg")


@pytest.mark.parametrize(("pattern", "article"), [(r"PMC\d+", "PMC12"), (r"PMC(\d+)_", "12")])
def test_an_article_is_read_off_the_path(folder: Path, pattern: str, article: str) -> None:
    found = folder_pictures(folder, article_pattern(pattern))
    assert [one.article for one in found.pictures] == ["", article, article, ""]


def test_a_pattern_that_is_none_is_one_sentence() -> None:
    with pytest.raises(UserError, match="no regular expression"):
        article_pattern("PMC(")


def test_a_list_keeps_its_order_and_may_name_articles(folder: Path) -> None:
    listing = folder / "list.txt"
    listing.write_text(f"# mine\nb/PMC12_f1.jpg\tX\n\n{folder}/a.png\nb/PMC12_f1.jpg\nabsent.png\n")
    found = listed_pictures(listing, article_pattern(r"PMC\d+"))
    assert [(one.id, one.article) for one in found.pictures] == [
        ("b/PMC12_f1.jpg", "X"), (f"{folder}/a.png", ""), ("absent.png", ""),
    ]  # fmt: skip
    assert found.pictures[0].image.path == str(folder / "b/PMC12_f1.jpg")


def test_a_list_that_is_no_text_or_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(DataError, match="cannot be read as text"):
        listed_pictures(tmp_path / "list")
    (tmp_path / "list").write_text("# none\n")
    with pytest.raises(DataError, match="names no image"):
        listed_pictures(tmp_path / "list")


def test_an_image_of_several_samples_counts_once_and_unaltered() -> None:
    plain = ImageRef("sha256:aa", path="x.png")
    altered = ImageRef("sha256:aa", (Alteration("blur@1"),), path="x.png")
    samples = [
        Sample("one", "?", Kind.OPEN, images=(altered,), cluster="patient 1"),
        Sample("two", "?", Kind.OPEN, images=(plain, ImageRef("set:gone.png"))),
        Sample("three", "?", Kind.OPEN),
    ]
    found = sample_pictures(samples).pictures
    assert [(one.id, one.article) for one in found] == [
        ("sha256:aa", "patient 1"), ("set:gone.png", ""),
    ]  # fmt: skip
    assert found[0].image == plain


def test_a_word_is_a_folder_a_list_or_a_data_set(folder: Path) -> None:
    assert len(images_of(str(folder)).pictures) == 4
    (folder / "list").write_text("a.png")
    assert len(images_of(str(folder / "list")).pictures) == 1
    made = images_of("phantom=images=7,pairs=0").pictures
    assert len(made) == 7
    assert made[0].article == "phantom-1:5000000"


@pytest.mark.parametrize("word", ["nowhere", "nothing=here", "phantomm=images=3"])
def test_any_other_word_is_refused(word: str) -> None:
    with pytest.raises(DataError, match="no folder, no list"):
        images_of(word)


def test_a_data_set_needs_no_pattern_for_articles() -> None:
    with pytest.raises(UserError, match="knows its articles"):
        images_of("phantom=images=3", article="x")
