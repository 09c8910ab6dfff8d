"""The encoder ``hf/PATH-OR-ID``: the vision part of any transformers model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from PIL import Image

from medtrust.core.errors import ModelError
from medtrust.core.model_folder import digest_of, first_line
from medtrust.mining.encoder import EncoderIdentity, Pixels, Vectors
from medtrust.mining.pooling import KINDS, pool
from medtrust.mining.vision_loading import LoadedVision, load_vision, ran_out
from medtrust.mining.vision_options import VisionOptions

CODE_VERSION: Final = 1
"""Raised whenever our way from pixels to a vector changes for equal weights."""

MOST_DRIFT: Final = {"float32": 1e-5, "bfloat16": 3e-2, "float16": 5e-3}
"""How far a unit vector's numbers may differ between an image alone and the same in a batch."""

TRIAL_SIDE: Final = 96


class VisionEncoder:
    """A transformers model that makes one vector an image.

    On opening, two made pictures are encoded alone and together: an encoder that draws at random,
    mixes the images of a batch or gives no row an image is refused there.

    Args:
        provider: Of the identity.
        name: Of the identity.
        folder: With configuration, safetensors weights and image processor.
        options: How to run it.

    Raises:
        ModelError: One sentence about what is wrong with the folder, or with this use of it.
    """

    def __init__(self, provider: str, name: str, folder: Path, options: VisionOptions) -> None:
        self._folder = folder
        self._threads = options.threads
        self._dtype = getattr(torch, options.dtype)
        self._loaded: LoadedVision = load_vision(folder, options)
        self.batch: int = options.batch
        self.notes: Sequence[str] = self._loaded.notes
        self._pooling = self._choose_pooling(options.pooling)
        self.identity = EncoderIdentity(
            provider, name, f"{digest_of(folder)}-{CODE_VERSION}", self._pooling, options.dtype
        )
        self._require_steady(MOST_DRIFT[options.dtype])

    def prepare(self, pixels: Pixels) -> dict[str, torch.Tensor]:
        """Tensors of one image, by name, each with one row.

        Raises:
            Exception: Whatever the processor says about an image it does not take.
        """
        given = self._loaded.processor(images=Image.fromarray(pixels), return_tensors="pt")
        return {
            name: value
            for name, value in given.items()
            if name in self._loaded.accepts and torch.is_tensor(value)
        }

    def encode(self, prepared: Sequence[Any]) -> Vectors:
        """One vector an image; images that the processor gave equal shapes go together.

        Raises:
            MemoryError: If so many do not fit.
        """
        groups: dict[tuple[Any, ...], list[int]] = {}
        for place, tensors in enumerate(prepared):
            groups.setdefault(_shapes(tensors), []).append(place)
        found: dict[int, Vectors] = {}
        for places in groups.values():
            rows = self._forward([prepared[place] for place in places])
            found |= dict(zip(places, rows, strict=True))
        return np.stack([found[place] for place in range(len(prepared))])

    def _forward(self, group: Sequence[Mapping[str, torch.Tensor]]) -> Vectors:
        try:
            return self._pooled(self._together(group), self._pooling)
        except RuntimeError as error:
            if not ran_out(error):
                raise
            said = first_line(error)
        # outside the handler: the failed call's tensors hang on its traceback
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        raise MemoryError(said)

    def _together(self, group: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
        joined = {name: torch.cat([each[name] for each in group]) for name in group[0]}
        return {
            name: value.to(self._loaded.device, self._dtype if value.is_floating_point() else None)
            for name, value in joined.items()
        }

    def _pooled(self, inputs: Mapping[str, torch.Tensor], kind: str) -> Vectors:
        with torch.inference_mode(), _threads(self._threads):
            vectors = pool(self._loaded.vision, kind, inputs)
        found: Vectors = vectors.float().cpu().numpy()
        if found.ndim != 2 or len(found) != len(next(iter(inputs.values()))):
            raise LookupError("it does not give one row an image")
        return found

    def _choose_pooling(self, wanted: str) -> str:
        inputs = self._together([self._trial_picture(0)])
        order: tuple[str, ...] = KINDS
        if wanted != "auto":
            order = (wanted,)
        elif self._loaded.vision.answers:
            order = ("mean",)
        reasons = []
        for kind in order:
            try:
                self._pooled(inputs, kind)
            except LookupError as error:
                reasons.append(f"{kind}: {error.args[0]}")
            except (ArithmeticError, AttributeError, RuntimeError, TypeError, ValueError) as error:
                raise ModelError(
                    f"The vision part in {self._folder} does not run on one image "
                    f"({first_line(error)}); compute its embeddings elsewhere (docs/mining.md)."
                ) from error
            else:
                return kind
        raise ModelError(
            f"The encoder in {self._folder} has no such output: {'; '.join(reasons)}. Choose "
            "another with -M pooling=."
        )

    def _require_steady(self, most: float) -> None:
        pictures = [self._trial_picture(0), self._trial_picture(1)]
        alone = [_unit(self.encode([picture]))[0] for picture in pictures]
        again = _unit(self.encode(pictures[:1]))[0]
        together = _unit(self.encode(pictures))
        if not np.array_equal(alone[0], again, equal_nan=True):
            raise ModelError(
                f"The encoder in {self._folder} gives another vector each time (it draws at "
                "random), so its similarities mean nothing."
            )
        drift = max(
            float(np.abs(one - row).max()) for one, row in zip(alone, together, strict=True)
        )
        if not drift <= most:
            raise ModelError(
                f"The encoder in {self._folder} gives an image another vector in company than "
                f"alone (by {drift:.1g}, at most {most:g}); use -M dtype=float32."
            )

    def _trial_picture(self, number: int) -> dict[str, torch.Tensor]:
        generator = np.random.default_rng(number)
        pixels = generator.integers(0, 256, (TRIAL_SIDE, TRIAL_SIDE, 3), dtype=np.uint8)
        try:
            tensors = self.prepare(pixels)
        except (LookupError, RuntimeError, TypeError, ValueError) as error:
            raise ModelError(
                f"The image processor of {self._folder} does not take an image alone "
                f"({first_line(error)})."
            ) from error
        if not tensors:
            raise ModelError(f"The image processor of {self._folder} gives no tensors.")
        return tensors


@contextmanager
def _threads(count: int | None) -> Iterator[None]:
    """Compute on so many threads, and leave the process as it was: another encoder may follow."""
    before = torch.get_num_threads()
    try:
        if count is not None:
            torch.set_num_threads(count)
        yield
    finally:
        if count is not None:
            torch.set_num_threads(before)


def _shapes(tensors: Mapping[str, torch.Tensor]) -> tuple[Any, ...]:
    return tuple((name, tuple(value.shape)) for name, value in sorted(tensors.items()))


def _unit(vectors: Vectors) -> Vectors:
    scaled: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled
