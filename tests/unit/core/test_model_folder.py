from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from medtrust.core.errors import ModelError
from medtrust.core.model_folder import check_files, digest_of, find_folder


@pytest.fixture
def folder(random_folder: Callable[[str], Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(random_folder("llava"), tmp_path / "model"))


def test_the_digest_does_not_depend_on_where_the_folder_is(folder: Path, tmp_path: Path) -> None:
    before = digest_of(folder)
    assert len(before) == 16
    (folder / "README.md").write_text("What it can do.")
    (folder / ".cache").mkdir()
    moved = folder.rename(tmp_path / "moved")
    assert digest_of(moved) == before


@pytest.mark.parametrize(
    "name",
    ["model.safetensors", "config.json", "tokenizer.json", "chat_template.jinja",
     "processor_config.json", "generation_config.json"],
)  # fmt: skip
def test_the_digest_changes_with_any_byte_that_decides_answers(folder: Path, name: str) -> None:
    before = digest_of(folder)
    content = bytearray((folder / name).read_bytes())
    content[-2] ^= 1
    (folder / name).write_bytes(content)
    changed = digest_of(folder)
    assert changed != before
    (folder / name).rename(folder / f"other-{name}")
    assert digest_of(folder) not in {before, changed}


def test_a_file_is_no_folder(folder: Path) -> None:
    with pytest.raises(ModelError, match="is a file: name the folder"):
        find_folder(str(folder / "config.json"))


def test_a_whole_folder_is_found_and_passes(folder: Path) -> None:
    assert find_folder(str(folder)) == folder
    check_files(folder)


def test_a_hub_model_that_cannot_be_fetched_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("huggingface_hub")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="neither a folder here nor can it be fetched") as caught:
        find_folder("nobody/nothing", "")
    assert "\n" not in str(caught.value)
    with pytest.raises(ModelError, match="neither a folder here"):
        find_folder("no body/no thing?")
