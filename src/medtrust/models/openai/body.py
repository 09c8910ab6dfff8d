"""From a request to the bytes of its HTTP body.

An image is read, encoded and turned into JSON once; its part of the body is then kept, up to a
budget of bytes, and pasted into every body that shows it.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

import orjson

from medtrust.core.records import Decoding, ImageRef, Message
from medtrust.imaging.encode import EncodedImage, encode_image, encode_unchanged
from medtrust.models.openai.settings import Settings

CACHE_BYTES: Final = 64 * 2**20


class ImageParts:
    """The JSON of images as content parts, least recently used ones dropped first.

    Args:
        max_pixels: Larger images are refused.
        budget_bytes: How much JSON to keep; the last image is kept whatever its size.
    """

    def __init__(self, *, max_pixels: int, budget_bytes: int = CACHE_BYTES) -> None:
        self._max_pixels = max_pixels
        self._budget_bytes = budget_bytes
        self._held_bytes = 0
        self._parts: OrderedDict[ImageRef, bytes] = OrderedDict()
        self._making: dict[ImageRef, asyncio.Future[EncodedImage]] = {}

    @property
    def held_bytes(self) -> int:
        """Bytes of JSON kept at the moment."""
        return self._held_bytes

    async def part(self, image: ImageRef) -> bytes:
        """One image as a content part.

        Raises:
            ImageError: If the image cannot be read.
        """
        part = self._parts.get(image)
        if part is not None:
            self._parts.move_to_end(image)
            return part
        encoded = encode_unchanged(image, max_pixels=self._max_pixels)
        if encoded is None:
            encoded = await self._made(image)
        return self._keep(image, image_part(encoded))

    async def _made(self, image: ImageRef) -> EncodedImage:
        """Decode and re-encode in a thread, once for everybody who waits for this image."""
        future = self._making.get(image)
        if future is None:
            work = asyncio.to_thread(encode_image, image, max_pixels=self._max_pixels)
            future = self._making[image] = asyncio.ensure_future(work)
            future.add_done_callback(lambda done: self._finished(image, done))
        return await asyncio.shield(future)

    def _finished(self, image: ImageRef, done: asyncio.Future[EncodedImage]) -> None:
        self._making.pop(image, None)
        if not done.cancelled():
            done.exception()  # seen: the ones who wait raise it, and if none is left, nobody cares

    def _keep(self, image: ImageRef, part: bytes) -> bytes:
        if image not in self._parts:
            self._parts[image] = part
            self._held_bytes += len(part)
        while self._held_bytes > self._budget_bytes and len(self._parts) > 1:
            _, dropped = self._parts.popitem(last=False)
            self._held_bytes -= len(dropped)
        return part


def image_part(image: EncodedImage) -> bytes:
    """JSON of an image as a data URL."""
    return b'{"type":"image_url","image_url":{"url":"data:%b;base64,%b"}}' % (
        image.mime.encode(),
        b64encode(image.data),
    )


async def messages_json(messages: Sequence[Message], images: ImageParts) -> list[bytes]:
    """JSON of the messages, in pieces to be joined.

    A message of one text is sent as a string, which every server understands, and so are system
    and assistant messages; others are lists of parts, in the request's order.

    Raises:
        ImageError: If an image cannot be read.
    """
    pieces = [b"["]
    for index, message in enumerate(messages):
        pieces.append(b',{"role":' if index else b'{"role":')
        pieces.append(b'"%b","content":' % message.role.encode())
        texts = [part for part in message.content if isinstance(part, str)]
        joined = len(texts) == 1 or message.role != "user"
        if joined and len(texts) == len(message.content):
            pieces.append(orjson.dumps("".join(texts)))
        else:
            await _add_parts(pieces, message.content, images)
        pieces.append(b"}")
    pieces.append(b"]")
    return pieces


async def _add_parts(
    pieces: list[bytes], content: Sequence[str | ImageRef], images: ImageParts
) -> None:
    before = b"["
    for part in content:
        pieces.append(before)
        if isinstance(part, str):
            pieces += (b'{"type":"text","text":', orjson.dumps(part), b"}")
        else:
            pieces.append(await images.part(part))
        before = b","
    pieces.append(b"[]" if before == b"[" else b"]")


def fields_json(fields: dict[str, Any]) -> bytes:
    """The body's other fields as JSON, open for the messages to follow."""
    return orjson.dumps(fields)[:-1] + b',"messages":'


def decoding_fields(
    settings: Settings, decoding: Decoding, *, max_tokens_field: str, draw: int
) -> dict[str, Any]:
    """Model, extra fields and decoding, without what the user said to drop.

    At temperature 0 neither ``top_p`` nor ``seed`` is sent. The seed of draw d is ``seed + d``.
    """
    fields: dict[str, Any] = {"model": settings.name, **dict(settings.extra)}
    fields[max_tokens_field] = decoding.max_tokens
    if settings.reasoning_effort:
        fields["reasoning_effort"] = settings.reasoning_effort
    fields["temperature"] = decoding.temperature
    if decoding.temperature > 0:
        if decoding.top_p != 1:
            fields["top_p"] = decoding.top_p
        if decoding.seed is not None:
            fields["seed"] = decoding.seed + draw
    if decoding.stop:
        fields["stop"] = list(decoding.stop)
    for name in settings.drop:
        fields.pop(name, None)
    return fields
