"""A loaded model at work: calls in, answers out, all on one thread."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from threading import Event
from typing import Any

import numpy as np
import torch

from medtrust.core.errors import ModelError
from medtrust.core.model import Call
from medtrust.core.records import Answer, Failure, Outcome, Signal, Usage
from medtrust.models.hf.counters import Counters
from medtrust.models.hf.faults import FOREIGN, kind_of
from medtrust.models.hf.images_seen import ImagesSeen
from medtrust.models.hf.jobs import Job, Row
from medtrust.models.hf.kept import Kept
from medtrust.models.hf.loading import Loaded
from medtrust.models.hf.memory import NO_MEMORY
from medtrust.models.hf.options import LocalOptions
from medtrust.models.hf.plain import PlainPath
from medtrust.models.hf.rendering import NotRenderedError, Renderer
from medtrust.models.hf.sampling import Chooser
from medtrust.models.hf.shared import SharedPath
from medtrust.models.hf.stepping import Stepper
from medtrust.models.hf.trial import Branching, agrees, trial_prompts
from medtrust.models.thinking import split_thinking

GIB = 1024**3


class Runtime:
    """Renders calls, grows their rows on the best path this model can take, reads the results.

    Args:
        loaded: The model.
        options: How to run it.
        server: What to say answered.
        stop: Once it is set, answers under way are given up.
    """

    def __init__(
        self, loaded: Loaded, options: LocalOptions, server: str, stop: Event | None = None
    ) -> None:
        self.counters = Counters()
        self._stop = stop or Event()
        self._loaded = loaded
        self._options = options
        self._server = server
        self._renderer = Renderer(loaded)
        memory = int(options.keep_gib * GIB)
        self._stepper = Stepper(
            loaded, self.counters, ImagesSeen(loaded.model, self.counters, memory // 4)
        )
        self._kept = Kept(memory)
        self._plain = PlainPath(self._stepper, batch=options.batch)
        self.branching: Branching = "nowhere"
        self._path: SharedPath | PlainPath = self._plain
        self._find_path()

    def answer(self, calls: Sequence[Call], signals: frozenset[str]) -> list[Answer | Failure]:
        """Answer calls, in order."""
        begin = time.perf_counter()
        chooser = Chooser(
            self._loaded.tokenizer, self._loaded.ends, signals, self._options.top_logprobs,
            self._stop,
        )  # fmt: skip
        with torch.inference_mode():
            jobs = [self._job(call) for call in calls]
            self._run([job for job in jobs if isinstance(job, Job)], chooser)
        elapsed = time.perf_counter() - begin
        return [
            self._result(job, signals, elapsed) if isinstance(job, Job) else job for job in jobs
        ]

    def _run(self, jobs: Sequence[Job], chooser: Chooser) -> None:
        """Grow all rows; what the model's own code stumbles over is asked again one by one."""
        if not jobs:
            return
        try:
            self._path.run([row for job in jobs for row in job.rows], chooser)
        except (*FOREIGN, MemoryError) as error:
            if len(jobs) > 1:
                for job in jobs:
                    self._run([job], chooser)
                return
            jobs[0].rows[0].failure = (
                NO_MEMORY
                if isinstance(error, MemoryError)
                else Failure(
                    "forward-failed", f"The model's own code stopped with a {kind_of(error)}."
                )
            )

    def _find_path(self) -> None:
        """Compare paths on a small question; keep the farthest-reaching one that agrees."""
        chooser = Chooser(self._loaded.tokenizer, frozenset(), frozenset(), 0)
        levels: tuple[Branching, ...] = ("anywhere", "prompts")
        with torch.inference_mode():
            prompts = trial_prompts(self._renderer, with_image=self._loaded.takes_images)
            if len({prompt.key for prompt in prompts}) < len(prompts):
                raise ModelError(
                    "The model's chat template leaves the question out: two different questions "
                    "become the same prompt."
                )
            if self._options.path == "plain":
                return
            for level in levels if prompts else ():
                shared = SharedPath(
                    self._stepper, self._kept, batch=self._options.batch,
                    inside=level == "anywhere",
                )  # fmt: skip
                if agrees(self._plain, shared, prompts, chooser, self._loaded.model.dtype):
                    self.branching, self._path = level, shared
                    break
                self._kept.clear()
        self._kept.clear()
        self._stepper.images_seen.forget()
        self.counters.move_to_trial()

    def _job(self, call: Call) -> Job | Failure:
        try:
            prompt = self._renderer.render(call.request.messages)
        except NotRenderedError as problem:
            return problem.failure
        decoding = call.request.decoding
        draw = call.request.draw
        room = (self._loaded.context or 10**9) - len(prompt.ids)
        forced = [self._renderer.continuation(text) for text in call.request.continuations]
        needed = max((len(tokens) for tokens in forced), default=1)
        if room < needed:
            return Failure(
                "prompt-too-long",
                f"The prompt of {len(prompt.ids)} tokens leaves no room for an answer in the "
                f"model's context of {self._loaded.context}.",
            )
        if not all(forced):
            return Failure("continuation-empty", "A continuation to score has no token.")
        if forced:
            rows = [
                Row(prompt, call.request_id, draw, decoding, len(tokens), tokens)
                for tokens in forced
            ]
        else:
            limit = min(decoding.max_tokens, room)
            rows = [Row(prompt, call.request_id, draw, decoding, limit)]
        return Job(call, prompt, rows)

    def _result(self, job: Job, signals: frozenset[str], elapsed_s: float) -> Answer | Failure:
        failure = next((row.failure for row in job.rows if row.failure), None)
        if failure is not None:
            return failure
        if job.call.request.continuations:
            return self._scored(job, elapsed_s)
        (row,) = job.rows
        text = self._loaded.tokenizer.decode(row.tokens, skip_special_tokens=True)
        thought, said = split_thinking(_before_stop(text, row.decoding.stop))
        first = self._first_of_answer(row, said) if thought else 0
        truncated = row.ended == "length"
        return Answer(
            said,
            Outcome.TRUNCATED if truncated else Outcome.OK,
            self._signals(row, signals, first),
            reasoning=thought,
            finish_reason=row.ended,
            usage=Usage(len(job.prompt.ids), len(row.tokens)),
            latency_s=elapsed_s,
            server=self._server,
        )

    def _scored(self, job: Job, elapsed_s: float) -> Answer:
        sums = np.array([sum(row.logprobs) for row in job.rows], dtype=np.float64)
        counts = np.array([len(row.tokens) for row in job.rows], dtype=np.int32)
        return Answer(
            "",
            signals={
                "continuation_logprobs": sums,
                "continuation_tokens": counts,
                "continuation_same_as": _same_as([tuple(row.tokens) for row in job.rows]),
            },
            finish_reason="scored",
            usage=Usage(len(job.prompt.ids), int(counts.sum())),
            latency_s=elapsed_s,
            server=self._server,
        )

    def _first_of_answer(self, row: Row, said: str) -> int:
        """The token with which the answer begins, behind what was thought."""
        spelled = ""
        pieces = _pieces(self._loaded.tokenizer, row.tokens)
        for place in range(len(pieces) - 1, -1, -1):
            if spelled.strip() == said.strip():
                return place + 1
            spelled = pieces[place] + spelled
        return 0

    def _signals(self, row: Row, wanted: frozenset[str], first: int) -> Mapping[str, Signal]:
        """Wanted arrays of the tokens from ``first`` on."""
        found: dict[str, Signal] = {}
        if wanted & {"tokens", "token_logprobs", "top_tokens", "top_logprobs"}:
            pieces = _pieces(self._loaded.tokenizer, row.tokens)
            found["tokens"] = np.array(pieces[first:], dtype=np.str_)
        if "token_logprobs" in wanted:
            found["token_logprobs"] = np.array(row.logprobs[first:], dtype=np.float32)
        if "token_entropies" in wanted:
            found["token_entropies"] = np.array(row.entropies[first:], dtype=np.float32)
        if "sampling_logprobs" in wanted and row.samples:
            found["sampling_logprobs"] = np.array(row.sampling_logprobs[first:], dtype=np.float32)
        if "letter_logprobs" in wanted and row.letters and not first:
            found["letter_logprobs"] = np.array(row.letters, dtype=np.float32)
        if wanted & {"top_tokens", "top_logprobs"}:
            found |= self._top(row.top[first:])
        return found

    def _top(self, places: Sequence[tuple[list[int], list[float]]]) -> dict[str, Signal]:
        width = len(places[0][0]) if places else 0
        names = [
            [_pieces(self._loaded.tokenizer, [token])[0] for token in tokens]
            for tokens, _ in places
        ]
        values = [logprobs for _, logprobs in places]
        shape = (len(places), width)
        return {
            "top_tokens": np.array(names, dtype=np.str_).reshape(shape),
            "top_logprobs": np.array(values, dtype=np.float32).reshape(shape),
        }


def _same_as(tokens: Sequence[tuple[int, ...]]) -> Signal:
    """For each sequence the place of the first equal one: "A" and " A" may be the same tokens."""
    first: dict[tuple[int, ...], int] = {}
    for place, sequence in enumerate(tokens):
        first.setdefault(sequence, place)
    return np.array([first[sequence] for sequence in tokens], dtype=np.int32)


def _before_stop(text: str, stops: Sequence[str]) -> str:
    places = [text.find(stop) for stop in stops if stop in text]
    return text[: min(places)] if places else text


def _pieces(tokenizer: Any, tokens: Sequence[int]) -> list[str]:
    """What each token adds to the text; together they spell it."""
    pieces, before = [], ""
    for end in range(1, len(tokens) + 1):
        now = tokenizer.decode(tokens[:end], skip_special_tokens=True)
        whole = not now.endswith("\N{REPLACEMENT CHARACTER}") or end == len(tokens)
        pieces.append(now[len(before) :] if whole else "")
        before = now if whole else before
    return pieces
