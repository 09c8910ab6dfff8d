"""Wording is part of the measurement: a changed prompt needs a raised task version.

`prompt_digests.json` holds, for every task, its version, the digest of each of its own templates,
and the request ids of fixture samples of every form under every condition. To record a change that
is meant, raise the task's version and write the file anew::

    python tests/golden/test_prompt_digests.py
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from medtrust.assembly import digest
from medtrust.core.conditions import parse_condition
from medtrust.core.records import Access, Answer, ImageRef, Kind, Sample
from medtrust.core.registry import BUILT_IN, load
from medtrust.core.task import Setting, Task
from medtrust.engine.dialogue import Dialogue

FILE: Final = Path(__file__).with_name("prompt_digests.json")
TASKS: Final = [entry.name for entry in BUILT_IN if entry.noun == "task"]
IMAGE: Final = (ImageRef(f"sha256:{'0' * 64}"),)
WOMAN: Final = {"sex": "female"}
SAMPLES: Final = {
    "yes-no": Sample("fixture:1", "Is there a spot?", Kind.YES_NO, IMAGE, answer=True),
    "choice": Sample(
        "fixture:2", "Where is it?", Kind.CHOICE, IMAGE, ("left", "right", "nowhere"), 2
    ),
    "choice of two": Sample("fixture:3", "Is it so?", Kind.CHOICE, IMAGE, ("yes", "no"), 0),
    "open": Sample("fixture:4", "What is seen?", Kind.OPEN, IMAGE, answer="A spot."),
    "without an image": Sample(
        "fixture:5", "Is it so?", Kind.YES_NO, answer=False, access=Access.PUBLIC
    ),
    "private": Sample(
        "fixture:6", "Who is it?", Kind.OPEN, IMAGE, answer="no", strata={"topic": "privacy"}
    ),
    "unanswerable": Sample(
        "fixture:7", "How tall?", Kind.OPEN, IMAGE, answer="no", strata={"topic": "unanswerable"}
    ),
    "of a pair": Sample(
        "fixture:8", "Which side?", Kind.CHOICE, IMAGE, ("left", "right"), 0,
        strata={"topic": "pair"}, pair="one",
    ),
    "yes-no of a pair": Sample(
        "fixture:9", "Is it left?", Kind.YES_NO, IMAGE, answer=True,
        strata={"topic": "pair"}, pair="two",
    ),
    "of a woman": Sample(
        "fixture:10", "Is there a line?", Kind.YES_NO, IMAGE, answer=True, groups=WOMAN
    ),
    "choice of a woman": Sample(
        "fixture:11", "Where?", Kind.CHOICE, IMAGE, ("here", "there"), 0, groups=WOMAN
    ),
    "open, of a woman": Sample(
        "fixture:12", "What is seen?", Kind.OPEN, IMAGE, answer="A line.", groups=WOMAN
    ),
}  # fmt: skip
JUDGE: Final = "judges/one"
MODERATOR: Final = "moderators/one"


def setting_of(condition: str) -> Setting:
    return Setting(condition, parse_condition(condition), judge=JUDGE, moderator=MODERATOR)


def requests_of(task: Task) -> dict[str, list[str]]:
    """Request ids of every step, by fixture and condition; the model answers "A spot."."""
    found = {}
    for name, sample in SAMPLES.items():
        for condition in (*task.conditions, *task.optional):
            if not task.applies(sample, condition):
                continue
            setting = setting_of(condition)
            dialogue = Dialogue(task, sample, setting)
            while not dialogue.ended:
                dialogue.proceed([Answer("A spot.") for _ in dialogue.calls])
            steps = [f"{role} {identity}" for role, _, _, identity in dialogue.steps]
            found[f"{name}; {condition or 'clean'}"] = steps
    return found


def current(name: str) -> dict[str, Any]:
    task: Task = load("task", name)
    return {
        "version": task.version,
        "templates": {key: digest(text) for key, text in sorted(task.prompts.items())},
        "requests": requests_of(task),
    }


def recorded() -> dict[str, Any]:
    body = orjson.loads(FILE.read_bytes())
    assert isinstance(body, dict)
    return body


def test_every_task_is_recorded_and_no_other() -> None:
    assert sorted(recorded()) == sorted(TASKS)


@pytest.mark.parametrize("name", TASKS)
def test_a_changed_wording_needs_a_raised_version(name: str) -> None:
    before, now = recorded()[name], current(name)
    if before == now:
        return
    changed = [
        f"{part}: {key}"
        for part in ("templates", "requests")
        for key in sorted({*before[part], *now[part]})
        if before[part].get(key) != now[part].get(key)
    ]
    if before["version"] == now["version"]:
        pytest.fail(
            f"{name} asks in other words than recorded ({'; '.join(changed)}), but its version is "
            f"still {now['version']}: raise it, then run python tests/golden/"
            f"{Path(__file__).name}."
        )
    pytest.fail(
        f"{name} is version {now['version']} and {before['version']} is recorded: run python "
        f"tests/golden/{Path(__file__).name}."
    )


@pytest.mark.parametrize("name", TASKS)
def test_every_template_of_a_task_is_used_by_some_fixture(name: str) -> None:
    task: Task = load("task", name)
    shown = set()
    for sample, condition in product(SAMPLES.values(), (*task.conditions, *task.optional)):
        if not task.applies(sample, condition):
            continue
        dialogue = Dialogue(task, sample, setting_of(condition))
        while not dialogue.ended:
            for call in dialogue.calls:
                for message in call.request.messages:
                    shown |= {part for part in message.content if isinstance(part, str)}
            dialogue.proceed([Answer("A spot.") for _ in dialogue.calls])
    for key, template in task.prompts.items():
        ending = template.rpartition("}")[2].strip()
        assert any(ending in text for text in shown), f"{key} is never asked"


if __name__ == "__main__":
    FILE.write_bytes(
        orjson.dumps(
            {name: current(name) for name in TASKS},
            option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE,
        )
    )
