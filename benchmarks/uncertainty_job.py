"""What both sides of `uncertainty.py` are asked, and the words they are asked in."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

NOT_INSTALLED = 4

# lm-polygraph's own wording, so that P(True) can be compared on the same text
P_TRUE_PROMPT = (
    "Question: {q}\n Possible answer:{a}\n "
    "Is the possible answer:\n (A) True\n (B) False\n The possible answer is:"
)
# the same question as a follow-up on the answer just given
P_TRUE_FOLLOW_UP = "Is the possible answer:\n (A) True\n (B) False\n The possible answer is:"


@dataclass(frozen=True)
class Job:
    """One benchmark run.

    Attributes:
        model: Folder of the model.
        prompts: Plain texts.
        n_draws: K, samples a prompt beside the greedy answer.
        n_tokens: T, tokens of each answer.
    """

    model: str
    prompts: list[str]
    n_draws: int
    n_tokens: int

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    @staticmethod
    def load(path: Path) -> Job:
        return Job(**json.loads(path.read_text()))
