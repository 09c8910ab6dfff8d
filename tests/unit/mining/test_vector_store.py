from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from medtrust.core.errors import StoreError
from medtrust.mining.stored import VectorStore

ROWS = np.array([[1.0, 0.0], [0.6, 0.8]], dtype=np.float32)


def test_what_was_added_is_there_when_opened_again(tmp_path: Path) -> None:
    with VectorStore(tmp_path / "deep" / "s.sqlite") as store:
        store.add("e", ["a", "b"], ROWS)
    with VectorStore(tmp_path / "deep" / "s.sqlite") as store:
        assert store.known("e", ["b", "c"]) == {"b"}
        np.testing.assert_array_equal(store.read("e", ["b", "a", "b"]), ROWS[[1, 0, 1]])


def test_a_second_process_may_write_into_the_same_file(tmp_path: Path) -> None:
    with VectorStore(tmp_path / "s.sqlite") as one, VectorStore(tmp_path / "s.sqlite") as other:
        one.add("e", ["a"], ROWS[:1])
        other.add("f", ["a"], ROWS[1:])
        assert one.known("f", ["a"]) == {"a"}
        assert one.known("e", ["a"]) == {"a"}


def test_nothing_asked_is_nothing_read(tmp_path: Path) -> None:
    with VectorStore(tmp_path / "s.sqlite") as store:
        assert store.read("e", []).shape == (0, 0)


def test_a_vector_that_is_not_whole_is_an_error(tmp_path: Path) -> None:
    with VectorStore(tmp_path / "s.sqlite") as store:
        store.add("e", ["a"], ROWS[:1])
        store.add("e", ["b"], np.ones((1, 3), dtype=np.float32))
        for images in (["a", "b"], ["a", "absent"], ["absent"]):
            with pytest.raises(StoreError, match="not whole"):
                store.read("e", images)


def test_a_file_that_is_no_store_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "s.sqlite").write_bytes(b"these are no tables" * 99)
    with pytest.raises(StoreError, match="cannot be used"):
        VectorStore(tmp_path / "s.sqlite")


def test_a_store_of_another_format_is_refused(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "s.sqlite")
    other.execute("PRAGMA user_version = 7")
    other.close()
    with pytest.raises(StoreError, match="format 7"):
        VectorStore(tmp_path / "s.sqlite")
