"""The local model as the engine sees it: calls of many groups, answered together on one thread."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Final

from medtrust.core.errors import ModelError, UserError
from medtrust.core.model import Call, Capabilities, ModelIdentity, ModelOptions
from medtrust.core.model_folder import MISSING_EXTRA, check_files, digest_of, find_folder
from medtrust.core.records import Answer, Failure
from medtrust.models.hf.options import LocalOptions, read_options

if TYPE_CHECKING:
    from medtrust.models.hf.runtime import Runtime

SIGNALS: Final = frozenset(
    (
        "tokens", "token_logprobs", "token_entropies", "sampling_logprobs", "letter_logprobs",
        "top_tokens", "top_logprobs", "continuation_logprobs", "continuation_tokens",
        "continuation_same_as",
    )
)  # fmt: skip

SMALL: Final = 50_000_000
"""Parameters below which CPU threads wait for each other longer than they work."""

_Waiting = tuple[Sequence[Call], frozenset[str], "asyncio.Future[list[Answer | Failure]]"]


class LocalModel:
    """A model in this process.

    The weights are loaded with the first question, so planning costs nothing but a digest.

    Args:
        identity: Names it; holds a digest of its files.
        folder: Where they are.
        options: How to run it.
        device: Where it will be.
        dtype: In which number type.
    """

    def __init__(
        self, identity: ModelIdentity, folder: Path, options: LocalOptions, device: str, dtype: str
    ) -> None:
        self.identity = identity
        self.capabilities = Capabilities(
            needs_pixels=True, asks_by="group", signals=SIGNALS, continuations=True
        )
        self._folder = folder
        self._options = options
        self._device = device
        self._dtype = dtype
        self._notes: list[str] = []
        self._counts: dict[str, int] = {}
        self._runtime: Runtime | None = None
        self._broken: Failure | None = None
        self._waiting: list[_Waiting] = []
        self._work: asyncio.Task[None] | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._stop = Event()

    @property
    def notes(self) -> Sequence[str]:
        """What people should know of how it answered."""
        return tuple(self._notes)

    @property
    def counters(self) -> Mapping[str, int]:
        """Token positions, padding, image encodes and forward calls so far."""
        return dict(self._runtime.counters.as_dict() if self._runtime else self._counts)

    async def answer(
        self, calls: Sequence[Call], signals: frozenset[str]
    ) -> list[Answer | Failure]:
        """Answer the calls of a group, together with those of all groups that wait."""
        future: asyncio.Future[list[Answer | Failure]] = asyncio.get_running_loop().create_future()
        self._waiting.append((calls, signals, future))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._answer_waiting())
        return await future

    async def close(self) -> None:
        """Let go of weights and caches; asking again loads them again.

        Answers under way are given up at their next token: nobody waits for them any more.
        """
        if self._work is not None and not self._work.done():
            self._stop.set()
            await self._work
            self._stop.clear()
        if self._thread is not None:
            self._thread.shutdown()
        self._counts = dict(self.counters)
        self._thread = self._runtime = None

    async def _answer_waiting(self) -> None:
        await asyncio.sleep(0)  # whoever is ready to ask does so first
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="local-model")
        while self._waiting:
            waiting = self._take()
            calls = [call for asked, _, _ in waiting for call in asked]
            signals = frozenset[str]().union(*(wanted for _, wanted, _ in waiting))
            loop = asyncio.get_running_loop()
            try:
                results = await loop.run_in_executor(self._thread, self._answer_now, calls, signals)
            except BaseException as fault:
                for _, _, future in waiting:
                    if not future.done():
                        future.set_exception(fault)
                if not isinstance(fault, Exception):
                    raise
                continue
            given = iter(results)
            for asked, _, future in waiting:
                own = [next(given) for _ in asked]
                if not future.done():
                    future.set_result(own)

    def _take(self) -> list[_Waiting]:
        """Whole groups, until there is enough for full batches; the rest waits for its turn.

        Answers are kept when their wave ends, so waves stay small enough to lose little.
        """
        taken: list[_Waiting] = []
        n_calls = 0
        while self._waiting and n_calls < self._options.batch:
            taken.append(self._waiting.pop(0))
            n_calls += len(taken[-1][0])
        return taken

    def _answer_now(self, calls: Sequence[Call], signals: frozenset[str]) -> list[Answer | Failure]:
        runtime = self._ready()
        if isinstance(runtime, Failure):
            return [runtime] * len(calls)
        return runtime.answer(calls, signals)

    def _ready(self) -> Runtime | Failure:
        """The loaded model, or why there is none; loading is tried once."""
        if self._runtime is not None:
            return self._runtime
        if self._broken is None:
            try:
                self._runtime = self._load()
            except ModelError as error:
                self._broken = Failure("model-unusable", str(error), fatal=True)
                return self._broken
            return self._runtime
        return self._broken

    def _load(self) -> Runtime:
        try:
            import torch
            import transformers
        except ImportError as error:
            raise ModelError(MISSING_EXTRA) from error

        from medtrust.models.hf.loading import load
        from medtrust.models.hf.runtime import Runtime

        if self._options.threads is not None:
            torch.set_num_threads(self._options.threads)
        loaded = load(self._folder, self._options, self._device, self._dtype)
        small = sum(weight.numel() for weight in loaded.model.parameters()) < SMALL
        if small and self._options.threads is None and loaded.device.type == "cpu":
            torch.set_num_threads(1)
        server = f"transformers {transformers.__version__}, torch {torch.__version__}"
        runtime = Runtime(loaded, self._options, server, self._stop)
        if self._options.path == "auto" and runtime.branching != "anywhere":
            how = "only whole prompts are" if runtime.branching == "prompts" else "nothing is"
            self._notes.append(
                f"The cache of this model cannot be cut freely (tried, not assumed): {how} shared "
                "between questions, and each costs more time."
            )
        return runtime


def open_model(options: ModelOptions) -> LocalModel:
    """Make ``hf/PATH-OR-ID``; checks and digests the files, loads nothing yet.

    Raises:
        UserError: For wrong options, missing packages, or a folder that holds no whole model.
    """
    if options.base_url is not None:
        raise UserError("hf/ models answer in this process: leave --base-url out.")
    if "revision" in options.parameters and Path(options.name).expanduser().is_dir():
        raise UserError("-M revision belongs to a hub id; a folder is what it is.")
    return open_folder(
        "hf", "", find_folder(options.name, options.parameters.get("revision", "")),
        read_options(options.parameters), hub_id=options.name,
    )  # fmt: skip


def open_folder(
    provider: str, name: str, folder: Path, options: LocalOptions, *, hub_id: str = ""
) -> LocalModel:
    """A local model of a folder.

    Args:
        provider: Of the identity.
        name: Of the identity; empty for the hub id, or the folder's own name.
        folder: With configuration, weights and processor.
        options: How to run it.
        hub_id: What was typed, if that may be an id of the hub.
    """
    check_files(folder)
    try:
        from medtrust.models.hf.loading import choose_device, choose_dtype
    except ImportError as error:
        raise ModelError(MISSING_EXTRA) from error
    device = choose_device(options)
    dtype = choose_dtype(folder, options, device)
    if not name:
        name = folder.resolve().name if Path(hub_id).expanduser().is_dir() else hub_id
    identity = ModelIdentity(provider, name, digest_of(folder), (("dtype", dtype),))
    return LocalModel(identity, folder, options, device, dtype)
