"""Names to code: near names, plug-ins, and that every built-in is there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from medtrust.core.errors import UnknownNameError, UserError
from medtrust.core.registry import BUILT_IN, Entry, entries, expand_tasks, find, load, names
from medtrust.core.task import Task
from medtrust.uncertainty.estimators import ESTIMATORS, Estimator


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    """A folder of installed packages at the end of the import path."""
    sys.path.append(str(tmp_path))
    entries.cache_clear()
    yield tmp_path
    sys.path.remove(str(tmp_path))
    entries.cache_clear()


def install(site: Path, package: str, points: str) -> None:
    """What an installer leaves of a package with entry points."""
    info = site / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(points)
    entries.cache_clear()


KINDS: dict[str, type[Task | Estimator]] = {"task": Task, "estimator": Estimator}


@pytest.mark.parametrize("entry", BUILT_IN, ids=lambda entry: f"{entry.noun} {entry.name}")
def test_every_built_in_can_be_imported(entry: Entry) -> None:
    module, _, attribute = entry.target.partition(":")
    found = getattr(import_module(module), attribute)
    if entry.noun in KINDS:
        assert isinstance(found, KINDS[entry.noun])
        assert found.name == entry.name
    else:
        assert callable(found)


@pytest.mark.parametrize("name", names("task"))
def test_every_task_has_the_name_it_is_registered_under(name: str) -> None:
    task: Task = load("task", name)
    assert task.name == name
    assert task.version >= 1
    assert task.description
    assert task.data in names("data")


def test_no_name_stands_twice() -> None:
    keys = [(entry.noun, entry.name) for entry in BUILT_IN]
    assert len(set(keys)) == len(keys)


def test_an_unknown_name_is_answered_with_near_ones() -> None:
    with pytest.raises(UnknownNameError, match="Unknown model 'opnai': did you mean openai"):
        find("model", "opnai")


def test_a_name_near_to_nothing_is_answered_with_all_or_with_the_way_to_the_list() -> None:
    with pytest.raises(UnknownNameError, match=r"there are: .*simulated"):
        find("model", "zzzzzz")
    with pytest.raises(UnknownNameError, match="see `medtrust list`"):
        raise UnknownNameError.among("thing", "zzzz", [f"name{n}" for n in range(20)])


def test_the_names_of_estimators_and_what_they_are_stand_as_in_their_own_table() -> None:
    listed = [(entry.name, entry.summary) for entry in BUILT_IN if entry.noun == "estimator"]
    assert listed == [(name, each.description) for name, each in ESTIMATORS.items()]


def test_a_suite_stands_for_all_its_tasks_once() -> None:
    assert "cares/factuality" in expand_tasks(("cares",))
    assert expand_tasks(("folder/factuality", "folder")) == [
        "folder/factuality",
        *(name for name in names("task") if name.startswith("folder/")
          and name != "folder/factuality"),
    ]  # fmt: skip
    with pytest.raises(UnknownNameError, match="suite or task 'carse': did you mean cares"):
        expand_tasks(("carse",))


def test_a_plug_in_is_found_loaded_and_listed_after_the_built_ins(site: Path) -> None:
    (site / "their_models.py").write_text("def open_model(options):\n    return options\n")
    install(site, "theirs", "[medtrust.models]\nbeta = their_models:open_model\n")
    install(site, "others", "[medtrust.models]\nalpha = their_models:open_model\n")
    assert names("model")[-2:] == ["alpha", "beta"]
    assert load("model", "beta")("typed") == "typed"


def test_a_plug_in_may_not_take_the_name_of_a_built_in(site: Path) -> None:
    install(site, "impostor", "[medtrust.models]\nopenai = impostor:open_model\n")
    with pytest.raises(UserError, match=r"model 'openai' of impostor has the name of a built-in"):
        entries()


def test_two_plug_ins_may_not_share_a_name(site: Path) -> None:
    install(site, "first", "[medtrust.tasks]\nmine/task = first:task\n")
    install(site, "second", "[medtrust.tasks]\nmine/task = second:task\n")
    with pytest.raises(
        UserError, match=r"task 'mine/task' of second has the name of a plug-in of first"
    ):
        entries()


def test_a_plug_in_may_use_a_name_of_another_kind_of_thing(site: Path) -> None:
    install(site, "theirs", "[medtrust.data]\nopenai = theirs:load\n")
    assert "openai" in names("data")


def test_a_plug_in_that_cannot_be_imported_is_one_sentence(site: Path) -> None:
    install(site, "broken", "[medtrust.models]\nbroken = not_there_at_all:open_model\n")
    with pytest.raises(UserError, match=r"model 'broken' \(not_there_at_all:open_model\)"):
        load("model", "broken")
    (site / "there_but_empty.py").write_text("")
    install(site, "empty", "[medtrust.models]\nempty = there_but_empty:open_model\n")
    with pytest.raises(UserError, match=r"model 'empty' \(there_but_empty:open_model\)"):
        load("model", "empty")
