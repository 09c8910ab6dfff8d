"""Choosing the next token of many rows at once, with what can be said about it.

Everything is computed where the model runs; per row and step a handful of numbers leaves it.
Log-probabilities are those of the model's own distribution (softmax of its logits at temperature
1). The distribution that a sampled token was drawn from, after temperature and top-p, is kept
apart.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from threading import Event
from typing import Any, Final

import torch

from medtrust.core.errors import WorkLeft
from medtrust.core.records import Failure
from medtrust.models.hf.jobs import Row

NOT_NUMBERS: Final = Failure(
    "logits-not-numbers",
    "The model's logits are not numbers: damaged weights, or a number type too narrow for it.",
)
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# a letter as one token, alone or after a space (as byte-level and sentence-piece vocabularies
# write it) or an opening bracket
_LETTER: Final = re.compile(r"[Ġ▁ ]?\(?([A-Z])")


class Chooser:
    """Chooses tokens for one model.

    Args:
        tokenizer: Of the model; its vocabulary says which tokens are letters.
        ends: Token ids that end an answer.
        signals: Wanted ones; entropies, alternatives and letters are computed only on demand.
        n_top: Alternatives kept at each place.
        stop: Once it is set, nothing more is chosen.
    """

    def __init__(
        self,
        tokenizer: Any,
        ends: frozenset[int],
        signals: frozenset[str],
        n_top: int,
        stop: Event | None = None,
    ) -> None:
        self._stop = stop or Event()
        self._tokenizer = tokenizer
        self._ends = ends
        self._entropies = "token_entropies" in signals
        self._n_top = n_top if signals & {"top_tokens", "top_logprobs"} else 0
        self._variants = letter_tokens(tokenizer) if "letter_logprobs" in signals else None

    def choose(self, logits: torch.Tensor, rows: Sequence[Row]) -> list[int]:
        """Add one token to each row, or end it.

        Args:
            logits: Of the next token, shape (rows, vocabulary).
            rows: Open ones, in the same order.

        Returns:
            The token of each row; of a row that ended, the one that ended it.

        Raises:
            WorkLeft: When it is to stop.
        """
        if self._stop.is_set():
            raise WorkLeft("The model was closed before it had answered.")
        logprobs = logits.float().log_softmax(-1)
        picks = logprobs.argmax(-1)
        drawn = [place for place, row in enumerate(rows) if row.samples]
        sampling = torch.zeros_like(picks, dtype=logprobs.dtype)
        if drawn:
            chosen, own = self._draw(logits[drawn].float(), [rows[place] for place in drawn])
            picks[drawn], sampling[drawn] = chosen, own
        for place, row in enumerate(rows):
            if row.forced is not None:
                picks[place] = row.forced[len(row.tokens)]
        columns = [logprobs.gather(1, picks[:, None])[:, 0], sampling]
        if self._entropies:
            columns.append(torch.special.entr(logprobs.exp()).sum(-1))
        facts = torch.stack(columns, 1).tolist()
        tokens = [int(token) for token in picks.tolist()]
        top = logprobs.topk(self._n_top) if self._n_top else None
        alternatives = None if top is None else (top.indices.tolist(), top.values.tolist())
        letters = self._letters(logprobs, rows)
        for place, row in enumerate(rows):
            if letters is not None and not row.tokens:
                row.letters = letters[place]
            self._add(row, tokens[place], facts[place], alternatives, place)
        return tokens

    def _draw(self, logits: torch.Tensor, rows: Sequence[Row]) -> tuple[torch.Tensor, torch.Tensor]:
        """Tokens by inverting the cumulative distribution at each row's own uniform number."""
        heat = torch.tensor([row.decoding.temperature for row in rows], device=logits.device)
        sharpened = (logits / heat[:, None]).log_softmax(-1)
        kept = torch.tensor([row.decoding.top_p for row in rows], device=logits.device)
        if bool((kept < 1).any()):
            sharpened = nucleus(sharpened, kept)
        # without float64 the last tokens of a large vocabulary are lost in rounding; Apple devices
        # have none, so there this one step is done on the CPU
        exact = sharpened.cpu() if sharpened.device.type == "mps" else sharpened
        cumulative = exact.double().exp().cumsum(-1)
        luck = torch.tensor([row.uniform() for row in rows], dtype=torch.float64)
        wanted = luck.to(exact.device)[:, None] * cumulative[:, -1:]
        tokens = (cumulative <= wanted).sum(-1).clamp(max=logits.shape[1] - 1).to(logits.device)
        return tokens, sharpened.gather(1, tokens[:, None])[:, 0]

    def _letters(self, logprobs: torch.Tensor, rows: Sequence[Row]) -> list[list[float]] | None:
        if self._variants is None or all(row.tokens for row in rows):
            return None
        columns = [
            logprobs[:, tokens].logsumexp(-1)
            if tokens
            else torch.full_like(logprobs[:, 0], -torch.inf)
            for tokens in self._variants
        ]
        return [list(map(float, row)) for row in torch.stack(columns, 1).tolist()]

    def _add(
        self,
        row: Row,
        token: int,
        fact: Sequence[float],
        alternatives: tuple[list[list[int]], list[list[float]]] | None,
        place: int,
    ) -> None:
        if math.isnan(fact[0]):
            row.failure = NOT_NUMBERS
            return
        if row.forced is None and token in self._ends:
            row.ended = "stop"
            return
        row.tokens.append(token)
        row.logprobs.append(min(fact[0], 0.0))
        if row.samples:
            row.sampling_logprobs.append(min(fact[1], 0.0))
        if self._entropies:
            row.entropies.append(max(fact[2], 0.0))
        if alternatives is not None:
            row.top.append((alternatives[0][place], alternatives[1][place]))
        if row.forced is not None:
            row.ended = "stop" if len(row.tokens) == len(row.forced) else ""
        elif row.decoding.stop and self._stopped(row):
            row.ended = "stop"
        elif len(row.tokens) >= row.limit:
            row.ended = "length"

    def _stopped(self, row: Row) -> bool:
        text = self._tokenizer.decode(row.tokens, skip_special_tokens=True)
        return any(stop in text for stop in row.decoding.stop)


def nucleus(logprobs: torch.Tensor, mass: torch.Tensor) -> torch.Tensor:
    """The smallest set of likeliest tokens with at least this mass, renormalised.

    Args:
        logprobs: Shape (rows, vocabulary), natural log.
        mass: Top-p of each row, in (0, 1].

    Returns:
        Log-probabilities of the same shape, minus infinity outside the set.

    Source: Holtzman et al. 2020, arXiv 1904.09751, section 3.1.
    """
    ordered, places = logprobs.sort(-1, descending=True)
    before = ordered.exp().cumsum(-1) - ordered.exp()
    outside = (before >= mass[:, None]) & (mass[:, None] < 1)
    outside[:, 0] = False
    dropped = torch.zeros_like(outside).scatter(1, places, outside)
    return logprobs.masked_fill(dropped, -torch.inf).log_softmax(-1)


def letter_tokens(tokenizer: Any) -> list[list[int]]:
    """Token ids that spell one capital letter, for A to Z."""
    found: list[list[int]] = [[] for _ in LETTERS]
    for piece, token in tokenizer.get_vocab().items():
        match = _LETTER.fullmatch(piece)
        if match:
            found[LETTERS.index(match[1])].append(int(token))
    return [sorted(tokens) for tokens in found]
