from __future__ import annotations

import shlex

import pytest

from medtrust.cli.options import settings_of
from medtrust.report import facts
from medtrust.report.findings import Place
from medtrust.run import Run
from medtrust.settings import Settings


def test_data_sets_are_counted(finished: Run) -> None:
    sets = facts.data_sets(finished)
    assert [(found.name, found.samples, found.images, found.clusters) for found in sets] == [
        ("first", 72, 36, 36),
        ("second", 24, 12, 12),
    ]
    assert facts.total(sets, finished).samples == 96
    assert dict(sets[0].kinds) == {"choice": 36, "yes_no": 36}
    assert sets[0].access == ("phi",)


def parsed(command: str) -> dict[str, list[str]]:
    words = shlex.split(command.replace("\\\n", " "))
    options: dict[str, list[str]] = {"": []}
    name = ""
    for word in words[2:]:
        if word.startswith("-"):
            name = word
        else:
            options.setdefault(name, []).append(word)
            name = ""
    return options


FULL = Settings(
    tasks=("cares/factuality", "folder"),
    model="openai/my model",
    base_url="http://user:secret@127.0.0.1:8000/v1",
    model_options={"timeout": "5"},
    data={"cares": "a b"},  # type: ignore[dict-item]
    joins={"fairvlmed": "x"},  # type: ignore[dict-item]
    columns={"answer": "gt"},
    groups=("sex", "age"),
    strata=("view",),
    cluster="patient",
    conditions=("", "image=blank"),
    access={"cares": "public"},  # type: ignore[dict-item]
    judge="openai/judge",
    judge_options={"timeout": "6"},
    moderator="moderation/marks",
    moderator_url="http://127.0.0.1:8001/v1",
    moderator_options={"timeout": "7"},
    age_bins=(0, 18, 65),
    minimum_n=20,
    limit=7,
    seed=3,
    draws=2,
    allow_host=("example.org",),
)


def test_the_command_says_everything_that_decides_what_is_asked() -> None:
    options = parsed("\n".join(facts.command(FULL.model_dump(mode="json"))))
    assert options == {
        "": ["cares/factuality", "folder"],
        "--model": ["openai/my model"],
        "--base-url": ["http://127.0.0.1:8000/v1"],
        "-M": ["timeout=5"],
        "--data": ["cares=a b"],
        "--join": ["fairvlmed=x"],
        "--column": ["answer=gt"],
        "--group": ["sex", "age"],
        "--stratum": ["view"],
        "--cluster": ["patient"],
        "--condition": ["clean", "image=blank"],
        "--access": ["cares=public"],
        "--judge": ["openai/judge"],
        "-J": ["timeout=6"],
        "--moderator": ["moderation/marks"],
        "--moderator-url": ["http://127.0.0.1:8001/v1"],
        "--moderator-option": ["timeout=7"],
        "--age-bins": ["0,18,65"],
        "--minimum-n": ["20"],
        "--limit": ["7"],
        "--seed": ["3"],
        "--draws": ["2"],
        "--allow-host": ["example.org"],
    }


def test_the_command_of_a_run_means_the_settings_of_that_run(finished: Run) -> None:
    settings = finished.manifest["settings"]
    options = parsed("\n".join(facts.command(settings)))
    given = dict.fromkeys(Settings.model_fields) | {
        "config": None,
        "tasks": options[""],
        "model": options["--model"][0],
        "model_options": options["-M"],
        "data": options["--data"],
        "groups": options["--group"],
        "cluster": options["--cluster"][0],
    }
    again = settings_of(given, "run").model_dump(mode="json")
    assert again | {"out": settings["out"]} == settings


@pytest.mark.parametrize(
    ("limit", "said"), [(None, "All questions"), (1200, "first 1,200 questions of each data set")]
)
def test_the_choice_of_questions_is_told(limit: int | None, said: str) -> None:
    assert said in facts.how_chosen({"settings": {"limit": limit}})


def test_counts_name_failures_by_reason() -> None:
    rows = dict(facts.counts({"counts": {"requests_sent": 1200, "failed": {"http-500": 3}}}))
    assert rows == {"requests sent": "1,200", "failures": "http 500 3"}


WORK = {
    "token_positions": 69497, "padding_positions": 0, "image_encodes": 301, "forward_calls": 1698,
    "trial_positions": 0,
}  # fmt: skip
SAID = "69,497 token positions (0 padding), 301 image encodes, 1,698 forward calls"


def test_local_work_is_one_line() -> None:
    found = {"requests_sent": 2, "failed": {}, "work": {"model": WORK}}
    assert facts.counts({"counts": found})[-1] == ("local work", SAID)


def test_work_of_several_respondents_names_them_and_what_a_trial_took_is_told_apart() -> None:
    judge = WORK | {"trial_positions": 1538, "padding_positions": 1024}
    said = facts.local_work({"counts": {"work": {"model": WORK, "judge": judge}}})
    assert said.startswith(
        f"model: {SAID}; judge: 69,497 token positions (1,024 padding) and 1,538"
    )


@pytest.mark.parametrize("work", [{}, {"model": {}}])
def test_a_model_elsewhere_did_no_local_work(work: dict[str, dict[str, int]]) -> None:
    found = {"requests_sent": 2, "failed": {}, "work": work}
    assert [name for name, _ in facts.counts({"counts": found})] == ["requests sent", "failures"]


def test_a_run_that_was_stopped_says_so_even_without_a_reason() -> None:
    assert facts.state_sentence({"state": "complete"}) == ""
    assert "stopped" in facts.state_sentence({"state": "running", "left": None})


def test_a_part_chosen_by_name_is_said_and_repeated() -> None:
    settings = FULL.model_copy(update={"where": {"sex": "female"}, "limit": None})
    manifest = {"settings": settings.model_dump(mode="json")}
    assert facts.how_chosen(manifest) == "Only questions with sex female were used."
    options = parsed("\n".join(facts.command(manifest["settings"])))
    assert options["--where"] == ["sex=female"]


@pytest.mark.parametrize(
    ("tasks", "data", "made"),
    [
        ({"phantom/privacy": 1}, {"phantom": {}}, True),
        ({"cares/privacy": 1}, {"phantom": {}}, True),
        ({"cares/privacy": 1}, {"phantom": {}, "cares": {}}, False),
        ({"cares/privacy": 1}, {"cares": {}}, False),
    ],
)
def test_images_are_made_where_all_data_are(
    tasks: dict[str, int], data: dict[str, dict[str, str]], *, made: bool
) -> None:
    assert facts.is_made({"plan": {"tasks": tasks, "data": data}}) is made


def test_hazards_of_data_that_was_not_asked_are_left_out() -> None:
    notes = ["Data hazard: OL3I: one answer fits.", "Data hazard: IU-Xray: so does no."]
    chosen = {"notes": notes, "settings": {"where": {"dataset": "OL3I"}}}
    assert facts.hazards(chosen) == (["OL3I: one answer fits."], [])
    assert len(facts.hazards({"notes": notes, "settings": {"where": {}}})[0]) == 2


def test_data_hazards_are_listed_by_the_data_set_they_name() -> None:
    found = ["A: one answer fits.", "B: same ids: all rows.", "A: no options.", "Made."]
    assert facts.by_data_set(found) == (
        ("A", ("A: one answer fits.", "A: no options.")),
        ("B", ("B: same ids: all rows.",)),
        ("all data", ("Made.",)),
    )


def test_data_hazards_are_told_apart_from_other_notes_and_belong_to_their_data() -> None:
    notes = ["Data hazard: OL3I: one answer fits.", "IU-Xray: 3 images are missing."]
    hazards, others = facts.hazards({"notes": notes})
    assert hazards == ["OL3I: one answer fits."]
    assert others == notes[1:]
    assert facts.hazards_of(hazards, Place((("dataset", "OL3I"),))) == hazards
    assert facts.hazards_of(hazards, Place((("dataset", "IU-Xray"),))) == []
    assert facts.hazards_of(hazards, Place()) == []
