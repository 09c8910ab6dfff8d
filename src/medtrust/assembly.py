"""Putting a run together: tasks, samples, models and the conversations between them."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from medtrust import __version__
from medtrust.core.conditions import canonical_condition
from medtrust.core.dataset import Dataset, DataSource
from medtrust.core.errors import DataError, UnknownNameError, UserError
from medtrust.core.model import Model, ModelIdentity, ModelOptions
from medtrust.core.records import Estimate, Sample
from medtrust.core.registry import entries, expand_tasks, find, load, names
from medtrust.core.task import OfficialTexts, Setting, Task
from medtrust.engine.dialogue import Dialogue, group_samples, open_dialogues, settings_for
from medtrust.left_out import data_of, silent, unasked, unjudged
from medtrust.settings import Settings

OWN: Final = OfficialTexts("own", {})
UNPUBLISHED: Final = {"folder": "own data", "phantom": "made images"}
"""Data that no publication reports numbers on."""


@dataclass(frozen=True)
class Assembly:
    """Everything a run needs, made from its settings or from a finished run's manifest.

    Attributes:
        settings: As typed.
        tasks: In the order typed.
        samples: Of all data sets, limited.
        official: Published wording by suite.
        model_ids: By respondent.
        respondents: Opened models by respondent; empty when nothing will be asked.
        digests: sha256 of files read, by data set.
        notes: Sentences people should read: what is absent, skipped or odd.
    """

    settings: Settings
    tasks: tuple[Task, ...]
    samples: Sequence[Sample]
    official: Mapping[str, OfficialTexts]
    model_ids: Mapping[str, str]
    respondents: Mapping[str, Model] = field(default_factory=dict)
    digests: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @classmethod
    def from_manifest(cls, manifest: Mapping[str, Any], samples: Sequence[Sample]) -> Assembly:
        """The assembly of a run that was made before; opens no model and reads no data."""
        settings = Settings.model_validate(manifest["settings"])
        official = {
            name: OfficialTexts(
                row["label"], row["texts"], row["comparable"], tuple(row.get("unverified", ()))
            )
            for name, row in manifest["official"].items()
        }
        held = manifest["plan"]["tasks"]
        typed = expand_tasks(settings.tasks)
        # the file sorts its keys: the order of the pages is the one that was typed
        ordered = sorted(held, key=lambda name: typed.index(name) if name in typed else len(typed))
        tasks = tuple(load("task", name) for name in ordered)
        return cls(
            settings, tasks, samples, official, manifest["model_ids"],
            digests=manifest["data"],
        )  # fmt: skip

    @cached_property
    def _by_name(self) -> dict[str, Task]:
        return {task.name: task for task in self.tasks}

    @property
    def model(self) -> Model:
        """The model under test."""
        return self.respondents["model"]

    @property
    def identities(self) -> list[ModelIdentity]:
        """Of everybody who is asked."""
        return [model.identity for model in self.respondents.values()]

    @cached_property
    def signals(self) -> dict[str, frozenset[str]]:
        """Signals wanted of each respondent: the union over tasks."""
        wanted: frozenset[str] = frozenset().union(*(task.signals for task in self.tasks))
        return {"model": wanted, "judge": frozenset(), "moderator": frozenset()}

    @cached_property
    def arms(self) -> dict[str, list[tuple[Task, list[Setting]]]]:
        """Tasks with their settings, by data set."""
        typed = self.settings.conditions
        wanted = None if typed is None else tuple(canonical_condition(text) for text in typed)
        found: dict[str, list[tuple[Task, list[Setting]]]] = {}
        for task in self.tasks:
            base = Setting(
                official=self.official.get(suite_of(task.name), OWN).texts,
                judge=self.model_ids.get("judge", ""),
                moderator=self.model_ids.get("moderator", ""),
                seed=self.settings.seed,
                draws=self.settings.draws,
            )
            arm = (task, settings_for(task, base, wanted))
            for name in data_for(task, self.settings):
                found.setdefault(name, []).append(arm)
        return found

    def groups(self) -> Iterator[Iterator[Dialogue]]:
        """Fresh conversations, grouped by image."""
        for group in self._grouped:
            # samples of two data sets may share an image, and then a group
            yield (
                dialogue
                for sample in group
                for dialogue in open_dialogues([sample], self.arms[data_of(sample)])
            )

    @cached_property
    def _grouped(self) -> list[list[Sample]]:
        return group_samples(self.samples)

    @cached_property
    def n_conversations(self) -> int:
        """How many conversations there are in all."""
        return sum(
            task.applies(sample, setting.condition)
            for sample in self.samples
            for task, settings in self.arms[data_of(sample)]
            for setting in settings
        )

    def prompts_of(self, task: str) -> str:
        """In whose words a task asked."""
        return self.official.get(suite_of(task), OWN).label

    def comparable(self, estimate: Estimate) -> str:
        """Whether a number may stand beside the published ones; the reasons if not.

        What the metric itself has to say against it comes last.
        """
        suite = suite_of(estimate.task)
        task = self._by_name[estimate.task]
        for name in data_for(task, self.settings):
            if name in UNPUBLISHED:
                return f"no: {UNPUBLISHED[name]}"
        texts = self.official.get(suite)
        reasons = ["own prompts"] if texts is None else _unpublished(texts, estimate.group)
        if self.settings.limit is not None or {*self.settings.where} - {"dataset"}:
            reasons.append("subset")
        if estimate.condition not in task.published:
            reasons.append("own condition")
        if estimate.reading != "official":
            reasons.append("corrected reading")
        if estimate.metric.startswith("judge_score"):
            reasons.append("own judge prompt")
        if estimate.comparable:
            reasons.append(estimate.comparable.removeprefix("no: "))
        return f"no: {', '.join(reasons)}" if reasons else "yes"

    def fingerprint(self) -> dict[str, Any]:
        """What must be equal for two runs to share a folder."""
        ids = sha256("\n".join(sample.id for sample in self.samples).encode()).hexdigest()
        return {
            "tasks": {task.name: task.version for task in self.tasks},
            "model": self.model_ids["model"],
            "data": {name: dict(files) for name, files in self.digests.items()},
            "samples": ids,
            "conditions": sorted(
                {setting.condition for arms in self.arms.values() for _, settings in arms
                 for setting in settings}
            ),
            "prompts": {task.name: self.prompts_of(task.name) for task in self.tasks},
            "seed": self.settings.seed,
            "draws": self.settings.draws,
        }  # fmt: skip

    def manifest(
        self,
        *,
        state: str,
        left: str | None = None,
        counts: Mapping[str, Any] | None = None,
        servers: Sequence[str] = (),
        asked_again: int = 0,
    ) -> dict[str, Any]:
        """The run's manifest, see ``docs/run-folder.md``."""
        notes = list(self.notes)
        for model in self.respondents.values():
            notes += model.notes
        if asked_again:
            notes.append(
                f"{asked_again} answers stand in for earlier ones of the same request, which was "
                "asked again (--retry): of a model that draws at random, such rates are too kind."
            )
        if len(servers) > 1:
            notes.append(f"More than one server answered: {', '.join(servers)}.")
        return {
            "state": state,
            "left": left,
            "written": datetime.now(UTC).isoformat(timespec="seconds"),
            "versions": {
                "medtrust": __version__,
                "python": platform.python_version(),
                **{name: version(name) for name in ("polars", "numpy", "scipy", "pillow")},
            },
            "settings": self.settings.model_dump(mode="json"),
            "plan": self.fingerprint(),
            "model_ids": dict(self.model_ids),
            "servers": list(servers),
            "official": {
                name: {
                    "label": texts.label,
                    "texts": dict(texts.texts),
                    "comparable": texts.comparable,
                    "unverified": list(texts.unverified),
                }
                for name, texts in self.official.items()
            },
            "prompts": {
                task.name: {name: digest(text) for name, text in sorted(task.prompts.items())}
                for task in self.tasks
            },
            "data": {name: dict(files) for name, files in self.digests.items()},
            "policy": {"allowed_hosts": list(self.settings.allow_host)},
            "counts": dict(counts or {}),
            "notes": notes,
        }


def _unpublished(texts: OfficialTexts, group: str) -> list[str]:
    """Why the words a number rests on may not be the published ones."""
    if texts.comparable:
        return [texts.comparable]
    named = {
        part.removeprefix("dataset=") for part in group.split(";") if part.startswith("dataset=")
    }
    # a number that names no set is about all of them
    doubtful = [name for name in texts.unverified if name in named or not named]
    return [f"question file of {', '.join(doubtful)} not verified"] if doubtful else []


def assemble(settings: Settings) -> Assembly:
    """Find tasks, load data, open models.

    Raises:
        UserError: For unknown names, absent data, wrong options: one sentence each.
    """
    wanted: list[Task] = [load("task", name) for name in expand_tasks(settings.tasks)]
    _check_conditions(wanted, settings)
    for name in settings.data:
        find("data", name)
    for name in settings.official:
        find("official", name)
    for name in (*settings.images, *settings.access):
        if name not in settings.data:
            raise UnknownNameError.among("data (no --data names it)", name, settings.data)
    tasks = [task for task in wanted if data_for(task, settings)]
    notes = [
        f"Skipped {task.name}: it needs {find('task', task.name).needs}."
        for task in wanted
        if task not in tasks
    ]
    if not tasks:
        task = wanted[0]
        raise UserError(f"{task.name} has no data: add {find('task', task.name).needs}.")
    wanted_data = dict.fromkeys(name for task in tasks for name in data_for(task, settings))
    notes += [
        f"--data {name} is not read: none of the tasks takes it, or they were given their own data."
        for name in settings.data
        if name not in wanted_data
    ]
    datasets = [_load(settings, name) for name in wanted_data]
    samples = [sample for dataset in datasets for sample in dataset.samples]
    if not samples:
        raise UserError(f"{', '.join(dataset.name for dataset in datasets)} holds no questions.")
    for dataset in datasets:
        notes += dataset.notes
    models = _models(settings)
    read = {task.name: data_for(task, settings) for task in tasks}
    if "judge" not in models:
        notes += unjudged(tasks, read, samples)
    notes += unasked(tasks, read, samples)
    notes += silent(tasks, read, samples)
    return Assembly(
        settings=settings,
        tasks=tuple(tasks),
        samples=samples,
        official={name: _official(settings, name) for name in settings.official},
        model_ids={name: model.identity.model_id for name, model in models.items()},
        respondents=models,
        digests={dataset.name: dataset.digests for dataset in datasets},
        notes=tuple(notes),
    )


def data_for(task: Task, settings: Settings) -> tuple[str, ...]:
    """Data a task reads in a run: its own, or else those it can read that were given."""
    if task.data in settings.data or find("data", task.data).alone:
        return (task.data,)
    return tuple(name for name in task.also if name in settings.data)


def _check_conditions(tasks: Sequence[Task], settings: Settings) -> None:
    known = {
        condition or "clean" for task in tasks for condition in (*task.conditions, *task.optional)
    }
    for text in settings.conditions or ():
        if (canonical_condition(text) or "clean") not in known:
            raise UnknownNameError.among("condition", text, known)


def _load(settings: Settings, name: str) -> Dataset:
    source = DataSource(
        name=name,
        path=settings.data.get(name, Path()),
        images=settings.images.get(name),
        columns=settings.columns,
        groups=settings.groups,
        strata=settings.strata,
        cluster=settings.cluster,
        access=settings.access.get(name),
        joins={key: Path(path) for key, path in settings.joins.items()},
        age_bins=settings.age_bins,
    )
    dataset: Dataset = load("data", name)(source)
    samples = _chosen(dataset.samples, settings.where)
    if settings.limit is not None:
        from medtrust.data.limit import take_first

        samples = take_first(samples, settings.limit)
    return replace(dataset, samples=samples)


def _official(settings: Settings, name: str) -> OfficialTexts:
    """Published wording; where that is the data's own question text, the data must vouch for it."""
    read: Callable[[Path], OfficialTexts] = load("official", name)
    texts = read(settings.official[name])
    if "question" not in texts.texts or name not in settings.data:
        return texts
    try:
        asked = read(settings.data[name])
    except DataError:
        reason = f"no question file of --data {name} can be verified"
        return replace(texts, label="official@unverified", comparable=reason)
    return texts if texts.comparable else replace(asked, texts=texts.texts)


def _chosen(samples: Sequence[Sample], where: Mapping[str, str]) -> Sequence[Sample]:
    """Samples whose groups or strata have the wanted values."""
    for name, value in where.items():
        known = {key for sample in samples for key in (*sample.groups, *sample.strata)}
        if name not in known:
            raise UnknownNameError.among("group or stratum", name, known)
        values = {sample.strata.get(name, sample.groups.get(name)) for sample in samples}
        if value not in values:
            raise UnknownNameError.among(f"value of {name}", value, (v for v in values if v))
        samples = [
            sample
            for sample in samples
            if sample.strata.get(name, sample.groups.get(name)) == value
        ]
    return samples


def _models(settings: Settings) -> dict[str, Model]:
    models = {
        "model": open_model(
            settings.model, settings.base_url, settings.model_options, settings.seed
        )
    }
    if settings.judge is not None:
        models["judge"] = open_model(
            settings.judge, settings.judge_url, settings.judge_options, settings.seed
        )
    if settings.moderator is not None:
        models["moderator"] = open_model(
            settings.moderator, settings.moderator_url, settings.moderator_options, settings.seed
        )
    return models


def open_model(
    name: str, base_url: str | None, parameters: Mapping[str, str], seed: int = 0
) -> Model:
    """The model a name stands for, e.g. ``openai/my-model``.

    Raises:
        UnknownNameError: For an unknown provider.
        UserError: For a name without a provider, or options the provider refuses.
    """
    provider, slash, rest = name.partition("/")
    alone = {entry.name for entry in entries() if entry.noun == "model" and entry.alone}
    if (not slash or not rest) and name not in alone:
        raise UserError(
            f"Model {name!r} names no provider: write PROVIDER/NAME with one of "
            f"{', '.join(names('model'))}."
        )
    model: Model = load("model", provider)(ModelOptions(rest, base_url, parameters, seed))
    return model


def suite_of(task: str) -> str:
    """The suite a task belongs to."""
    return task.partition("/")[0]


def digest(text: str) -> str:
    """Short digest of a prompt, for manifests and tests."""
    return sha256(text.encode()).hexdigest()[:16]
