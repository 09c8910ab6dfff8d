"""What a run is told: typed values, a TOML file, and wrong ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from medtrust.core.errors import DataError, UnknownNameError, UserError
from medtrust.settings import Settings, read_settings

LEAST: dict[str, Any] = {"tasks": ("folder",), "model": "simulated/planted"}


def toml(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "run.toml"
    path.write_text(text)
    return path


def test_a_file_alone_is_enough(tmp_path: Path) -> None:
    path = toml(
        tmp_path,
        'tasks = ["cares/factuality"]\nmodel = "openai/m"\nseed = 3\n[data]\ncares = "CARES"\n',
    )
    found = read_settings({}, path)
    assert found.tasks == ("cares/factuality",)
    assert found.seed == 3
    assert found.data == {"cares": Path("CARES")}


def test_what_is_typed_wins_over_the_file(tmp_path: Path) -> None:
    path = toml(tmp_path, 'tasks = ["cares"]\nmodel = "openai/m"\nseed = 3\nconcurrency = 8\n')
    found = read_settings({"model": "simulated/planted", "seed": 0}, path)
    assert found.model == "simulated/planted"
    assert found.seed == 0
    assert found.concurrency == 8


@pytest.mark.parametrize("value", [None, (), {}])
def test_what_was_not_typed_does_not_hide_the_file(tmp_path: Path, value: object) -> None:
    path = toml(tmp_path, 'tasks = ["cares"]\nmodel = "m/n"\n[where]\ndataset = "A"\n')
    found = read_settings({"tasks": value, "where": value, "model": None}, path)
    assert found.tasks == ("cares",)
    assert found.where == {"dataset": "A"}


WRONG: dict[str, dict[str, Any]] = {
    "concurrency": {"concurrency": 0},
    "limit": {"limit": 0},
    "draws": {"draws": "many"},
    "seed": {"seed": -1},
    "max_requests": {"max_requests": 0},
    "retry": {"retry": ("sometimes",)},
    "access.cares": {"access": {"cares": "secret"}},
    "model_options.temperature": {"model_options": {"temperature": [1]}},
    "tasks": {"tasks": 3},
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_gets_one_sentence_that_names_the_setting(name: str) -> None:
    with pytest.raises(UserError) as caught:
        read_settings({**LEAST, **WRONG[name]})
    said = str(caught.value)
    assert said.startswith(f"Setting {name}")
    assert "\n" not in said


def test_nothing_said_is_what_comes_with_the_package() -> None:
    found = read_settings({})
    assert (found.tasks, found.model) == (("phantom", "cares"), "phantom")
    assert found.data == {"phantom": Path()}
    assert read_settings({"tasks": ("phantom/pairs",)}).model == "phantom"
    assert read_settings({"model": "hf/somewhere"}).tasks == ("phantom", "cares")


def test_options_of_the_made_images_are_kept_when_nothing_else_is_said() -> None:
    found = read_settings({"data": {"phantom": "images=5"}})
    assert found.data == {"phantom": Path("images=5")}
    assert found.tasks == ("phantom", "cares")


def test_whoever_names_data_says_what_to_run_and_whom_to_ask() -> None:
    with pytest.raises(UserError, match="Say what to run: `medtrust run cares/factuality"):
        read_settings({"data": {"cares": "CARES"}})
    with pytest.raises(UserError, match="Say whom to ask"):
        read_settings({"tasks": ("folder",), "data": {"folder": "a.jsonl"}})


def test_an_unknown_setting_suggests_near_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="concurrency"):
        read_settings({**LEAST, "concurency": 3})
    with pytest.raises(UnknownNameError, match="groups"):
        read_settings(LEAST, toml(tmp_path, 'group = ["sex"]\n'))


def test_files_that_are_absent_or_no_toml_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.toml cannot be read"):
        read_settings(LEAST, tmp_path / "nowhere.toml")
    with pytest.raises(DataError, match=r"run\.toml is not valid TOML"):
        read_settings(LEAST, toml(tmp_path, "tasks = [\n"))
    (tmp_path / "bytes.toml").write_bytes(b"model = '\xff'\n")
    with pytest.raises(DataError, match=r"bytes\.toml is not valid TOML"):
        read_settings(LEAST, tmp_path / "bytes.toml")


@pytest.mark.parametrize(
    ("model", "folder"),
    [
        ("simulated/planted", "simulated-planted"),
        ("openai/google/medgemma-4b-it", "openai-google-medgemma-4b-it"),
        ("openai/llama3.2:11b", "openai-llama3.2-11b"),
        ("replay/../answers.jsonl", "replay-..-answers.jsonl"),
        ("replay//data/answers.jsonl", "replay--data-answers.jsonl"),
        ("openai/..", "openai"),
        ("openai/a b\\c", "openai-a-b-c"),
    ],
)
def test_a_run_without_a_folder_gets_one_named_after_its_model(model: str, folder: str) -> None:
    assert Settings(tasks=("folder",), model=model).folder == Path("runs") / folder


def test_a_folder_that_was_named_is_taken_as_it_is() -> None:
    assert Settings(tasks=("a",), model="b/c", out=Path("here")).folder == Path("here")


def test_settings_survive_the_manifest() -> None:
    made = read_settings(
        {
            **LEAST, "data": {"folder": "a.jsonl"}, "access": {"folder": "public"},
            "conditions": ("clean",), "retry": ("refused",), "limit": 5, "store": "s.sqlite",
        }
    )  # fmt: skip
    assert Settings.model_validate(made.model_dump(mode="json")) == made
