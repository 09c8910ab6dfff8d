"""What a copy of CARES holds, counted like the published counts."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from medtrust.core.dataset import Dataset
from medtrust.core.records import Sample
from medtrust.data.cares.published import PUBLISHED
from medtrust.data.cares.sets import (
    ALL_SETS,
    FAIRVLMED,
    HAM10000,
    IU_XRAY,
    MIMIC,
    OL3I,
    CaresSet,
)
from medtrust.data.counts import CensusRow, Count, compare

_FIRST_WORD: Final = re.compile(r"^(?:-\s*)?(yes|no)\b", re.IGNORECASE)
_LIST_NUMBER: Final = re.compile(r"^\d+\.\s")
_MASK: Final = "XXXX"
_ROUND_NUMBERS: Final = {
    "OmniMedVQA": "published only as about 12 thousand rows on 11 thousand images",
    "PMC-OA": "published only as about 13 thousand rows on 2.5 thousand images",
}

Counts = dict[str, Count]


def cares_census(dataset: Dataset) -> list[CensusRow]:
    """Counts of the seven files beside the published ones, in the order of the sets.

    Args:
        dataset: As the CARES loader returns it.

    Returns:
        One row per count; ``note`` says ``absent`` for a file that is not there, by how much a
        count differs, or that no exact count was published.
    """
    by_set: dict[str, list[Sample]] = defaultdict(list)
    for sample in dataset.samples:
        by_set[sample.strata["dataset"]].append(sample)
    rows: list[CensusRow] = []
    for published in ALL_SETS:
        samples = by_set.get(published.name)
        rows.extend(_set_census(published, samples))
    return rows


def _set_census(published: CaresSet, samples: list[Sample] | None) -> list[CensusRow]:
    file = f"{published.name}/{published.file}"
    known = PUBLISHED.get(published.name)
    if known is None:
        note = _ROUND_NUMBERS[published.name]
        found = _base(samples) if samples else {"rows": None, "images": None}
        return [CensusRow(file, what, None, value, note) for what, value in found.items()]
    if samples is None:
        return compare(file, known, None)
    return compare(file, known, _base(samples) | _COUNTERS[published.name](samples))


def _base(samples: Sequence[Sample]) -> Counts:
    return {"rows": len(samples), "images": len({sample.source["image"] for sample in samples})}


def _iuxray(samples: Sequence[Sample]) -> Counts:
    answers = [sample.source["answer"] for sample in samples]
    return (
        _distinct("texts", (sample.source["text"] for sample in samples))
        | _distinct("answers", answers)
        | _beginnings(answers)
        | _empty(samples)
        | {
            "answers beginning with a list number": _count(_LIST_NUMBER.match, answers),
            "questions with XXXX": sum(
                _MASK in sample.source["text"].upper() for sample in samples
            ),
            "answers with XXXX": sum(_MASK in answer for answer in answers),
        }
        | _questions_per_image(samples)
    )


def _ham10000(samples: Sequence[Sample]) -> Counts:
    types = Counter(f"{sample.strata['question_type']} questions" for sample in samples)
    return _choices(samples) | _golds(samples) | types | _people(samples)


def _ol3i(samples: Sequence[Sample]) -> Counts:
    labels: Counter[str] = Counter()
    for sample in samples:
        label = f"label {sample.source['label']}"
        labels[label] += 1
        if label == "label 1":
            labels[f"{label} {sample.groups.get('sex', 'of unknown sex')}"] += 1
    written = sum(sample.groups.get("age") == "90+" for sample in samples)
    return _choices(samples) | labels | {"ages written 90+": written} | _people(samples)


def _fairvlmed(samples: Sequence[Sample]) -> Counts:
    answers = [sample.source["answer"] for sample in samples]
    words = sum(len(answer.split()) for answer in answers) / len(answers)
    return (
        _empty(samples)
        | _beginnings(answers)
        | {"mean words of an answer": round(words, 1)}
        | _questions_per_image(samples)
    )


def _mimic(samples: Sequence[Sample]) -> Counts:
    female = sum(sample.groups.get("sex") == "female" for sample in samples) / len(samples)
    firsts = Counter(sample.question.split(maxsplit=1)[0] for sample in samples if sample.question)
    frequent = {f"questions beginning with {word}": n for word, n in firsts.most_common(7)}
    ages = {sample.groups["age"] for sample in samples if "age" in sample.groups}
    return (
        {
            "studies": len({sample.source.get("study_id", "") for sample in samples} - {""}),
            "subjects": len({sample.cluster for sample in samples}),
        }
        | _empty(samples)
        | _distinct("questions", (sample.source["text"] for sample in samples))
        | _distinct("answers", (sample.source["answer"] for sample in samples))
        | {"distinct ages": len(ages), "rows female, %": round(100 * female, 1)}
        | frequent
    )


_COUNTERS: Final[Mapping[str, Callable[[Sequence[Sample]], Counts]]] = {
    IU_XRAY.name: _iuxray,
    HAM10000.name: _ham10000,
    OL3I.name: _ol3i,
    FAIRVLMED.name: _fairvlmed,
    MIMIC.name: _mimic,
}


def _distinct(what: str, values: Iterable[str]) -> Counts:
    return {f"distinct {what}": len(set(values))}


def _count(test: Callable[[str], object], values: Iterable[str]) -> int:
    return sum(bool(test(value)) for value in values)


def _empty(samples: Sequence[Sample]) -> Counts:
    return {
        "empty answers": sum(not sample.source["answer"].strip() for sample in samples),
        "empty questions": sum(not sample.question for sample in samples),
    }


def _beginnings(answers: Iterable[str]) -> Counts:
    words = Counter(
        found[1].lower() if (found := _FIRST_WORD.match(answer)) else "" for answer in answers
    )
    return {
        "answers beginning with no": words["no"],
        "answers beginning with yes": words["yes"],
        "answers beginning otherwise": words[""],
    }


def _questions_per_image(samples: Iterable[Sample]) -> Counts:
    per_image = Counter(sample.source["image"] for sample in samples)
    sizes = Counter(per_image.values())
    return {f"images with {size} questions": sizes[size] for size in sorted(sizes)}


def _choices(samples: Sequence[Sample]) -> Counts:
    letters = Counter(f"gold {sample.strata.get('position', 'unknown')}" for sample in samples)
    return (
        # the published count tells "...? " from "...?", which the question alone does not
        _distinct("wordings", (_wording(sample) for sample in samples))
        | _distinct("option sets", (sample.source["options"] for sample in samples))
        | dict(sorted(letters.items()))
    )


def _wording(sample: Sample) -> str:
    text = sample.source["text"]
    start = text.find(sample.question)
    return text[start : start + len(sample.question) + 1]


def _golds(samples: Iterable[Sample]) -> Counts:
    names = Counter(
        sample.options[sample.answer] for sample in samples if isinstance(sample.answer, int)
    )
    return {f"gold {name}": count for name, count in names.items()}


def _people(samples: Iterable[Sample]) -> Counts:
    """Sex and decade, each image counted once."""
    one_each = {sample.source["image"]: sample.groups for sample in samples}
    counts: Counter[str] = Counter()
    for groups in one_each.values():
        counts[f"images {groups.get('sex', 'of unknown sex')}"] += 1
        counts[f"images age {groups.get('age_group', 'unknown')}"] += 1
    return dict(sorted(counts.items()))
