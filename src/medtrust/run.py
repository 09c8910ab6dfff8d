"""The public way to wire the house: evaluate, plan, score, load.

Everything the command line does is a call in here that returns polars frames::

    from medtrust.run import evaluate

    run = evaluate(tasks=["cares/factuality"], model="openai/my-model",
                   base_url="http://127.0.0.1:8000/v1", data={"cares": "CARES"})
    print(run.estimates)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from medtrust.assembly import Assembly, assemble
from medtrust.core.errors import DataError, ModelError, PlanMismatchError, StoreError, WorkLeft
from medtrust.core.model import Call
from medtrust.core.records import Answer, Failure
from medtrust.core.task import Ask, MeasureOptions
from medtrust.engine.asking import NOT_ASKED, Asking, Effort, Seat
from medtrust.engine.conduct import Progress, conduct
from medtrust.engine.dialogue import Dialogue
from medtrust.engine.exchange import RequestWriter
from medtrust.engine.plan import Lookup, Plan, walk
from medtrust.engine.policy import check_egress
from medtrust.engine.run_folder import RunFolder
from medtrust.engine.store import Store, network_file_system
from medtrust.engine.tables import Tables
from medtrust.measure import measure
from medtrust.settings import Settings, read_settings


@dataclass(frozen=True)
class Run:
    """A run folder, read on demand.

    Attributes:
        folder: Where it is.
        manifest: What made it, see ``docs/run-folder.md``.
        left: Why work is left, or None when the run is complete.
    """

    folder: Path
    manifest: dict[str, Any]
    left: str | None = None

    @cached_property
    def estimates(self) -> pl.DataFrame:
        """One row per number."""
        return RunFolder(self.folder).read_table("estimates")

    @cached_property
    def scores(self) -> pl.DataFrame:
        """One row per measured fact."""
        return RunFolder(self.folder).read_table("scores")

    @cached_property
    def samples(self) -> pl.DataFrame:
        """One row per sample."""
        return RunFolder(self.folder).read_table("samples")

    @cached_property
    def requests(self) -> pl.DataFrame:
        """One row per step of a conversation."""
        return RunFolder(self.folder).read_table("requests")


def evaluate(
    settings: Settings | None = None,
    *,
    progress: Progress | None = None,
    say: Callable[[str], None] | None = None,
    **values: Any,
) -> Run:
    """Ask what the store does not hold, keep every answer, score and measure.

    Args:
        settings: Ready settings, or None to make them of ``values`` (see `Settings`).
        progress: Called about twice a second.
        say: Called with sentences people should read (what was skipped, what is odd).
        **values: Settings by name.

    Returns:
        The run. With ``left`` set it is unfinished and the same call resumes it.

    Raises:
        UserError: One sentence about what to mend.
    """
    settings = settings or read_settings(_tidy(values))
    clock = _Clock()
    assembly = assemble(settings)
    clock.lap("load")
    check_egress(assembly.samples, assembly.identities, frozenset(settings.allow_host))
    folder = RunFolder(settings.folder)
    _require_same_plan(folder, assembly)
    store_path = settings.store or folder.store_path
    for note in _warnings(assembly, store_path):
        (say or _silent)(note)
    store = Store.open(store_path)
    with closing(store):
        folder.write_manifest(assembly.manifest(state="running"))
        folder.write_samples(assembly.samples)
        asking = _seat(assembly, store, settings, folder)
        tables = Tables()
        conduct(asking, assembly.groups(), tables, assembly.n_conversations, progress)
        clock.lap("ask")
        tally = asking.tally
        answered = tally.answered + tally.from_store
        if asking.stopping is None and tally.failed and not answered and not asking.left:
            asking.stop(ModelError(asking.nothing_answered()))
        left = _why_left(asking, folder, assembly)
        manifest = assembly.manifest(
            state="incomplete" if left else "complete",
            left=left,
            counts=_counts(asking, tables),
            servers=store.servers(assembly.model.identity.model_id),
            asked_again=store.asked_again(assembly.model.identity.model_id),
        )
        _write_results(folder, assembly, tables, manifest, clock)
    if asking.stopping is not None and not isinstance(asking.stopping, WorkLeft):
        raise asking.stopping
    return Run(folder.path, manifest, left)


def plan(settings: Settings | None = None, *, write: Path | None = None, **values: Any) -> Plan:
    """What would be asked, and how much of it the store already holds; asks nothing.

    Args:
        settings: As for `evaluate`.
        write: Folder for ``requests.jsonl`` and made images, to be answered elsewhere.
        **values: Settings by name.
    """
    settings = settings or read_settings(_tidy(values))
    assembly = assemble(settings)
    path = settings.store or RunFolder(settings.folder).store_path
    with _existing_store(path) as store:
        lookup = _lookup(assembly, store)
        if write is None:
            return walk(assembly.groups(), lookup)
        with RequestWriter(write, assembly.signals) as writer:
            return walk(assembly.groups(), lookup, unknown=writer.add)


def score(folder: Path | str, *, store: Path | None = None) -> Run:
    """Read and measure a run again from its stored answers; asks nothing.

    Args:
        folder: A run folder.
        store: Where its answers are, if not where the manifest says.

    Raises:
        DataError: If the folder holds no run, or a damaged one.
        StoreError: If the store cannot be read or is that of other models.
    """
    files = RunFolder(Path(folder))
    manifest = files.read_manifest()
    if manifest is None:
        raise DataError(f"{folder} holds no run: there is no manifest.json in it.")
    clock = _Clock()
    assembly = _assembly_again(files, manifest)
    clock.lap("load")
    tables = Tables()
    typed = manifest["settings"].get("store")
    path = store or (Path(typed) if typed else files.store_path)
    with closing(Store.open(path, read_only=True)) as opened:
        _require_known_models(opened, assembly)
        lookup, why_not = _lookup(assembly, opened), _why_not(assembly, opened)

        def stopped(dialogue: Dialogue) -> None:
            while not dialogue.ended:
                steps = zip(dialogue.asks, dialogue.calls, strict=True)
                dialogue.proceed(
                    [
                        lookup(ask.respondent, call) or why_not(ask.respondent, call)
                        for ask, call in steps
                    ]
                )
            tables.add(dialogue)

        walk(assembly.groups(), lookup, stopped=stopped)
    clock.lap("ask")
    _write_results(files, assembly, tables, manifest, clock)
    return Run(files.path, manifest, manifest.get("left"))


def _assembly_again(files: RunFolder, manifest: dict[str, Any]) -> Assembly:
    samples = files.read_samples()
    try:
        return Assembly.from_manifest(manifest, samples)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{files.manifest_path} is damaged: its settings or official texts cannot be read; "
            "restore a copy."
        ) from error


def _require_known_models(store: Store, assembly: Assembly) -> None:
    """A run registers its models before it asks, so a store without them is another run's."""
    unknown = [name for name in assembly.model_ids.values() if store.known_model(name) is None]
    if unknown:
        raise StoreError(
            f"The store {store.path} knows nothing of {', '.join(unknown)}: name the store of this "
            "run with --store."
        )


def load_run(folder: Path | str) -> Run:
    """Open a run folder.

    Raises:
        DataError: If it holds no run.
    """
    manifest = RunFolder(Path(folder)).read_manifest()
    if manifest is None:
        raise DataError(f"{folder} holds no run: there is no manifest.json in it.")
    return Run(Path(folder), manifest, manifest.get("left"))


def _tidy(values: dict[str, Any]) -> dict[str, Any]:
    """Let a notebook write lists, single names and strings where settings hold tuples and paths."""
    tidy = dict(values)
    for name in ("tasks", "groups", "strata", "conditions", "allow_host", "retry"):
        if isinstance(tidy.get(name), str):
            tidy[name] = (tidy[name],)
    return tidy


def _silent(_sentence: str) -> None:
    return


@dataclass(slots=True)
class _Clock:
    """CPU seconds by stage, for the manifest and the benchmarks."""

    laps: dict[str, float] = field(default_factory=dict)
    last: float = field(default_factory=time.process_time)

    def lap(self, name: str) -> None:
        now = time.process_time()
        self.laps[name] = round(now - self.last, 4)
        self.last = now


def _require_same_plan(folder: RunFolder, assembly: Assembly) -> None:
    manifest = folder.read_manifest()
    if manifest is None:
        return
    before, now = manifest["plan"], assembly.fingerprint()
    differing = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    if differing:
        raise PlanMismatchError(
            f"{folder.path} holds a run with another plan (it differs in: {', '.join(differing)}): "
            "give this one its own --out, or use --store to share answers between runs."
        )


def _warnings(assembly: Assembly, store_path: Path) -> Iterator[str]:
    yield from assembly.notes
    kind = network_file_system(store_path)
    if kind is not None:
        yield (
            f"The store lies on a network file system ({kind}): let only one process use it, or "
            "put --store on a local disk."
        )


def _seat(assembly: Assembly, store: Store, settings: Settings, folder: RunFolder) -> Asking:
    effort = Effort(concurrency=settings.concurrency, max_requests=settings.max_requests)
    ask_again = _ask_again(settings, folder)
    seats = {
        name: Seat(
            model,
            store,
            settings.concurrency,
            assembly.signals.get(name, frozenset()),
            ask_again if name == "model" else None,
        )
        for name, model in assembly.respondents.items()
    }
    return Asking(store, seats, effort)


def _ask_again(settings: Settings, folder: RunFolder) -> Callable[[Call, Answer], bool] | None:
    """Which stored answers ``--retry`` asks again: by outcome, or by how they were read before."""
    if not settings.retry:
        return None
    kinds = set(settings.retry)
    ids: set[str] = set()
    if kinds & {"refused", "unparsed"}:
        scores, requests = folder.read_table("scores"), folder.read_table("requests")
        keys = ["task", "sample", "condition"]
        plain = [pl.col(name).cast(pl.String) for name in keys]
        chosen = scores.filter(pl.col("status").cast(pl.String).is_in(sorted(kinds))).select(plain)
        asked = requests.filter(pl.col("respondent").cast(pl.String) == "model")
        joined = asked.with_columns(plain).join(chosen.unique(), on=keys, how="semi")
        ids = set(joined.get_column("request_id"))
    return lambda call, answer: answer.outcome.value in kinds or call.request_id in ids


def _lookup(assembly: Assembly, store: Store | None) -> Lookup:
    if store is None:
        return lambda _respondent, _call: None
    numbers = {name: store.known_model(model_id) for name, model_id in assembly.model_ids.items()}

    def lookup(respondent: str, call: Call) -> Answer | None:
        number = numbers.get(respondent)
        if number is None:
            return None
        wanted = assembly.signals.get(respondent, frozenset())
        return store.get(number, call.request_id, call.request.draw, wanted)

    return lookup


def _why_not(assembly: Assembly, store: Store) -> Callable[[str, Call], Failure]:
    """Why a request has no answer: how it failed last, or that it was not asked."""
    numbers = {name: store.known_model(model_id) for name, model_id in assembly.model_ids.items()}
    reasons = {
        name: store.failures(number) for name, number in numbers.items() if number is not None
    }

    def why_not(respondent: str, call: Call) -> Failure:
        key = (call.request_id, call.request.draw)
        return Failure(reasons.get(respondent, {}).get(key, NOT_ASKED.reason))

    return why_not


@contextmanager
def _existing_store(path: Path) -> Iterator[Store | None]:
    if not path.is_file():
        yield None
        return
    with closing(Store.open(path, read_only=True)) as store:
        yield store


def _why_left(asking: Asking, folder: RunFolder, assembly: Assembly) -> str | None:
    """Why the run is unfinished; writes the next round of requests for replay."""
    following = folder.path / "next" / "requests.jsonl"
    following.unlink(missing_ok=True)
    if asking.pending:
        wanted = {
            (name, call.request_id, call.request.draw)
            for (name, _, _), call in asking.pending.items()
        }
        with RequestWriter(following.parent, assembly.signals) as writer:

            def unknown(dialogue: Dialogue, ask: Ask, call: Call) -> None:
                if (ask.respondent, call.request_id, call.request.draw) in wanted:
                    writer.add(dialogue, ask, call)

            walk(assembly.groups(), _stored(asking), unknown=unknown)
        return (
            f"{writer.count} requests are still to be answered: they are in {writer.path}; add "
            "their answers to the replay file and type the same command."
        )
    if asking.stopping is not None:
        return str(asking.stopping)
    if asking.left:
        kinds = ", ".join(
            f"{reason}: {count}" for reason, count in asking.tally.failed.most_common()
        )
        return f"{asking.left} requests failed ({kinds}); the same command asks them again."
    return None


def _stored(asking: Asking) -> Lookup:
    def lookup(respondent: str, call: Call) -> Answer | None:
        seat = asking.seats[respondent]
        return asking.store.get(seat.number, call.request_id, call.request.draw, seat.signals)

    return lookup


def _counts(asking: Asking, tables: Tables) -> dict[str, Any]:
    tally = asking.tally
    return {
        "conversations": tables.ended,
        "requests_sent": tally.sent,
        "answers": tally.answered,
        "answers_from_store": tally.from_store,
        "requests_shared": tally.shared,
        "retries": tally.retries,
        "failed": dict(tally.failed),
        "outcomes": dict(tally.outcomes),
        "prompt_tokens": tally.prompt_tokens,
        "completion_tokens": tally.completion_tokens,
        "work": {name: dict(seat.model.counters) for name, seat in asking.seats.items()},
        "lowest_concurrency": {name: seat.limit.lowest for name, seat in asking.seats.items()},
    }


def _write_results(
    folder: RunFolder, assembly: Assembly, tables: Tables, manifest: dict[str, Any], clock: _Clock
) -> None:
    scores, requests = tables.scores(), tables.requests()
    folder.write_table("scores", scores)
    folder.write_table("requests", requests)
    options = MeasureOptions(minimum_n=assembly.settings.minimum_n)
    estimates = measure(assembly.tasks, scores, requests, assembly.samples, options)
    told = [
        replace(
            estimate,
            model=assembly.model_ids["model"],
            prompts=assembly.prompts_of(estimate.task),
            comparable=assembly.comparable(estimate),
        )
        for estimate in estimates
    ]
    folder.write_estimates(told)
    clock.lap("measure")
    manifest["cpu_s"] = clock.laps
    folder.write_manifest(manifest)


__all__ = ["Plan", "Progress", "Run", "Settings", "evaluate", "load_run", "plan", "score"]
