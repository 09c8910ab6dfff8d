"""The first table of a run whose numbers can be worked out by hand.

A responder that always says "no" meets 40 independent yes/no questions, 30 of them truly "no".
Wilson for 30 of 40: centre (0.75 + z²/80) / (1 + z²/40)
= 0.7281, half width 0.1300, so [0.598, 0.858]. Blanking the image changes nothing.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from medtrust.report.export import as_markdown
from medtrust.report.terminal import render
from medtrust.run import Run, evaluate

TERMINAL = """\
model simulated/constant@1?answer=no&seed=0
All questions were planned.

folder/factuality (version 1): accuracy, corrected reading, own prompts
data                  value [95 %]  n (clusters)  constant  blanked  r / u / m
all questions  75.0 % [59.8, 85.8]            40    75.0 %   75.0 %  0 / 0 / 0
"""
NOTICED = (
    "- all questions: accuracy (75.0 % [59.8, 85.8], n = 40) is not shown to be better than never"
)
MARKDOWN = (
    "| all questions | 75.0 % \\[59.8, 85.8\\] | 40 | 75.0 % | 75.0 % | 0 | 0 | 0 | no: own data |"
)


@pytest.fixture(scope="module")
def always_no(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("always_no")
    lines = []
    for place in range(40):
        Image.new("L", (16, 16), 5 * place).save(folder / f"{place}.png")
        answer = "yes" if place % 4 == 0 else "no"
        lines.append({"question": "Is it enlarged?", "image": f"{place}.png", "answer": answer})
    path = folder / "questions.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    return evaluate(
        tasks="folder/factuality",
        model="simulated/constant",
        model_options={"answer": "no"},
        data={"folder": Path(path)},
        out=folder / "run",
    )


def test_plain_text(always_no: Run) -> None:
    text = render(always_no, plain=True)
    assert text.startswith(TERMINAL)
    assert NOTICED in text


def test_markdown(always_no: Run) -> None:
    assert MARKDOWN in as_markdown(always_no).split("\n")
