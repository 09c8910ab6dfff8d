"""How typed options become settings."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from medtrust.cli.options import SHARED, settings_of, takes_settings, typed
from medtrust.core.errors import UserError
from medtrust.settings import Settings

NOTHING: dict[str, Any] = dict.fromkeys(SHARED)
LEAST = {"tasks": ["folder"], "model": "simulated/planted"}


def test_every_setting_has_an_option_and_every_option_a_setting() -> None:
    assert set(SHARED) - {"config"} == set(Settings.model_fields)


def test_pairs_become_mappings_and_lists_become_tuples() -> None:
    found = typed({"model_options": ["a=1", "b=x=y"], "groups": ["sex", "age"], "seed": 3})
    assert found == {"model_options": {"a": "1", "b": "x=y"}, "groups": ("sex", "age"), "seed": 3}


def test_what_was_not_typed_stays_none() -> None:
    assert typed({"data": None, "seed": None, "groups": None}) == {
        "data": None, "seed": None, "groups": None,
    }  # fmt: skip


PAIRS = {
    "model_options": "-M", "data": "--data", "images": "--images", "official": "--official",
    "joins": "--join", "columns": "--column", "access": "--access", "judge_options": "-J",
    "moderator_options": "--moderator-option", "where": "--where",
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("text", ["alone", "=value", "name=", "="])
def test_what_is_no_pair_is_shown_with_its_option_and_the_form(name: str, text: str) -> None:
    with pytest.raises(UserError, match="is not written as") as caught:
        typed({name: [text]})
    # a setting of a model may be a key: it is never repeated
    shown = "" if PAIRS[name] in {"-M", "-J", "--moderator-option"} else f" {text}"
    assert str(caught.value).startswith(f"{PAIRS[name]}{shown} is not written as")


@pytest.mark.parametrize("name", PAIRS)
def test_a_name_given_twice_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="given twice"):
        typed({name: ["a=1", "a=2"]})


def test_options_that_take_pairs_are_all_known_as_such() -> None:
    mappings = {
        name for name, field in Settings.model_fields.items() if "dict" in str(field.annotation)
    }
    assert mappings == set(PAIRS)


def test_nothing_typed_runs_what_comes_with_the_package() -> None:
    found = settings_of(NOTHING, "run")
    assert (found.tasks, found.model) == (("phantom", "cares"), "phantom")
    with pytest.raises(UserError, match="Say whom to ask"):
        settings_of({**NOTHING, "tasks": ["folder"]}, "run")


def test_a_plan_needs_no_model() -> None:
    assert settings_of({**NOTHING, "tasks": ["folder"]}, "plan").model == "simulated/planted"


def test_typed_options_become_settings() -> None:
    found = settings_of({**NOTHING, **LEAST, "data": ["folder=a.jsonl"], "limit": 3}, "run")
    assert found.tasks == ("folder",)
    assert str(found.data["folder"]) == "a.jsonl"
    assert found.limit == 3
    assert found.seed == 0


def test_a_command_gets_the_shared_options_before_its_own() -> None:
    @takes_settings
    def command(settings: Settings, *, loud: bool = False) -> int:
        """Say something."""
        return settings.seed + 100 * loud

    names = list(inspect.signature(command).parameters)
    assert names == [*SHARED, "loud"]
    assert command(**{**NOTHING, **LEAST, "seed": 7}, loud=True) == 107
    assert command.__doc__ == "Say something."
