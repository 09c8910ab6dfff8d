"""The common measures of the tiny models."""

from __future__ import annotations

from typing import Any

TEXT: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
    "pad_token_id": 0,
    "bos_token_id": 2,
    "eos_token_id": 3,
}
VISION: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}
IMAGE_SIZE = 56
PATCH_SIZE = 14
SQUARE: dict[str, int] = {"height": IMAGE_SIZE, "width": IMAGE_SIZE}
TOWER: dict[str, Any] = {"image_size": IMAGE_SIZE, "patch_size": PATCH_SIZE, **VISION}
