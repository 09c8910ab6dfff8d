"""BLIP-2 and InstructBLIP: no chat template, a query transformer, an OPT text model."""

from __future__ import annotations

from typing import Any

import transformers as hf

from parts.random_models.sizes import SQUARE, TOWER, VISION
from parts.random_models.vocabulary import train_tokenizer

IMAGE = "<image>"
N_QUERIES = 4


def _parts(n_tokens: int) -> dict[str, Any]:
    return {
        "vision_config": TOWER,
        "qformer_config": {
            **VISION, "encoder_hidden_size": 32, "cross_attention_frequency": 1,
            "vocab_size": n_tokens,
        },
        "text_config": {
            "model_type": "opt", "vocab_size": n_tokens, "hidden_size": 32, "ffn_dim": 64,
            "num_hidden_layers": 2, "num_attention_heads": 4, "word_embed_proj_dim": 32,
            "max_position_embeddings": 1024, "pad_token_id": 0, "bos_token_id": 2,
            "eos_token_id": 3,
        },
        "num_query_tokens": N_QUERIES,
    }  # fmt: skip


def blip2() -> tuple[hf.PreTrainedModel, hf.ProcessorMixin]:
    """The queries see the image only."""
    tokenizer = train_tokenizer([IMAGE], template=None)
    images = hf.BlipImageProcessor(size=SQUARE)
    processor = hf.Blip2Processor(images, tokenizer, num_query_tokens=N_QUERIES)
    image_id = tokenizer.convert_tokens_to_ids(IMAGE)
    config = hf.Blip2Config(image_token_index=image_id, **_parts(len(tokenizer)))
    return hf.Blip2ForConditionalGeneration(config), processor


def instructblip() -> tuple[hf.PreTrainedModel, hf.ProcessorMixin]:
    """The queries also read the question: another question is another image encoding."""
    tokenizer = train_tokenizer([IMAGE], template=None)
    # the query transformer counts positions from the first id, so its padding is on the right
    reader = train_tokenizer([IMAGE], template=None, padding_side="right")
    images = hf.BlipImageProcessor(size=SQUARE)
    processor = hf.InstructBlipProcessor(images, tokenizer, reader, num_query_tokens=N_QUERIES)
    image_id = tokenizer.convert_tokens_to_ids(IMAGE)
    config = hf.InstructBlipConfig(image_token_index=image_id, **_parts(len(tokenizer)))
    return hf.InstructBlipForConditionalGeneration(config), processor
