"""Loading the part of a transformers model that looks at images, and refusing what is not whole.

Weights are safetensors, code that comes with a model is never run, and a model with weights
missing is refused: its vectors would be random. Heads that the encoder does not need may be left
over (a classifier of a ViT, the text side of a lone vision model), and a note says so.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from medtrust.core.errors import ModelError
from medtrust.core.model_folder import check_files, config_of, first_line
from medtrust.mining.pooling import Vision
from medtrust.mining.vision_options import VisionOptions

TOWERS: Final = ("vision_tower", "vision_model", "visual", "vision_encoder")
"""What transformers calls the part of an image-text model that looks at images."""

SHOWN_KEYS: Final = 3

_DEVICE: Final = re.compile(r"cpu|cuda(:\d{1,3})?|mps")
_POOLING_HEAD: Final = re.compile(r"(^|\.)pooler\.")
_NO_MEMORY: Final = ("can't allocate memory", "not enough memory", "out of memory")

WAY_OUT: Final = "compute its embeddings elsewhere and give them as a matrix (docs/mining.md)"


@dataclass(frozen=True, slots=True)
class LoadedVision:
    """An encoder ready to look.

    Attributes:
        vision: What to pool from.
        processor: Turns an image into tensors.
        device: Where inputs go.
        accepts: Names of the tensors that the vision part takes.
        notes: What was left over, one sentence each.
    """

    vision: Vision
    processor: Any
    device: torch.device
    accepts: frozenset[str]
    notes: tuple[str, ...]


def ran_out(error: BaseException) -> bool:
    """Whether an error means that memory ran out; CPU and Apple devices have no type for it."""
    said = str(error).lower()
    known = isinstance(error, MemoryError | torch.OutOfMemoryError)
    return known or (isinstance(error, RuntimeError) and any(text in said for text in _NO_MEMORY))


def choose_device(named: str) -> str:
    """The device that ``auto`` stands for here.

    Raises:
        ModelError: If the named device is not there.
    """
    if named == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    if not _DEVICE.fullmatch(named):
        raise ModelError(f"-M device={named} is none of auto, cpu, cuda, cuda:N and mps.")
    try:
        torch.empty(0, device=named)
    except (RuntimeError, AssertionError, ValueError) as error:
        raise ModelError(f"-M device={named} is not usable here ({first_line(error)}).") from error
    return named


def load_vision(folder: Path, options: VisionOptions) -> LoadedVision:
    """Load the vision part of a model and its image processor.

    Raises:
        ModelError: One sentence: an unknown architecture, weights missing or of another shape, no
            image processor, no room.
    """
    check_files(folder)
    config = config_of(folder, way_out=WAY_OUT)
    processor = _processor(folder)
    device = choose_device(options.device)
    model, info = _model(folder, config, device, options.dtype)
    headless = _require_whole(folder, model, info)
    vision = _vision(folder, model, pooler_trained=not headless)
    return LoadedVision(
        vision=vision,
        processor=processor,
        device=torch.device(device),
        accepts=frozenset(inspect.signature(vision.tower.forward).parameters) - {"kwargs"},
        notes=_notes(model, info, headless=headless),
    )


def _processor(folder: Path) -> Any:
    from transformers import AutoImageProcessor

    try:
        # the other backend, torchvision, rounds a resized image otherwise
        return AutoImageProcessor.from_pretrained(folder, trust_remote_code=False, backend="pil")
    except Exception as error:
        raise ModelError(
            f"The image processor of {folder} cannot be loaded ({first_line(error)}): is "
            "preprocessor_config.json there?"
        ) from error


def _model(folder: Path, config: Any, device: str, dtype: str) -> tuple[Any, dict[str, Any]]:
    try:
        model, info = _class_of(config).from_pretrained(
            folder, dtype=getattr(torch, dtype), use_safetensors=True, trust_remote_code=False,
            output_loading_info=True,
        )  # fmt: skip
        return model.to(device).eval(), info
    except Exception as error:
        if ran_out(error):
            raise ModelError(
                f"The encoder in {folder} does not fit into the memory of {device}."
            ) from error
        # safetensors raises a bare Exception subclass of its own for damaged files
        damaged = "are damaged" if type(error).__name__ == "SafetensorError" else "cannot be loaded"
        raise ModelError(
            f"The weights in {folder} {damaged} ({first_line(error)}): copy them again, or mend "
            "config.json."
        ) from error


def _class_of(config: Any) -> Any:
    """The class that has all a vector may be made of."""
    import transformers

    for name in config.architectures or ():
        # AutoModel would drop the projection of a lone image side
        if name.endswith("VisionModelWithProjection") and hasattr(transformers, name):
            return getattr(transformers, name)
    contrastive = transformers.MODEL_FOR_ZERO_SHOT_IMAGE_CLASSIFICATION_MAPPING
    answering = transformers.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING
    if type(config) in answering and type(config) not in contrastive:
        return transformers.AutoModelForImageTextToText
    return transformers.AutoModel


def _require_whole(folder: Path, model: Any, info: dict[str, Any]) -> bool:
    """Refuse weights that do not fit; whether only the pooling head is missing."""
    missing = sorted(map(str, info.get("missing_keys", ())))
    # a head that was never trained with the model, as in DINO's weights: do without it
    headless = bool(missing) and all(_POOLING_HEAD.search(key) for key in missing)
    if missing and not headless:
        raise _unfit(folder, "missing", missing)
    mismatched = sorted(map(str, info.get("mismatched_keys", ())))
    if mismatched:
        raise _unfit(folder, "mismatched", mismatched)
    inside = [key for key in _left_over(info) if _belongs_inside(model, key)]
    if inside:
        raise _unfit(folder, "unexpected", inside)
    return headless


def _left_over(info: dict[str, Any]) -> list[str]:
    return sorted(map(str, info.get("unexpected_keys", ())))


def _belongs_inside(model: Any, key: str) -> bool:
    """Whether left-over weights are of a part that the model has, as of one layer too many."""
    inner = key.removeprefix(f"{model.base_model_prefix}.")
    return hasattr(model, inner.partition(".")[0])


def _unfit(folder: Path, what: str, keys: Iterable[str]) -> ModelError:
    names = list(keys)
    shown = ", ".join(names[:SHOWN_KEYS]) + (" ..." if len(names) > SHOWN_KEYS else "")
    return ModelError(
        f"The weights in {folder} do not fit the encoder: {len(names)} {what} ({shown}). Its "
        "vectors would be random; convert or copy it again."
    )


def _vision(folder: Path, model: Any, *, pooler_trained: bool) -> Vision:
    from transformers import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING

    # every model that compares images with texts has a temperature to do so
    compares = hasattr(model, "get_image_features") and (
        hasattr(model, "logit_scale") or hasattr(model, "temperature")
    )
    lone = type(model).__name__.endswith("VisionModelWithProjection")
    answers = not compares and type(model.config) in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING
    tower = model
    if compares or lone or answers:
        tower = _tower(model)
        if tower is None:
            raise ModelError(
                f"{folder} holds a {model.config.model_type} model whose vision part has none of "
                f"the names {', '.join(TOWERS)}; compute its embeddings elsewhere (docs/mining.md)."
            )
    return Vision(
        model, tower, contrastive=compares or lone, answers=answers, pooler_trained=pooler_trained
    )


def _tower(model: Any) -> Any:
    for part in (model, getattr(model, "model", None)):
        for name in TOWERS:
            tower = getattr(part, name, None)
            if tower is not None:
                return tower
    return None


def _notes(model: Any, info: dict[str, Any], *, headless: bool) -> tuple[str, ...]:
    notes = []
    left = _left_over(info)
    if left:
        parts = sorted({key.partition(".")[0] for key in left})
        notes.append(
            f"Of the weights, {len(left)} belong to parts that an encoder does not need "
            f"({', '.join(parts[:SHOWN_KEYS])})."
        )
    if headless:
        notes.append(
            f"The weights hold no pooling head for {type(model).__name__}: its pooled output is "
            "not used."
        )
    return tuple(notes)
