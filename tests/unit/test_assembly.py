"""Putting a run together: what fits, what is skipped, and what makes two runs the same run."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from medtrust.assembly import Assembly, assemble, digest, open_model, suite_of
from medtrust.core.errors import DataError, UnknownNameError, UserError
from medtrust.core.records import Estimate, Sample
from medtrust.core.registry import load
from medtrust.core.task import OfficialTexts
from medtrust.left_out import data_of
from medtrust.settings import Settings, read_settings
from parts.questions import choice, open_ended, yes_no

ROWS: list[dict[str, Any]] = [
    {"id": "a", "question": "Is there a spot?", "answer": "yes", "sex": "female"},
    {"id": "b", "question": "Where?", "options": ["left", "right"], "answer": "left"},
    {"id": "c", "question": "What is seen?", "answer": "A round spot."},
    {"id": "d", "question": "Describe it.", "answer": "", "kind": "instruction"},
]
MODEL = {"model": "simulated/planted"}


def folder(tmp_path: Path, *, rows: list[dict[str, Any]] | None = None) -> dict[str, Path]:
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows or ROWS))
    return {"folder": path}


def made(tmp_path: Path, **more: Any) -> Assembly:
    values: dict[str, Any] = {"tasks": ("folder",), **MODEL, "data": folder(tmp_path)}
    return assemble(read_settings({**values, **more}))


def test_tasks_data_and_model_are_found(tmp_path: Path) -> None:
    found = made(tmp_path)
    assert [task.name for task in found.tasks] == ["folder/factuality"]
    assert [sample.id for sample in found.samples] == [f"folder:{name}" for name in "abcd"]
    assert found.model_ids == {"model": found.model.identity.model_id}
    assert list(found.digests["folder"]) == ["questions.jsonl"]


def test_a_task_without_its_data_is_skipped_and_the_way_to_it_is_said() -> None:
    found = assemble(read_settings({"tasks": ("cares/factuality", "phantom/pairs"), **MODEL}))
    assert [task.name for task in found.tasks] == ["phantom/pairs"]
    assert "Skipped cares/factuality: it needs --data cares=DIR." in found.notes


def test_a_task_reads_other_data_it_can_where_its_own_are_not_given(tmp_path: Path) -> None:
    found = made(tmp_path, tasks=("cares/factuality", "folder"))
    assert [task.name for task in found.tasks] == ["cares/factuality", "folder/factuality"]
    assert {name: len(arms) for name, arms in found.arms.items()} == {"folder": 2}
    about = estimate(task="cares/factuality")
    assert found.comparable(about) == "no: own data"


def test_data_that_no_task_reads_are_named(tmp_path: Path) -> None:
    found = made(tmp_path, tasks=("phantom/pairs",))
    said = "--data folder is not read: none of the tasks takes it"
    assert [note for note in found.notes if "not read" in note] == [
        f"{said}, or they were given their own data."
    ]
    assert not [note for note in made(tmp_path).notes if "not read" in note]


def test_without_data_for_any_task_the_run_is_refused() -> None:
    with pytest.raises(UserError, match=r"cares/factuality has no data: add --data cares=DIR"):
        assemble(read_settings({"tasks": ("cares",), **MODEL}))


def test_what_is_not_asked_is_counted_with_the_reason(tmp_path: Path) -> None:
    notes = made(tmp_path).notes
    assert "Skipped 1 open questions of folder/factuality: they need --judge." in notes
    assert "Skipped 1 samples: none of the tasks asks about them." in notes


def test_with_a_judge_open_questions_are_not_skipped(tmp_path: Path) -> None:
    found = made(tmp_path, judge="simulated/judge")
    assert not any("--judge" in note for note in found.notes)
    assert set(found.respondents) == {"model", "judge"}


def test_conversations_are_counted_as_they_are_held(tmp_path: Path) -> None:
    found = made(tmp_path, judge="simulated/judge")
    held = [dialogue for group in found.groups() for dialogue in group]
    assert found.n_conversations == len(held) == 4  # three plain ones, one shuffled choice


def test_only_wanted_conditions_are_held(tmp_path: Path) -> None:
    found = made(tmp_path, conditions=("options=shuffled",))
    held = [dialogue.sample.id for group in found.groups() for dialogue in group]
    assert held == ["folder:b"]


def test_an_unknown_condition_suggests_near_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="options=shuffled"):
        made(tmp_path, conditions=("options=shufled",))
    assert made(tmp_path, conditions=("clean",)).n_conversations == 3


def test_samples_are_chosen_by_group_or_stratum_and_typing_errors_are_caught(
    tmp_path: Path,
) -> None:
    assert [sample.id for sample in made(tmp_path, where={"sex": "female"}).samples] == [
        "folder:a"
    ]  # fmt: skip
    with pytest.raises(UnknownNameError, match="sex"):
        made(tmp_path, where={"sx": "female"})
    with pytest.raises(UnknownNameError, match="female"):
        made(tmp_path, where={"sex": "femal"})


@pytest.mark.parametrize("setting", ["images", "access"])
def test_a_data_name_that_no_data_set_has_is_refused(tmp_path: Path, setting: str) -> None:
    value = {"foldr": "public" if setting == "access" else tmp_path}
    with pytest.raises(UnknownNameError, match="folder"):
        made(tmp_path, **{setting: value})


@pytest.mark.parametrize(
    ("more", "way_out"),
    [
        ({"tasks": ("foldr",)}, "folder"),
        ({"data": {"foldr": "x"}}, "folder"),
        ({"official": {"care": "x"}}, "cares"),
        ({"model": "simulatd/planted"}, "simulated"),
        ({"judge": "simulated/jugde"}, "judge"),
    ],
)
def test_unknown_names_suggest_near_ones(
    tmp_path: Path, more: dict[str, Any], way_out: str
) -> None:
    if "data" in more:
        more = {"data": {**folder(tmp_path), **more["data"]}}
    with pytest.raises(UnknownNameError, match=way_out):
        made(tmp_path, **more)


@pytest.mark.parametrize("name", ["planted", "simulated/", "simulated", ""])
def test_a_model_without_provider_or_name_says_how_to_write_one(name: str) -> None:
    with pytest.raises(UserError, match="PROVIDER/NAME with one of phantom, hf, openai, mod"):
        open_model(name, None, {})


CHANGES: dict[str, dict[str, Any]] = {
    "seed": {"seed": 1},
    "draws": {"draws": 2},
    "model": {"model_options": {"accuracy": "0.5"}},
    "conditions": {"conditions": ("clean",)},
    "samples": {"limit": 1},
}


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_changes_the_plan_changes_its_fingerprint(tmp_path: Path, name: str) -> None:
    before, after = made(tmp_path).fingerprint(), made(tmp_path, **CHANGES[name]).fingerprint()
    differing = {key for key in before if before[key] != after[key]}
    # a simulated responder draws from the seed, so the seed is part of its name
    assert differing == ({"seed", "model"} if name == "seed" else {name})


def test_other_bytes_of_a_question_file_change_the_fingerprint(tmp_path: Path) -> None:
    before = made(tmp_path).fingerprint()
    rows = [{**ROWS[0], "question": "Is there no spot?"}, *ROWS[1:]]
    (tmp_path / "other").mkdir()
    after = made(tmp_path, data=folder(tmp_path / "other", rows=rows)).fingerprint()
    assert {key for key in before if before[key] != after[key]} == {"data"}


@pytest.mark.parametrize(
    "more",
    [{"concurrency": 1}, {"max_requests": 5}, {"out": Path("here")}, {"retry": ("refused",)}],
)
def test_how_hard_the_run_tries_is_not_in_the_fingerprint(
    tmp_path: Path, more: dict[str, Any]
) -> None:
    assert made(tmp_path, **more).fingerprint() == made(tmp_path).fingerprint()


def test_an_assembly_comes_back_from_its_manifest(tmp_path: Path) -> None:
    first = made(tmp_path, judge="simulated/judge", seed=3)
    manifest = json.loads(json.dumps(first.manifest(state="complete")))
    again = Assembly.from_manifest(manifest, first.samples)
    assert again.fingerprint() == first.fingerprint()
    assert again.n_conversations == first.n_conversations


def test_the_manifest_names_the_digest_of_every_prompt(tmp_path: Path) -> None:
    found = made(tmp_path)
    (task,) = found.tasks
    prompts = found.manifest(state="complete")["prompts"][task.name]
    assert prompts == {name: digest(text) for name, text in task.prompts.items()}
    assert all(len(value) == 16 for value in prompts.values())


def estimate(
    reading: str = "official",
    condition: str = "",
    metric: str = "accuracy",
    task: str = "cares/x",
    group: str = "",
) -> Estimate:
    return Estimate(
        task=task, version=1, metric=metric, value=0.5, reading=reading, condition=condition,
        group=group,
    )  # fmt: skip


def told(more: dict[str, Any], official: OfficialTexts | None, about: Estimate) -> str:
    settings = Settings(tasks=("cares",), model="a/b", **more)
    texts = {} if official is None else {"cares": official}
    like = load("task", f"{about.task.partition('/')[0]}/factuality")
    tasks = (replace(like, name=about.task),)
    return Assembly(settings, tasks, [], texts, {"model": "m"}).comparable(about)


VERIFIED = OfficialTexts("official@abc", {"question": "text"})


def test_a_number_in_published_words_read_as_published_is_comparable() -> None:
    assert told({}, VERIFIED, estimate()) == "yes"


@pytest.mark.parametrize(
    ("more", "official", "about", "reason"),
    [
        ({}, None, estimate(), "own prompts"),
        ({}, OfficialTexts("official@unverified", {}, "a file is changed"), estimate(),
         "a file is changed"),
        ({"limit": 5}, VERIFIED, estimate(), "subset"),
        ({"where": {"sex": "female"}}, VERIFIED, estimate(), "subset"),
        ({"where": {"dataset": "A", "sex": "female"}}, VERIFIED, estimate(), "subset"),
        ({}, VERIFIED, estimate(condition="image=blank"), "own condition"),
        ({}, VERIFIED, estimate(reading="corrected"), "corrected reading"),
        ({}, VERIFIED, estimate(metric="judge_score"), "own judge prompt"),
        ({}, VERIFIED, estimate(metric="judge_score_change"), "own judge prompt"),
        ({}, VERIFIED, replace(estimate(), comparable="no: own scorer"), "own scorer"),
        ({"data": {"folder": "f"}}, VERIFIED, estimate(task="folder/x"), "own data"),
    ],
)  # fmt: skip
def test_every_other_number_says_why_it_is_not(
    more: dict[str, Any], official: OfficialTexts | None, about: Estimate, reason: str
) -> None:
    assert told(more, official, about) == f"no: {reason}"


def test_a_whole_data_set_chosen_by_name_is_no_subset() -> None:
    more = {"where": {"dataset": "A"}}
    assert told(more, VERIFIED, estimate(group="dataset=A")) == "yes"


PARTLY: Final = replace(VERIFIED, unverified=("A", "B"))
"""Published words, but the files of two data sets have nothing to be compared with."""


@pytest.mark.parametrize("group", ["dataset=C", "dataset=C;sex=female"])
def test_an_unverified_set_makes_no_other_set_incomparable(group: str) -> None:
    assert told({}, PARTLY, estimate(group=group)) == "yes"


@pytest.mark.parametrize("group", ["dataset=A", "dataset=A;sex=female", "dataset=A;kind=choice"])
def test_a_number_about_an_unverified_set_says_so(group: str) -> None:
    assert told({}, PARTLY, estimate(group=group)) == "no: question file of A not verified"


def test_a_number_about_all_sets_says_which_of_them_are_not_verified() -> None:
    assert told({}, PARTLY, estimate()) == "no: question file of A, B not verified"


def test_unverified_sets_come_back_from_a_manifest_and_older_manifests_know_none(
    tmp_path: Path,
) -> None:
    first = made(tmp_path)
    manifest = json.loads(
        json.dumps(replace(first, official={"cares": PARTLY}).manifest(state="complete"))
    )
    assert Assembly.from_manifest(manifest, first.samples).official == {"cares": PARTLY}
    del manifest["official"]["cares"]["unverified"]
    assert Assembly.from_manifest(manifest, first.samples).official == {"cares": VERIFIED}


def test_several_reasons_are_all_named() -> None:
    said = told({"limit": 5}, None, estimate("corrected", "image=blank", "judge_score"))
    assert said == (
        "no: own prompts, subset, own condition, corrected reading, own judge prompt"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cares/iuxray_factuality:17", "cares"),
        ("folder:q1", "folder"),
        ("folder:a/b:c", "folder"),
        ("mediconfusion/10001/im_1", "mediconfusion"),
    ],
)
def test_a_sample_id_begins_with_its_data_set(name: str, expected: str) -> None:
    assert data_of(Sample(name, "?", yes_no().kind)) == expected


def test_a_task_name_begins_with_its_suite() -> None:
    assert suite_of("cares/factuality") == "cares"


@pytest.fixture
def cares(tmp_path: Path, shared: Path) -> Callable[..., Assembly]:
    """Assembles CARES from a data folder and a checkout."""
    published = shared / "data" / "cares"

    def assembled(data: Path | None = None) -> Assembly:
        values = {"data": {"cares": data or published}, "official": {"cares": published}}
        return assemble(read_settings({"tasks": ("cares/factuality",), **MODEL, **values}))

    return assembled


def test_published_words_are_vouched_for_by_the_data_they_are_asked_from(
    cares: Callable[..., Assembly], tmp_path: Path
) -> None:
    """The text of a question comes from --data; a checkout beside it proves nothing about it."""
    (official,) = cares().official.values()
    assert official.label.startswith("official@")
    assert official.comparable == ""
    folder = tmp_path / "mine" / "IU-Xray"
    folder.mkdir(parents=True)
    row = {"question": "Is it?", "answer": "No.", "image": "CXR1_IM-1/0.png", "text": "Is it?"}
    (folder / "iuxray_factuality.jsonl").write_text(json.dumps(row) + "\n")
    (changed,) = cares(tmp_path / "mine").official.values()
    assert changed.label == "official@unverified"
    assert "iuxray_factuality.jsonl" in changed.comparable


def test_data_without_a_single_verifiable_file_is_not_vouched_for(
    cares: Callable[..., Assembly], tmp_path: Path
) -> None:
    folder = tmp_path / "mine" / "PMC-OA"
    folder.mkdir(parents=True)
    row = {"question_id": "q", "text": "What?", "answer": "A.", "image": "PMC1_F1_2.jpg"}
    (folder / "pmcoa_factuality.jsonl").write_text(json.dumps(row) + "\n")
    (texts,) = cares(tmp_path / "mine").official.values()
    assert texts.label == "official@unverified"
    assert texts.comparable


def test_a_checkout_that_is_none_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="--official cares="):
        made(tmp_path, official={"cares": tmp_path})


def test_samples_of_the_parts_used_here_are_of_three_forms() -> None:
    assert len({sample.kind for sample in (yes_no(), choice(), open_ended())}) == 3
