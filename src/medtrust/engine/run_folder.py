"""What a run leaves behind: manifest, tables and store, as files one can copy.

Every file is written beside its place and then moved there, so a reader never meets half a file.
Column schemas are listed in ``docs/run-folder.md`` and tested.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson
import polars as pl

from medtrust.core.errors import DataError
from medtrust.core.records import NOTHING, Access, Alteration, Estimate, ImageRef, Kind, Sample
from medtrust.data.pool import ValuePool
from medtrust.engine.shared_values import shared_column
from medtrust.engine.tables import REQUESTS, SCORES

SCHEMA_VERSION: Final = 1
ROWS_AT_ONCE: Final = 25_000
"""Rows compressed together, so that writing a long table takes little memory beside it."""

SAMPLES: Final = {
    "id": pl.String(),
    "question": pl.String(),
    "kind": pl.Categorical(),
    "images": pl.String(),
    "options": pl.List(pl.String()),
    "answer": pl.String(),
    "groups": pl.String(),
    "strata": pl.String(),
    "cluster": pl.String(),
    "pair": pl.String(),
    "licence": pl.Categorical(),
    "access": pl.Categorical(),
    "source": pl.String(),
    "gold_defect": pl.Categorical(),
}
"""``images``, ``answer``, ``groups``, ``strata`` and ``source`` are JSON."""

ESTIMATES: Final = {
    "model": pl.String(),
    "task": pl.String(),
    "version": pl.Int32(),
    "metric": pl.String(),
    "condition": pl.String(),
    "group": pl.String(),
    "reading": pl.String(),
    "prompts": pl.String(),
    "value": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "level": pl.Float64(),
    "method": pl.String(),
    "p_value": pl.Float64(),
    "n": pl.Int64(),
    "n_clusters": pl.Int64(),
    "counts": pl.String(),
    "unit": pl.String(),
    "direction": pl.String(),
    "comparable": pl.String(),
    "note": pl.String(),
}
"""``counts`` is JSON: units by status."""


_SCHEMAS: Final = {
    "samples": SAMPLES,
    "requests": REQUESTS,
    "scores": SCORES,
    "estimates": ESTIMATES,
}
_MANIFEST: Final = {
    "state": str,
    "written": str,
    "versions": {"medtrust": str},
    "settings": {"model": str},
    "plan": {"tasks": dict},
    "model_ids": {"model": str},
    "servers": list,
    "official": dict,
    "data": dict,
    "notes": list,
    "counts": dict,
}
"""Keys that readers of a manifest rely on, with the type, or the keys, of what they hold."""


class RunFolder:
    """Paths and files of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.manifest_path = path / "manifest.json"
        self.store_path = path / "answers.sqlite"

    def read_manifest(self) -> dict[str, Any] | None:
        """The manifest, or None when the folder holds no run.

        Raises:
            DataError: If it cannot be read, a newer version wrote it, or a key is missing or odd.
        """
        if not self.manifest_path.is_file():
            return None
        try:
            manifest: Any = orjson.loads(self.manifest_path.read_bytes())
        except (OSError, orjson.JSONDecodeError) as error:
            raise DataError(f"{self.manifest_path} cannot be read: {error}.") from error
        if not isinstance(manifest, dict) or type(manifest.get("schema_version")) is not int:
            raise DataError(f"{self.manifest_path} is no manifest of a run: choose another folder.")
        if manifest["schema_version"] > SCHEMA_VERSION:
            raise DataError(
                f"{self.manifest_path} was written by a newer medtrust "
                f"(schema {manifest['schema_version']}): upgrade medtrust."
            )
        odd = _odd_key(manifest, _MANIFEST)
        if odd:
            raise DataError(
                f"{self.manifest_path} is damaged: {odd} is not there or not of its type; restore "
                "a copy, or choose another --out."
            )
        return manifest

    def write_manifest(self, manifest: dict[str, Any]) -> None:
        """Replace the manifest."""
        body = {"schema_version": SCHEMA_VERSION, **manifest}
        options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
        write_whole(self.manifest_path, orjson.dumps(body, option=options))

    def write_table(self, name: str, frame: pl.DataFrame) -> None:
        """Replace one parquet table."""
        path = self.path / f"{name}.parquet"
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        self.path.mkdir(parents=True, exist_ok=True)
        # as an open file: of a path, polars would expand ~ and take * and ? for patterns
        with part.open("wb") as file:
            frame.write_parquet(file, row_group_size=ROWS_AT_ONCE)
        part.replace(path)

    def read_table(self, name: str) -> pl.DataFrame:
        """One parquet table.

        Raises:
            DataError: If the run has no such table, it cannot be read, or lacks a column.
        """
        path = self.path / f"{name}.parquet"
        if not path.is_file():
            raise DataError(f"{path} is not there: the folder holds no finished run.")
        try:
            with path.open("rb") as file:  # not its path, see `write_table`
                frame = pl.read_parquet(file)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise DataError(f"{path} cannot be read: it is no whole parquet file.") from error
        odd = _odd_column(frame.schema, _SCHEMAS.get(name, {}))
        if odd:
            raise DataError(
                f"{path} is no table of {name}: column {odd} is not there or not of its type."
            )
        return frame

    def write_samples(self, samples: Sequence[Sample]) -> None:
        """Replace ``samples.parquet``."""
        self.write_table("samples", sample_frame(samples))

    def read_samples(self) -> list[Sample]:
        """Samples of the run; the paths of their images are those of the machine it ran on.

        Raises:
            DataError: If there are none, or they cannot be read.
        """
        frame = self.read_table("samples")
        try:
            return samples_from(frame)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            path = self.path / "samples.parquet"
            raise DataError(f"{path} is damaged: a row of it is no sample.") from error

    def write_estimates(self, estimates: Iterable[Estimate]) -> pl.DataFrame:
        """Replace ``estimates.parquet`` and ``estimates.json``; returns the table."""
        rows = [estimate_row(estimate) for estimate in estimates]
        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        write_whole(self.path / "estimates.json", orjson.dumps(rows, option=options))
        frame = estimate_frame(rows)
        self.write_table("estimates", frame)
        return frame


def _odd_key(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str | None:
    """The first key that is not there or holds something of another type, or None."""
    for name, kind in wanted.items():
        value = found.get(name)
        if not isinstance(kind, dict):
            if not isinstance(value, kind):
                return name
        elif not isinstance(value, dict):
            return name
        else:
            inner = _odd_key(value, kind)
            if inner:
                return f"{name}.{inner}"
    return None


def _odd_column(found: pl.Schema, wanted: Mapping[str, pl.DataType]) -> str | None:
    """The first column that is not there or of another type; texts of every kind are alike."""

    def plain(kind: pl.DataType | None) -> pl.DataType | None:
        return pl.String() if isinstance(kind, pl.Categorical | pl.Enum) else kind

    return next((name for name in wanted if plain(found.get(name)) != plain(wanted[name])), None)


def write_whole(path: Path, body: bytes) -> None:
    """Write a file so that readers see the old one or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_bytes(body)
    part.replace(path)


def estimate_row(estimate: Estimate) -> dict[str, Any]:
    """One estimate as plain values, in the order of `ESTIMATES`."""
    row = {name: getattr(estimate, name) for name in ESTIMATES}
    row["counts"] = dict(estimate.counts)
    return row


def estimate_frame(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Rows of `estimate_row` as a table; ``counts`` becomes JSON text."""
    flat = [{**row, "counts": orjson.dumps(row["counts"]).decode()} for row in rows]
    return pl.DataFrame(flat, schema=ESTIMATES)


def sample_frame(samples: Sequence[Sample]) -> pl.DataFrame:
    """Samples as a table with the columns of `SAMPLES`."""
    return pl.DataFrame(
        [
            _plain("id", (sample.id for sample in samples)),
            _plain("question", (sample.question for sample in samples)),
            _plain("kind", (sample.kind.value for sample in samples)),
            _shared("images", [sample.images for sample in samples], _images_json),
            _shared("options", [sample.options for sample in samples], list),
            _shared("answer", [sample.answer for sample in samples], _json),
            _shared("groups", [sample.groups for sample in samples], _mapping_json),
            _shared("strata", [sample.strata for sample in samples], _mapping_json),
            _plain("cluster", (sample.cluster for sample in samples)),
            _plain("pair", (sample.pair for sample in samples)),
            _plain("licence", (sample.licence for sample in samples)),
            _plain("access", (sample.access.value for sample in samples)),
            _shared("source", [sample.source for sample in samples], _mapping_json),
            _plain("gold_defect", (sample.gold_defect for sample in samples)),
        ]
    )


def _plain(name: str, values: Iterable[str]) -> pl.Series:
    return pl.Series(name, list(values), dtype=SAMPLES[name])


def _shared(name: str, values: Sequence[Any], cell: Callable[[Any], object]) -> pl.Series:
    return shared_column(name, values, cell, SAMPLES[name])


def _images_json(images: Sequence[ImageRef]) -> str:
    return _json([_image_row(image) for image in images])


def _mapping_json(mapping: Mapping[str, str]) -> str:
    return _json(dict(mapping))


def _image_row(image: ImageRef) -> dict[str, Any]:
    row: dict[str, Any] = {"key": image.key}
    if image.path is not None:
        row["path"] = image.path
    if image.alterations:
        row["alterations"] = [
            [step.operation, step.parameters, step.seed] for step in image.alterations
        ]
    return row


def _image(row: dict[str, Any]) -> ImageRef:
    alterations = tuple(
        Alteration(operation, tuple((name, value) for name, value in parameters), seed)
        for operation, parameters, seed in row.get("alterations", ())
    )
    return ImageRef(row["key"], alterations, row.get("path"))


def samples_from(frame: pl.DataFrame) -> list[Sample]:
    """The inverse of `sample_frame`; equal images, options, groups and strata are one object."""
    pool = ValuePool()

    @cache
    def mapping(text: str) -> Mapping[str, str]:
        return _mapping(text)

    @cache
    def images(text: str) -> tuple[ImageRef, ...]:
        return tuple(_image(image) for image in orjson.loads(text))

    return [
        Sample(
            id=row["id"],
            question=row["question"],
            kind=Kind(row["kind"]),
            images=images(row["images"]),
            options=pool.texts(tuple(row["options"])),
            answer=orjson.loads(row["answer"]),
            groups=mapping(row["groups"]),
            strata=mapping(row["strata"]),
            cluster=pool.text(row["cluster"]),
            pair=row["pair"],
            licence=pool.text(row["licence"]),
            access=Access(row["access"]),
            source=_mapping(row["source"]),
            gold_defect=pool.text(row["gold_defect"]),
        )
        for row in frame.iter_rows(named=True)
    ]


def _mapping(text: str) -> Mapping[str, str]:
    return orjson.loads(text) or NOTHING


def _json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
