"""Asks a saved model through plain transformers, the way anyone would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Chat = list[tuple[str, str]]
"""Roles and texts in order; the image belongs to the first user turn."""

_BATCH = 64
_NEW_TOKENS = 16


@dataclass(frozen=True, slots=True)
class Said:
    """A greedy answer.

    Attributes:
        text: The answer.
        confidence: Probability of its first token.
    """

    text: str
    confidence: float


class SavedModel:
    """A folder of weights, loaded with the two Auto classes."""

    def __init__(self, folder: Path) -> None:
        from transformers import AutoModelForImageTextToText, AutoProcessor

        self._processor = AutoProcessor.from_pretrained(folder)
        model, self.loading = AutoModelForImageTextToText.from_pretrained(
            folder, dtype=torch.float32, output_loading_info=True
        )
        self._model = model.eval()

    def ask(self, images: Sequence[Pixels], chats: Sequence[Chat | str]) -> list[Said]:
        """Greedy answers, in the order asked.

        Args:
            images: One for each conversation.
            chats: A conversation that ends with the user's turn, or just a prompt.
        """
        said: list[Said | None] = [None] * len(chats)
        lengths = [len(chat) if isinstance(chat, str) else 10_000 for chat in chats]
        ordered = sorted(range(len(chats)), key=lengths.__getitem__)
        for start in range(0, len(ordered), _BATCH):
            places = ordered[start : start + _BATCH]
            found = self._batch([images[k] for k in places], [chats[k] for k in places])
            for place, one in zip(places, found, strict=True):
                said[place] = one
        return [one for one in said if one is not None]

    def _batch(self, images: list[Pixels], chats: list[Chat | str]) -> list[Said]:
        inputs = self._processor.apply_chat_template(
            [_messages(image, chat) for image, chat in zip(images, chats, strict=True)],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            processor_kwargs={"padding": True},
        )
        with torch.no_grad():
            out: Any = self._model.generate(
                **inputs,
                max_new_tokens=_NEW_TOKENS,
                do_sample=False,
                return_dict_in_generate=True,
                output_scores=True,
            )
        tokens = out.sequences[:, inputs["input_ids"].shape[1] :]
        texts = self._processor.batch_decode(tokens, skip_special_tokens=True)
        confidence = out.scores[0].softmax(-1).max(-1).values.tolist()
        return [Said(text, p) for text, p in zip(texts, confidence, strict=True)]


def _messages(image: Pixels, chat: Chat | str) -> list[dict[str, Any]]:
    turns = [("user", chat)] if isinstance(chat, str) else chat
    messages: list[dict[str, Any]] = []
    waiting = True
    for role, text in turns:
        content: list[dict[str, Any]] = [{"type": "text", "text": text}]
        if waiting and role == "user":
            content.insert(0, {"type": "image", "image": Image.fromarray(image)})
            waiting = False
        messages.append({"role": role, "content": content})
    return messages
