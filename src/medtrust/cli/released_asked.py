"""What goes in and out in released layouts: arms, answers to take in, runs that were answered."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medtrust.core.conditions import parse_condition
from medtrust.core.dataset import Dataset
from medtrust.core.errors import DataError
from medtrust.core.records import Sample
from medtrust.core.task import Respondent, Setting, Task

Arm = tuple[str, str]
"""Task and condition."""

NO_JUDGE_NEEDED = "none"
"""Stands for a judge, so that questions which one would mark are asked and not skipped."""


@dataclass(frozen=True, slots=True)
class Import:
    """Answers to take in.

    Attributes:
        answers: File in a released script's own format.
        write: Replay file to write.
        dataset: What was answered.
        data: The ``NAME=PATH`` it was loaded by.
        task: Task the answers belong to.
        condition: Its canonical condition.
        role: Step of its conversation.
        file: Stem of the question file, where the layout has several.
        key: Key of the answer, where the layout has several.
    """

    answers: Path
    write: Path
    dataset: Dataset
    data: str
    task: Task
    condition: str
    role: str
    file: str | None = None
    key: str | None = None


class AnsweredRun:
    """A run folder with the store its answers are in.

    Args:
        run: The folder.
        store: Where the answers are, if not where the manifest says.

    Raises:
        DataError: If the folder holds no run.
    """

    def __init__(self, run: Path, store: Path | None = None) -> None:
        from medtrust.engine.run_folder import RunFolder
        from medtrust.run import load_run

        self.folder = RunFolder(run)
        self.manifest: Mapping[str, Any] = load_run(run).manifest
        named = self.manifest["settings"].get("store")
        self._path = run
        self._store = store or (Path(named) if named else self.folder.store_path)

    def samples(self) -> list[Sample]:
        """What was asked about, in file order."""
        return list(self.folder.read_samples())

    def setting(self, task: str, condition: str) -> Setting:
        """As it was when the run asked."""
        official = self.manifest["official"].get(task.partition("/")[0], {}).get("texts", {})
        return setting_of(condition, official, int(self.manifest["settings"].get("seed", 0)))

    def texts(self, role: str, respondent: Respondent = "model") -> dict[Arm, dict[str, str]]:
        """First draws of what a respondent said in a step, by arm and sample.

        Raises:
            DataError: If the store knows nothing of who answered.
        """
        import polars as pl

        from medtrust.engine.store import Store

        steps = self.folder.read_table("requests").filter(
            (pl.col("respondent").cast(pl.String) == respondent)
            & (pl.col("role").cast(pl.String) == role)
            & (pl.col("draw") == 0)
        )
        found: dict[Arm, dict[str, str]] = {}
        if respondent not in self.manifest["model_ids"]:
            return found
        with closing(Store.open(self._store, read_only=True)) as opened:
            model = opened.known_model(self.manifest["model_ids"][respondent])
            if model is None:
                raise DataError(
                    f"The store {self._store} is not that of {self._path}: name it with --store."
                )
            wanted = steps.select("task", "condition", "sample", "request_id")
            for task, condition, sample, request_id in wanted.iter_rows():
                answer = opened.get(model, request_id, 0)
                if answer is not None:
                    found.setdefault((task, condition), {})[sample] = answer.text
        return found


def setting_of(condition: str, official: Mapping[str, str], seed: int) -> Setting:
    """A setting in which every question is asked."""
    return Setting(
        condition,
        parse_condition(condition),
        official=official,
        judge=NO_JUDGE_NEEDED,
        moderator=NO_JUDGE_NEEDED,
        seed=seed,
    )
