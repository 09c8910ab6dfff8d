from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from medtrust.core.errors import DataError
from medtrust.embedding import embed, images_of, mine_images

Drawn = Callable[[str], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six patients with two images each: a rough picture, and the same a little darker."""
    generator = np.random.default_rng(3)
    for patient in range(6):
        rough = generator.integers(0, 200, (16, 16, 3), dtype=np.uint8)
        place = tmp_path / "images" / f"p{patient}"
        place.mkdir(parents=True)
        Image.fromarray(rough).save(place / "a.png")
        Image.fromarray((rough // 2).astype(np.uint8)).save(place / "b.png")
    return tmp_path / "images"


def pairs_of(path: Path) -> list[tuple[str, str]]:
    return pl.read_parquet(path).select("i", "j").rows()


def test_pairs_are_named_by_images_and_found_by_both_encoders(folder: Path, tmp_path: Path) -> None:
    found = mine_images(
        images_of(str(folder)), "pixels", None,
        above=0.95, below=0.5, out=tmp_path / "p.parquet", store=tmp_path / "s.sqlite",
    )  # fmt: skip
    assert pairs_of(tmp_path / "p.parquet") == [(f"p{n}/a.png", f"p{n}/b.png") for n in range(6)]
    assert found.mined.pairs == 6
    assert len(found.ids) == 12


def test_pairs_of_one_article_are_left_out_unless_asked_for(folder: Path, tmp_path: Path) -> None:
    images = images_of(str(folder), article=r"p\d")
    store = tmp_path / "s.sqlite"
    apart = mine_images(
        images, "pixels", None, above=0.95, below=0.5, out=tmp_path / "p.parquet", store=store
    )
    assert apart.mined.pairs == 0
    within = mine_images(
        images, "pixels", None, above=0.95, below=0.5, out=tmp_path / "q.parquet", store=store,
        across_articles=False,
    )  # fmt: skip
    assert within.mined.pairs == 6
    assert within.first.n_encoded == 0


def test_images_without_a_vector_of_both_are_in_no_pair(folder: Path, tmp_path: Path) -> None:
    (folder / "broken.png").write_bytes(b"no image")
    Image.new("RGB", (9, 9), (5, 5, 5)).save(folder / "even.png")
    shutil.copy(folder / "p0" / "a.png", folder / "copy.png")
    found = mine_images(
        images_of(str(folder)), "pixels", "pixels",
        second_parameters={"size": "4"}, above=-1.0, below=1.0,
        out=tmp_path / "p.parquet", store=tmp_path / "s.sqlite",
    )  # fmt: skip
    assert {one.id: one.reason for one in found.first.problems} == {
        "broken.png": "image-unreadable", "even.png": "no-direction",
    }  # fmt: skip
    assert found.first.copies == (("p0/a.png", "copy.png"),)
    named = {name for pair in pairs_of(tmp_path / "p.parquet") for name in pair}
    assert named <= set(found.ids)
    assert len(found.ids) == 12


def test_no_image_at_all_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "broken.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"No image has a vector.*broken\.png"):
        mine_images(
            images_of(str(tmp_path / "images")), "pixels", None,
            above=0.9, below=0.5, out=tmp_path / "p.parquet", store=tmp_path / "s.sqlite",
        )  # fmt: skip


def test_two_encoders_of_transformers_mine_a_folder(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from parts.random_encoders import save_random_encoder

    made = cache(lambda name: save_random_encoder(name, tmp_path / name))
    options = {"threads": "1"}
    found = mine_images(
        images_of(str(folder)), f"hf/{made('clip')}", f"hf/{made('dinov2')}",
        first_parameters=options, second_parameters=options,
        above=0.2, below=0.9, out=tmp_path / "p.parquet", store=tmp_path / "s.sqlite",
    )  # fmt: skip
    assert found.second is not None
    first, second = (np.triu(one.vectors @ one.vectors.T, 1) for one in (found.first, found.second))
    sure = int(((first > 0.2001) & (second < 0.8999)).sum())
    most = int((np.triu(first > 0.1999, 1) & (second < 0.9001)).sum())
    assert 0 < sure <= found.mined.pairs <= most
    kept = embed(images_of(str(folder)), "pixels", store=tmp_path / "s.sqlite")
    assert kept.vectors.shape == (12, 768)
