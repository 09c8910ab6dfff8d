from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import polars as pl

from medtrust.report.export import as_csv, as_json, as_markdown
from medtrust.report.terminal import WIDTH, render
from medtrust.run import Run, load_run
from parts.small_run import with_estimates, with_manifest


def test_json_is_what_estimates_json_holds(finished: Run) -> None:
    kept = json.loads((finished.folder / "estimates.json").read_text("utf-8"))
    assert json.loads(as_json(finished)) == kept


def test_csv_holds_every_estimate_as_a_fraction(finished: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(finished))))
    assert [row["metric"] for row in rows] == finished.estimates["metric"].to_list()
    values = [float(row["value"]) for row in rows if row["value"]]
    assert values == finished.estimates["value"].drop_nulls().to_list()
    assert "%" not in as_csv(finished)


def test_csv_holds_no_formula_in_its_texts(copied: Path) -> None:
    frame = load_run(copied).estimates.with_columns(note=pl.lit('=HYPERLINK("x")'))
    rows = list(csv.DictReader(io.StringIO(as_csv(with_estimates(copied, frame)))))
    assert {row["note"] for row in rows} == {'\'=HYPERLINK("x")'}


def test_markdown_writes_percentages_with_intervals_and_n(finished: Run) -> None:
    text = as_markdown(finished)
    whole = next(line for line in text.split("\n") if line.startswith("| all questions |"))
    cells = [cell.strip() for cell in whole.strip("|").split("|")]
    assert cells[1].endswith("\\]")
    assert " % \\[" in cells[1]
    assert cells[2] == "96 (48)"


def test_markdown_gives_no_name_a_meaning(copied: Path) -> None:
    attack = "<b>|[x](y)`\n# z"
    run = with_manifest(copied, notes=[attack], model_ids={"model": attack})
    text = as_markdown(run)
    escaped = "\\<b\\>\\|\\[x\\](y)\\` \\# z"
    assert text.startswith(f"# {escaped}\n")
    assert f"- {escaped}\n" in text


def test_plain_text_is_narrow_and_has_no_drawn_lines(finished: Run) -> None:
    text = render(finished, plain=True)
    assert max(len(line) for line in text.split("\n")) <= WIDTH
    assert not set("─│┌┐└┘━┃╷\x1b") & set(text)
    assert text.isascii()


def test_plain_text_stays_narrow_with_long_and_hostile_names(copied: Path) -> None:
    long = "dataset=" + "very long name " * 12 + "\x1b[2J\u202e"
    run = load_run(copied)
    frame = run.estimates.with_columns(
        group=pl.when(pl.col("group") == "dataset=first").then(pl.lit(long)).otherwise("group"),
        value=pl.lit(1.0), low=pl.lit(0.123), high=pl.lit(1.0), n=pl.lit(1_234_567, pl.Int64),
        n_clusters=pl.lit(123_456, pl.Int64),
    )  # fmt: skip
    text = render(with_estimates(copied, frame), plain=True)
    assert max(len(line) for line in text.split("\n")) <= WIDTH
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_terminal_gets_a_drawn_table_with_the_same_numbers(finished: Run) -> None:
    drawn = render(finished, plain=False)
    plain = render(finished, plain=True)
    assert "─" in drawn
    value = plain.split("all questions  ", 1)[1].split("  ", 1)[0]
    assert value in drawn


def test_output_that_is_no_terminal_is_plain(finished: Run) -> None:
    assert render(finished) == render(finished, plain=True)


def test_an_unfinished_run_says_so_in_every_form(copied: Path) -> None:
    run = with_manifest(copied, state="incomplete", left="Interrupted.")
    for text in (render(run, plain=True), as_markdown(run)):
        assert "This run is not complete. Interrupted." in text
