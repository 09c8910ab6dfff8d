"""Tiny models of real architectures with random weights, saved as a hub folder looks.

Nothing is downloaded: every model is made from its configuration, every tokenizer is trained on
a few sentences. The answers mean nothing, but they depend on the image, the question and the
turns before, end by themselves now and then, and are the same on every machine.
"""

from __future__ import annotations

import importlib
from pathlib import Path

from parts import torchvision_shim

_BUILDERS = {
    "llava": "llava:llava",
    "llava_next": "llava:llava_next",
    "llava_onevision": "llava:llava_onevision",
    "qwen2_vl": "qwen:qwen2_vl",
    "qwen2_5_vl": "qwen:qwen2_5_vl",
    "qwen3_vl": "qwen:qwen3_vl",
    "internvl": "internvl:internvl",
    "idefics3": "idefics:idefics3",
    "smolvlm": "idefics:smolvlm",
    "paligemma": "gemma:paligemma",
    "gemma3": "gemma:gemma3",
    "blip2": "blip:blip2",
    "instructblip": "blip:instructblip",
    "mllama": "mllama:mllama",
    "llama": "text:llama",
    "gemma3_text": "text:gemma3_text",
    "gpt2": "text:gpt2",
}

ARCHITECTURES: tuple[str, ...] = tuple(_BUILDERS)
TEXT_ARCHITECTURES: tuple[str, ...] = ("llama", "gemma3_text", "gpt2")
IMAGE_ARCHITECTURES: tuple[str, ...] = tuple(
    name for name in ARCHITECTURES if name not in TEXT_ARCHITECTURES
)
# Their processors have a part for videos, and that part needs torchvision: see torchvision_shim.
NEEDS_TORCHVISION: tuple[str, ...] = (
    "llava_onevision", "qwen2_vl", "qwen2_5_vl", "qwen3_vl", "internvl", "smolvlm",
)  # fmt: skip


def runnable() -> tuple[str, ...]:
    """The architectures that this process is for.

    Without torchvision those that do without; with it, the others only, because the first have
    been tested as users without torchvision have them.
    """
    if torchvision_shim.is_active():
        return NEEDS_TORCHVISION
    return tuple(name for name in ARCHITECTURES if name not in NEEDS_TORCHVISION)


def save_random_model(name: str, folder: Path) -> Path:
    """Write weights, processor, chat template and generation settings of one architecture.

    Args:
        name: One of `ARCHITECTURES`.
        folder: Where to write; made if absent.

    Returns:
        The same folder, which `AutoProcessor` (text models: `AutoTokenizer`) and the auto model
        classes load.

    Raises:
        KeyError: If the name is not one of `ARCHITECTURES`.
        ImportError: If it is one of `NEEDS_TORCHVISION` and torchvision cannot be imported.
    """
    from parts.random_models.weights import draw_weights

    module, _, function = _BUILDERS[name].partition(":")
    model, processor = getattr(importlib.import_module(f"{__name__}.{module}"), function)()
    tokenizer = getattr(processor, "tokenizer", processor)
    ends = [tokenizer.eos_token_id]
    marker = next((m for m in ("<|im_end|>", "<end_of_turn>") if m in tokenizer.vocab), None)
    if marker is not None:
        ends.append(tokenizer.convert_tokens_to_ids(marker))
    # what processors add beside their text: marks of images, places and tiles
    unsaid = sorted(set(tokenizer.added_tokens_decoder) - set(ends))
    draw_weights(model, ends=ends, unsaid=unsaid)
    model.generation_config.eos_token_id = ends
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.generation_config.bos_token_id = tokenizer.bos_token_id
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
