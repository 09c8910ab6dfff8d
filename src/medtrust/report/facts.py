"""What a run was: its data, model, servers, policy and the command that repeats it."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import takewhile
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import orjson

from medtrust.core.dataset import DECADES
from medtrust.report import wording
from medtrust.report.findings import Place
from medtrust.run import Run

_ONE: Final[Mapping[str, str]] = {
    "model": "--model",
    "base_url": "--base-url",
    "cluster": "--cluster",
    "judge": "--judge",
    "judge_url": "--judge-url",
    "moderator": "--moderator",
    "moderator_url": "--moderator-url",
    "limit": "--limit",
    "store": "--store",
    "max_requests": "--max-requests",
    "out": "--out",
}
_PAIRS: Final[Mapping[str, str]] = {
    "model_options": "-M",
    "data": "--data",
    "images": "--images",
    "official": "--official",
    "joins": "--join",
    "columns": "--column",
    "access": "--access",
    "judge_options": "-J",
    "moderator_options": "--moderator-option",
    "where": "--where",
}
_MANY: Final[Mapping[str, str]] = {
    "groups": "--group",
    "strata": "--stratum",
    "conditions": "--condition",
    "allow_host": "--allow-host",
    "retry": "--retry",
}
_DEFAULTS: Final[Mapping[str, int]] = {"draws": 1, "seed": 0, "minimum_n": 30}
HAZARD: Final = "Data hazard: "
"""How a note of a data set begins that must be seen wherever its numbers are."""

_OPTION_WIDTH: Final = 76
_COUNTS: Final[Mapping[str, str]] = {
    "conversations": "conversations held",
    "requests_sent": "requests sent",
    "answers": "answers received in this session",
    "answers_from_store": "answers found in the store",
    "requests_shared": "requests shared between samples",
    "retries": "retries",
    "prompt_tokens": "tokens sent, as the server counted",
    "completion_tokens": "tokens received, as the server counted",
}


@dataclass(frozen=True, slots=True)
class DataSet:
    """How much of one data set a run holds.

    Attributes:
        name: Its name.
        samples: Questions.
        images: Different images.
        clusters: Independent patients, images or articles.
        kinds: Forms of the questions with their numbers, most frequent first.
        access: Access classes.
    """

    name: str
    samples: int
    images: int
    clusters: int
    kinds: tuple[tuple[str, int], ...]
    access: tuple[str, ...]


def data_sets(run: Run) -> list[DataSet]:
    """The data sets of a run, in the order of their samples."""

    @cache
    def named(strata: str) -> str:
        return str(orjson.loads(strata).get("dataset") or "")

    return _counted(run, lambda sample, strata: named(strata) or _data_name(sample))


def _data_name(sample: str) -> str:
    """The data a sample id names: ``phantom`` of ``phantom/7:finding``, one seed of many."""
    first, *others = sample.partition(":")[0].split("/")
    return "/".join([first, *takewhile(lambda part: not part.isdecimal(), others)])


def total(sets: list[DataSet], run: Run) -> DataSet:
    """All data sets together; an image or a patient in two of them counts once."""
    return _counted(run, lambda _sample, _strata: "all")[0] if len(sets) > 1 else sets[0]


@dataclass(slots=True)
class _Count:
    """What is counted of one data set, row by row."""

    samples: int = 0
    images: set[str] = field(default_factory=set)
    clusters: set[str] = field(default_factory=set)
    kinds: Counter[str] = field(default_factory=Counter)
    access: set[str] = field(default_factory=set)


def _counted(run: Run, name_of: Callable[[str, str], str]) -> list[DataSet]:
    """Counts by the name that id and strata of a sample give it."""
    counts: dict[str, _Count] = {}
    columns = ["id", "kind", "images", "strata", "cluster", "access"]
    for sample, kind, images, strata, cluster, access in run.samples.select(columns).iter_rows():
        count = counts.setdefault(name_of(sample, strata), _Count())
        count.samples += 1
        count.images.add(images)
        count.clusters.add(cluster or sample)
        count.kinds[kind] += 1
        count.access.add(access)
    return [_data_set(name, count) for name, count in counts.items()]


def _data_set(name: str, count: _Count) -> DataSet:
    keys = {image["key"] for images in count.images for image in orjson.loads(images)}
    return DataSet(
        name=name,
        samples=count.samples,
        images=len(keys),
        clusters=len(count.clusters),
        kinds=tuple(count.kinds.most_common()),
        access=tuple(sorted(count.access)),
    )


def how_chosen(manifest: Mapping[str, Any]) -> str:
    """How the questions were chosen, in one sentence."""
    settings = manifest["settings"]
    limit, where = settings["limit"], settings.get("where") or {}
    only = ", ".join(f"{wording.visible(name)} {wording.visible(where[name])}" for name in where)
    if limit is None:
        return f"Only questions with {only} were used." if only else "All questions were planned."
    chosen = f" with {only}" if only else ""
    return (
        f"Only the first {wording.count(limit)} questions{chosen} of each data set were used, "
        "whole patients or images kept together: a sample of convenience, not a random one."
    )


def is_simulated(manifest: Mapping[str, Any]) -> bool:
    """Whether a responder with planted properties answered instead of a model."""
    return str(manifest["settings"]["model"]).startswith("simulated/")


def is_made(manifest: Mapping[str, Any]) -> bool:
    """Whether all questions were about drawn images."""
    plan = manifest["plan"]
    only_phantom = set(plan.get("data", {})) == {"phantom"}
    return only_phantom or all(str(task).startswith("phantom/") for task in plan["tasks"])


def state_sentence(manifest: Mapping[str, Any]) -> str:
    """What is missing of an unfinished run; empty for a complete one."""
    if manifest["state"] == "complete":
        return ""
    left = manifest.get("left")
    return (
        f"This run is not complete. {wording.visible(left)}"
        if left
        else ("This run is not complete: it was stopped before its end.")
    )


def hazards(manifest: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """What makes data dangerous to draw conclusions from, and all other notes of a run.

    Where one data set was chosen, hazards of others are left out.
    """
    notes = [str(note) for note in manifest.get("notes", [])]
    found = [note.removeprefix(HAZARD) for note in notes if note.startswith(HAZARD)]
    only = (manifest.get("settings", {}).get("where") or {}).get("dataset")
    if only is not None:
        found = [text for text in found if only in text]
    return found, [note for note in notes if not note.startswith(HAZARD)]


def hazards_of(found: Iterable[str], place: Place) -> list[str]:
    """Hazards that name the data set of a place."""
    names = [value for name, value in place.strata if name == "dataset"]
    return [text for text in found if any(name in text for name in names)]


def by_data_set(found: Iterable[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Hazards under the name each begins with, which is that of its data set."""
    sets: dict[str, list[str]] = {}
    for text in found:
        name, colon, _ = text.partition(": ")
        sets.setdefault(name if colon else "all data", []).append(text)
    return tuple((name, tuple(texts)) for name, texts in sets.items())


def local_work(manifest: Mapping[str, Any]) -> str:
    """What models in this process computed, in one line; empty where none did."""
    work = manifest.get("counts", {}).get("work", {})
    told = {name: _said_work(done) for name, done in work.items() if done}
    if set(told) == {"model"}:
        return told["model"]
    return "; ".join(f"{wording.visible(name)}: {text}" for name, text in told.items())


def _said_work(done: Mapping[str, int]) -> str:
    padding = wording.count(done.get("padding_positions", 0))
    said = f"{wording.count(done.get('token_positions', 0))} token positions ({padding} padding)"
    if done.get("trial_positions"):
        said += f" and {wording.count(done['trial_positions'])} to try the cache out"
    images, calls = done.get("image_encodes", 0), done.get("forward_calls", 0)
    return f"{said}, {wording.count(images)} image encodes, {wording.count(calls)} forward calls"


def counts(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Counts of requests in words, then failures by reason and the work of local models."""
    found = manifest.get("counts", {})
    rows = [(said, wording.count(found[name])) for name, said in _COUNTS.items() if name in found]
    failed = found.get("failed", {})
    told = "; ".join(
        f"{wording.reason_name(reason)} {wording.count(number)}"
        for reason, number in failed.items()
    )
    work = local_work(manifest)
    if rows:
        rows.append(("failures", told or "none"))
    return [*rows, ("local work", work)] if work else rows


def command(settings: Mapping[str, Any]) -> list[str]:
    """The command that repeats a run, as lines of a shell command.

    Passwords in addresses are left out; keys never are in the settings.
    """
    words = ["medtrust", "run", *(shlex.quote(task) for task in settings["tasks"])]
    lines = [" ".join(words)]
    for option in _options(settings):
        if len(lines[-1]) + 1 + len(option) <= _OPTION_WIDTH and len(lines) > 1:
            lines[-1] += f" {option}"
        else:
            lines.append(f"    {option}")
    return [f"{wording.visible(line)} \\" for line in lines[:-1]] + [wording.visible(lines[-1])]


def _options(settings: Mapping[str, Any]) -> Iterator[str]:
    for name, option in _ONE.items():
        if settings.get(name) is not None:
            yield f"{option} {shlex.quote(without_password(str(settings[name])))}"
    for name, option in _PAIRS.items():
        for key, text in (settings.get(name) or {}).items():
            yield f"{option} {shlex.quote(f'{key}={text}')}"
    for name, option in _MANY.items():
        for text in settings.get(name) or ():
            yield f"{option} {shlex.quote(text or 'clean')}"
    for name, usual in _DEFAULTS.items():
        if settings.get(name, usual) != usual:
            yield f"--{name.replace('_', '-')} {settings[name]}"
    ages = tuple(settings.get("age_bins") or DECADES)
    if ages != DECADES:
        yield f"--age-bins {','.join(str(edge) for edge in ages)}"


def without_password(text: str) -> str:
    """An address without the user and password it may hold; other text as it is."""
    if "@" not in text or "://" not in text:
        return text
    parts = urlsplit(text)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
