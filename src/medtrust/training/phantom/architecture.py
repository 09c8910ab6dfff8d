"""The model before training, its tokenizer and its processor, all of plain transformers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
    SiglipImageProcessorPil,
    SiglipVisionConfig,
)

from medtrust.training.phantom.recipe import Architecture

PAD: Final = "<pad>"
UNKNOWN: Final = "<unk>"
START: Final = "<s>"
END: Final = "<|end|>"
IMAGE: Final = "<image>"
SYSTEM: Final = "<|system|>"
USER: Final = "<|user|>"
ASSISTANT: Final = "<|assistant|>"
SPECIAL: Final = (PAD, UNKNOWN, START, END, IMAGE, SYSTEM, USER, ASSISTANT)

LONGEST: Final = 2_048
"""Positions of the decoder."""

CHAT_TEMPLATE: Final = (
    "{% for message in messages %}<|{{ message['role'] }}|>"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}<image>{% endif %}"
    "{% endfor %}"
    "{% for part in message['content'] %}{% if part['type'] == 'text' %}{{ part['text'] }}"
    "{% endif %}{% endfor %}{% endif %}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
"""Images of a turn stand before its text, wherever the caller put them."""

_LETTER: Final = r"(?<![A-Za-z])[A-Z](?![A-Za-z])"
"""A single capital letter is a token of its own, whatever stands around it: the "A" of "A. x",
"(A) x" and of the answer is the same token, which is what binds an option to its letter."""


def make_tokenizer(texts: Iterable[str], vocabulary: int) -> Any:
    """A byte-level byte-pair encoding, learned from the training texts, padding on the left."""
    encoding = Tokenizer(models.BPE(unk_token=UNKNOWN))
    encoding.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_LETTER), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    encoding.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    encoding.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=encoding,
        pad_token=PAD,
        unk_token=UNKNOWN,
        bos_token=START,
        eos_token=END,
        extra_special_tokens={"image_token": IMAGE},
        model_max_length=LONGEST,
        padding_side="left",
        chat_template=CHAT_TEMPLATE,
    )


def make_processor(tokenizer: Any, sizes: Architecture) -> Any:
    """Tokenizer and image processor in one, with the chat template."""
    edge = {"height": sizes.image, "width": sizes.image}
    return LlavaProcessor(
        image_processor=SiglipImageProcessorPil(
            size=edge, image_mean=[0.5] * 3, image_std=[0.5] * 3, do_convert_rgb=True
        ),
        tokenizer=tokenizer,
        patch_size=sizes.patch,
        vision_feature_select_strategy="full",
        chat_template=CHAT_TEMPLATE,
        image_token=IMAGE,
        num_additional_image_tokens=0,
    )


def make_model(tokenizer: Any, sizes: Architecture) -> Any:
    """The model with random weights; attention written out, which is faster on one CPU core."""
    vision = SiglipVisionConfig(
        hidden_size=sizes.vision_width,
        intermediate_size=4 * sizes.vision_width,
        num_hidden_layers=sizes.vision_layers,
        num_attention_heads=sizes.vision_heads,
        image_size=sizes.image,
        patch_size=sizes.patch,
        vision_use_head=False,
    )
    text = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=sizes.text_width,
        intermediate_size=sizes.text_inner,
        num_hidden_layers=sizes.text_layers,
        num_attention_heads=sizes.text_heads,
        num_key_value_heads=sizes.text_heads,
        max_position_embeddings=LONGEST,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    config = LlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=tokenizer.convert_tokens_to_ids(IMAGE),
        vision_feature_select_strategy="full",
        vision_feature_layer=-1,
        image_seq_length=sizes.image_tokens,
        tie_word_embeddings=True,
        attn_implementation="eager",
    )
    model = LlavaForConditionalGeneration(config)
    generation = model.generation_config
    generation.eos_token_id = tokenizer.eos_token_id
    generation.pad_token_id = tokenizer.pad_token_id
    generation.bos_token_id = tokenizer.bos_token_id
    return model
