"""MediConfusion's result files: a run goes out, comes in again, and has the same scores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from medtrust.cli.main import exit_code
from medtrust.run import Run, evaluate
from medtrust.suites.mediconfusion.released_results import MODES
from parts.cares_files import write_all_seven
from parts.mediconfusion_files import load_mediconfusion, write_mediconfusion

SAID = ("A", "B", "It is A.", "(A)", "A or B", "", "\u00e4\u2028")
N_PAIRS = 6


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_mediconfusion(tmp_path / "MediConfusion", N_PAIRS)


def rows_of(root: Path, task: str) -> list[dict[str, Any]]:
    """Answers to every step of a task's clean arm; what is said moves with the sample."""
    rows: list[dict[str, Any]] = []
    for place, sample in enumerate(load_mediconfusion(root).samples):
        common: dict[str, Any] = {"task": task, "sample": sample.id, "condition": ""}
        answer = common | {"role": "answer", "text": SAID[place % len(SAID)]}
        a, b = (-0.5, -1.5) if place % 3 else (-2.5, -1.5)
        if task == "mediconfusion/letter_scores":
            answer |= {"text": "", "continuation_logprobs": [a, -8.0, -9.0, b, -8.0, -9.0]}
        if task == "mediconfusion/prefix_score":
            answer |= {
                "text": "", "continuation_logprobs": [a, b], "continuation_tokens": [1, 1],
            }  # fmt: skip
        rows.append(answer)
        if task == "mediconfusion/free_form":
            near, far = (8, 2) if place % 2 else (3, 3 + place % 5)
            reply = f"A: {near}\nB: {far}\nYour explanation: {place}"
            rows.append(common | {"role": "judge", "text": reply})
            crossed = f"A: {far}\nB: {near}\nYour explanation: {place}"
            rows.append(common | {"role": "judge-crossed", "text": crossed})
    return rows


def run_of(root: Path, out: Path, task: str, rows: list[dict[str, Any]]) -> Run:
    replay = out.with_suffix(".jsonl")
    replay.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    judge = f"replay/{replay}" if task == "mediconfusion/free_form" else None
    return evaluate(
        tasks=(task,), conditions=("clean",), data={"mediconfusion": root}, out=out,
        model=f"replay/{replay}", model_options={"model": "some/made up"}, judge=judge,
    )  # fmt: skip


def exported(run: Run, out: Path) -> dict[str, bytes]:
    assert exit_code(["data", "export", str(run.folder), "--write", str(out)]) == 0
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*.json"))}


def imported(root: Path, path: Path, task: str, write: Path) -> list[dict[str, Any]]:
    command = ["data", "import", str(path), "--data", f"mediconfusion={root}", "--task", task]
    assert exit_code([*command, "--write", str(write)]) == 0
    return [json.loads(line) for line in write.read_bytes().splitlines()]


@pytest.mark.parametrize("task", MODES)
def test_a_run_written_as_result_file_and_taken_in_again_has_the_same_scores(
    root: Path, tmp_path: Path, task: str
) -> None:
    rows = rows_of(root, task)
    first = run_of(root, tmp_path / "first", task, rows)
    assert first.left is None
    written = exported(first, tmp_path / "written")
    stem = f"made-up/made-up_{MODES[task]}"
    assert list(written) == [f"{stem}.json", f"{stem}_score.json"]
    back = imported(root, tmp_path / "written" / f"{stem}.json", task, tmp_path / "rows.jsonl")
    assert sum(row["role"] == "answer" for row in back) == 2 * N_PAIRS
    back += [row for row in rows if row["role"] == "judge-crossed"]
    second = run_of(root, tmp_path / "second", task, back)
    assert second.left is None
    by = ["sample", "reading", "measure"]
    before, after = (run.scores.drop("judge").sort(by) for run in (first, second))
    assert before.height > 0
    assert after.equals(before)
    assert exported(second, tmp_path / "rewritten") == written


@pytest.mark.parametrize("task", MODES)
def test_the_written_counters_are_the_official_estimates(
    root: Path, tmp_path: Path, task: str
) -> None:
    run = run_of(root, tmp_path / "run", task, rows_of(root, task))
    written = exported(run, tmp_path / "written")
    score = json.loads(written[f"made-up/made-up_{MODES[task]}_score.json"])
    official = {
        (row["metric"], row["group"]): row["value"]
        for row in run.estimates.iter_rows(named=True)
        if row["reading"] == "official"
    }
    total = {counter: counts["total"] for counter, counts in score.items()}
    assert official["set_accuracy", ""] == pytest.approx(total["set_score"] / N_PAIRS)
    assert official["individual_accuracy", ""] == pytest.approx(
        total["individual_score"] / (2 * N_PAIRS)
    )
    assert official["confusion", ""] == pytest.approx(total["confused"] / total["valids"])
    assert official["invalid_rate", ""] == pytest.approx(total["invalid"] / (2 * N_PAIRS))
    counted = score["individual_score"]["Head and Neck"] / N_PAIRS
    assert official["individual_accuracy", "category=Head and Neck"] == pytest.approx(counted)


def test_each_reader_of_a_table_becomes_a_model(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ["reader,pair,image,answer"]
    for place, sample in enumerate(load_mediconfusion(root).samples):
        right = "AB"[int(sample.answer or 0)]
        lines.append(f"Ana,{sample.pair},{place % 2 + 1},{right}")
        lines.append(f"Bo,{sample.pair},{place % 2 + 1},{'A' if place else ''}")
    table = tmp_path / "readers.csv"
    table.write_text("\n".join(lines), "utf-8")
    task = "mediconfusion/multiple_choice"
    command = ["data", "import", str(table), "--data", f"mediconfusion={root}", "--task", task]
    assert exit_code([*command, "--write", str(tmp_path / "replay.jsonl")]) == 0
    said = capsys.readouterr().out
    assert f"{2 * N_PAIRS} of {2 * N_PAIRS} answers of Ana" in said
    values = {}
    for reader in ("Ana", "Bo"):
        run = evaluate(
            tasks=(task,), conditions=("clean",), data={"mediconfusion": root},
            out=tmp_path / reader, model=f"replay/{tmp_path / f'replay.{reader}.jsonl'}",
            model_options={"model": reader},
        )  # fmt: skip
        assert run.left is None
        for row in run.estimates.iter_rows(named=True):
            if row["group"] == "" and row["reading"] == "corrected":
                values[reader, row["metric"]] = row["value"]
    assert values["Ana", "set_accuracy"] == 1.0
    assert values["Bo", "set_accuracy"] == 0.0
    assert values["Bo", "confusion"] == 1.0
    assert values["Bo", "invalid_rate"] == pytest.approx(1 / (2 * N_PAIRS))


@pytest.mark.parametrize("second", ["A", "B"])
def test_two_answers_to_one_question_are_said_since_only_one_can_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], second: str
) -> None:
    texts = ("What is seen at level 0?", "Lesion number 0", "No lesion at 0")
    same = dict(zip(("question", "option_A", "option_B"), texts, strict=True))
    root = write_mediconfusion(tmp_path / "MediConfusion", 2, changes={1: same})
    table = tmp_path / "readers.csv"
    # the second image of the first pair is the first one of the second pair
    table.write_text(f"reader,pair,image,answer\nx,10001,2,A\nx,10002,1,{second}\n", "utf-8")
    rows = imported(root, table, "mediconfusion/multiple_choice", tmp_path / "x.jsonl")
    assert len(rows) == 2
    said = "mediconfusion/10002/im_1: answered otherwise" in capsys.readouterr().out
    assert said == (second == "B")


def test_exchanged_options_are_not_written_where_nothing_says_so(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task = "mediconfusion/multiple_choice"
    rows = rows_of(root, task)
    replay = tmp_path / "replay.jsonl"
    swapped = [row | {"condition": "options=swapped"} for row in rows]
    without = [row | {"condition": "image=none"} for row in rows]
    lines = "".join(json.dumps(row) + "\n" for row in (*swapped, *without))
    replay.write_text(lines, "utf-8")
    run = evaluate(
        tasks=(task,), conditions=("options=swapped", "image=none"),
        data={"mediconfusion": root}, out=tmp_path / "run", model=f"replay/{replay}",
    )  # fmt: skip
    assert run.left is None
    names = list(exported(run, tmp_path / "written"))
    assert "(options=swapped): left out" in capsys.readouterr().out
    stem = f"{names[0].partition('/')[0]}_mc_image-none"
    assert [name.partition("/")[2] for name in names] == [f"{stem}.json", f"{stem}_score.json"]


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["import", "x_mc.json", "--write", "out"], "cannot be read"),
        (["import", "x.csv", "--write", "out"], "cannot be read"),
        (["import", "x_greedy.json", "--write", "out"], "of the released mode greedy"),
        (["export", "--write", "out"], "reads data/dataset.json as it is"),
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
    more = ["--data", f"mediconfusion={root}", "--task", "mediconfusion/multiple_choice"]
    assert exit_code(["data", *command, *more]) == 2
    assert sentence.replace("reads", "read") in capsys.readouterr().err


def test_a_table_of_readers_belongs_to_the_letters(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "readers.csv"
    table.write_text("reader,pair,image,answer\nAna,10001,1,A\n", "utf-8")
    command = ["data", "import", str(table), "--data", f"mediconfusion={root}"]
    command += ["--write", str(tmp_path / "out"), "--task", "mediconfusion/free_form"]
    assert exit_code(command) == 2
    assert "they belong to --task mediconfusion/multiple_choice" in capsys.readouterr().err


def test_answers_to_cares_still_need_the_name_of_their_question_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_all_seven(tmp_path / "CARES")
    command = ["data", "import", "a.jsonl", "--write", "out", "--data"]
    assert exit_code([*command, f"cares={tmp_path / 'CARES'}"]) == 2
    assert "--file iuxray_factuality" in capsys.readouterr().err
