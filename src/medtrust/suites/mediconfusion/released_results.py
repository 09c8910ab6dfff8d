"""Result files of the released MediConfusion scripts: read as replay rows, and written.

``Results/KEY/KEY_MODE.json`` holds by pair an ``answer`` for each image (``full_answer``, scores
``A`` and ``B``, in free form the judge's ``gpt_reason``) and the pair's counters as ``score``;
``KEY_MODE_score.json`` holds their sums. The script believes the counters it finds when it resumes,
be they of another threshold; here only answers are taken in, and everything is counted again.

In the modes that compare probabilities the file keeps the winning letter and 10 against 0, never a
number: stand-ins take the place of the probabilities, so that the choice comes out and nothing else
can be learned from them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from medtrust.core.conditions import CLEAN
from medtrust.core.errors import DataError, UnknownNameError
from medtrust.core.records import Sample
from medtrust.probes.letters import VARIANTS
from medtrust.readers.letter_scores import SIGNAL
from medtrust.readers.official.mediconfusion import (
    Letter,
    choice,
    judge_scores,
    letter_scores,
)
from medtrust.suites.mediconfusion.released_scores import (
    CATEGORIES,
    SEPARATOR,
    Counters,
    Pair,
    counters,
    summed,
)

MODES: Final[Mapping[str, str]] = {
    "mediconfusion/multiple_choice": "mc",
    "mediconfusion/letter_scores": "greedy",
    "mediconfusion/prefix_score": "prefix",
    "mediconfusion/free_form": "gpt4",
}
"""The released mode of each task."""

PRINTED_ORDER: Final = (
    "Cerebral", "Vascular", "Head and Neck", "Spinal", "Musculoskeletal", "Cardiac",
    "Gastrointestinal", "Pulmonary", "Nuclear Medicine",
)  # fmt: skip
"""Categories as the released files order them."""

STAND_INS: Final = (math.log(0.9), math.log(0.1))
"""Log-probabilities of the chosen and of the other option where a file tells only the choice."""

NEVER: Final = -1000.0
"""Stands for the logarithm of 0, which no file of rows can hold."""

_IMAGES: Final = ("im1", "im2")
_MOST_BYTES: Final = 256 * 1024 * 1024
_FAILED: Final = ""
"""A request that failed for good is kept as null: an answer that says nothing."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Results:
    """What a result file holds.

    Attributes:
        answers: By pair: answers by image, and the pair's counters.
        score: Their sums.
        left_out: Pairs that could not be written: an image has no answer, or the released script
            would have stopped at its judge's reply.
    """

    answers: dict[str, Row]
    score: Counters
    left_out: int


def mode_of(task: str) -> str:
    """The released mode of a task.

    Raises:
        UnknownNameError: If it has none.
    """
    if task not in MODES:
        raise UnknownNameError.among("task of a released mode", task, MODES)
    return MODES[task]


def replay_rows(
    path: Path, samples: Iterable[Sample], *, task: str, condition: str = CLEAN
) -> list[Row]:
    """Replay rows of a result file, which may hold some of the pairs.

    Free form gives two rows an image: the answer, and under the role ``judge`` the reply that the
    kept scores and reason stand for.

    Args:
        path: ``KEY_MODE.json``.
        samples: All samples of the data set.
        task: Task the answers belong to.
        condition: Its canonical condition.

    Raises:
        DataError: If the file is not of this form or mode, or holds pairs that the data do not.
        UnknownNameError: If the task has no released mode.
    """
    mode = mode_of(task)
    other = [each for each in MODES.values() if each != mode and path.stem.endswith(f"_{each}")]
    if other:
        raise DataError(f"{path} is of the released mode {other[0]}, but {task} is {mode}.")
    pairs = pairs_of(samples)
    rows = []
    for name, answers in _answers(path).items():
        if name not in pairs:
            raise DataError(f"{path} answers the pair {name[:40]!r}, which is not in the data.")
        for sample, answer in zip(pairs[name], answers, strict=True):
            rows += [
                {"task": task, "sample": sample.id, "condition": condition} | row
                for row in _ROWS[mode](path, name, answer)
            ]
    return rows


def pairs_of(samples: Iterable[Sample]) -> dict[str, tuple[Sample, Sample]]:
    """Both samples of each whole pair, in the order of the data."""
    found: dict[str, list[Sample]] = {}
    for sample in samples:
        if sample.pair:
            found.setdefault(sample.pair, []).append(sample)
    return {name: (both[0], both[1]) for name, both in found.items() if len(both) == 2}


def entry(
    mode: str, text: str, *, chosen: Letter | None = None, reply: str | None = None
) -> Row | None:
    """One image's answer as a result file holds it; None where there would be none.

    Args:
        mode: Released mode.
        text: What the model said.
        chosen: In the modes that compare probabilities: which option was likelier.
        reply: In free form: what the judge said.
    """
    if mode == "gpt4":
        scores = judge_scores(reply)
        if scores is None:
            return None
        return {"A": scores[0], "B": scores[1], "gpt_reason": scores[2], "full_answer": text}
    if mode != "mc":
        if chosen is None:
            return None
        text = chosen
    a, b = letter_scores(text)
    return {"full_answer": text, "A": a, "B": b}


def results(samples: Iterable[Sample], entries: Mapping[str, Row]) -> Results:
    """The result file of a run.

    Args:
        samples: Of the run, in file order; their options in the order of the file.
        entries: From `entry`, by sample.
    """
    pairs = pairs_of(samples)
    known = {tag for both in pairs.values() for sample in both for tag in _tags(sample)}
    categories = (*PRINTED_ORDER, *sorted(known - {*PRINTED_ORDER}))
    answers: dict[str, Row] = {}
    for name, both in pairs.items():
        if not all(sample.id in entries for sample in both):
            continue
        one, other = (entries[sample.id] for sample in both)
        pair = Pair(name, (_key(both[0]), _key(both[1])), (_tags(both[0]), _tags(both[1])))
        said = (choice(one["A"], one["B"]), choice(other["A"], other["B"]))
        answers[name] = {
            "answer": dict(zip(_IMAGES, (one, other), strict=True)),
            "score": counters(pair, said, categories),
        }
    score = summed((row["score"] for row in answers.values()), categories)
    return Results(answers, score, len(pairs) - len(answers))


def _key(sample: Sample) -> Letter:
    return "A" if sample.answer == 0 else "B"


def _tags(sample: Sample) -> tuple[str, ...]:
    joined = sample.strata.get(CATEGORIES.partition(":")[2], "")
    return tuple(joined.split(SEPARATOR)) if joined else ()


def _spoken(path: Path, name: str, answer: Row) -> Iterator[Row]:
    yield {"role": "answer", "text": _text(path, name, answer)}


def _judged(path: Path, name: str, answer: Row) -> Iterator[Row]:
    yield from _spoken(path, name, answer)
    a, b = (_number(path, name, answer, letter) for letter in "AB")
    reason = str(answer.get("gpt_reason") or "").replace("\n", " ")
    yield {"role": "judge", "text": f"A: {a}\nB: {b}\nYour explanation: {reason}"}


def _letters(path: Path, name: str, answer: Row) -> Iterator[Row]:
    """The bare letters get the probabilities, their other spellings none."""
    scores = [
        number if variant == "{letter}" else NEVER
        for number in _logprobs(path, name, answer)
        for variant in VARIANTS
    ]
    yield {"role": "answer", "text": _text(path, name, answer), SIGNAL: scores}


def _prefixes(path: Path, name: str, answer: Row) -> Iterator[Row]:
    """Each option counts as one token, so that its mean is the number."""
    yield {
        "role": "answer",
        "text": _text(path, name, answer),
        SIGNAL: list(_logprobs(path, name, answer)),
        "continuation_tokens": [1, 1],
    }


_ROWS: Final = {"mc": _spoken, "greedy": _letters, "prefix": _prefixes, "gpt4": _judged}


def _logprobs(path: Path, name: str, answer: Row) -> tuple[float, float]:
    """Log-probabilities of A and B: of the numbers if they can be probabilities, else stand-ins."""
    a, b = (_number(path, name, answer, letter) for letter in "AB")
    if a == b:
        raise DataError(
            f"{path}, pair {name}: A and B have the same number, but this mode always chooses one."
        )
    if min(a, b) >= 0 and max(a, b) <= 1:
        return _logarithm(a), _logarithm(b)
    return STAND_INS if a > b else (STAND_INS[1], STAND_INS[0])


def _logarithm(probability: float) -> float:
    return math.log(probability) if probability > 0 else NEVER


def _text(path: Path, name: str, answer: Row) -> str:
    text = answer.get("full_answer")
    if text is None and "full_answer" in answer:
        return _FAILED
    if not isinstance(text, str):
        raise DataError(f"{path}, pair {name}: there is no text in 'full_answer'.")
    return text


def _number(path: Path, name: str, answer: Row, letter: str) -> float:
    value = answer.get(letter)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DataError(f"{path}, pair {name}: there is no number in {letter!r}.")
    return value


def _answers(path: Path) -> dict[str, list[Row]]:
    """Answers to both images, by pair."""
    content = _read(path)
    if not isinstance(content, dict) or not content:
        raise DataError(f"{path} is no result file: it holds no pairs by their ids.")
    return {name: _of_pair(path, name, record) for name, record in content.items()}


def _of_pair(path: Path, name: str, record: object) -> list[Row]:
    answers = record.get("answer") if isinstance(record, dict) else None
    both = [answers.get(image) for image in _IMAGES] if isinstance(answers, dict) else []
    found = [answer for answer in both if isinstance(answer, dict)]
    if len(found) != len(_IMAGES):
        raise DataError(
            f"{path}, pair {name[:40]!r}: a result file has 'answer' with 'im1' and 'im2'."
        )
    return found


def _read(path: Path) -> object:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DataError(f"{path} is too large for a result file.")
        return orjson.loads(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    except orjson.JSONDecodeError as error:
        raise DataError(f"{path} is not valid JSON: {error.msg}.") from error
