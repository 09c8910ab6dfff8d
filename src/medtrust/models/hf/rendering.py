"""From messages to token ids: chat template, processor, and as little image work as possible.

An image is put through the processor once for a head of text; other questions that begin with the
same head only have their tail tokenized. The cut lies behind a special token, where tokenizers
start anew, and the shortcut is compared with the processor's own result before it is trusted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import torch
from jinja2.exceptions import TemplateError
from PIL import Image

from medtrust.core.errors import ImageError
from medtrust.core.records import Failure, ImageRef, Message
from medtrust.imaging.load import load_image
from medtrust.models.hf.faults import FOREIGN, told
from medtrust.models.hf.jobs import Prompt
from medtrust.models.hf.loading import Loaded
from medtrust.models.hf.memory import NO_MEMORY, ran_out

KEPT_HEADS: Final = 64
TOKENWISE: Final = frozenset({"token_type_ids", "mm_token_type_ids", "cross_attention_mask"})
"""Inputs with one entry a token. New text is of type 0, and sees the images its last token saw."""

MASKS: Final = frozenset({"input_ids", "attention_mask"})
CHECKED_BEFORE_TRUSTED: Final = 2
SHORTEST_CONTROL_TOKEN: Final = 3
"""Shorter special tokens are letters that ordinary text may hold."""


class NotRenderedError(Exception):
    """A request that cannot become tokens; carries its failure."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(reason, message)


@dataclass(slots=True)
class _Head:
    """The beginning of a rendered text with its images, already through the processor."""

    text: str
    prompt: Prompt


class Renderer:
    """Renders messages for one model.

    Args:
        loaded: The model.
    """

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._template = getattr(loaded.processor, "chat_template", None) or getattr(
            loaded.tokenizer, "chat_template", None
        )
        self._heads: OrderedDict[tuple[str, ...], list[_Head]] = OrderedDict()
        self._agreed = 0
        self._shortcut = True
        self._markers = [
            text for text in loaded.tokenizer.all_special_tokens if isinstance(text, str) and text
        ]
        self._control_tokens = _control_tokens(loaded)

    def render(self, messages: Sequence[Message]) -> Prompt:
        """Tokens of a conversation, ready for the answer.

        Raises:
            NotRenderedError: If an image or the conversation cannot be used.
        """
        references = [
            part for message in messages for part in message.content if isinstance(part, ImageRef)
        ]
        if references and not self._loaded.takes_images:
            raise NotRenderedError(
                "images-unsupported", "This is a text model; the question shows an image."
            )
        self._refuse_control_tokens(messages)
        return self._prompt(messages, self._text(messages), references)

    def continuation(self, text: str) -> tuple[int, ...]:
        """Tokens of a text that follows a prompt."""
        ids = self._loaded.tokenizer(text, add_special_tokens=False)["input_ids"]
        return tuple(int(token) for token in ids)

    def _refuse_control_tokens(self, messages: Sequence[Message]) -> None:
        """A typed end of turn or image place would be taken for a real one."""
        for message in messages:
            for part in message.content:
                if isinstance(part, str):
                    typed = next((token for token in self._control_tokens if token in part), None)
                    if typed is not None:
                        raise NotRenderedError(
                            "control-token-in-text",
                            f"The text holds {typed}, which this model takes for a control token.",
                        )

    def _text(self, messages: Sequence[Message]) -> str:
        if self._template is None:
            return _bare_text(messages)
        return str(self._templated(messages, None, tokenize=False))

    def _templated(
        self, messages: Sequence[Message], images: Mapping[int, Any] | None, **how: Any
    ) -> Any:
        prefill = messages[-1].role == "assistant"
        place = -1
        conversation = []
        for message in messages:
            content: list[dict[str, Any]] = []
            for part in message.content:
                if isinstance(part, str):
                    content.append({"type": "text", "text": part})
                    continue
                place += 1
                image = {} if images is None else {"image": images[place]}
                content.append({"type": "image", **image})
            plain = "".join(part for part in message.content if isinstance(part, str))
            conversation.append(
                {"role": message.role, "content": content if self._loaded.takes_images else plain}
            )
        owner = (
            self._loaded.processor
            if getattr(self._loaded.processor, "chat_template", None)
            else self._loaded.tokenizer
        )
        if owner is not self._loaded.processor and self._loaded.takes_images:
            how["chat_template"] = self._template
            owner = self._loaded.processor
        try:
            return owner.apply_chat_template(
                conversation, add_generation_prompt=not prefill, continue_final_message=prefill,
                **how,
            )  # fmt: skip
        except TemplateError as error:
            raise NotRenderedError(
                "template-refused-messages",
                f"The model's chat template stopped ({told(error, _texts(messages))}).",
            ) from error
        except FOREIGN as error:
            # with tokenize=True the processor runs in here, too: its faults are told apart
            if how.get("tokenize"):
                raise
            raise NotRenderedError(
                "template-refused-messages",
                f"The model's chat template stopped ({told(error, _texts(messages))}).",
            ) from error

    def _prompt(
        self, messages: Sequence[Message], text: str, references: Sequence[ImageRef]
    ) -> Prompt:
        if not references:
            # A template writes its own beginning; bare text still needs the tokenizer's.
            ids = self._loaded.tokenizer(text, add_special_tokens=self._adds_special(text))
            return Prompt(tuple(int(token) for token in ids["input_ids"]))
        key = tuple(f"{image.key}{image.alterations!r}" for image in references)
        short = self._from_head(key, text) if self._shortcut else None
        if short is not None and self._agreed >= CHECKED_BEFORE_TRUSTED:
            return short
        whole = self._processed(messages, text, references)
        if short is not None:
            if short.ids == whole.ids and short.root == whole.root:
                self._agreed += 1
            else:
                self._shortcut = False
                self._heads.clear()
        if self._shortcut and short is None:
            self._keep_head(key, text, whole)
        return whole

    def _adds_special(self, text: str) -> bool:
        begins = self._loaded.tokenizer.bos_token
        return not (self._template is not None and begins and text.startswith(begins))

    def _from_head(self, key: tuple[str, ...], text: str) -> Prompt | None:
        for head in self._heads.get(key, ()):
            if text.startswith(head.text):
                self._heads.move_to_end(key)
                tail = self.continuation(text[len(head.text) :])
                return self._longer(head.prompt, (*head.prompt.ids, *tail))
        return None

    def _keep_head(self, key: tuple[str, ...], text: str, whole: Prompt) -> None:
        """Cut behind the earliest special token whose tail alone gives the same tokens."""
        ends = sorted(
            {place + len(marker) for marker in self._markers for place in _places(text, marker)}
        )
        for end in ends:
            tail = self.continuation(text[end:])
            n_head = len(whole.ids) - len(tail)
            if tail and n_head >= whole.n_head and whole.ids[n_head:] == tail:
                head = Prompt(
                    whole.ids[:n_head], whole.images,
                    {name: value[:, :n_head] for name, value in whole.types.items()},
                    whole.root, whole.n_head, whole.n_images,
                )  # fmt: skip
                self._heads.setdefault(key, []).append(_Head(text[:end], head))
                while len(self._heads) > KEPT_HEADS:
                    self._heads.popitem(last=False)
                return

    def _processed(
        self, messages: Sequence[Message], text: str, references: Sequence[ImageRef]
    ) -> Prompt:
        images = dict(enumerate(_picture(reference) for reference in references))
        try:
            if self._template is None:
                given = self._loaded.processor(
                    images=list(images.values()), text=text, return_tensors="pt"
                )
            else:
                given = self._templated(
                    messages, images, tokenize=True, return_dict=True, return_tensors="pt"
                )
            return self._from_tensors(given, len(references))
        except MemoryError as error:
            raise NotRenderedError(NO_MEMORY.reason, NO_MEMORY.message) from error
        except FOREIGN as error:
            if isinstance(error, RuntimeError) and ran_out(error):
                raise NotRenderedError(NO_MEMORY.reason, NO_MEMORY.message) from error
            raise NotRenderedError(
                "processor-refused",
                "The model's processor refuses this question or its image "
                f"({told(error, _texts(messages))}).",
            ) from error

    def _from_tensors(self, given: Mapping[str, Any], n_images: int) -> Prompt:
        ids = tuple(int(token) for token in given["input_ids"][0])
        tensors = {
            name: value
            for name, value in given.items()
            if name in self._loaded.accepts and name not in MASKS and torch.is_tensor(value)
        }
        types = {name: value for name, value in tensors.items() if name in TOKENWISE}
        images = {name: value for name, value in tensors.items() if name not in TOKENWISE}
        return Prompt(ids, images, types, digest(images), self._n_head(ids), n_images)

    def _n_head(self, ids: Sequence[int]) -> int:
        config = self._loaded.model.config
        place = getattr(config, "image_token_id", None)
        if place is None:
            place = getattr(config, "image_token_index", None)
        last = max((index for index, token in enumerate(ids) if token == place), default=None)
        return len(ids) if last is None else last + 1

    @staticmethod
    def _longer(prompt: Prompt, ids: tuple[int, ...]) -> Prompt:
        """The same images with more text behind."""
        types = {name: lengthened(name, value, len(ids)) for name, value in prompt.types.items()}
        return Prompt(ids, prompt.images, types, prompt.root, prompt.n_head, prompt.n_images)


def _control_tokens(loaded: Loaded) -> tuple[str, ...]:
    """Special tokens by their spelling, the places of images among them."""
    added = getattr(loaded.tokenizer, "added_tokens_decoder", {}).values()
    spelled = {str(token) for token in added if getattr(token, "special", False)}
    spelled |= {str(token) for token in loaded.tokenizer.all_special_tokens}
    for name in ("image_token", "boi_token", "start_image_token", "fake_image_token"):
        token = getattr(loaded.processor, name, None)
        if isinstance(token, str):
            spelled.add(token)
    return tuple(sorted(token for token in spelled if len(token) >= SHORTEST_CONTROL_TOKEN))


def _bare_text(messages: Sequence[Message]) -> str:
    """A conversation without a template: a turn a line, but an answer on the line it was given."""
    text = ""
    for place, message in enumerate(messages):
        words = _words(message)
        answered = message.role == "assistant" and place + 1 < len(messages)
        apart = " " if answered and not words[:1].isspace() else "" if answered else "\n"
        text += apart + words if text else words
    return text


def _texts(messages: Sequence[Message]) -> list[str]:
    return [part for message in messages for part in message.content if isinstance(part, str)]


def _words(message: Message) -> str:
    return "\n".join(part for part in message.content if isinstance(part, str))


def digest(tensors: Mapping[str, torch.Tensor]) -> bytes:
    """Content of named tensors in 16 bytes; empty for none."""
    if not tensors:
        return b""
    whole = blake2b(digest_size=16)
    for name in sorted(tensors):
        value = tensors[name].detach().cpu().contiguous()
        whole.update(f"{name}{value.dtype}{tuple(value.shape)}".encode())
        whole.update(value.view(torch.uint8).numpy().tobytes() if value.numel() else b"")
    return whole.digest()


def lengthened(name: str, value: torch.Tensor, length: int) -> torch.Tensor:
    """A tokenwise input, shape (1, tokens, ...), for more tokens of text."""
    more = length - value.shape[1]
    last = value[:, -1:] if name == "cross_attention_mask" else torch.zeros_like(value[:, -1:])
    return torch.cat([value, last.expand(-1, more, *value.shape[2:])], dim=1)


def _picture(reference: ImageRef) -> Image.Image:
    try:
        return Image.fromarray(load_image(reference))
    except ImageError as error:
        raise NotRenderedError(error.reason, str(error)) from error


def _places(text: str, marker: str) -> list[int]:
    places, place = [], text.find(marker)
    while place >= 0:
        places.append(place)
        place = text.find(marker, place + 1)
    return places
