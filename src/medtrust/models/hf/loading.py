"""Loading weights and processor, and refusing what is not whole."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from medtrust.core.errors import ModelError
from medtrust.core.model_folder import check_files, config_of, first_line
from medtrust.models.hf.memory import ran_out
from medtrust.models.hf.options import LocalOptions

SHOWN_KEYS: Final = 3

_DEVICE: Final = re.compile(r"cpu|cuda(:\d{1,3})?|mps")

WAY_OUT: Final = "serve it with its own stack, or answer through plan and replay (docs/models.md)"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model ready to answer.

    Attributes:
        model: In evaluation mode, on its device.
        processor: What turns images and text into tensors; the tokenizer for a text model.
        tokenizer: Of the processor.
        takes_images: Whether it is an image-text model.
        device: Where inputs go.
        ends: Token ids that end an answer.
        context: Most tokens of prompt and answer, or None when the configuration does not say.
        accepts: Names of the tensors its forward call takes.
    """

    model: Any
    processor: Any
    tokenizer: Any
    takes_images: bool
    device: torch.device
    ends: frozenset[int]
    context: int | None
    accepts: frozenset[str]


def choose_device(options: LocalOptions) -> str:
    """The device that ``auto`` stands for here.

    Raises:
        ModelError: If the named device is not there.
    """
    if options.device not in {"auto", "split"}:
        if not _DEVICE.fullmatch(options.device):
            raise ModelError(
                f"-M device={options.device} is none of auto, cpu, cuda, cuda:N, mps and split."
            )
        try:
            torch.empty(0, device=options.device)
        except (RuntimeError, AssertionError, ValueError) as error:
            raise ModelError(
                f"-M device={options.device} is not usable here ({first_line(error)})."
            ) from error
        return options.device
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def choose_dtype(folder: Path, options: LocalOptions, device: str) -> str:
    """The number type that ``auto`` stands for: the weights' own on a GPU, float32 on a CPU."""
    if options.dtype != "auto":
        return options.dtype
    if device == "cpu":
        return "float32"
    declared = config_of(folder, way_out=WAY_OUT).dtype
    return str(declared).removeprefix("torch.") if declared is not None else "float32"


def load(folder: Path, options: LocalOptions, device: str, dtype: str) -> Loaded:
    """Load a model and its processor.

    Raises:
        ModelError: One sentence: missing or unexpected weights, unknown architecture, a processor
            that needs a package, no room.
    """
    check_files(folder)
    config = config_of(folder, way_out=WAY_OUT)
    takes_images = _takes_images(config, folder)
    processor = _processor(folder, takes_images=takes_images)
    tokenizer = getattr(processor, "tokenizer", processor)
    tokenizer.padding_side = "left"
    if config.is_encoder_decoder:
        raise ModelError(
            f"{folder} holds an encoder-decoder model, whose answers do not continue the prompt: "
            "serve it, or answer through plan and replay (docs/models.md)."
        )
    model = _weights(folder, options, device, dtype, takes_images=takes_images)
    ends = _ends(model, tokenizer)
    _forget_habits(model)
    declared = getattr(config.get_text_config(), "max_position_embeddings", None)
    if declared is not None and not (isinstance(declared, int) and declared > 0):
        raise ModelError(
            f"{folder} declares a context of {declared!r} tokens in config.json: copy it again."
        )
    context = options.context or declared
    return Loaded(
        model, processor, tokenizer, takes_images, model.device,
        ends, context, _accepted(model),
    )  # fmt: skip


def _takes_images(config: Any, folder: Path) -> bool:
    from transformers import MODEL_FOR_CAUSAL_LM_MAPPING, MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING

    if type(config) in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING:
        return True
    if type(config) in MODEL_FOR_CAUSAL_LM_MAPPING:
        return False
    raise ModelError(
        f"{folder} holds a {config.model_type} model, which neither answers questions about images "
        "nor continues text."
    )


def _processor(folder: Path, *, takes_images: bool) -> Any:
    from transformers import AutoProcessor, AutoTokenizer

    automatic = AutoProcessor if takes_images else AutoTokenizer
    try:
        processor = automatic.from_pretrained(folder, trust_remote_code=False)
    except ImportError as error:
        if "torchvision" in str(error):
            raise ModelError(
                f"The processor of {folder} needs torchvision for its image or video part: install "
                "the build that fits your torch, or serve the model (docs/models.md)."
            ) from error
        raise ModelError(f"The processor of {folder} needs more: {first_line(error)}") from error
    except Exception as error:
        raise ModelError(
            f"The processor or tokenizer of {folder} cannot be loaded ({first_line(error)})."
        ) from error
    if takes_images and not hasattr(processor, "tokenizer"):
        raise ModelError(
            f"{folder} has no processor for images and text (processor_config.json or "
            "preprocessor_config.json is missing): copy the model again."
        )
    return processor


def _weights(
    folder: Path, options: LocalOptions, device: str, dtype: str, *, takes_images: bool
) -> Any:
    from transformers import AutoModelForCausalLM, AutoModelForImageTextToText

    automatic = AutoModelForImageTextToText if takes_images else AutoModelForCausalLM
    place: dict[str, Any] = {"device_map": "auto"} if options.device == "split" else {}
    try:
        model, info = automatic.from_pretrained(
            folder, dtype=getattr(torch, dtype), use_safetensors=True, trust_remote_code=False,
            output_loading_info=True, **place,
        )  # fmt: skip
        _require_whole(folder, info)
        return (model if place else model.to(device)).eval()
    except ModelError:
        raise
    except Exception as error:
        if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and ran_out(error)):
            raise ModelError(
                f"The model in {folder} does not fit into the memory of {device}: try -M "
                "dtype=bfloat16, or -M device=split over several GPUs."
            ) from error
        # safetensors raises a bare Exception subclass of its own for damaged files
        damaged = "are damaged" if type(error).__name__ == "SafetensorError" else "cannot be loaded"
        raise ModelError(
            f"The weights in {folder} {damaged} ({first_line(error)}): copy them again, or mend "
            "config.json."
        ) from error


def _require_whole(folder: Path, info: dict[str, Any]) -> None:
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        keys = sorted(str(key) for key in info.get(kind, ()))
        if keys:
            what = kind.removesuffix("_keys")
            shown = ", ".join(keys[:SHOWN_KEYS]) + (" ..." if len(keys) > SHOWN_KEYS else "")
            raise ModelError(
                f"The weights in {folder} do not fit the model: {len(keys)} {what} ({shown}). "
                "Such a model would answer from random numbers; convert or copy it again."
            )


def _ends(model: Any, tokenizer: Any) -> frozenset[int]:
    declared = model.generation_config.eos_token_id
    ends = declared if isinstance(declared, list) else [declared]
    tokens = [token for token in (*ends, tokenizer.eos_token_id) if token is not None]
    if not all(isinstance(token, int) for token in tokens):
        raise ModelError(
            f"generation_config.json names end tokens that are no token ids ({declared!r})."
        )
    return frozenset(tokens)


def _forget_habits(model: Any) -> None:
    """Sampling, penalties and limits of generation_config.json: a request says how to decode."""
    from transformers import GenerationConfig

    model.generation_config = GenerationConfig(pad_token_id=0)


def _accepted(model: Any) -> frozenset[str]:
    """Named arguments of the forward calls; a processor may give more (PaliGemma: labels)."""
    names: set[str] = set()
    for part in (model, getattr(model, "model", None)):
        if part is not None:
            names |= set(inspect.signature(part.forward).parameters)
    return frozenset(names - {"labels", "kwargs"})
