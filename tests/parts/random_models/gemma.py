"""PaliGemma and Gemma 3 (MedGemma): some tokens of the prompt see what comes after them."""

from __future__ import annotations

import transformers as hf

from parts.random_models.chat_templates import marked_turns
from parts.random_models.sizes import SQUARE, TEXT, TOWER
from parts.random_models.vocabulary import BEGIN, train_tokenizer

TURNS = ("<start_of_turn>", "<end_of_turn>")
# Window smaller than a prompt with an image: the first layer forgets, the second does not.
GEMMA3 = {
    **TEXT,
    "head_dim": 8,
    "sliding_window": 24,
    "layer_types": ["sliding_attention", "full_attention"],
}


def gemma_turns(image: str = "", *, begin: str = BEGIN) -> str:
    """Gemma's chat template: the assistant is called model."""
    return marked_turns(image, opening=TURNS[0], closing=TURNS[1], assistant="model", begin=begin)


def paligemma() -> tuple[hf.PreTrainedModel, hf.ProcessorMixin]:
    """The whole prompt sees the whole prompt, so a shared stem is no shared cache."""
    image = "<image>"
    # its processor writes the begin token itself, behind the image
    template = gemma_turns(image, begin="")
    tokenizer = train_tokenizer([image, *TURNS], template=template, named={"image_token": image})
    images = hf.SiglipImageProcessor(size=SQUARE)
    images.image_seq_length = 16
    processor = hf.PaliGemmaProcessor(images, tokenizer, chat_template=template)
    config = hf.PaliGemmaConfig(
        vision_config={
            "model_type": "siglip_vision_model", "vision_use_head": False,
            "projection_dim": 32, **TOWER,
        },
        # the processor has added its tokens for places and shapes
        text_config=hf.GemmaConfig(vocab_size=len(tokenizer), head_dim=8, **TEXT),
        image_token_id=tokenizer.convert_tokens_to_ids(image),
        projection_dim=32,
        hidden_size=32,
        pad_token_id=0,
    )  # fmt: skip
    return hf.PaliGemmaForConditionalGeneration(config), processor


def gemma3() -> tuple[hf.PreTrainedModel, hf.ProcessorMixin]:
    """The tokens of an image see each other; a layer with a sliding window, one without."""
    soft, start, end = "<image_soft_token>", "<start_of_image>", "<end_of_image>"
    template = gemma_turns(start)
    tokenizer = train_tokenizer(
        [soft, start, end, *TURNS],
        template=template,
        named={"image_token": soft, "boi_token": start, "eoi_token": end},
        begins=True,
    )
    processor = hf.Gemma3Processor(
        hf.Gemma3ImageProcessor(size=SQUARE),
        tokenizer,
        chat_template=template,
        image_seq_length=4,
    )
    config = hf.Gemma3Config(
        vision_config={"model_type": "siglip_vision_model", "vision_use_head": False, **TOWER},
        text_config={"vocab_size": len(tokenizer), **GEMMA3},
        mm_tokens_per_image=4,
        image_token_id=tokenizer.convert_tokens_to_ids(soft),
        boi_token_index=tokenizer.convert_tokens_to_ids(start),
        eoi_token_index=tokenizer.convert_tokens_to_ids(end),
    )
    return hf.Gemma3ForConditionalGeneration(config), processor
