"""Qwen2-VL, Qwen2.5-VL and Qwen3-VL: image tokens by size, positions in three dimensions."""

from __future__ import annotations

from typing import Any

import transformers as hf

from parts.random_models.chat_templates import marked_turns
from parts.random_models.sizes import TEXT
from parts.random_models.vocabulary import train_tokenizer

TEMPLATE = marked_turns("<|vision_start|><|image_pad|><|vision_end|>")
ROPE = {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0}
DEPTH = {"depth": 2, "hidden_size": 32, "num_heads": 4, "spatial_merge_size": 2}


def _tokenizer() -> hf.PreTrainedTokenizerFast:
    special = ["<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>"]
    return train_tokenizer([*special, "<|image_pad|>", "<|video_pad|>"], template=TEMPLATE)


def _ids(tokenizer: hf.PreTrainedTokenizerFast) -> dict[str, Any]:
    tokens = {
        "image_token_id": "<|image_pad|>",
        "video_token_id": "<|video_pad|>",
        "vision_start_token_id": "<|vision_start|>",
        "vision_end_token_id": "<|vision_end|>",
    }
    return {name: tokenizer.convert_tokens_to_ids(token) for name, token in tokens.items()}


def _images(patch_size: int) -> hf.Qwen2VLImageProcessor:
    unit = 2 * patch_size  # one token covers 2 x 2 patches
    return hf.Qwen2VLImageProcessor(
        min_pixels=4 * unit**2, max_pixels=16 * unit**2, patch_size=patch_size
    )


def qwen2_vl() -> tuple[hf.PreTrainedModel, hf.ProcessorMixin]:
    """The first of the three; needs torchvision."""
    tokenizer = _tokenizer()
    videos = hf.Qwen2VLVideoProcessor()
    processor = hf.Qwen2VLProcessor(_images(14), tokenizer, videos, chat_template=TEMPLATE)
    config = hf.Qwen2VLConfig(
        text_config={"vocab_size": len(tokenizer), "rope_parameters": ROPE, **TEXT},
        vision_config={
            **DEPTH, "embed_dim": 32, "mlp_ratio": 2, "patch_size": 14, "temporal_patch_size": 2,
        },
        **_ids(tokenizer),
    )  # fmt: skip
    return hf.Qwen2VLForConditionalGeneration(config), processor


def qwen2_5_vl() -> tuple[hf.PreTrainedModel, hf.ProcessorMixin]:
    """Attention of the tower in windows; needs torchvision."""
    tokenizer = _tokenizer()
    videos = hf.Qwen2VLVideoProcessor()
    processor = hf.Qwen2_5_VLProcessor(_images(14), tokenizer, videos, chat_template=TEMPLATE)
    config = hf.Qwen2_5_VLConfig(
        text_config={"vocab_size": len(tokenizer), "rope_parameters": ROPE, **TEXT},
        vision_config={
            **DEPTH, "intermediate_size": 64, "patch_size": 14, "temporal_patch_size": 2,
            "out_hidden_size": 32, "window_size": 56, "fullatt_block_indexes": [1],
            "tokens_per_second": 2,
        },
        **_ids(tokenizer),
    )  # fmt: skip
    return hf.Qwen2_5_VLForConditionalGeneration(config), processor


def qwen3_vl() -> tuple[hf.PreTrainedModel, hf.ProcessorMixin]:
    """Interleaved position sections and features of several depths; needs torchvision."""
    tokenizer = _tokenizer()
    videos = hf.Qwen3VLVideoProcessor()
    processor = hf.Qwen3VLProcessor(_images(16), tokenizer, videos, chat_template=TEMPLATE)
    rope = {**ROPE, "mrope_interleaved": True}
    config = hf.Qwen3VLConfig(
        text_config={
            "vocab_size": len(tokenizer), "head_dim": 8, "rope_parameters": rope, **TEXT,
        },
        vision_config={
            **DEPTH, "intermediate_size": 64, "patch_size": 16, "temporal_patch_size": 2,
            "out_hidden_size": 32, "deepstack_visual_indexes": [0],
            "num_position_embeddings": 64,
        },
        **_ids(tokenizer),
    )  # fmt: skip
    return hf.Qwen3VLForConditionalGeneration(config), processor
