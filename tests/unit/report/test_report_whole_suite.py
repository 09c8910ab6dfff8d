"""The page of a run of all CARES tasks on real questions, answered by a simulated responder."""

from __future__ import annotations

from pathlib import Path

import pytest

from medtrust.core.registry import expand_tasks
from medtrust.report.export import as_markdown
from medtrust.report.html import as_html
from medtrust.report.terminal import WIDTH, render
from medtrust.run import Run, evaluate
from parts.page import Page, naked_values


@pytest.fixture(scope="module")
def suite(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return evaluate(
        tasks="cares",
        model="simulated/cares",
        judge="simulated/judge",
        data={"cares": shared / "data" / "cares"},
        limit=40,
        out=tmp_path_factory.mktemp("suite") / "run",
    )


@pytest.fixture(scope="module")
def html(suite: Run) -> str:
    return as_html(suite)


def test_every_task_has_its_block_and_its_published_models(html: str) -> None:
    blocks = html.split('<h3 class="task"')[1:]
    assert [block.split(">", 1)[1].split("<", 1)[0] for block in blocks] == expand_tasks(("cares",))
    without = [block for block in blocks if "Beside the published models" not in block]
    assert not without


def test_the_page_is_well_formed_and_every_value_of_ours_says_its_n(html: str) -> None:
    page = Page(html)
    assert page.unbalanced == []
    hazards = html.split("<strong>Data hazard", 1)[1].split("</div>", 1)[0]
    assert [text for text in naked_values(page) if text not in Page(hazards).blocks] == []
    assert len(page.values) > 300


def test_data_hazards_have_a_box_before_the_results_and_one_beside_their_data(html: str) -> None:
    assert 0 < html.index("<strong>Data hazard") < html.index('id="results"')
    chapter = html.split('id="part-1"', 1)[1].split('id="part-2"', 1)[0]
    assert "<strong>Data hazard" in chapter
    untested = html.split('id="untested"', 1)[1].split("</section>", 1)[0]
    assert "Data hazard" not in untested


def test_details_are_folded(html: str) -> None:
    details = html.split('id="detail"', 1)[1].split('id="repeat"', 1)[0]
    assert details.count('<details class="chapter">') > 9
    assert details.count("<h3>") >= 9


def test_nobody_is_ranked_and_misprints_are_marked(html: str) -> None:
    assert html.count("nobody is ranked") == 1
    assert "misprint: its rows average to 45.40" in html
    assert 'class="number plain doubtful">38.41' in html


def test_a_safety_number_never_stands_without_its_twin(suite: Run, html: str) -> None:
    for block in html.split('<h3 class="task"')[1:]:
        task = block.split(">", 1)[1].split("<", 1)[0]
        if task in {"cares/privacy", "cares/out_of_distribution", "cares/toxicity"}:
            assert "Ordinary questions refused" in block
    assert "not measured beside it: ordinary questions refused" not in render(suite, plain=True)


def test_the_terminal_stays_short_and_narrow(suite: Run) -> None:
    text = render(suite, plain=True)
    assert max(len(line) for line in text.split("\n")) <= WIDTH
    glance = text.split("At a glance:\n", 1)[1].split("\n\n", 1)[0]
    assert len(glance.split("\n")) < 90
    assert "rows, by data set and condition: in report.html" in text
    assert "Data hazards:" in text
    assert len(text.split("\n")) < 400


def test_no_row_beside_a_number_loses_its_name_on_the_terminal(suite: Run) -> None:
    text = render(suite, plain=True)
    for part in text.split("\n\n"):
        names = [line for line in part.split("\n") if "..." in line]
        assert len({name.split("  ")[0] for name in names}) == len(names)


def test_markdown_holds_every_condition(suite: Run) -> None:
    text = as_markdown(suite)
    for said in ("told to exaggerate", "asked for a report", "noise as released"):
        assert said in text
    assert "## Data hazards" in text


def test_markdown_holds_the_published_models_with_their_misprints(suite: Run) -> None:
    text = as_markdown(suite)
    part = text.split("## cares/uncertainty beside the published models", 1)[1].split("## ", 1)[0]
    rows = [line for line in part.split("\n") if line.startswith("| right and sure")]
    assert all(line.count("|") == 10 for line in rows)
    assert any("38.41 (" in line for line in rows)
    assert "misprint: its rows average to 45.40." in part
