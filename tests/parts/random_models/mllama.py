"""Mllama (Llama 3.2 Vision): the text looks at the image through cross-attention layers."""

from __future__ import annotations

import transformers as hf

from parts.random_models.chat_templates import plain_turns
from parts.random_models.sizes import IMAGE_SIZE, PATCH_SIZE, SQUARE, TEXT
from parts.random_models.vocabulary import BEGIN, train_tokenizer


def mllama() -> tuple[hf.PreTrainedModel, hf.ProcessorMixin]:
    """One self-attention layer, one cross-attention layer; one image is up to two tiles."""
    image = "<|image|>"
    template = plain_turns(image, begin=BEGIN)
    # the image token is the one id that the output layer does not have
    tokenizer = train_tokenizer(
        template=template, named={"image_token": image}, last=image, begins=True
    )
    images = hf.MllamaImageProcessor(size=SQUARE, max_image_tiles=2)
    processor = hf.MllamaProcessor(images, tokenizer, chat_template=template)
    config = hf.MllamaConfig(
        vision_config={
            "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
            "num_global_layers": 1, "attention_heads": 4, "image_size": IMAGE_SIZE,
            "patch_size": PATCH_SIZE, "max_num_tiles": 2, "vision_output_dim": 64,
            "intermediate_layers_indices": [0],
            "supported_aspect_ratios": [[1, 1], [1, 2], [2, 1]],
        },
        text_config={
            "vocab_size": len(tokenizer) - 1, "cross_attention_layers": [1],
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}, **TEXT,
        },
        image_token_index=tokenizer.convert_tokens_to_ids(image),
    )  # fmt: skip
    return hf.MllamaForConditionalGeneration(config), processor
