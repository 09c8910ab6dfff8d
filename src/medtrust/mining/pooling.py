"""How the outputs of a vision transformer or convolutional network become one vector.

==============  ===============================================================================
``projection``  the image side of a contrastive model (CLIP, SigLIP ...): what its own similarity
                is computed from
``pooler``      the model's own pooled output: a trained head, or the normalised class token
``class``       the class token of the last layer
``mean``        the mean of the last layer's patch tokens, class and register tokens left out; of
                a convolutional network the mean over places
==============  ===============================================================================

``auto`` takes the first of them that the model has, in this order. Of an image-text model that
answers questions it takes ``mean``, because patch tokens are what its language part reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import torch

KINDS: Final = ("projection", "pooler", "class", "mean")
CHOICES: Final = ("auto", *KINDS)

_CLASS_TOKENS: Final = ("cls_token", "class_embedding", "class_token")
_OTHER_TOKENS: Final = ("distillation_token",)


@dataclass(frozen=True, slots=True)
class Vision:
    """The part of a model that looks at images.

    Attributes:
        model: Gives a projection, if ``contrastive``; else the same as ``tower``.
        tower: Gives hidden states and perhaps a pooled output.
        contrastive: Whether the model was made to compare images with texts.
        answers: Whether it is the tower of a model that answers questions.
        pooler_trained: False where the weights lack the pooling head.
    """

    model: Any
    tower: Any
    contrastive: bool
    answers: bool
    pooler_trained: bool


def pool(vision: Vision, kind: str, inputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Vectors of a batch, shape (n, width).

    Raises:
        LookupError: If the model has no such output.
    """
    if kind == "projection":
        return _flat(_projection(vision, inputs))
    given = vision.tower(**inputs)
    if kind == "pooler":
        pooled = given.get("pooler_output")
        if pooled is None or not vision.pooler_trained:
            raise LookupError("it has no trained pooled output")
        return _flat(pooled)
    hidden = given.get("last_hidden_state")
    if hidden is None:
        raise LookupError("it gives no hidden states")
    if hidden.dim() == 4:
        if kind == "class":
            raise LookupError("a convolutional network has no class token")
        return torch.as_tensor(hidden.mean(dim=(2, 3)))
    if hidden.dim() != 3:
        raise LookupError(f"its hidden states have {hidden.dim()} dimensions")
    leading = leading_tokens(vision.tower)
    if kind == "class":
        if not leading:
            raise LookupError("it has no class token")
        return torch.as_tensor(hidden[:, 0])
    return torch.as_tensor(hidden[:, leading:].mean(dim=1))


def _projection(vision: Vision, inputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
    if not vision.contrastive:
        raise LookupError("it is no contrastive model")
    if hasattr(vision.model, "get_image_features"):
        given = vision.model.get_image_features(**inputs)
        # a tensor before transformers 5, an output object since
        return given if torch.is_tensor(given) else torch.as_tensor(given.pooler_output)
    return torch.as_tensor(vision.model(**inputs).image_embeds)


def leading_tokens(tower: Any) -> int:
    """How many tokens of a tower stand before the patches: class, distillation, registers."""
    names = {name.rpartition(".")[2] for name, _ in tower.named_parameters()}
    count = sum(any(name in names for name in kind) for kind in (_CLASS_TOKENS, _OTHER_TOKENS))
    return count + int(getattr(tower.config, "num_register_tokens", 0) or 0)


def _flat(pooled: torch.Tensor) -> torch.Tensor:
    """A convolutional network's pooled output is still a picture, of one pixel."""
    return pooled.flatten(1)
