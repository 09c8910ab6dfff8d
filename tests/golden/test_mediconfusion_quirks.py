"""Every quirk of the released MediConfusion scripts, one case each, in the JSON file beside this.

A case says what the release does (``quirk``), by which function here it is read (``read``), what
goes in and what has to come out. What is a fact about models and images, which nothing here can
reproduce, has to stand in the suite's README.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest

import medtrust
from medtrust.readers.official import mediconfusion as official
from medtrust.suites.mediconfusion.checkout import PROMPTS, filled, read, released_system_prompt
from medtrust.suites.mediconfusion.released_results import Results, entry, replay_rows, results
from medtrust.suites.mediconfusion.released_scores import (
    Counters,
    Pair,
    counters,
    identity_holds,
    summed,
)
from medtrust.suites.mediconfusion.released_table import printed_rows, printed_table
from parts.mediconfusion_files import load_mediconfusion, write_mediconfusion

FILE: Final = Path(__file__).with_name("mediconfusion_quirks.json")
CASES: Final[list[dict[str, Any]]] = json.loads(FILE.read_text("utf-8"))["cases"]
README: Final = Path(medtrust.__file__).parent / "suites" / "mediconfusion" / "README.md"

Inputs = dict[str, Any]


# section 5: what is asked


def fill(inputs: Inputs) -> list[str]:
    return [filled(*row) for row in inputs["rows"]]


def system_prompt(inputs: Inputs) -> list[str | None]:
    return [
        released_system_prompt(inputs["prompts"], family, number)
        for family, number in inputs["rows"]
    ]


def truth(inputs: Inputs) -> list[bool]:
    return [bool(text) for text in inputs["texts"]]


# sections 5.1 to 5.4: how answers are read


def letters(inputs: Inputs) -> list[list[Any]]:
    scores = [official.letter_scores(text) for text in inputs["texts"]]
    return [[*each, official.choice(*each)] for each in scores]


def number(value: float | str) -> float:
    return float(value)


def greedy(inputs: Inputs) -> list[str]:
    return [official.greedy_choice(number(a), number(b)) for a, b in inputs["pairs"]]


def prefix(inputs: Inputs) -> list[str]:
    return [official.prefix_choice(number(a), number(b)) for a, b in inputs["pairs"]]


def prefix_tokens(inputs: Inputs) -> list[str]:
    """Out of probabilities of tokens."""

    def mean(tokens: list[float]) -> float:
        return math.fsum(map(math.log, tokens)) / len(tokens)

    return [official.prefix_choice(mean(a), mean(b)) for a, b in inputs["tokens"]]


def judge(inputs: Inputs) -> list[list[Any] | None]:
    found = [official.judge_scores(reply) for reply in inputs["replies"]]
    return [None if scores is None else list(scores) for scores in found]


def judged(inputs: Inputs) -> list[str]:
    chosen: list[str] = []
    for reply, threshold in inputs["rows"]:
        scores = official.judge_scores(reply)
        assert scores is not None
        chosen.append(official.choice(scores[0], scores[1], threshold=threshold))
    return chosen


def thresholds(inputs: Inputs) -> list[str]:
    return [
        "".join(official.choice(a, b, threshold=each) for each in inputs["thresholds"])
        for a, b in inputs["scores"]
    ]


def judge_text(inputs: Inputs) -> str:
    first, second = inputs["options"]
    return official.judge_text(
        inputs["instruction"], inputs["question"], (first, second), inputs["answer"],
        role=inputs["role"],
    )  # fmt: skip


# section 5.5: what is kept


def entries(inputs: Inputs) -> list[dict[str, Any] | None]:
    return [
        entry(mode, text, chosen=text if mode in ("greedy", "prefix") else None, reply=reply)
        for mode, text, reply in inputs["rows"]
    ]


def resumed(inputs: Inputs) -> tuple[list[str], Results]:
    """The texts taken in from a file of one pair, and what is written of them again."""
    with TemporaryDirectory() as folder:
        repository = write_mediconfusion(Path(folder) / "repository", 1)
        samples = list(load_mediconfusion(repository).samples)
        path = Path(folder) / f"model_{inputs['mode']}.json"
        path.write_text(json.dumps({"10001": inputs["record"]}), "utf-8")
        rows = replay_rows(path, samples, task="mediconfusion/multiple_choice")
    texts = [row["text"] for row in rows]
    said = {row["sample"]: entry("mc", row["text"]) for row in rows}
    return texts, results(samples, {name: row for name, row in said.items() if row})


def taken_in(inputs: Inputs) -> dict[str, Any]:
    texts, found = resumed(inputs)
    both = found.answers["10001"]["answer"].values()
    counts = {name: found.score[name]["total"] for name in ("set_score", "invalid", "confused")}
    return {"texts": texts, "scores": [[each["A"], each["B"]] for each in both], **counts}


def taken_in_counters(inputs: Inputs) -> dict[str, Any]:
    _, found = resumed(inputs)
    (categories,) = {tuple(counts) for counts in found.score.values()}
    assert found.answers["10001"]["score"] == found.score
    return {"categories": list(categories), "counters": list(found.score)}


# section 6: what is counted


def counted(inputs: Inputs) -> Counters:
    parts = []
    for place, row in enumerate(inputs["pairs"]):
        first, second = row["categories"]
        pair = Pair(str(place), tuple(row["gold"]), (tuple(first), tuple(second)))
        parts.append(counters(pair, tuple(row["said"]), list(inputs["tags"])))
    return summed(parts, list(inputs["tags"]))


def counters_without_zeros(inputs: Inputs) -> Counters:
    return {
        counter: {category: count for category, count in counts.items() if count}
        for counter, counts in counted(inputs).items()
    }


def table(inputs: Inputs) -> list[list[Any]]:
    return [
        [getattr(row, name) for name in row.__dataclass_fields__]
        for row in printed_rows(counted(inputs), inputs["tags"], inputs["n"])
    ]


def printed(inputs: Inputs) -> str:
    return printed_table(counted(inputs), inputs["tags"], inputs["n"])


def identity(inputs: Inputs) -> list[bool]:
    """A row of pairs, each the keys and what was said about the two images."""
    found = []
    for rows in inputs["tables"]:
        pairs = [dict(zip(("gold", "said"), row.split(), strict=True)) for row in rows]
        whole = [pair | {"categories": [[], []]} for pair in pairs]
        found.append(identity_holds(counted({"pairs": whole, "tags": {}})))
    return found


def percent(inputs: Inputs) -> list[float]:
    return [table_of(confused=part, valids=whole, n=176)[2] for part, whole in inputs["fractions"]]


def published(inputs: Inputs) -> dict[str, Any]:
    counts = {name: inputs[name] for name in ("set_score", "individual_score", "confused")}
    n = inputs["n"]
    share, individual, confusion = table_of(**counts, valids=n, n=n)
    whole = summed((), ())
    for name, count in counts.items():
        whole[name]["total"] = count
    return {
        "set": share, "individual": individual, "confusion": confusion,
        "identity": identity_holds(whole),
    }  # fmt: skip


def table_of(*, n: int, **counts: int) -> tuple[float, float, float]:
    """Set accuracy, individual accuracy and confusion of the line ``All``."""
    whole = summed((), ())
    for name, count in counts.items():
        whole[name]["total"] = count
    (row,) = printed_rows(whole, {}, n)
    return row.set_accuracy, row.individual_accuracy, row.confusion


def possible(inputs: Inputs) -> list[bool]:
    return [share <= 100 - confusion for share, confusion in inputs["rows"]]


READ: Final[dict[str, Callable[[Inputs], Any]]] = {
    "counters": counters_without_zeros,
    "entries": entries,
    "filled": fill,
    "greedy": greedy,
    "identity": identity,
    "judge": judge,
    "judge_text": judge_text,
    "judged": judged,
    "letters": letters,
    "percent": percent,
    "possible": possible,
    "prefix": prefix,
    "prefix_tokens": prefix_tokens,
    "printed": printed,
    "published": published,
    "system_prompt": system_prompt,
    "table": table,
    "taken_in": taken_in,
    "taken_in_counters": taken_in_counters,
    "thresholds": thresholds,
    "truth": truth,
}
"""By the name that a case gives."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['section']}-{case['id']}")
def test_each_quirk_is_met_as_recorded(case: dict[str, Any]) -> None:
    assert READ[case["read"]](case["inputs"]) == case["expected"]


def test_every_section_has_cases_and_every_case_says_where_it_is_from() -> None:
    assert {case["section"] for case in CASES} == {"5", "5.1", "5.2", "5.3", "5.4", "5.5", "6"}
    assert len({case["id"] for case in CASES}) == len(CASES)
    assert {case["read"] for case in CASES} == set(READ)
    assert all(case["source"] and case["quirk"].endswith(".") for case in CASES)


@pytest.mark.parametrize(
    "words",
    ["RadFM", "random crops", "--local_image_address", "temperature 0.7", "hosted models only"],
)
def test_facts_that_nothing_here_reproduces_stand_in_the_readme(words: str) -> None:
    assert words in " ".join(README.read_text("utf-8").split())


TEMPLATES: Final = {
    "mediconfusion/gpt4": "fe8846e433aa3e09",
    "mediconfusion/gpt4/blip2": "6194534dd4eef53f",
    "mediconfusion/gpt4/med_flamingo": "13904ed288870147",
    "mediconfusion/greedy": "7f7ddbda701fe911",
    "mediconfusion/greedy/med_flamingo": "79c61b2a97824f56",
    "mediconfusion/greedy/blip2": "f3c3c8b4a40da77e",
    "mediconfusion/mc": "381ba24db5878f2d",
    "mediconfusion/mc/llava_med": "14dcace30b2aacaf",
    "mediconfusion/mc/gpt": "14dcace30b2aacaf",
    "mediconfusion/mc/gemini": "14dcace30b2aacaf",
    "mediconfusion/mc/claude": "14dcace30b2aacaf",
    "mediconfusion/mc/medvint": "b9b1b86f8ddd1798",
    "mediconfusion/mc/blip2": "f3c3c8b4a40da77e",
    "mediconfusion/mc/med_flamingo": "79c61b2a97824f56",
    "mediconfusion/prefix": "7baaed7d3cb88c1b",
    "mediconfusion/prefix/radfm": "9d3e4806ecc634d9",
    "mediconfusion/prefix/med_flamingo": "72af223113587784",
}
"""Each published template filled with ``Q?``, ``one``, ``two``: first 16 digits of its sha256."""


def of_checkout(shared: Path) -> dict[str, str]:
    folder = shared / "data" / "mediconfusion"
    if not (folder / PROMPTS).is_file():
        pytest.skip("the published templates are not here")
    return dict(read(folder).texts)


def test_published_templates_are_filled_bit_for_bit(shared: Path) -> None:
    texts = of_checkout(shared)
    digests = {
        name: sha256(filled(texts[name], "Q?", "one", "two").encode()).hexdigest()[:16]
        for name in texts
        if "{}" in texts[name]
    }
    assert digests == TEMPLATES


def test_a_shot_of_med_flamingo_lacks_the_beginning_of_its_closing_token(shared: Path) -> None:
    texts = of_checkout(shared)
    for mode, broken in {"mc": 1, "greedy": 1, "gpt4": 1, "prefix": 0}.items():
        template = texts[f"mediconfusion/{mode}/med_flamingo"]
        closing, whole = template.count("|endofchunk|>"), template.count("<|endofchunk|>")
        assert (closing, closing - whole) == (3, broken)


def test_medvint_has_a_template_in_one_mode_and_no_module_that_would_ask_it(shared: Path) -> None:
    texts = of_checkout(shared)
    assert [name for name in texts if name.endswith("/medvint")] == ["mediconfusion/mc/medvint"]


def test_published_system_prompt_keeps_its_misspelling(shared: Path) -> None:
    assert "assitant" in of_checkout(shared)["mediconfusion/system"]


def test_quoting_an_option_that_begins_with_the_article_chooses_a(shared: Path) -> None:
    """The specification lists one option each; of pair 10092 both begin so."""
    path = shared / "data" / "mediconfusion" / "data" / "dataset.json"
    if not path.is_file():
        pytest.skip("the published questions are not here")
    records = json.loads(path.read_text("utf-8"))
    found = {
        (name, letter): official.choice(*official.letter_scores(record[f"option_{letter}"]))
        for name, record in records.items()
        for letter in "AB"
        if record[f"option_{letter}"].startswith("A ")
    }
    assert found == dict.fromkeys(
        [("10039", "B"), ("10092", "A"), ("10092", "B"), ("10160", "B"), ("10175", "B")], "A"
    )
