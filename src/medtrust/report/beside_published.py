"""What others published, beside one's own numbers of the same thing.

Only rows the run has a number for. Nobody is ranked: the published numbers come without n and
without an interval, so that nobody can say which differences are more than chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from medtrust.core import registry
from medtrust.core.conditions import parse_condition
from medtrust.core.published import PublishedNumber
from medtrust.core.records import Estimate
from medtrust.report import names, wording
from medtrust.report.findings import AVERAGE, AVERAGED, Finding
from medtrust.report.top_tables import CORRECTED, OFFICIAL

MEAN: Final = "mean"
"""In published conditions and groups: the mean over all values, or over all ``datasets``."""

HOW: Final = frozenset({"printed as a drop", "printed without a sign", "mode not stated"})
"""Notes that say how numbers are printed or came about; they cast no doubt on them."""

Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Own:
    """One of our numbers.

    Attributes:
        estimate: In the official reading where that has a value, else in the corrected one.
        instead: Why it is not in the official reading; empty where it is.
    """

    estimate: Estimate
    instead: str


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One row of a published table beside our numbers.

    Attributes:
        data: The part of the data, in words.
        what: Metric and condition, in words.
        unit: Of the published numbers as they are printed.
        own: Our numbers: one, or one for each data set where the table does not say which it used.
        numbers: One for each model, in the order of `PublishedTable.models`; None for no cell.
    """

    data: str
    what: str
    table: str
    unit: str
    own: tuple[Own, ...]
    numbers: tuple[PublishedNumber | None, ...]


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """All rows of one task.

    Attributes:
        models: As the published tables name them.
    """

    task: str
    models: tuple[str, ...]
    rows: tuple[PublishedRow, ...]

    @property
    def by_what(self) -> list[tuple[str, list[PublishedRow]]]:
        """Rows of the same metric and condition together, in the order of the tables."""
        found: dict[tuple[str, str], list[PublishedRow]] = {}
        for row in self.rows:
            found.setdefault((row.what, row.unit), []).append(row)
        return [(what, rows) for (what, _), rows in found.items()]


def published_table(task: str, findings: Sequence[Finding]) -> PublishedTable | None:
    """What was published for a task, beside the run's numbers; None where nothing was.

    Where a suite published numbers of single data sets, ours are those of the same sets; where it
    has but one set, ours are those of all of it.

    Args:
        task: Its name.
        findings: Of the run.
    """
    suite = task.partition("/")[0]
    if suite not in registry.names("published"):
        return None
    given: Callable[[], tuple[PublishedNumber, ...]] = registry.load("published", suite)
    numbers = [number for number in given() if number.task == task]
    sets = {number.group for number in given() if number.group.startswith("dataset=")}
    own = [
        finding.estimate
        for finding in findings
        if finding.estimate.task == task
        and (finding.estimate.metric == AVERAGE or finding.estimate.group in (sets or {""}))
    ]
    models = tuple(dict.fromkeys(number.model for number in given()))
    rows = tuple(_rows(numbers, own, models, "data sets not stated" if sets else "all"))
    return PublishedTable(task, models, rows) if rows else None


def _rows(
    numbers: Sequence[PublishedNumber],
    own: Sequence[Estimate],
    models: tuple[str, ...],
    unnamed: str,
) -> Iterator[PublishedRow]:
    """Rows we have a number for; ``unnamed`` is what data without a name are called."""
    by_row: dict[Key, dict[str, PublishedNumber]] = {}
    for number in numbers:
        key = (number.table, number.condition, number.group, number.metric)
        by_row.setdefault(key, {})[number.model] = number
    means = {key[1:] for key in by_row if key[0].startswith("table")}
    for key, cells in by_row.items():
        # the leaderboard prints again, rounded, what a table prints
        if key[0] == "leaderboard" and key[1:] in means:
            continue
        some = next(iter(cells.values()))
        found = tuple(_chosen(own, some))
        if found:
            yield PublishedRow(
                data=_data_name(some) or unnamed,
                what=_what(some),
                table=some.table,
                unit=some.unit,
                own=found,
                numbers=tuple(cells.get(model) for model in models),
            )


def _chosen(own: Sequence[Estimate], number: PublishedNumber) -> Iterator[Own]:
    """Our numbers of what a published one is about: official reading first."""
    by_part: dict[tuple[str, str], dict[str, Estimate]] = {}
    same = [estimate for estimate in own if _is_same(estimate, number)]
    means = [estimate for estimate in same if estimate.metric == AVERAGE]
    # a mean of prompts stands beside ours where there is one, else beside each of its parts
    for estimate in means or same:
        part = by_part.setdefault((estimate.group, estimate.condition), {})
        part[estimate.reading] = estimate
    for readings in by_part.values():
        official, corrected = readings.get(OFFICIAL), readings.get(CORRECTED)
        if official is not None and wording.shown(official):
            yield Own(official, "")
        elif corrected is not None and wording.shown(corrected):
            why = "not measured" if official is None else wording.why_nothing(official)
            yield Own(corrected, why)


def _is_same(estimate: Estimate, number: PublishedNumber) -> bool:
    """Whether an estimate is about the same condition, part of the data and metric."""
    over_sets, *attributes = number.group.split(";")
    pairs = parse_condition(number.condition)
    if over_sets == f"{MEAN}=datasets" or (MEAN in pairs.values() and estimate.metric == AVERAGE):
        return (
            estimate.metric == AVERAGE
            and wording.averaged(estimate) == number.metric
            and estimate.condition in {number.condition, "" if MEAN in pairs.values() else None}
            and set(attributes) == _attributes(estimate)
        )
    if estimate.metric != number.metric:
        return False
    if not number.group:
        # a table that does not say which data sets, or how it took the mean, stands beside each
        return ";" not in estimate.group and _is_arm(estimate.condition, pairs)
    return (estimate.group, estimate.condition) == (number.group, number.condition)


def _is_arm(condition: str, published: dict[str, str]) -> bool:
    """Whether a condition is the published one, or one of those it is the mean of."""
    told = parse_condition(condition)
    return told.keys() == published.keys() and all(
        value in {MEAN, told[name]} for name, value in published.items()
    )


def _attributes(estimate: Estimate) -> set[str]:
    """Patient attributes an average is about, however its label writes them."""
    parts = [part for part in estimate.group.split(";") if not part.startswith(f"{AVERAGED}=")]
    return {part.removeprefix("attribute=").removeprefix("by=") for part in parts if part}


def _data_name(number: PublishedNumber) -> str:
    """Part of the data in words; empty where none is named."""
    if not number.group:
        return ""
    head, *others = number.group.split(";")
    name = "mean of data sets" if head == f"{MEAN}=datasets" else head.removeprefix("dataset=")
    return ", ".join([name, *(_by(part) for part in others)])


def _by(part: str) -> str:
    return f"by {part}" if "=" not in part else part.replace("=", " ")


def _what(number: PublishedNumber) -> str:
    pairs = {
        name: value for name, value in parse_condition(number.condition).items() if value != MEAN
    }
    told = [wording.metric_name(number.metric, number.task)]
    if pairs:
        condition = ";".join(f"{name}={value}" for name, value in pairs.items())
        told.append(wording.condition_name(condition))
    if len(pairs) < len(parse_condition(number.condition)):
        told.append("mean of prompts")
    return ", ".join(told)


def own_said(own: Own) -> str:
    """How one of our numbers was read, and whether it may stand beside the published ones."""
    estimate = own.estimate
    why = f", since there is no official value ({own.instead})" if own.instead else ""
    return (
        f"{wording.visible(estimate.reading)} reading{why}; comparable with the published "
        f"numbers: {wording.visible(estimate.comparable) or 'not said'}"
    )


def own_name(own: Own, row: PublishedRow) -> str:
    """Which data set and condition one of several numbers in a row is about; else empty."""
    estimates = [found.estimate for found in row.own]
    told = []
    if len({estimate.group for estimate in estimates}) > 1:
        told.append(wording.visible(own.estimate.group.removeprefix("dataset=")))
    shared = set.intersection(*({*estimate.condition.split(";")} for estimate in estimates))
    pairs = [pair for pair in own.estimate.condition.split(";") if pair not in shared]
    if pairs:
        told.append(wording.condition_name(";".join(pairs)))
    return ", ".join(told)


def cell(number: PublishedNumber | None) -> str:
    """A published number as it is printed, with ``about`` where it was read by eye."""
    if number is None or number.value is None:
        return wording.NOTHING
    return f"about {number.printed}" if number.read_by_eye else number.printed


def shared_doubt(row: PublishedRow) -> str:
    """What is to be said about all printed cells of a row alike; empty where nothing is."""
    notes = {number.note for number in row.numbers if number is not None}
    return notes.pop() if len(notes) == 1 and not notes & HOW else ""


def single_doubt(number: PublishedNumber | None, row: PublishedRow) -> str:
    """What is to be said about one cell; empty where it is said of the whole row."""
    if number is None or number.note in HOW or shared_doubt(row):
        return ""
    return number.note


def how_printed(rows: Sequence[PublishedRow]) -> str:
    """What the printed numbers of rows count, and how."""
    notes = {number.note for row in rows for number in row.numbers if number is not None}
    said = [note.removeprefix("printed ") for note in sorted(notes & HOW)]
    return ", ".join([f"printed in {names.PRINTED_UNITS[rows[0].unit]}", *said])


def doubtful(number: PublishedNumber | None) -> bool:
    """Whether a cell is known or thought to be misprinted."""
    return number is not None and number.note.startswith(("misprint", "probably"))
