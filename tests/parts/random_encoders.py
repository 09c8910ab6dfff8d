"""Tiny vision encoders of real architectures with random weights, saved as a hub folder looks.

Nothing is downloaded. The vectors mean nothing, but they depend on the image, clearly and the same
on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
import transformers as hf

from parts.random_models.sizes import IMAGE_SIZE, PATCH_SIZE, SQUARE, TOWER, VISION

SEED = 21
GAIN = 1.5
WIDTH = 32
PROJECTED = 24

Made = tuple[hf.PreTrainedModel, hf.ImageProcessingMixin]

_TEXT = {**VISION, "vocab_size": 99, "max_position_embeddings": 16}


def clip() -> Made:
    """Both sides and a projection, as BiomedCLIP-like models come in the format of transformers."""
    config = hf.CLIPConfig(
        text_config=dict(_TEXT), vision_config=dict(TOWER), projection_dim=PROJECTED
    )
    images = hf.CLIPImageProcessor(size={"shortest_edge": IMAGE_SIZE}, crop_size=SQUARE)
    return hf.CLIPModel(config), images


def clip_vision() -> Made:
    """The image side alone, with its projection."""
    config = hf.CLIPVisionConfig(projection_dim=PROJECTED, **TOWER)
    images = hf.CLIPImageProcessor(size={"shortest_edge": IMAGE_SIZE}, crop_size=SQUARE)
    return hf.CLIPVisionModelWithProjection(config), images


def vit_and_bert() -> Made:
    """The layout of BiomedCLIP's two sides: a ViT and a BERT, each with a projection."""
    config = hf.VisionTextDualEncoderConfig.from_vision_text_configs(
        hf.ViTConfig(**TOWER), hf.BertConfig(**_TEXT), projection_dim=PROJECTED
    )
    return hf.VisionTextDualEncoderModel(config), hf.ViTImageProcessor(size=SQUARE)


def siglip() -> Made:
    """Both sides, pooled by attention."""
    config = hf.SiglipConfig(text_config=dict(_TEXT), vision_config=dict(TOWER))
    return hf.SiglipModel(config), hf.SiglipImageProcessor(size=SQUARE)


def dinov2() -> Made:
    """Self-supervised, with register tokens."""
    config = hf.Dinov2WithRegistersConfig(
        num_register_tokens=4, image_size=IMAGE_SIZE, patch_size=PATCH_SIZE, hidden_size=WIDTH,
        num_hidden_layers=2, num_attention_heads=4, mlp_ratio=2,
    )  # fmt: skip
    images = hf.BitImageProcessor(size={"shortest_edge": IMAGE_SIZE}, crop_size=SQUARE)
    return hf.Dinov2WithRegistersModel(config), images


def vit() -> Made:
    """With its pooling head."""
    return hf.ViTModel(hf.ViTConfig(**TOWER)), hf.ViTImageProcessor(size=SQUARE)


def vit_headless() -> Made:
    """Without the pooling head, as DINO's weights are published."""
    model = hf.ViTModel(hf.ViTConfig(**TOWER), add_pooling_layer=False)
    return model, hf.ViTImageProcessor(size=SQUARE)


def vit_classifier() -> Made:
    """With a classifier that an encoder does not need."""
    return hf.ViTForImageClassification(hf.ViTConfig(**TOWER)), hf.ViTImageProcessor(size=SQUARE)


def vit_masking() -> Made:
    """Hides patches at random each time."""
    config = hf.ViTMAEConfig(**TOWER, decoder_hidden_size=16, decoder_num_attention_heads=4)
    return hf.ViTMAEModel(config), hf.ViTImageProcessor(size=SQUARE)


def resnet() -> Made:
    """Convolutional: its pooled output is a picture of one pixel."""
    config = hf.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, WIDTH], depths=[1, 1], layer_type="basic"
    )
    images = hf.ConvNextImageProcessor(size={"shortest_edge": IMAGE_SIZE}, crop_pct=1.0)
    return hf.ResNetModel(config), images


BUILDERS: dict[str, Callable[[], Made]] = {
    builder.__name__: builder
    for builder in (
        clip, clip_vision, vit_and_bert, siglip, dinov2, vit, vit_headless, vit_classifier,
        vit_masking, resnet,
    )
}  # fmt: skip


def save_random_encoder(name: str, folder: Path) -> Path:
    """Write weights and image processor of one encoder.

    Args:
        name: One of `BUILDERS`.
        folder: Where to write; made if absent.

    Returns:
        The same folder.
    """
    model, processor = BUILDERS[name]()
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() >= 2:
                spread = GAIN / max(1, parameter[0].numel()) ** 0.5
                parameter.normal_(0.0, spread, generator=generator)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
