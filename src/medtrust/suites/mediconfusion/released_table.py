"""The table that MediConfusion's released script prints at its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from medtrust.suites.mediconfusion.released_scores import TOTAL, Counters


@dataclass(frozen=True, slots=True)
class Row:
    """One printed line; shares in percent, rounded to two decimals as Python rounds.

    Attributes:
        category: As printed; ``All`` for the whole.
        total: Images tagged, or pairs in the line ``All``.
        set_accuracy: Of ``total``.
        individual_accuracy: Of ``total``, or of all images.
        confusion: Of ``valid_pairs``; 0 where there are none.
        valid_pairs: Pairs with two valid answers; by category images tagged in such pairs.
        invalid: Answers that are not valid, of ``total`` or of all images.
        precision: Pairs right of ``precision_total``; 0 where there are none.
        precision_total: Pairs with two different valid answers; by category images tagged.
    """

    category: str
    total: int
    set_accuracy: float
    individual_accuracy: float
    confusion: float
    valid_pairs: int
    invalid: float
    precision: float
    precision_total: int


def printed_rows(table: Counters, tags: Mapping[str, int], n_pairs: int) -> Iterator[Row]:
    """The lines of the printed table, categories in the order of ``tags``, ``All`` last.

    Args:
        table: From `summed`.
        tags: Denominators by category. The script reads them from a file, whatever was asked.
        n_pairs: Denominator of the line ``All``, whatever was asked.

    Raises:
        ZeroDivisionError: If a denominator is 0, as in the script.
    """
    for category, total in tags.items():
        yield _row(category, table, category, total, 1)
    yield _row("All", table, TOTAL, n_pairs, 2)


def _row(name: str, table: Counters, category: str, total: int, answers: int) -> Row:
    """One line. Divisions stand in the order of the script, so that halves round alike."""
    count = {counter: counts[category] for counter, counts in table.items()}
    percent = total / 100
    return Row(
        category=name,
        total=total,
        set_accuracy=round(count["set_score"] / percent, 2),
        individual_accuracy=round(count["individual_score"] / percent / answers, 2),
        confusion=_percent(count["confused"], count["valids"]),
        valid_pairs=count["valids"],
        invalid=round(count["invalid"] / percent / answers, 2),
        precision=_percent(count["set_score"], count["valid_pairs"]),
        precision_total=count["valid_pairs"],
    )


def _percent(part: int, whole: int) -> float:
    """Rounded; the whole number 0 where there is no whole, which prints as ``0``."""
    return round(part / whole * 100, 2) if whole else 0


_COLUMNS: Final = (
    ("Category", 17), ("Total", 10), ("Set acc.", 10), ("Individual acc.", 17),
    ("Confused acc.", 15), ("Valid pairs", 15), ("Invalid acc.", 15), ("Precision", 15),
    ("Precision total", 15),
)  # fmt: skip


def printed_table(table: Counters, tags: Mapping[str, int], n_pairs: int) -> str:
    """The text that the released script prints at its end; arguments as in `printed_rows`."""
    lines = [tuple(name for name, _ in _COLUMNS)]
    lines += [
        (
            row.category, str(row.total), str(row.set_accuracy), str(row.individual_accuracy),
            str(row.confusion), str(row.valid_pairs), str(row.invalid), str(row.precision),
            str(row.precision_total),
        )
        for row in printed_rows(table, tags, n_pairs)
    ]  # fmt: skip
    widths = [width for _, width in _COLUMNS]
    texts = (
        " ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True))
        for line in lines
    )
    return "\n\n" + "".join(f"{text}\n" for text in texts)
