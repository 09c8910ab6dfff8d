"""Models of a folder asked by transformers alone: what our own path is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parts.random_models import TEXT_ARCHITECTURES

Turns = list[dict[str, Any]]


@dataclass(frozen=True)
class Plain:
    """A model with its processor.

    Attributes:
        name: Of the architecture.
        processor: Of images and text; the tokenizer for a text model.
        tokenizer: Of the processor.
        model: In evaluation mode.
        info: What `from_pretrained` says about missing and unexpected weights.
    """

    name: str
    processor: Any
    tokenizer: Any
    model: Any
    info: dict[str, Any]

    def encode(self, conversations: list[Turns]) -> dict[str, Any]:
        """Tensors of a batch, by the chat template where there is one, else of lines."""
        if self.tokenizer.chat_template or getattr(self.processor, "chat_template", None):
            batch: dict[str, Any] = {"padding": True}
            if self.name not in TEXT_ARCHITECTURES:
                batch = {"processor_kwargs": batch}
            encoded = self.processor.apply_chat_template(
                conversations,
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
                **batch,
            )
        else:
            parts = [
                [part for turn in turns for part in turn["content"]] for turns in conversations
            ]
            encoded = self.processor(
                images=[part["image"] for some in parts for part in some if "image" in part],
                text=["\n".join(part["text"] for part in some if "text" in part) for some in parts],
                return_tensors="pt",
                padding=True,
            )
        return {name: value for name, value in encoded.items() if name != "labels"}

    def answer(self, conversations: list[Turns], n_tokens: int = 6) -> tuple[Any, Any]:
        """Greedy token ids and their logits, by plain transformers."""
        inputs = self.encode(conversations)
        import torch

        with torch.inference_mode():
            said = self.model.generate(
                **inputs,
                max_new_tokens=n_tokens,
                do_sample=False,
                return_dict_in_generate=True,
                output_logits=True,
            )
        return said.sequences[:, inputs["input_ids"].shape[1] :], torch.stack(said.logits, 1)


def load_plain(name: str, folder: Path) -> Plain:
    """Load a saved architecture as its documentation says."""
    import transformers as hf

    text_only = name in TEXT_ARCHITECTURES
    processors = hf.AutoTokenizer if text_only else hf.AutoProcessor
    models = hf.AutoModelForCausalLM if text_only else hf.AutoModelForImageTextToText
    processor = processors.from_pretrained(folder)
    model, info = models.from_pretrained(folder, output_loading_info=True)
    return Plain(name, processor, getattr(processor, "tokenizer", processor), model.eval(), info)
