"""What a run was told: one validated record, from the command line, a TOML file or Python."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from medtrust.core.dataset import DECADES
from medtrust.core.errors import DataError, UnknownNameError, UserError
from medtrust.core.records import Access
from medtrust.data.demographics import bin_edges

EMBEDDED: Final = "phantom"
"""Suite, data and model that come with the package: what runs when nothing is typed."""

EVERYTHING_MADE: Final = (EMBEDDED, "cares")
"""Suites that can ask about made images."""

Retry = Literal["truncated", "filtered", "refused", "unparsed"]


class Settings(BaseModel):
    """Everything that decides what is asked of whom, and where it is kept.

    Attributes:
        tasks: Suites or tasks, e.g. ``("cares/factuality",)``; when none is typed, everything that
            can be asked about made images.
        model: ``PROVIDER/NAME``; by default the embedded one.
        base_url: Of the model's server.
        model_options: The ``-M key=value`` pairs.
        data: Data sets by name, each a file or folder.
        images: Roots of images by data name.
        official: Checkouts of benchmarks' own repositories by suite name.
        joins: Files to join to data sets, by name.
        columns: Column roles of an own folder, e.g. ``{"answer": "gt"}``.
        groups: Columns that are patient attributes.
        strata: Columns that describe the case.
        cluster: Column of the patient, image or article that samples share.
        age_bins: Lower edges of the bins that ages are put into, e.g. ``(0, 18, 40, 65)``; the
            last one is open.
        minimum_n: Groups of people with fewer samples are listed, but not compared.
        access: Access class by data name.
        judge: ``PROVIDER/NAME`` of the judge, or None.
        judge_url: Of the judge's server.
        judge_options: The judge's ``key=value`` pairs.
        moderator: ``PROVIDER/NAME`` of who marks toxicity, or None for the built-in lexicon.
        moderator_url: Of the moderator's server.
        moderator_options: The moderator's ``key=value`` pairs.
        conditions: Conditions to run, or None for all a task has; ``clean`` is the plain one.
        draws: Samples to draw where a task samples.
        where: Only samples of this group or stratum, e.g. ``{"dataset": "IU-Xray"}``.
        limit: First samples per data set, whole clusters; None for all.
        seed: Moves option order, alterations and sampling; nothing at temperature 0.
        concurrency: Most requests under way at once.
        max_requests: Attempts in all before the run stops.
        allow_host: Hosts protected data may go to.
        retry: Kinds of stored answers to ask again, as new generations.
        store: Store of answers shared between runs; None for the run's own.
        out: Folder of the run; None for ``runs/<model>``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tasks: tuple[str, ...] = Field(default=(EMBEDDED,), min_length=1)
    model: str = EMBEDDED
    base_url: str | None = None
    model_options: dict[str, str] = {}
    data: dict[str, Path] = {}
    images: dict[str, Path] = {}
    official: dict[str, Path] = {}
    joins: dict[str, Path] = {}
    columns: dict[str, str] = {}
    groups: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()
    cluster: str | None = None
    age_bins: tuple[int, ...] = DECADES
    minimum_n: int = Field(default=30, ge=1, le=2**31)
    access: dict[str, Access] = {}
    judge: str | None = None
    judge_url: str | None = None
    judge_options: dict[str, str] = {}
    moderator: str | None = None
    moderator_url: str | None = None
    moderator_options: dict[str, str] = {}
    conditions: tuple[str, ...] | None = None
    draws: int = Field(default=10, ge=1, le=10_000)
    where: dict[str, str] = {}
    limit: int | None = Field(default=None, ge=1, le=2**31)
    seed: int = Field(default=0, ge=0, lt=2**63)
    concurrency: int = Field(default=32, ge=1, le=4096)
    max_requests: int | None = Field(default=None, ge=1, le=2**31)
    allow_host: tuple[str, ...] = ()
    retry: tuple[Retry, ...] = ()
    store: Path | None = None
    out: Path | None = None

    @field_validator("age_bins", mode="before")
    @classmethod
    def _edges(cls, written: object) -> tuple[int, ...]:
        return bin_edges(written)

    @property
    def folder(self) -> Path:
        """Where the run is kept."""
        if self.out is not None:
            return self.out
        safe = "".join(
            letter if letter.isalnum() or letter in "._-" else "-" for letter in self.model
        )
        return Path("runs") / safe.strip("-.")


def read_settings(values: dict[str, Any], config: Path | None = None) -> Settings:
    """Settings from typed values over those of a TOML file.

    Args:
        values: What was typed; None means not typed.
        config: A TOML file with the same names, or None.

    Raises:
        UserError: One sentence naming the setting that is wrong.
        DataError: If the file cannot be read.
    """
    merged = _read_toml(config) if config is not None else {}
    for name, value in values.items():
        if isinstance(value, dict) and isinstance(merged.get(name), dict):
            merged[name] = {**merged[name], **value}
        elif value not in (None, {}, ()):
            merged[name] = value
    for name in ("model_options", "judge_options", "moderator_options"):
        if isinstance(merged.get(name), dict):
            merged[name] = {
                key: str(value) if type(value) in {int, float} else value
                for key, value in merged[name].items()
            }
    for name in merged:
        if name not in Settings.model_fields:
            raise UnknownNameError.among("setting", name, Settings.model_fields)
    _require_what_and_whom(merged)
    if not merged.get("tasks"):
        merged["tasks"] = EVERYTHING_MADE
        merged["data"] = {EMBEDDED: ".", **(merged.get("data") or {})}
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UserError(f"Setting {where} is wrong: {first['msg']}.") from error


def _require_what_and_whom(values: Mapping[str, Any]) -> None:
    """What comes with the package runs when nothing is said; everything else is said in full."""
    tasks, data = values.get("tasks") or (), values.get("data") or {}
    if not tasks and isinstance(data, Mapping) and set(data) - {EMBEDDED}:
        raise UserError(
            "Say what to run: `medtrust run cares/factuality --model openai/NAME --base-url URL "
            "--data cares=DIR`; `medtrust list` shows what there is."
        )
    if "model" not in values and any(str(task).partition("/")[0] != EMBEDDED for task in tasks):
        raise UserError("Say whom to ask: --model PROVIDER/NAME; see `medtrust list`.")


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not valid TOML: {error}.") from error
