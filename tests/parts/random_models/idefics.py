"""Idefics3 and SmolVLM: rows and columns of tiles, each announced by its own token."""

from __future__ import annotations

import transformers as hf

from parts.random_models.chat_templates import marked_turns
from parts.random_models.sizes import IMAGE_SIZE, TEXT, TOWER
from parts.random_models.vocabulary import train_tokenizer

IMAGE = "<image>"
TEMPLATE = marked_turns(IMAGE)
SIZES = {
    "size": {"longest_edge": 2 * IMAGE_SIZE},
    "max_image_size": {"longest_edge": IMAGE_SIZE},
    "do_image_splitting": True,
}


def _tokenizer() -> hf.PreTrainedTokenizerFast:
    named = {
        "image_token": IMAGE,
        "fake_image_token": "<fake_token_around_image>",
        "end_of_utterance_token": "<end_of_utterance>",
        "global_image_token": "<global-img>",
    }
    tiles = [f"<row_{row}_col_{column}>" for row in range(1, 5) for column in range(1, 5)]
    special = ["<|im_start|>", "<|im_end|>", *named.values(), *tiles]
    return train_tokenizer(special, template=TEMPLATE, named=named)


def idefics3() -> tuple[hf.PreTrainedModel, hf.ProcessorMixin]:
    """Loads without torchvision."""
    tokenizer = _tokenizer()
    images = hf.Idefics3ImageProcessor(**SIZES)
    processor = hf.Idefics3Processor(images, tokenizer, image_seq_len=4, chat_template=TEMPLATE)
    config = hf.Idefics3Config(
        vision_config=TOWER,
        text_config=hf.LlamaConfig(vocab_size=len(tokenizer), **TEXT),
        image_token_id=tokenizer.convert_tokens_to_ids(IMAGE),
        scale_factor=2,
        pad_token_id=0,
    )
    return hf.Idefics3ForConditionalGeneration(config), processor


def smolvlm() -> tuple[hf.PreTrainedModel, hf.ProcessorMixin]:
    """Needs torchvision, and num2words for sentences about videos."""
    tokenizer = _tokenizer()
    processor = hf.SmolVLMProcessor(
        hf.SmolVLMImageProcessor(**SIZES),
        tokenizer,
        hf.SmolVLMVideoProcessor(),
        image_seq_len=4,
        chat_template=TEMPLATE,
    )
    config = hf.SmolVLMConfig(
        vision_config=TOWER,
        text_config=hf.LlamaConfig(vocab_size=len(tokenizer), **TEXT),
        image_token_id=tokenizer.convert_tokens_to_ids(IMAGE),
        scale_factor=2,
        pad_token_id=0,
    )
    return hf.SmolVLMForConditionalGeneration(config), processor
