from __future__ import annotations

import asyncio
from pathlib import Path

import orjson
import pytest

from medtrust.core.errors import ImageError
from medtrust.core.records import ImageRef, Message
from medtrust.imaging.encode import encode_image
from medtrust.models.openai.body import ImageParts, fields_json, image_part, messages_json


def images(*sizes: int) -> list[ImageRef]:
    return [ImageRef(f"blank:{size}x{size}") for size in sizes]


def test_an_image_part_is_the_json_any_encoder_would_write() -> None:
    part = orjson.loads(image_part(encode_image(ImageRef("blank:3x3"))))
    assert part["type"] == "image_url"
    assert part["image_url"]["url"].startswith("data:image/png;base64,iVBOR")


def test_the_pieces_join_to_json_for_every_kind_of_message() -> None:
    messages = [
        Message("system", ()),
        Message("user", ()),
        Message("user", ("a", "b")),
        Message("user", (ImageRef("blank:2x2"),)),
        Message("assistant", ("a", "b")),
    ]
    parts = ImageParts(max_pixels=100)
    pieces = asyncio.run(messages_json(messages, parts))
    whole = orjson.loads(b"".join([fields_json({"model": "m"}), *pieces, b"}"]))
    contents = [message["content"] for message in whole["messages"]]
    assert contents[:3] == ["", [], [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]]
    assert contents[3][0]["type"] == "image_url"
    assert contents[4] == "ab"


def test_the_cache_keeps_to_its_budget_and_drops_the_oldest() -> None:
    one, two, three = images(10, 11, 12)
    size = len(image_part(encode_image(one)))
    parts = ImageParts(max_pixels=1000, budget_bytes=int(2.5 * size))

    async def use() -> None:
        for image in (one, two, one, three):
            await parts.part(image)

    asyncio.run(use())
    assert set(parts._parts) == {one, three}
    assert parts.held_bytes == sum(map(len, parts._parts.values())) <= 2.5 * size


def test_an_image_larger_than_the_budget_is_still_sent() -> None:
    (large,) = images(50)
    parts = ImageParts(max_pixels=10_000, budget_bytes=1)
    first = asyncio.run(parts.part(large))
    assert asyncio.run(parts.part(large)) is first


def test_a_missing_image_is_looked_for_again(tmp_path: Path) -> None:
    path = tmp_path / "late.png"
    image = ImageRef("set:late.png", path=str(path))
    parts = ImageParts(max_pixels=10_000)
    with pytest.raises(ImageError):
        asyncio.run(parts.part(image))
    path.write_bytes(encode_image(ImageRef("blank:4x4")).data)
    assert b"image/png" in asyncio.run(parts.part(image))
