"""``hf/PATH-OR-ID``, found before anything heavy is imported."""

from __future__ import annotations

from pathlib import Path

from medtrust.core.errors import ModelError
from medtrust.core.model_folder import MISSING_EXTRA, check_files, find_folder
from medtrust.mining.encoder import Encoder, EncoderOptions
from medtrust.mining.vision_options import VisionOptions, read_options


def open_encoder(options: EncoderOptions) -> Encoder:
    """Make ``hf/PATH-OR-ID``; see `vision_options` for its ``-M`` pairs.

    Raises:
        ModelError: If there is no such folder or id, or it is no whole encoder.
        UserError: For a wrong option.
    """
    read = read_options(options.parameters)
    if not options.name:
        raise ModelError("Say which encoder: hf/./folder or hf/organisation/model.")
    folder = find_folder(options.name, read.revision)
    local = Path(options.name).expanduser().is_dir()
    return open_folder("hf", folder.resolve().name if local else options.name, folder, read)


def open_folder(provider: str, name: str, folder: Path, options: VisionOptions) -> Encoder:
    """The encoder in a folder.

    Args:
        provider: Of the identity.
        name: Of the identity.
        folder: With configuration, weights and image processor.
        options: How to run it.

    Raises:
        ModelError: If it is no whole encoder, or torch and transformers are not installed.
    """
    check_files(folder)
    try:
        from medtrust.mining.vision import VisionEncoder
    except ImportError as error:
        raise ModelError(MISSING_EXTRA) from error
    return VisionEncoder(provider, name, folder, options)
