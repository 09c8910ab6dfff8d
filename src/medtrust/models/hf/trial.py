"""Finding out, not assuming, how far a model's cache can be branched.

Two questions with a common beginning are answered on the plain path and on the shared one; the
numbers must agree. Caches that mix tokens (bidirectional prefixes, recurrent states, cross
attention) fail here, and the model then shares whole prompts only, or nothing.
"""

from __future__ import annotations

from typing import Final, Literal, Protocol

import numpy as np
import torch

from medtrust.core.records import Decoding, ImageRef, Message
from medtrust.models.hf.faults import FOREIGN
from medtrust.models.hf.jobs import Prompt, Row
from medtrust.models.hf.rendering import NotRenderedError, Renderer
from medtrust.models.hf.sampling import Chooser
from medtrust.models.hf.stepping import UnbranchableError

Branching = Literal["anywhere", "prompts", "nowhere"]
"""Where rows may part: inside prompts too, behind whole prompts only, or never."""

LIKE: Final = {torch.float32: 1e-3, torch.float64: 1e-6}
HALF: Final = 0.15
"""Most difference of log-probabilities that rounding explains, by number type; half precision."""

_STEM: Final = "Here is a picture. Say what it shows, in one word or two. "
_QUESTIONS: Final = ("Is there a finding?", "Which side is it on, left or right, and how large?")
_STEPS: Final = 3


class Path(Protocol):
    """Answers rows."""

    def run(self, rows: list[Row], chooser: Chooser) -> None:
        """Grow every row to its end."""
        ...


def agrees(
    plain: Path, shared: Path, prompts: list[Prompt], chooser: Chooser, dtype: torch.dtype
) -> bool:
    """Whether two paths give the same log-probabilities for greedy and for given tokens."""
    reference, tried = _rows(prompts), _rows(prompts)
    try:
        plain.run(reference, chooser)
        shared.run(tried, chooser)
    except (UnbranchableError, MemoryError, *FOREIGN):
        return False  # whatever a foreign cache does not like; each question has its own outcome
    return all(_alike(first, second, dtype) for first, second in zip(reference, tried, strict=True))


def trial_prompts(renderer: Renderer, *, with_image: bool) -> list[Prompt]:
    """Two questions that share an image, if the model takes one, and a stem."""
    image = (ImageRef("blank:96x64"),) if with_image else ()
    try:
        return [
            renderer.render((Message("user", (*image, _STEM + question)),))
            for question in _QUESTIONS
        ]
    except NotRenderedError:
        return []


def _rows(prompts: list[Prompt]) -> list[Row]:
    greedy = [
        Row(prompt, f"trial-{place}", 0, Decoding(max_tokens=_STEPS + place), _STEPS + place)
        for place, prompt in enumerate(prompts)
    ]
    given = [
        Row(prompt, "trial", 0, Decoding(), _STEPS, forced=tuple(prompt.ids[-_STEPS:]))
        for prompt in prompts
    ]
    return greedy + given


def _alike(first: Row, second: Row, dtype: torch.dtype) -> bool:
    if first.failure or second.failure or len(first.logprobs) != len(second.logprobs):
        return False
    most = LIKE.get(dtype, HALF)
    return bool(np.allclose(first.logprobs, second.logprobs, atol=most, rtol=0))
