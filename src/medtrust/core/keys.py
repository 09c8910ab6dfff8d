"""What makes two requests the same request, and two models the same model.

``request_id`` is the sha256 of canonical JSON (UTF-8, keys sorted, no white space) of what the
model sees. Paths, tasks, conditions, template names, gold answers and the draw are not in it, so
equal questions of different tasks are one question. Test vectors are published in
``tests/golden/request_ids.json``.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

import orjson

from medtrust.core.records import Decoding, ImageRef, Request

KEY_VERSION: Final = 1
"""Part of every key. Changing what is hashed means raising it, and asking again."""

IMAGE_ENCODING_VERSION: Final = 1
"""Version of the rule that turns an image into the bytes a model gets (`imaging.encode`)."""


def request_id(request: Request) -> str:
    """Identity of a request: 64 hexadecimal digits.

    Args:
        request: The request; its ``draw`` and the paths of its images do not count.
    """
    return sha256(canonical_request(request)).hexdigest()


def canonical_request(request: Request) -> bytes:
    """The canonical JSON that `request_id` hashes, for people who want to check a key by hand."""
    has_image = False
    messages = []
    for message in request.messages:
        parts: list[Any] = []
        for part in message.content:
            if isinstance(part, str):
                parts.append({"text": part})
            else:
                has_image = True
                parts.append(_image(part))
        messages.append({"role": message.role, "content": parts})
    body: dict[str, Any] = {"v": KEY_VERSION, "messages": messages}
    if has_image:
        body["image_encoding"] = IMAGE_ENCODING_VERSION
    if request.continuations:
        body["continuations"] = request.continuations
    else:
        body["decoding"] = _decoding(request.decoding)
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def _image(image: ImageRef) -> dict[str, Any]:
    if not image.alterations:
        return {"image": image.key}
    return {
        "image": image.key,
        "alterations": [
            {
                "operation": step.operation,
                "parameters": {name: _parameter(value) for name, value in step.parameters},
                "seed": step.seed,
            }
            for step in image.alterations
        ],
    }


def _parameter(value: float | int | str) -> float | str:  # noqa: PYI041 - as in `Alteration`
    """Numbers that are equal are written alike: 3, 3.0 and True; 0 and -0.0."""
    return value if isinstance(value, str) else float(value) + 0.0


def _decoding(decoding: Decoding) -> dict[str, Any]:
    body: dict[str, Any] = {"max_tokens": decoding.max_tokens}
    if decoding.stop:
        body["stop"] = decoding.stop
    if decoding.temperature > 0:
        body["temperature"] = float(decoding.temperature)
        if decoding.top_p != 1:
            body["top_p"] = float(decoding.top_p)
        if decoding.seed is not None:
            body["seed"] = decoding.seed
    return body
