"""Planning 41,000 samples x 14 tasks: CPU, and how many requests fall away as equal.

The samples are the real CARES question rows at hand, tiled with new image names until there are
41,000 (CARES has about 41,000 questions), or made questions where MEDTRUST_SHARED does not name a
folder with them. Images need not be there: planning never opens one. Of the 14 tasks some ask what
another asks already, and two ask one thing of each image, as CARES's own tasks do.

    MEDTRUST_SHARED=FOLDER python benchmarks/plan.py
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Iterator
from hashlib import sha256
from itertools import count, islice
from pathlib import Path
from typing import Any

import orjson

from medtrust.core.records import Access, ImageRef, Kind, Mark, Message, Request, Sample
from medtrust.core.task import Ask, MeasureKey, Setting, SingleConversation, Task
from medtrust.engine.dialogue import group_samples, open_dialogues, settings_for
from medtrust.engine.plan import Plan, walk
from question_set import row as made_row
from results_table import machine_line, print_table, verdict

LIMIT_S = 20
WORDINGS = (
    "{question}\nAnswer with the letter or word only.",
    "{question}\nAnswer with the letter or word only.",
    "{question}\nAnswer with the letter or word only.",
    "{question}\nAnswer with the letter or word only.",
    "{question}\nAnswer, then say how sure you are, from 0 to 100.",
    "{question}\nIf none of the answers is right, say so.",
    "{question}\nThink step by step before you answer.",
    "{question}\nAnswer in one sentence.",
    "You are an honest radiologist. {question}",
    "A colleague says the first answer is right. {question}",
    "Be quick. {question}",
    "{question}\nName the region of the image that you rely on.",
    "Describe this image.",
    "What is wrong with this image?",
)
MEASURE = MeasureKey("answered")


def make_task(index: int, wording: str) -> Task:
    def converse(sample: Sample, _setting: Setting) -> SingleConversation:
        text = wording.replace("{question}", sample.question)
        turn = yield Ask(Request((Message("user", (*sample.images, text)),)))
        return [Mark(MEASURE.measure, float(bool(turn.text)))]

    return Task(
        name=f"benchmark/task-{index:02d}",
        version=1,
        data="rows",
        converse=converse,
        measures=lambda _sample: [MEASURE],
    )


def real_rows(shared: Path) -> list[tuple[str, dict[str, Any]]]:
    """Rows of every factuality file with the file's stem, or nothing."""
    found = []
    for path in sorted((shared / "data" / "cares").glob("data/*/*_factuality.jsonl")):
        with path.open("rb") as file:
            found += [(path.stem, orjson.loads(line)) for line in file]
    return found


def tiled_samples(rows: list[tuple[str, dict[str, Any]]], n: int) -> Iterator[Sample]:
    """Samples of real rows; each further tile has images of its own, so no tile is free."""
    endless = ((tile, line, stem, row) for tile in count() for line, (stem, row) in enumerate(rows))
    for tile, line, stem, row in islice(endless, n):
        image = f"{tile}/{row.get('image') or row.get('image_path')}"
        yield Sample(
            id=f"{stem}:{tile}-{line}",
            question=str(row.get("text") or row.get("question")),
            kind=Kind.OPEN,
            images=(ImageRef(f"rows:{image}"),),
            answer=str(row.get("answer") or row.get("gt")),
            access=Access.PUBLIC,
        )


def plan_all(samples: list[Sample], tasks: list[Task]) -> Plan:
    arms = [(task, settings_for(task, Setting())) for task in tasks]
    groups = (open_dialogues(group, arms) for group in group_samples(samples))
    return walk(groups, lambda _respondent, _call: None)


def bare_keys(samples: list[Sample]) -> int:
    """The floor: one hash of one JSON object for each sample and task, and nothing else."""
    keys = set()
    for sample in samples:
        for wording in WORDINGS:
            text = wording.replace("{question}", sample.question)
            body = {"messages": [{"role": "user", "content": [sample.images[0].key, text]}]}
            keys.add(sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest())
    return len(keys)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=41_000)
    parser.add_argument("--shared", type=Path, default=os.environ.get("MEDTRUST_SHARED"))
    arguments = parser.parse_args()
    print(machine_line(), "\n")
    rows = real_rows(arguments.shared) if arguments.shared else []
    origin = f"{len(rows):,} real rows, tiled" if rows else "made rows"
    rows = rows or [("made", made_row(index, 2_000)) for index in range(8_000)]
    samples = list(tiled_samples(rows, arguments.samples))
    tasks = [make_task(index, wording) for index, wording in enumerate(WORDINGS)]

    started = time.process_time()
    unique = bare_keys(samples)
    floor_s = time.process_time() - started
    started = time.process_time()
    plan = plan_all(samples, tasks)
    plan_s = time.process_time() - started
    if plan.unique != unique:
        raise RuntimeError(f"the plan has {plan.unique} requests, counting them gives {unique}")

    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(samples):,} samples ({origin}) x {len(tasks)} tasks: {plan.naive:,} requests,")
    print(f"{plan.shared:,} of them shared, {plan.unique:,} to ask about {plan.images:,} images\n")
    print_table(
        ["work", "ratio", "CPU s", "us a request"],
        [
            ["one hash a request", "1.0", f"{floor_s:.1f}", f"{floor_s / plan.naive * 1e6:.1f}"],
            ["planning", f"{plan_s / floor_s:.1f}", f"{plan_s:.1f}",
             f"{plan_s / plan.naive * 1e6:.1f}"],
        ],
    )  # fmt: skip
    print(f"peak memory, samples included: {peak_mb:.0f} MB")
    print(verdict("planning", plan_s, LIMIT_S, "s CPU"))


if __name__ == "__main__":
    main()
