"""Every number that decides what the training gives."""

from __future__ import annotations

from dataclasses import dataclass, field

from medtrust.data.phantom.settings import HELD_OUT

FIRST_SEED = 10_000
"""Training images have the seeds from here on, and stay below the held-out ones."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """Sizes of the model.

    Attributes:
        image: Edge of the square input in pixels.
        patch: Edge of a patch in pixels; (image / patch)**2 tokens an image.
        vision_width: Width of the vision tower.
        vision_layers: Its depth.
        vision_heads: Its attention heads.
        text_width: Width of the decoder.
        text_layers: Its depth.
        text_heads: Its attention heads.
        text_inner: Width inside its feed-forward layers.
        vocabulary: Tokens of the byte-pair encoding.
    """

    image: int = 112
    patch: int = 16
    vision_width: int = 128
    vision_layers: int = 5
    vision_heads: int = 4
    text_width: int = 128
    text_layers: int = 4
    text_heads: int = 4
    text_inner: int = 320
    vocabulary: int = 768

    @property
    def image_tokens(self) -> int:
        """Tokens of one image."""
        return (self.image // self.patch) ** 2


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is trained, on what, for how long.

    Attributes:
        seed: Of weights, batches and wordings.
        images: Training images, with the seeds from `FIRST_SEED` on.
        architecture: Sizes of the model.
        vision_steps: Steps of the first stage.
        vision_batch: Images of such a step.
        vision_rate: Its highest learning rate.
        language_steps: Steps of the second stage.
        language_batch: Images of such a step.
        last_steps: Steps of the last stage, of as many images.
        questions: Questions about each of them.
        plain_share: Share of these steps, at the beginning, with plain questions only.
        language_rate: Highest learning rate of embeddings, norms and projector.
        matrix_rate: Highest learning rate of the matrices inside the decoder.
        tower_share: Learning rate of the tower in the second stage, as a share of
            `language_rate`.
        label_weight: Weight of the first stage's loss in the second.
        truth_weight: Weight of the loss of truths inside the prompts.
        held_out_images: Images the result is measured on.
    """

    seed: int = 0
    images: int = 16_000
    architecture: Architecture = field(default_factory=Architecture)
    vision_steps: int = 500
    vision_batch: int = 64
    vision_rate: float = 1e-3
    language_steps: int = 2_000
    language_batch: int = 8
    last_steps: int = 350
    questions: int = 8
    plain_share: float = 0.4
    language_rate: float = 2e-3
    matrix_rate: float = 1e-2
    tower_share: float = 0.3
    label_weight: float = 0.2
    truth_weight: float = 0.5
    held_out_images: int = 200

    def __post_init__(self) -> None:
        if FIRST_SEED + self.images > HELD_OUT:
            raise ValueError("The training images reach into the held-out ones.")


SMOKE = Recipe(
    images=2_000, vision_steps=120, language_steps=150, last_steps=50, held_out_images=40
)
"""A few minutes: shows that everything works, not that anything is learned."""
