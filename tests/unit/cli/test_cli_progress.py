"""What is shown while a run goes on."""

from __future__ import annotations

from collections import Counter

import pytest

from medtrust.cli.progress import Progress, describe
from medtrust.engine.asking import Tally


def test_a_line_says_how_far_how_fast_and_how_long_still() -> None:
    said = describe(Tally(answered=50), 25, 100, 10.0)
    assert said == "25/100 conversations, 50 answers, 5.0/s, 30 s left"


def test_what_did_not_happen_is_not_mentioned() -> None:
    said = describe(Tally(answered=1), 1, 1, 1.0)
    assert said == "1/1 conversations, 1 answers, 1.0/s"


def test_stored_answers_retries_and_errors_by_kind_are_counted() -> None:
    tally = Tally(
        answered=5, from_store=7, retries=2, failed=Counter({"timeout": 1, "http-500": 3})
    )
    said = describe(tally, 5, 5, 1.0)
    assert "7 from the store, 2 retries, http-500: 3, timeout: 1" in said


@pytest.mark.parametrize(
    ("ended", "elapsed", "expected"),
    [(1, 1.0, "99 s left"), (1, 2.0, "3 min left"), (50, 3600.0, "60 min left")],
)
def test_the_time_left_is_told_in_seconds_or_minutes(
    ended: int, elapsed: float, expected: str
) -> None:
    assert describe(Tally(), ended, 100, elapsed).endswith(expected)


@pytest.mark.parametrize(("ended", "total"), [(0, 100), (0, 0), (100, 100)])
def test_no_time_is_told_before_the_first_and_after_the_last_answer(ended: int, total: int) -> None:
    assert "left" not in describe(Tally(), ended, total, 10.0)


def test_no_time_has_passed_at_the_very_start() -> None:
    assert "0.0/s" in describe(Tally(answered=3), 0, 10, 0.0)


def test_off_a_terminal_the_end_is_one_plain_line(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress() as progress:
        progress(Tally(), 1, 10)
        progress(Tally(answered=10), 10, 10)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert shown.err.startswith("10/10 conversations")
    assert "\x1b" not in shown.err


def test_for_machines_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(quiet=True) as progress:
        progress(Tally(answered=10), 10, 10)
    assert capsys.readouterr().err == ""


def test_on_a_terminal_one_line_is_rewritten_and_left_behind(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with Progress() as progress:
        progress(Tally(), 1, 10)
        progress(Tally(), 2, 10)
    shown = capsys.readouterr().err
    assert shown.count("\r") == 2
    assert shown.count("\n") == 1
    assert shown.endswith("\n")
