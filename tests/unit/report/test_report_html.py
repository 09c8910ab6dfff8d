from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from medtrust.core.errors import DataError
from medtrust.report.html import as_html, write_report
from medtrust.run import Run, load_run
from parts.page import Page, naked_values
from parts.small_run import HOSTILE, with_estimates, with_manifest


@pytest.fixture(scope="module")
def html(finished: Run) -> str:
    return as_html(finished)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_the_page_is_well_formed(page: Page) -> None:
    assert page.unbalanced == []


def test_nothing_is_loaded_from_anywhere(html: str, page: Page) -> None:
    assert not {"script", "link", "iframe", "object", "embed", "img", "base", "form"} & {*page.tags}
    assert not [name for name, _ in page.attributes if name in {"src", "srcset", "style"}]
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert all(value.startswith("#") for name, value in page.attributes if name == "href")
    assert "@import" not in html
    assert "url(" not in html
    assert "http:" not in html
    assert "https:" not in html


def test_the_policy_of_the_page_forbids_everything_but_its_own_style(page: Page) -> None:
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert ("content", policy) in page.attributes


def test_hostile_groups_and_options_are_text(html: str) -> None:
    assert HOSTILE not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_hostile_manifests_are_text(copied: Path) -> None:
    attack = "</pre><img src=x onerror=alert(1)>\u202e\x1b[31m"
    manifest = load_run(copied).manifest
    run = with_manifest(
        copied,
        notes=[attack],
        servers=[attack],
        state=attack,
        left=attack,
        model_ids={"model": attack, "judge": attack},
        settings=manifest["settings"] | {"model": attack, "data": {"folder": attack}},
        prompts={attack: {attack: attack}},
        data={attack: {attack: attack}},
        policy={"allowed_hosts": [attack]},
    )
    page = as_html(run)
    assert not {"img", "script"} & {*Page(page).tags}
    assert not Page(page).unbalanced
    assert "\u202e" not in page
    assert "\x1b" not in page


def test_hostile_estimates_are_text(copied: Path) -> None:
    attack = '"><svg onload=alert(1)>'
    frame = load_run(copied).estimates
    texts = ["task", "metric", "condition", "reading", "prompts", "comparable", "note", "unit"]
    for name in texts:
        changed = frame.with_columns((pl.col(name) + pl.lit(attack)).alias(name))
        page = Page(as_html(with_estimates(copied, changed)))
        assert not [attribute for attribute, _ in page.attributes if attribute == "onload"]
        assert not page.unbalanced


def test_every_value_shown_has_its_n_beside_it(page: Page) -> None:
    """Cells, labels and sentences with a percentage or points also say n; axes hold no value."""
    assert naked_values(page) == []
    assert len(page.values) > 50


def test_a_value_whose_n_was_lost_is_not_shown(copied: Path) -> None:
    frame = load_run(copied).estimates.with_columns(n=pl.lit(0, pl.Int64), value=pl.lit(0.123))
    html = as_html(with_estimates(copied, frame))
    assert "12.3 %" not in html
    assert "the number came without its n, so it is not shown" in html


def test_small_groups_are_not_given_a_number(html: str) -> None:
    row = html.split("&lt;script&gt;alert(1)&lt;/script&gt;</th>", 1)[1].split("</tr>", 1)[0]
    assert "too few to say" in row
    assert "%" not in row


def test_an_unfinished_run_says_so_first(copied: Path) -> None:
    run = with_manifest(copied, state="incomplete", left="2 requests failed (http-500: 2).")
    html = as_html(run)
    assert html.index("This run is not complete. 2 requests failed (http-500: 2).") < html.index(
        'id="results"'
    )


def test_a_complete_run_of_a_simulated_responder_says_that_no_model_was_measured(html: str) -> None:
    assert "not complete" not in html
    assert "No model was measured." in html


def test_the_plot_can_be_read_without_seeing_it(page: Page) -> None:
    labels = [value for name, value in page.attributes if name == "aria-label"]
    told = [label for label in labels if label.startswith("all questions: ")]
    assert told
    assert all("n = " in label and "image blanked" in label for label in told[:1])


def test_the_same_run_gives_the_same_page(finished: Run, html: str) -> None:
    assert as_html(load_run(finished.folder)) == html


def test_the_report_replaces_the_old_one_and_leaves_nothing_else(copied: Path) -> None:
    run = load_run(copied)
    before = {path.name for path in copied.iterdir()}
    (copied / "report.html").write_text("old", "utf-8")
    path = write_report(run)
    assert path == copied / "report.html"
    assert path.read_text("utf-8") == as_html(run)
    assert {path.name for path in copied.iterdir()} == before | {"report.html"}


def test_the_report_goes_where_it_is_told(finished: Run, tmp_path: Path) -> None:
    assert write_report(finished, tmp_path / "sub" / "page.html").is_file()


def test_a_run_without_results_has_no_report(copied: Path) -> None:
    (copied / "estimates.parquet").unlink()
    with pytest.raises(DataError, match="no finished run"):
        write_report(load_run(copied))
