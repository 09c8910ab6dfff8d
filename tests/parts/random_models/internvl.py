"""InternVL: the image is cut into square tiles and a thumbnail."""

from __future__ import annotations

import transformers as hf

from parts.random_models.chat_templates import marked_turns
from parts.random_models.sizes import IMAGE_SIZE, PATCH_SIZE, SQUARE, TEXT, VISION
from parts.random_models.vocabulary import train_tokenizer


def internvl() -> tuple[hf.PreTrainedModel, hf.ProcessorMixin]:
    """An InternViT tower and a Qwen2 text model; needs torchvision."""
    context = "<IMG_CONTEXT>"
    template = marked_turns(f"{context}\n")
    tokenizer = train_tokenizer(
        ["<|im_start|>", "<|im_end|>", context, "<img>", "</img>", "<video>"],
        template=template,
        named={
            "start_image_token": "<img>",
            "end_image_token": "</img>",
            "context_image_token": context,
            "video_token": "<video>",
        },
    )
    n_tokens_of_a_tile = (IMAGE_SIZE // PATCH_SIZE // 2) ** 2
    processor = hf.InternVLProcessor(
        hf.GotOcr2ImageProcessor(size=SQUARE, max_patches=4),
        tokenizer,
        hf.InternVLVideoProcessor(),
        image_seq_length=n_tokens_of_a_tile,
        chat_template=template,
    )
    config = hf.InternVLConfig(
        vision_config=hf.InternVLVisionConfig(
            image_size=[IMAGE_SIZE, IMAGE_SIZE], patch_size=[PATCH_SIZE, PATCH_SIZE], **VISION
        ),
        text_config=hf.Qwen2Config(vocab_size=len(tokenizer), **TEXT),
        image_token_id=tokenizer.convert_tokens_to_ids(context),
        image_seq_length=n_tokens_of_a_tile,
    )
    return hf.InternVLForConditionalGeneration(config), processor
