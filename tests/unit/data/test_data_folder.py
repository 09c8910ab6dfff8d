"""Own folders: JSONL or CSV, columns found or named, and every mistake in one sentence."""

from __future__ import annotations

import csv
import json
import os
import tracemalloc
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from medtrust.core.dataset import Dataset, DataSource
from medtrust.core.errors import DataError
from medtrust.core.records import Access, Kind, Sample
from medtrust.data.folder import load
from medtrust.data.folder_columns import choose_columns

CHOICE = {
    "question_id": "q1",
    "image": "a/x.png",
    "text": "Which view is it? A: frontal B: lateral",
    "gt": "B: lateral",
    "options": {"A": "frontal", "B": "lateral"},
    "question_type": "multi-choice",
    "task": "view",
    "sex": "female",
    "age": None,
    "patient_hash": "p1",
    "licence": "CC BY 4.0",
}
YES_NO = {"id": 2, "question": "Is it large? Answer yes or no.", "answer": "No.", "image": "y.png"}
OPEN = {"id": 3, "question": "What is it?", "answer": "a cyst"}


def write_rows(folder: Path, rows: Sequence[Mapping[str, Any]], name: str = "mine.jsonl") -> Path:
    path = folder / name
    if name.endswith(".csv"):
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    else:
        path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return path


def load_rows(folder: Path, *rows: Mapping[str, Any], **options: Any) -> Dataset:
    name = options.pop("file", "mine.jsonl")
    return load(DataSource(name="mine", path=write_rows(folder, rows, name), **options))


def only(folder: Path, row: Mapping[str, Any], **options: Any) -> Sample:
    (sample,) = load_rows(folder, row, **options).samples
    return sample


def test_a_cares_like_row_is_understood_without_being_told(tmp_path: Path) -> None:
    sample = only(tmp_path, CHOICE)
    assert sample.id == "mine:q1"
    assert sample.question == "Which view is it?"
    assert (sample.kind, sample.options, sample.answer) == (
        Kind.CHOICE,
        ("frontal", "lateral"),
        1,
    )
    assert sample.groups == {"sex": "female"}
    assert sample.strata == {"question_task": "view", "question_type": "multi-choice"}
    assert sample.cluster == "patient_hash:p1"
    assert sample.licence == "CC BY 4.0"
    assert sample.access is Access.PHI
    assert sample.source == {}
    assert sample.images[0].key == "mine:a/x.png"


def test_the_form_of_the_answer_shows_in_options_and_gold(tmp_path: Path) -> None:
    yes_no, free = load_rows(tmp_path, YES_NO, OPEN).samples
    assert (yes_no.kind, yes_no.answer, yes_no.question) == (Kind.YES_NO, False, "Is it large?")
    assert (free.kind, free.answer, free.images) == (Kind.OPEN, "a cyst", ())
    assert free.cluster == "row:mine:3"


@pytest.mark.parametrize(
    ("options", "gold"),
    [
        (["frontal", "lateral, left"], 1),
        (["frontal", "lateral, left"], "b"),
        ("A: frontal, B: lateral, left", "lateral, left"),
        ('["frontal", "lateral, left"]', "B"),
        ({"1": "frontal", "2": "lateral, left"}, "2"),
    ],
)
def test_options_come_as_object_list_or_text(tmp_path: Path, options: Any, gold: Any) -> None:
    sample = only(tmp_path, {"question": "Which?", "answer": gold, "options": options})
    assert (sample.options, sample.answer) == (("frontal", "lateral, left"), 1)


def test_a_csv_gives_the_same_samples(tmp_path: Path) -> None:
    row = {
        "id": "7",
        "question": "Which view, please?",
        "option_A": "frontal",
        "option_B": "lateral, left",
        "option_C": "",
        "answer": "B",
        "sex": "male",
    }
    csv_sample = only(tmp_path, row, file="mine.csv")
    assert csv_sample.options == ("frontal", "lateral, left")
    assert csv_sample == only(tmp_path, row, file="mine.jsonl")


def test_yes_no_questions_may_carry_their_options(tmp_path: Path) -> None:
    row = {
        "question": "Is it large? A: yes B: no",
        "answer": "B",
        "options": {"A": "yes", "B": "no"},
        "question_type": "yes/no",
    }
    sample = only(tmp_path, row)
    assert (sample.kind, sample.answer, sample.options) == (Kind.YES_NO, False, ())
    assert sample.question == "Is it large?"


def test_named_columns_win_over_found_ones(tmp_path: Path) -> None:
    row = {**OPEN, "truth": "a mass", "prompt": "What is that?", "site": "north", "team": "red"}
    sample = only(
        tmp_path,
        row,
        columns={"answer": "truth", "question": "prompt"},
        groups=("team",),
        strata=("site",),
        cluster="site",
        access=Access.PUBLIC,
    )
    assert (sample.question, sample.answer) == ("What is that?", "a mass")
    assert (sample.groups, sample.strata) == ({"team": "red"}, {"site": "north"})
    assert sample.cluster == "site:north"
    assert sample.access is Access.PUBLIC


def test_gender_and_age_become_sex_and_decades(tmp_path: Path) -> None:
    rows = [{**OPEN, "id": n, "gender": "F", "age": age} for n, age in enumerate((45, None, "90+"))]
    found = [dict(sample.groups) for sample in load_rows(tmp_path, *rows).samples]
    assert found == [
        {"sex": "F", "age_group": "40-49"},
        {"sex": "F"},
        {"sex": "F", "age_group": "90+"},
    ]


def test_rows_without_ids_are_numbered(tmp_path: Path) -> None:
    row = {"question": "What?", "answer": "a cyst"}
    assert [sample.id for sample in load_rows(tmp_path, row, row).samples] == ["mine:0", "mine:1"]


def test_samples_that_share_an_image_share_a_cluster(tmp_path: Path) -> None:
    rows = [
        {**OPEN, "id": n, "image": paths}
        for n, paths in enumerate((["a.png", "b.png"], "c.png", ["b.png"], None))
    ]
    one, two, three, four = load_rows(tmp_path, *rows).samples
    assert one.cluster == three.cluster
    assert len({one.cluster, two.cluster, four.cluster}) == 3
    assert len(one.images) == 2


def test_images_are_found_beside_the_file_or_under_the_named_root(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "pictures"):
        (folder / "a").mkdir(parents=True)
        (folder / "a/x.png").write_bytes(folder.name.encode())
    beside = only(tmp_path, CHOICE).images[0]
    named = only(tmp_path, CHOICE, images=tmp_path / "pictures").images[0]
    assert beside.path == str(tmp_path / "a/x.png")
    assert named.path == str(tmp_path / "pictures/a/x.png")


def test_missing_images_are_a_note_and_no_error(tmp_path: Path) -> None:
    dataset = load_rows(tmp_path, CHOICE)
    assert dataset.samples[0].images[0].path is None
    assert any("1 of 1 images are missing" in note for note in dataset.notes)


def test_the_notes_say_what_was_chosen(tmp_path: Path) -> None:
    assert load_rows(tmp_path, CHOICE).notes[0] == (
        "question from 'text', answer from 'gt'; groups: sex, age_group (age); "
        "strata: question_task (task), question_type; cluster: patient_hash."
    )


def test_a_row_without_a_gold_is_kept_with_its_defect(tmp_path: Path) -> None:
    sample = only(tmp_path, {**OPEN, "answer": None})
    assert (sample.answer, sample.gold_defect) == (None, "empty-answer")


def test_an_instruction_needs_no_gold(tmp_path: Path) -> None:
    sample = only(tmp_path, {**OPEN, "answer": "", "kind": "instruction"})
    assert (sample.kind, sample.answer, sample.gold_defect) == (Kind.INSTRUCTION, None, "")


def test_a_folder_stands_for_its_questions_file(tmp_path: Path) -> None:
    write_rows(tmp_path, [OPEN], "questions.jsonl")
    dataset = load(DataSource(name="mine", path=tmp_path))
    assert [sample.id for sample in dataset.samples] == ["mine:3"]
    assert list(dataset.digests) == ["questions.jsonl"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({**CHOICE, "gt": "oblique"}, "line 2: the gold answer is none of the 2 options"),
        ({**CHOICE, "gt": "A: lateral"}, "line 2: the gold answer is none of the 2 options"),
        ({**CHOICE, "options": {"A": "frontal"}}, "line 2: there is only one option"),
        ({**CHOICE, "options": ["x", "x"]}, "line 2: two options have the same text"),
        ({**CHOICE, "options": ["x", ""]}, "line 2: an option is empty"),
        ({**CHOICE, "options": "x or y"}, "line 2: 'options' is not of the form"),
        ({**CHOICE, "options": "[x"}, "line 2: 'options' begins like JSON"),
        ({**CHOICE, "options": 3}, "line 2: 'options' must be an object"),
        (
            {**CHOICE, "options": [str(number) for number in range(20)]},
            "line 2: there are 20 options, more than 10",
        ),
        (
            {**CHOICE, "options": {str(number): str(number) for number in range(11)}},
            "line 2: there are 11 options, more than 10",
        ),
        ({**CHOICE, "options": None}, "line 2: 'question_type' says choice, but there"),
        ({**CHOICE, "text": " "}, "line 2: the question in 'text' is empty"),
        ({**CHOICE, "question_id": None}, "line 2: the id in 'question_id' is empty"),
        (
            {**CHOICE, "question_id": "q0"},
            "line 2: the id in 'question_id' was used in line 1 already",
        ),
        ({**CHOICE, "image": "../x.png"}, "line 2: .* leaves its folder"),
        ({**CHOICE, "image": "/x.png"}, "line 2: .* is absolute"),
        ({**CHOICE, "image": [3]}, "line 2: 'image' must be a path or a list of paths"),
        (
            {**CHOICE, "question_type": "yes/no", "options": None},
            "line 2: the gold answer is neither yes nor no",
        ),
    ],
)
def test_a_bad_row_is_named_by_its_line(
    tmp_path: Path, row: Mapping[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=rf"mine\.jsonl, {message}"):
        load_rows(tmp_path, {**CHOICE, "question_id": "q0"}, row)


def test_errors_hold_no_text_of_the_data(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        load_rows(tmp_path, {**CHOICE, "gt": "private words"})
    assert "private" not in str(caught.value)
    assert "frontal" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("1,Is the private cyst large?,private\n2,Is it?,no\n", {}),
        ("1,Is it private?,private,private\n", {}),
        ("1,Is it private?,private\n2,b,c\n", {"groups": ("privat",)}),
        ("question,answer,x\nIs it?,no,private\n", {"columns": {"kind": "x"}}),
        ("id,question,answer\nprivate,a,b\nprivate,a,b\n", {}),
        ("question,answer,image\na,b,../private\n", {}),
    ],
)
def test_no_cell_is_repeated_by_an_error(
    tmp_path: Path, content: str, options: dict[str, Any]
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load(DataSource(name="mine", path=path, **options))
    assert "private" not in str(caught.value)


def test_what_steers_a_terminal_is_escaped_in_errors_and_notes(tmp_path: Path) -> None:
    row = {**OPEN, "a\x1b[31m": "x"}
    notes = load_rows(tmp_path, row, groups=("a\x1b[31m",)).notes
    assert r"groups: a\x1b[31m;" in notes[0]
    with pytest.raises(DataError, match=r"b\\x1b\[2J\.jsonl, line 1: the question"):
        load_rows(tmp_path, {**OPEN, "question": ""}, file="b\x1b[2J.jsonl")


def test_a_path_that_the_system_refuses_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        load(DataSource(name="mine", path=tmp_path / ("x" * 300 + ".jsonl")))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": ("sexx",)}, r"mine\.jsonl has no column 'sexx': did you mean sex "),
        ({"strata": ("taks",)}, "no column 'taks': did you mean task"),
        ({"cluster": "patient_hahs"}, "did you mean patient_hash"),
        ({"columns": {"answer": "gtt"}}, "did you mean gt"),
        ({"columns": {"anwser": "gt"}}, "There is no part 'anwser' .* did you mean answer"),
        ({"images": Path("none")}, "There is no folder of images"),
        ({"columns": {"kind": "sex"}}, "'sex' says no known kind; known kinds are choice"),
    ],
)
def test_what_the_user_names_must_exist(
    tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        load_rows(tmp_path, CHOICE, **options)


def test_a_file_without_question_or_answer_says_how_to_name_them(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no column for the question .*--column question=NAME"):
        load_rows(tmp_path, {"asked": "What?", "answer": "x"})
    with pytest.raises(DataError, match=r"no column for the answer .*It has: question, reply"):
        load_rows(tmp_path, {"question": "What?", "reply": "x"})


def test_wrong_files_are_said_in_words(tmp_path: Path) -> None:
    def trying(path: Path, message: str) -> None:
        with pytest.raises(DataError, match=message):
            load(DataSource(name="mine", path=path))

    trying(tmp_path / "none.jsonl", "There is no file")
    trying(tmp_path, r"without questions\.jsonl or questions\.csv")
    (tmp_path / "empty.jsonl").write_text("\n", encoding="utf-8")
    trying(tmp_path / "empty.jsonl", "holds no rows")
    (tmp_path / "empty.csv").write_text("id,question\n", encoding="utf-8")
    trying(tmp_path / "empty.csv", "holds no rows")
    (tmp_path / "rows.json").write_text("[]", encoding="utf-8")
    trying(tmp_path / "rows.json", r"ends in '\.json'; questions come as \.jsonl or \.csv")
    for name in ("questions.jsonl", "questions.csv"):
        (tmp_path / name).touch()
    trying(tmp_path, r"holds questions\.jsonl and questions\.csv: name one")


def test_the_example_of_the_documentation_loads(tmp_path: Path) -> None:
    page = Path(__file__).parents[3] / "docs/data.md"
    lines = [line.strip() for line in page.read_text("utf-8").splitlines()]
    rows = [json.loads(line) for line in lines if line.startswith('{"id"')]
    one, two, three = load_rows(tmp_path, *rows).samples
    assert [one.kind, two.kind, three.kind] == [Kind.YES_NO, Kind.CHOICE, Kind.OPEN]
    assert one.groups == {"sex": "female", "age_group": "70-79"}
    assert one.cluster == two.cluster != three.cluster


@pytest.mark.parametrize("file", ["mine.jsonl", "mine.csv"])
def test_the_file_is_never_held_beside_its_samples(tmp_path: Path, file: str) -> None:
    count, remark = 4_000, "x" * 4_000
    rows = [
        {"id": i, "question": f"Is it {i}?", "answer": "yes", "sex": "male", "remark": remark}
        for i in range(count)
    ]
    source = DataSource(name="mine", path=write_rows(tmp_path, rows, file))
    del rows
    tracemalloc.start()
    try:
        samples = load(source).samples
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(samples) == count
    # a sample takes some hundred bytes; rows or the file itself would take 4,000 and more
    assert peak / count < 2_000


def test_equal_groups_images_and_options_are_one_object(tmp_path: Path) -> None:
    first, second = load_rows(tmp_path, CHOICE, {**CHOICE, "question_id": "q2"}).samples
    for name in ("images", "options", "groups", "strata", "cluster"):
        assert getattr(first, name) is getattr(second, name), name


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("name", ["pipe.jsonl", "pipe.png"])
def test_a_pipe_is_refused_as_questions_and_as_image(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    path = write_rows(tmp_path, [{**OPEN, "image": "pipe.png"}])
    asked = tmp_path / name if name.endswith(".jsonl") else path
    with pytest.raises(DataError, match=r"pipe\.\w+ is not a regular file"):
        load(DataSource(name="mine", path=asked))


def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_rows(tmp_path, [CHOICE])

    def choose_while_somebody_writes(*arguments: Any) -> Any:
        with path.open("a") as stream:
            stream.write(json.dumps({**CHOICE, "question_id": "q2"}) + "\n")
        return choose_columns(*arguments)

    monkeypatch.setattr("medtrust.data.folder.choose_columns", choose_while_somebody_writes)
    with pytest.raises(DataError, match="changed while it was read"):
        load(DataSource(name="mine", path=path))
