"""The same chat request for every client: one image, one question, at most 8 tokens, greedy."""

from __future__ import annotations

import base64
from pathlib import Path

import orjson

from question_set import Question


def plain_body(question: Question) -> bytes:
    """Read, encode and serialise everything anew, as a straightforward client does."""
    encoded = base64.b64encode(question.image.read_bytes()).decode("ascii")
    image_url = {"url": f"data:image/jpeg;base64,{encoded}"}
    content = [
        {"type": "image_url", "image_url": image_url},
        {"type": "text", "text": question.text},
    ]
    return orjson.dumps(
        {
            "model": "stub",
            "max_tokens": 8,
            "temperature": 0,
            "messages": [{"role": "user", "content": content}],
        }
    )


class CachedBodies:
    """Keeps the bytes up to the end of the image, once per image; only the text is new."""

    def __init__(self) -> None:
        self.prefixes: dict[Path, bytes] = {}

    def __call__(self, question: Question) -> bytes:
        prefix = self.prefixes.get(question.image)
        if prefix is None:
            prefix = self.prefixes[question.image] = self.prefix(question.image)
        return prefix + orjson.dumps(question.text) + b"}]}]}"

    @staticmethod
    def prefix(image: Path) -> bytes:
        return (
            b'{"model":"stub","max_tokens":8,"temperature":0,"messages":[{"role":"user","content":'
            b'[{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,'
            + base64.b64encode(image.read_bytes())
            + b'"}},{"type":"text","text":'
        )
