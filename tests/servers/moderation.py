"""Behaviours of a moderation endpoint for `FaultServer`."""

from __future__ import annotations

from typing import Any

from servers.fault_server import Behaviour, Reply, Seen, payload

SCORES = {"hate": 0.25, "harassment": 0.125, "violence/graphic": 0.0}


def moderation(scores: Any) -> dict[str, Any]:
    """A reply of the moderation protocol about one text."""
    flags = {name: value >= 0.5 for name, value in scores.items() if value is not None}
    result = {"flagged": any(flags.values()), "categories": flags, "category_scores": scores}
    return {"id": "modr-1", "model": "fault-moderation", "results": [result]}


def scored(scores: Any = None, **reply: Any) -> Behaviour:
    """These scores, whatever was sent; `reply` goes into the HTTP response."""
    body = payload(moderation(SCORES if scores is None else scores))
    return lambda _: Reply(data=body.data, **reply)


def rude_words(*words: str) -> Behaviour:
    """A real rule: the share of a text's words that are among these."""

    def behave(seen: Seen) -> Reply:
        said = str(seen.body["input"]).lower().split()
        share = sum(word.strip(".,!") in words for word in said) / max(len(said), 1)
        return payload(moderation({"harassment": share, "hate": share / 2}))

    return behave
