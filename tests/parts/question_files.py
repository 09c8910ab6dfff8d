"""Question files of any size, and the answers a server should give to them."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import orjson

from servers.fault_server import Behaviour, Reply, Seen, completion


def write_questions(folder: Path, count: int) -> Path:
    """Yes/no questions without images; every third gold is no."""
    path = folder / "questions.jsonl"
    rows = (
        {"id": f"q{n}", "question": f"Is finding {n} there?", "answer": "no" if n % 3 else "yes"}
        for n in range(count)
    )
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return path


def number_in(question: str) -> int:
    """Number of the finding a question is about."""
    return int(question.split("finding ")[1].split(maxsplit=1)[0])


def opinion(question: str) -> str:
    """A fixed opinion about each question, about half of them yes."""
    return "Yes." if sha256(question.encode()).digest()[0] % 2 else "No."


def opinions(delay_s: float = 0.0) -> Behaviour:
    """Answers every question with the fixed opinion, after a while."""

    def behave(seen: Seen) -> Reply:
        return Reply(200, orjson.dumps(completion(opinion(seen.question))), delay_s=delay_s)

    return behave
