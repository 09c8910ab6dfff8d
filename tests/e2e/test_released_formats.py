"""Answers of a run, written in the released formats, come back as the same run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from medtrust.cli.main import exit_code
from medtrust.core.registry import load
from medtrust.run import Run, evaluate
from medtrust.suites.cares.released_questions import file_name
from parts.cares_files import FILES, write_all_seven

TASKS = (
    "cares/factuality",
    "cares/uncertainty",
    "cares/jailbreak",
    "cares/overcaution",
    "cares/toxicity",
    "cares/privacy",
    "cares/noise",
    "cares/out_of_distribution",
)
SAID = (
    "Yes.", "No, it is not.", "I am not sure.", "I cannot help with that.", "B", "\u00e4\u2028", "",
)  # fmt: skip
STEMS = [name.removesuffix(".jsonl") for name in FILES.values()]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_all_seven(tmp_path / "CARES")
    return tmp_path / "CARES"


def answered_run(root: Path, out: Path, task: str) -> Run:
    """A run whose requests were answered elsewhere, follow-ups in later rounds."""
    answers = out.with_suffix(".jsonl")
    values: dict[str, Any] = {"tasks": (task,), "data": {"cares": root}, "out": out}
    for _ in range(4):
        run = evaluate(**values, model=f"replay/{answers}", model_options={"model": "elsewhere"})
        if run.left is None:
            return run
        requests = (out / "next" / "requests.jsonl").read_text("utf-8").split("\n")[1:-1]
        with answers.open("a", encoding="utf-8") as file:
            for row in map(json.loads, requests):
                text = SAID[int(row["request_id"][:6], 16) % len(SAID)]
                answer = {"request_id": row["request_id"], "draw": row["draw"], "text": text}
                file.write(json.dumps(answer) + "\n")
    raise AssertionError(run.left)


def exported(run: Path, out: Path, *more: str) -> dict[str, bytes]:
    assert exit_code(["data", "export", str(run), "--write", str(out), *more]) == 0
    return {path.name: path.read_bytes() for path in sorted(out.rglob("*.jsonl"))}


def imported(root: Path, answers: Path, stem: str, task: str, condition: str, role: str) -> str:
    target = answers.with_suffix(".replay")
    command = ["data", "import", str(answers), "--write", str(target), "--file", stem]
    command += ["--data", f"cares={root}", "--task", task, "--role", role]
    key = [] if role == "answer" else ["--key", next(reversed(json.loads(first_line(answers))))]
    assert exit_code([*command, "--condition", condition or "clean", *key]) == 0
    return target.read_text("utf-8")


def first_line(path: Path) -> str:
    return path.read_text("utf-8").partition("\n")[0]


@pytest.mark.parametrize("task", TASKS)
def test_exported_answers_taken_in_again_give_the_same_scores(
    root: Path, tmp_path: Path, task: str
) -> None:
    first = answered_run(root, tmp_path / "first", task)
    written = tmp_path / "written"
    files = exported(first.folder, written)
    roles = ["answer", *(["are-you-sure"] if task == "cares/uncertainty" else [])]
    if len(roles) > 1:
        exported(first.folder, written, "--role", roles[1])
    rows = ""
    for condition in load("task", task).conditions:
        for stem in STEMS:
            for role in roles:
                name = file_name(stem, (task, condition))
                name += "_answers.jsonl" if role == "answer" else f"_{role}_answers.jsonl"
                for answers in written.rglob(name):
                    rows += imported(root, answers, stem, task, condition, role)
    assert rows.count("\n") > 0
    replay = tmp_path / "replay.jsonl"
    replay.write_text(rows, "utf-8")
    values: dict[str, Any] = {"tasks": (task,), "data": {"cares": root}, "out": tmp_path / "again"}
    second = evaluate(**values, model=f"replay/{replay}")
    assert second.left is None
    by = ["task", "sample", "condition", "reading", "measure"]
    before, after = (run.scores.drop("judge").sort(by) for run in (first, second))
    assert before.height > 0
    assert after.equals(before)
    assert exported(second.folder, tmp_path / "rewritten") == files


def test_all_released_question_files_are_written_at_once(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert exit_code(["data", "export", "--data", f"cares={root}", "--write", str(out)]) == 0
    assert len(list(out.rglob("*.jsonl"))) == 7 * 14
    assert "iuxray_factuality_toxicity.jsonl: 2 questions." in capsys.readouterr().out
    texts = {
        name: json.loads(first_line(out / "IU-Xray" / f"iuxray_factuality_{name}.jsonl"))["text"]
        for name in ("toxicity", "privacy-z1", "robustness")
    }
    assert len(set(texts.values())) == 3


def test_one_arm_is_written_in_the_words_of_a_checkout(root: Path, tmp_path: Path) -> None:
    (root / "src").mkdir()
    script = "if task == 'uncertainty':\n    row['text'] += ' Made up?'\n"
    (root / "src" / "modify_inputfile.py").write_text(script)
    command = ["data", "export", "--data", f"cares={root}", "--official", f"cares={root}"]
    command += ["--task", "cares/uncertainty", "--condition", "turns=one"]
    assert exit_code([*command, "--write", str(tmp_path / "out")]) == 0
    path = tmp_path / "out" / "IU-Xray" / "iuxray_factuality_uncertainty.jsonl"
    original = json.loads(first_line(root / "data" / "IU-Xray" / FILES["IU-Xray"]))
    assert json.loads(first_line(path)) == original | {"text": original["text"] + " Made up?"}


def test_a_run_in_published_words_is_written_in_them(root: Path, tmp_path: Path) -> None:
    (root / "src").mkdir()
    script = "if task == 'privacy-z1':\n    row['text'] = 'Made up?\\n<image>'\n"
    (root / "src" / "modify_inputfile.py").write_text(script)
    out, condition = tmp_path / "run", "asked=number;shots=zero"
    values: dict[str, Any] = {"tasks": ("cares/privacy",), "conditions": (condition,), "out": out}
    values |= {"data": {"cares": root}, "official": {"cares": root}}
    replay = tmp_path / "replay.jsonl"
    rows = [
        {"task": "cares/privacy", "sample": f"cares/iuxray_factuality:{line}",
         "condition": condition, "text": "No."}
        for line in range(2)
    ]  # fmt: skip
    replay.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    run = evaluate(**values, model=f"replay/{replay}")
    (name,) = (
        name
        for name in exported(run.folder, tmp_path / "out")
        if not name.endswith("answers.jsonl")
    )
    assert name == "iuxray_factuality_privacy-z1.jsonl"
    written = json.loads(first_line(tmp_path / "out" / "IU-Xray" / name))
    original = json.loads(first_line(root / "data" / "IU-Xray" / FILES["IU-Xray"]))
    assert written == original | {"text": "Made up?\n<image>"}


def test_a_task_alone_stands_for_all_its_conditions(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = ["data", "export", "--data", f"cares={root}", "--write", str(out)]
    assert exit_code([*command, "--task", "cares/overcaution"]) == 0
    names = [path.stem for path in out.rglob("*.jsonl")]
    assert len(names) == 7 * 3
    assert {name.rpartition("_")[2] for name in names} == {
        "overcautiousness-1", "overcautiousness-2", "overcautiousness-3",
    }  # fmt: skip


def test_answers_of_the_released_scripts_come_in_for_any_arm(root: Path, tmp_path: Path) -> None:
    answers = tmp_path / "pred.jsonl"
    answers.write_text('{"Pred": "I cannot."}\n{"Pred": "Single."}\n', "utf-8")
    rows = imported(
        root, answers, "iuxray_factuality", "cares/privacy", "shots=zero;asked=number", "answer"
    )
    assert [json.loads(row) for row in rows.splitlines()] == [
        {
            "task": "cares/privacy",
            "sample": f"cares/iuxray_factuality:{line}",
            "condition": "asked=number;shots=zero",
            "role": "answer",
            "text": text,
        }
        for line, text in enumerate(("I cannot.", "Single."))
    ]


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["export", "--write", "out"], "name a run folder"),
        (["export", "nowhere", "--write", "out"], "holds no run"),
        (["export", "--write", "out", "--condition", "turns=one"], "Say of which task"),
        (
            ["export", "--write", "out", "--task", "cares/uncertainty", "--condition", "turns=on"],
            "Unknown condition of cares/uncertainty 'turns=on'",
        ),
        (["export", "--write", "out", "--task", "cares/nothing"], "Unknown task"),
        (
            ["import", "a.jsonl", "--write", "out", "--file", "x", "--condition", "noise=legacy"],
            "Unknown condition of cares/factuality",
        ),
    ],
)
def test_what_was_typed_wrongly_is_said(
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    data = ["--data", f"cares={root}"] if "name a run folder" not in sentence else []
    assert exit_code(["data", *command, *data]) == 2
    assert sentence in capsys.readouterr().err


def test_answers_are_never_written_over(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = tmp_path / "answers.jsonl"
    answers.write_text('{"text": "No."}\n')
    same = tmp_path / "link.jsonl"
    same.symlink_to(answers)
    for target in (answers, same):
        command = ["data", "import", str(answers), "--write", str(target), "--file", "x"]
        assert exit_code([*command, "--data", f"cares={root}"]) == 2
        assert "the answers themselves" in capsys.readouterr().err
    assert answers.read_text() == '{"text": "No."}\n'


def test_a_run_without_such_answers_says_so(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = answered_run(root, tmp_path / "run", "cares/factuality")
    command = ["data", "export", str(run.folder), "--write", str(tmp_path / "out")]
    assert exit_code([*command, "--role", "are-you-sure"]) == 2
    assert "holds no answer of this task" in capsys.readouterr().err
    assert exit_code([*command, "--task", "cares/overcaution"]) == 2
