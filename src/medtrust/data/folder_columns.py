"""Which column of an own file plays which part: what the user said, else what the name says."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from medtrust.core.dataset import DataSource
from medtrust.core.errors import DataError
from medtrust.data.shown import are_names, listed_names

ROLES: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("id", "question_id"),
    "question": ("question", "text"),
    "answer": ("answer", "gt", "label", "gold", "gt_answer", "ground_truth"),
    "image": ("image", "image_path", "images", "file"),
    "options": ("options", "choices"),
    "kind": ("kind", "question_type", "answer_type"),
    "pair": ("pair", "pair_id"),
    "licence": ("licence", "license"),
}
"""Parts a column can play, and the names that are understood without being told, best first."""

_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "sex": ("sex", "gender"),
    "age_group": ("age_group",),
    "race": ("race",),
    "ethnicity": ("ethnicity",),
}
_STRATA: Final = (
    "dataset", "modality", "region", "organ", "view", "task", "question_type", "split", "site",
    "scanner", "nota_verified",
)  # fmt: skip
_CLUSTERS: Final = (
    "patient_hash", "patient_id", "patient", "subject_id", "subject", "study_id",
)  # fmt: skip
_TAKEN: Final = frozenset({"task", "version", "sample", "condition", "reading", "measure", "model"})
_OPTION_COLUMN: Final = re.compile(r"^option[_ ]?([A-Ja-j])$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The parts and their columns; absent parts are empty.

    Attributes:
        id: Names the row; empty: rows are numbered.
        question: The question.
        answer: The gold answer.
        image: Path of the image, or a list of paths; empty: text only.
        options: One column with all options.
        option_letters: Columns ``option_A`` ... with their letters, when there is no ``options``.
        kinds: Columns that may say the form of the answer, best first.
        kind_named: Whether the user named the kind column, so that unknown words are errors.
        pair: Joins the rows of a pair.
        licence: Licence of the row.
        groups: Name of the attribute and its column.
        age: Column of ages from which age groups are made, when there is no age_group.
        strata: Name of the property and its column.
        cluster: Column of the patient, image or article.
    """

    id: str
    question: str
    answer: str
    image: str
    options: str
    option_letters: tuple[tuple[str, str], ...]
    kinds: tuple[str, ...]
    kind_named: bool
    pair: str
    licence: str
    groups: tuple[tuple[str, str], ...]
    age: str
    strata: tuple[tuple[str, str], ...]
    cluster: str


def choose_columns(source: DataSource, file: str, present: Sequence[str]) -> Columns:
    """Give each part its column.

    Args:
        source: What the user said; ``columns`` maps part to column and wins.
        file: Name of the file, for errors.
        present: Columns that the file has.

    Returns:
        The choice. Without ``groups`` the groups are sex (or gender), age_group (or bins made
        from age), race and ethnicity, as far as present; without ``strata`` and ``cluster`` the
        usual names are looked for likewise. A column whose name the tables of a run use
        themselves becomes ``question_<name>``, e.g. ``question_task``.

    Raises:
        DataError: If a named part or column does not exist, or the question or the answer has no
            column.
    """
    for role in source.columns:
        if role not in ROLES:
            raise DataError(f"There is no part {role!r} for `--column`: {_near(role, ROLES)}")
    for column in (*source.columns.values(), *source.groups, *source.strata):
        _must_exist(column, file, present)
    if source.cluster is not None:
        _must_exist(source.cluster, file, present)

    def of(role: str) -> str:
        named = source.columns.get(role)
        return named or next((name for name in ROLES[role] if name in present), "")

    question, answer = of("question"), of("answer")
    for role, column in (("question", question), ("answer", answer)):
        if not column:
            raise DataError(
                f"{file} has no column for the {role} ({', '.join(ROLES[role])}); name it with "
                f"`--column {role}=NAME`. It has: {listed_names(present)}."
            )
    options = of("options")
    groups = tuple((name, name) for name in source.groups) or _default_groups(present)
    wants_age = not source.groups or "age" in source.groups
    makes_age_group = wants_age and "age_group" not in present and "age" in present
    strata = source.strata or tuple(name for name in _STRATA if name in present)
    kind = source.columns.get("kind")
    return Columns(
        id=of("id"),
        question=question,
        answer=answer,
        image=of("image"),
        options=options,
        option_letters=() if options else _option_columns(present),
        kinds=(kind,) if kind else tuple(name for name in ROLES["kind"] if name in present),
        kind_named=bool(kind),
        pair=of("pair"),
        licence=of("licence"),
        groups=tuple((_free_name(name), column) for name, column in groups),
        age="age" if makes_age_group else "",
        strata=tuple((_free_name(name), name) for name in strata),
        cluster=source.cluster or next((name for name in _CLUSTERS if name in present), ""),
    )


def _default_groups(present: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Group name and column of the usual patient attributes that are there."""
    return tuple(
        (group, column)
        for group, names in _GROUPS.items()
        if (column := next((name for name in names if name in present), ""))
    )


def _option_columns(present: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Letter and column of ``option_A``, ``option_B`` ... in alphabetical order."""
    return tuple(
        sorted(
            (letter[1].upper(), name)
            for name in present
            if (letter := _OPTION_COLUMN.match(name)) is not None
        )
    )


def _free_name(name: str) -> str:
    """A name that the tables of a run do not use for something else."""
    return f"question_{name}" if name in _TAKEN else name


def _must_exist(column: str, file: str, present: Sequence[str]) -> None:
    if column not in present:
        raise DataError(f"{file} has no column {column!r}: {_near(column, present)}")


def _near(name: str, known: Iterable[str]) -> str:
    """The nearest known names, or all of them."""
    names = list(known)
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if close and are_names(names):
        return f"did you mean {' or '.join(close)}?"
    return f"there are {listed_names(names)}."
