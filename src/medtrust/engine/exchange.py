"""Plan out, replay in: requests as files that any other stack can answer.

``requests.jsonl`` starts with a header line; each further line is one request with everything a
foreign program needs. What comes back is read by ``replay/``. The format is written down in
``docs/replay.md``.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import orjson

from medtrust.core.model import Call
from medtrust.core.records import ImageRef
from medtrust.core.task import Ask
from medtrust.engine.dialogue import Dialogue
from medtrust.imaging.made import is_made

FORMAT: Final = "medtrust-requests"
FORMAT_VERSION: Final = 1


class RequestWriter:
    """Writes ``requests.jsonl`` and, for made or altered images, ``images/``.

    Args:
        folder: Made if need be; an old ``requests.jsonl`` in it is replaced when writing ends.
        signals: Signals the model should return, by respondent.
    """

    def __init__(self, folder: Path, signals: dict[str, frozenset[str]]) -> None:
        self.path = folder / "requests.jsonl"
        self.count = 0
        self.missing_images: set[str] = set()
        self._folder = folder
        self._signals = signals
        folder.mkdir(parents=True, exist_ok=True)
        self._unfinished = self.path.with_suffix(".jsonl.part")
        self._file = self._unfinished.open("wb")
        self._line({"format": FORMAT, "version": FORMAT_VERSION})

    def __enter__(self) -> Self:
        """Start writing."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Put the finished file in place; after an error the old one stays."""
        self._file.close()
        if kind is None:
            self._unfinished.replace(self.path)

    def add(self, dialogue: Dialogue, ask: Ask, call: Call) -> None:
        """Write one request."""
        request = call.request
        row: dict[str, Any] = {
            "request_id": call.request_id,
            "task": dialogue.task.name,
            "sample": dialogue.sample.id,
            "condition": dialogue.setting.condition,
            "role": ask.role,
            "draw": request.draw,
            "respondent": ask.respondent,
            "messages": [
                {"role": message.role, "content": [self._part(part) for part in message.content]}
                for message in request.messages
            ],
            "signals": sorted(self._signals.get(ask.respondent, ())),
        }
        if request.continuations:
            row["continuations"] = request.continuations
        else:
            row["decoding"] = {
                "max_tokens": request.decoding.max_tokens,
                "temperature": request.decoding.temperature,
                "top_p": request.decoding.top_p,
                "seed": request.decoding.seed,
                "stop": request.decoding.stop,
            }
        self._line(row)
        self.count += 1

    def _line(self, row: dict[str, Any]) -> None:
        self._file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))

    def _part(self, part: str | ImageRef) -> dict[str, Any]:
        if isinstance(part, str):
            return {"type": "text", "text": part}
        return {"type": "image", "image": self._image_path(part), "key": part.key}

    def _image_path(self, image: ImageRef) -> str | None:
        if image.path is not None and not image.alterations:
            return image.path
        if image.path is None and not is_made(image.key):
            self.missing_images.add(image.key)
            return None
        return self._made_image(image)

    def _made_image(self, image: ImageRef) -> str:
        from medtrust.imaging.encode import encode_image

        encoded = encode_image(image)
        name = f"images/{sha256(encoded.data).hexdigest()[:32]}.png"
        path = self._folder / name
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(encoded.data)
        return name
