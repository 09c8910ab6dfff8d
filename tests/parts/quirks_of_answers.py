"""How the cases of ``cares_quirks.json`` on answers are read: sections 6 to 6.5."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from medtrust.core.errors import DataError
from medtrust.core.records import Kind, Mark, Sample
from medtrust.metrics.classification import balanced_accuracy, macro_f1, yes_rate
from medtrust.metrics.two_by_two import Share, TwoByTwo, two_by_two
from medtrust.readers import judge
from medtrust.readers.official import cares, cares_uncertainty
from medtrust.readers.refusal import is_refusal
from medtrust.suites.cares.marks import official_judge_mark, official_marks
from medtrust.suites.cares.released_answers import replay_rows, write_replay
from medtrust.suites.cares.uncertainty import gated_marks

STEM: Final = "iuxray_factuality"
Inputs = dict[str, Any]
Read = Callable[[Inputs, Path], Any]


def value(share: Share) -> float | str:
    return share.reason if share.value is None else share.value


def of_texts(function: Callable[[str], Any], name: str = "texts") -> Read:
    return lambda inputs, _folder: [function(text) for text in inputs[name]]


def of_pairs(function: Callable[[str, str], Any]) -> Read:
    return lambda inputs, _folder: [function(*pair) for pair in inputs["pairs"]]


# section 6: pairing


def samples(count: int) -> list[Sample]:
    return [
        Sample(f"cares/{STEM}:{line}", "Question?", Kind.YES_NO, source={"answer": "No."})
        for line in range(count)
    ]


def imported(inputs: Inputs, path: Path) -> dict[str, Any]:
    path.write_text("".join(f"{line}\n" for line in inputs["lines"]), encoding="utf-8")
    rows = replay_rows(path, samples(inputs["questions"]), file=STEM, task="cares/factuality")
    try:
        found = list(rows)
    except DataError as problem:
        return {"refused": str(problem)}
    return {"texts": [row["text"] for row in found], "samples": [row["sample"] for row in found]}


def import_answers(inputs: Inputs, folder: Path) -> dict[str, Any]:
    return imported(inputs, folder / "answers.jsonl")


def import_csv(inputs: Inputs, folder: Path) -> dict[str, Any]:
    return {"texts": imported(inputs, folder / "answers.csv")["texts"]}


def write_twice(inputs: Inputs, folder: Path) -> int:
    path = folder / "replay.jsonl"
    for _ in range(2):
        write_replay(path, ({"text": text} for text in inputs["texts"]))
    return len(path.read_text("utf-8").splitlines())


# section 6.1: yes/no


def yes_no_twice(inputs: Inputs, _folder: Path) -> list[bool]:
    once = [cares.yes_no(text) for text in inputs["texts"]]
    return [cares.yes_no("yes" if yes else "no") for yes in once]


def yes_no_table(inputs: Inputs, _folder: Path) -> dict[str, Any]:
    table = two_by_two(*(list(map(cares.yes_no, inputs[n])) for n in ("labels", "predictions")))
    return {
        "counts": [
            table.true_positives,
            table.false_positives,
            table.true_negatives,
            table.false_negatives,
        ],
        **{name: value(getattr(table, name)) for name in ("accuracy", "precision", "recall", "f1")},
    }


def constant_answer(inputs: Inputs, _folder: Path) -> dict[str, Any]:
    gold = np.repeat([1, 0], [inputs["yes"], inputs["no"]])
    predicted = np.full_like(gold, inputs["answer"])
    return {
        "accuracy": two_by_two(gold, predicted).accuracy.value,
        "balanced_accuracy": balanced_accuracy(gold, predicted),
        "macro_f1": macro_f1(gold, predicted),
        "yes_rate": yes_rate(predicted),
    }


def near_prior(inputs: Inputs, _folder: Path) -> dict[str, str]:
    gold = np.repeat([1, 0], [inputs["yes"], inputs["no"]])
    constant = {
        name: 100 * (two_by_two(gold, np.full_like(gold, answer)).accuracy.value or 0.0)
        for name, answer in (("yes", 1), ("no", 0))
    }
    return {
        model: "".join(name for name, prior in constant.items() if abs(printed - prior) <= 0.05)
        for model, printed in inputs["published"].items()
    }


# section 6.2: choices


def nearest(inputs: Inputs, _folder: Path) -> list[int | None]:
    return [cares.nearest_option(text, inputs["options"]) for text in inputs["texts"]]


def nearest_each(inputs: Inputs, _folder: Path) -> list[int | None]:
    return [cares.nearest_option(inputs["text"], options) for options in inputs["options"]]


def agrees(inputs: Inputs, _folder: Path) -> bool:
    places = [cares.nearest_option(inputs[name], inputs["options"]) for name in ("text", "gold")]
    return places[0] == places[1]


def official_choice(inputs: Inputs, _folder: Path) -> dict[str, float | str | None]:
    sample = Sample(
        "cares/x:0",
        "Where?",
        Kind.CHOICE,
        options=tuple(inputs["options"]),
        strata={"dataset": inputs["dataset"]},
        source={"answer": inputs["gold"]},
    )
    marks = official_marks(sample, inputs["text"])
    return {"correct": only(marks, "correct")}


def only(marks: Sequence[Mark], measure: str) -> float | str | None:
    """Value of a measure, or why it is missing."""
    (mark,) = [mark for mark in marks if mark.measure == measure]
    return mark.status if mark.value is None else mark.value


# section 6.3: uncertainty


def cells(inputs: Inputs, _folder: Path) -> list[str | None]:
    return [
        cares_uncertainty.gated_cell(text, gold, inputs["options"]) for text, gold in inputs["rows"]
    ]


def chosen_rightly(inputs: Inputs, _folder: Path) -> list[bool]:
    return [
        cares_uncertainty.chosen_rightly(text, gold, inputs["options"])
        for text, gold in inputs["rows"]
    ]


def gated(inputs: Inputs) -> cares_uncertainty.GatedSummary:
    names: tuple[cares_uncertainty.GatedCell, ...] = ("TP", "TN", "FP", "FN")
    kept = [name for name in names for _ in range(inputs[name])]
    return cares_uncertainty.gated_summary([*kept, *[None] * inputs["dropped"]])


def gated_row(inputs: Inputs, _folder: Path) -> dict[str, float | str | None]:
    sample = Sample("cares/x:0", "At risk?", Kind.CHOICE, source=inputs["source"])
    marks = gated_marks(sample, inputs["text"])
    return {mark.measure: only(marks, mark.measure) for mark in marks}


def summary(inputs: Inputs, _folder: Path) -> dict[str, Any]:
    found = gated(inputs)
    return {
        "sure_accuracy": found.sure_accuracy,
        "precision": found.precision,
        "recall": found.recall,
        "f1": found.f1,
        "over_confident_ratio": value(found.over_confident_ratio),
        "n": found.table.n,
        "dropped": found.dropped,
    }


def percentages(inputs: Inputs, _folder: Path) -> dict[str, float]:
    found = gated(inputs)
    ratio = found.over_confident_ratio.value
    assert ratio is not None
    return {
        "sure_accuracy": round(100 * found.sure_accuracy, 2),
        "over_confident_ratio": round(100 * ratio, 2),
    }


def full(inputs: Inputs, _folder: Path) -> dict[str, float | None]:
    table: TwoByTwo = two_by_two(inputs["correct"], inputs["confident"])
    return {
        "uncertainty_accuracy": table.accuracy.value,
        "over_confident_ratio": table.false_positives / table.n,
        "n": table.n,
    }


def both_lists(inputs: Inputs, _folder: Path) -> list[list[bool]]:
    lists = (cares_uncertainty.says_sure, cares_uncertainty.says_unsure)
    return [[says(text) for says in lists] for text in inputs["texts"]]


# section 6.4: judge


def read_score(inputs: Inputs, _folder: Path) -> list[float | None]:
    return [judge.read_score(reply).value for reply in inputs["replies"]]


def judge_mean(inputs: Inputs, _folder: Path) -> float:
    marks = [official_judge_mark(reply, "judge").value for reply in inputs["replies"]]
    return float(np.mean([mark for mark in marks if mark is not None]))


def official_judge(inputs: Inputs, _folder: Path) -> float | str | None:
    return only([official_judge_mark(inputs["reply"], "judge")], "judge_score")


def judge_temperature(_inputs: Inputs, _folder: Path) -> float:
    return judge.judge("What is seen?", "A mass.", "A spot.").request.decoding.temperature


def fork_judge(inputs: Inputs, _folder: Path) -> list[float | None]:
    return [cares.fork_judge_score(*marks) for marks in inputs["marks"]]


def modules_loaded(inputs: Inputs, _folder: Path) -> list[str]:
    """Which unwanted modules a fresh interpreter holds after the imports."""
    imports, unwanted = ", ".join(inputs["imports"]), inputs["unwanted"]
    program = f"import sys, {imports}\nprint(*(n for n in {unwanted!r} if n in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return done.stdout.split()


# section 6.5: abstention


def official_and_corrected(inputs: Inputs, _folder: Path) -> list[list[bool]]:
    return [[cares.abstains(text), is_refusal(text)] for text in inputs["texts"]]


READ: Final[dict[str, Read]] = {
    "abstains": of_texts(cares.abstains),
    "abstains_in_fork": of_texts(cares.abstains_in_fork),
    "abstention_rate": lambda inputs, _folder: cares.abstention_rate(inputs["texts"]),
    "agrees": agrees,
    "both_lists": both_lists,
    "cells": cells,
    "chosen_rightly": chosen_rightly,
    "constant_answer": constant_answer,
    "fork_judge": fork_judge,
    "full": full,
    "gated_marks": gated_row,
    "import_answers": import_answers,
    "import_csv": import_csv,
    "judge_mean": judge_mean,
    "judge_temperature": judge_temperature,
    "modules_loaded": modules_loaded,
    "near_prior": near_prior,
    "nearest": nearest,
    "nearest_each": nearest_each,
    "official_and_corrected": official_and_corrected,
    "official_choice": official_choice,
    "official_judge": official_judge,
    "official_score": of_texts(judge.official_score, "replies"),
    "percentages": percentages,
    "read_score": read_score,
    "refuses": of_texts(cares.refuses),
    "says_sure": of_texts(cares_uncertainty.says_sure),
    "says_sure_in_fork": of_texts(cares_uncertainty.says_sure_in_fork),
    "says_unsure": of_texts(cares_uncertainty.says_unsure),
    "summary": summary,
    "two_choices": of_texts(cares_uncertainty.two_choices, "options"),
    "write_twice": write_twice,
    "yes_no": of_texts(cares.yes_no),
    "yes_no_table": yes_no_table,
    "yes_no_twice": yes_no_twice,
}
"""By the name that a case gives."""
