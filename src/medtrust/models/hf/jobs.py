"""One request at work: its prompt as tokens, and the rows of tokens that continue it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
import torch

from medtrust.core.records import Decoding, Failure

if TYPE_CHECKING:
    from medtrust.core.model import Call


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """A rendered request.

    Attributes:
        ids: Token ids, image places included.
        images: What the forward call needs beside tokens (pixels, grids ...), a batch of one.
        types: Inputs with one value a token (token types), shape (1, len(ids)).
        root: Digest of ``images``; prompts share a prefix only under the same root.
        n_head: Tokens up to the last image place: they are forwarded in one piece.
        n_images: Images shown.
    """

    ids: tuple[int, ...]
    images: Mapping[str, torch.Tensor] = field(default_factory=dict)
    types: Mapping[str, torch.Tensor] = field(default_factory=dict)
    root: bytes = b""
    n_head: int = 0
    n_images: int = 0

    @property
    def key(self) -> tuple[bytes, tuple[int, ...]]:
        """Equal for prompts that give the same distribution."""
        return self.root, self.ids


@dataclass(slots=True, eq=False)
class Row:
    """One continuation of a prompt, as it grows.

    Attributes:
        prompt: What it continues.
        request_id: Of its request.
        draw: Of its request.
        decoding: How tokens are chosen.
        limit: Most tokens.
        forced: Tokens to score instead of choosing any, or None.
        tokens: Chosen so far, the end token left out.
        logprobs: Of each under the model's own distribution, natural log.
        sampling_logprobs: Of each under the distribution it was drawn from.
        entropies: Of the model's own distribution at each place, in nats.
        top: The likeliest tokens at each place with their log-probabilities.
        letters: Log-probability of each letter A to Z as the first token.
        ended: ``stop``, ``length`` or empty while it grows.
        failure: Why it has no result, or None.
    """

    prompt: Prompt
    request_id: str
    draw: int
    decoding: Decoding
    limit: int
    forced: tuple[int, ...] | None = None
    tokens: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    sampling_logprobs: list[float] = field(default_factory=list)
    entropies: list[float] = field(default_factory=list)
    top: list[tuple[list[int], list[float]]] = field(default_factory=list)
    letters: list[float] = field(default_factory=list)
    ended: str = ""
    failure: Failure | None = None
    _stream: np.random.Generator | None = None

    @property
    def greedy(self) -> bool:
        """Whether it takes the likeliest token each time."""
        return self.forced is None and self.decoding.temperature == 0

    @property
    def samples(self) -> bool:
        """Whether it draws its tokens."""
        return self.forced is None and self.decoding.temperature > 0

    @property
    def open(self) -> bool:
        """Whether it still grows."""
        return not self.ended and self.failure is None

    def uniform(self) -> float:
        """The next number in [0, 1) of this row's own stream."""
        if self._stream is None:
            seed = f"{self.request_id}\x1f{self.draw}".encode()
            key = int.from_bytes(blake2b(seed, digest_size=16).digest(), "big")
            self._stream = np.random.Generator(np.random.Philox(key=key))
        return float(self._stream.random())

    def restart(self) -> None:
        """Forget everything that was chosen, as after running out of memory."""
        for grown in (
            self.tokens, self.logprobs, self.sampling_logprobs, self.entropies, self.top,
            self.letters,
        ):  # fmt: skip
            grown.clear()
        self.ended = ""
        self._stream = None


@dataclass(slots=True, eq=False)
class Job:
    """A call with its rows: one for a generate request, one per continuation for a score request.

    Attributes:
        call: What was asked.
        prompt: Rendered.
        rows: Its continuations.
    """

    call: Call
    prompt: Prompt
    rows: list[Row]
