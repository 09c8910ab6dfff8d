"""LLaVA, LLaVA-NeXT and LLaVA-OneVision."""

from __future__ import annotations

import transformers as hf

from parts.random_models.chat_templates import marked_turns, plain_turns
from parts.random_models.sizes import IMAGE_SIZE, PATCH_SIZE, SQUARE, TEXT, TOWER
from parts.random_models.vocabulary import train_tokenizer

PINPOINTS = [[56, 112], [112, 56], [112, 112]]
IMAGE = "<image>"


def llava() -> tuple[hf.PreTrainedModel, hf.ProcessorMixin]:
    """A CLIP tower, a projector, a Llama text model: one square view of the image."""
    template = plain_turns(f"{IMAGE}\n")
    tokenizer = train_tokenizer([IMAGE], template=template, named={"image_token": IMAGE})
    processor = hf.LlavaProcessor(
        hf.CLIPImageProcessor(size={"shortest_edge": IMAGE_SIZE}, crop_size=SQUARE),
        tokenizer,
        patch_size=PATCH_SIZE,
        vision_feature_select_strategy="default",
        image_token=IMAGE,
        num_additional_image_tokens=1,
        chat_template=template,
    )
    config = hf.LlavaConfig(
        vision_config=hf.CLIPVisionConfig(projection_dim=32, **TOWER),
        text_config=hf.LlamaConfig(vocab_size=len(tokenizer), **TEXT),
        image_token_id=tokenizer.convert_tokens_to_ids(IMAGE),
    )
    return hf.LlavaForConditionalGeneration(config), processor


def llava_next() -> tuple[hf.PreTrainedModel, hf.ProcessorMixin]:
    """A Mistral text model; the image is cut into a grid, so its tokens depend on its shape."""
    template = plain_turns(f"{IMAGE}\n")
    tokenizer = train_tokenizer([IMAGE], template=template, named={"image_token": IMAGE})
    processor = hf.LlavaNextProcessor(
        hf.LlavaNextImageProcessor(
            size={"shortest_edge": IMAGE_SIZE}, crop_size=SQUARE, image_grid_pinpoints=PINPOINTS
        ),
        tokenizer,
        patch_size=PATCH_SIZE,
        vision_feature_select_strategy="default",
        image_token=IMAGE,
        num_additional_image_tokens=1,
        chat_template=template,
    )
    config = hf.LlavaNextConfig(
        vision_config=hf.CLIPVisionConfig(projection_dim=32, **TOWER),
        text_config=hf.MistralConfig(vocab_size=len(tokenizer), **TEXT),
        image_token_id=tokenizer.convert_tokens_to_ids(IMAGE),
        image_grid_pinpoints=PINPOINTS,
    )
    return hf.LlavaNextForConditionalGeneration(config), processor


def llava_onevision() -> tuple[hf.PreTrainedModel, hf.ProcessorMixin]:
    """A SigLIP tower and a Qwen2 text model; needs torchvision."""
    video = "<video>"
    template = marked_turns(f"{IMAGE}\n")
    tokenizer = train_tokenizer(
        [IMAGE, video, "<|im_start|>", "<|im_end|>"],
        template=template,
        named={"image_token": IMAGE, "video_token": video},
    )
    processor = hf.LlavaOnevisionProcessor(
        hf.LlavaOnevisionImageProcessor(size=SQUARE, image_grid_pinpoints=PINPOINTS),
        tokenizer,
        video_processor=hf.LlavaOnevisionVideoProcessor(),
        num_image_tokens=(IMAGE_SIZE // PATCH_SIZE) ** 2,
        vision_feature_select_strategy="full",
        chat_template=template,
        image_token=IMAGE,
        video_token=video,
        vision_aspect_ratio="anyres_max_9",
    )
    config = hf.LlavaOnevisionConfig(
        vision_config=hf.SiglipVisionConfig(vision_use_head=False, **TOWER),
        text_config=hf.Qwen2Config(vocab_size=len(tokenizer), **TEXT),
        image_token_id=tokenizer.convert_tokens_to_ids(IMAGE),
        video_token_id=tokenizer.convert_tokens_to_ids(video),
        image_grid_pinpoints=PINPOINTS,
        vision_feature_select_strategy="full",
        vision_feature_layer=-1,
    )
    return hf.LlavaOnevisionForConditionalGeneration(config), processor
