"""Where a local model's files are, whether they are whole, and what names their content."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from medtrust.core.errors import ModelError

PICKLED: Final = (".bin", ".pt", ".pth", ".ckpt", ".msgpack", ".h5")
"""Weights in these formats can carry code: they are never opened."""

OLDEST: Final = 5
"""Major version of transformers; what is older renders, caches and names weights otherwise."""

_READ: Final = ("*.json", "*.safetensors", "*.model", "*.txt", "*.jinja")
_INDEX: Final = "model.safetensors.index.json"


def find_folder(name: str, revision: str = "") -> Path:
    """The folder of a model: a local path, or a hub id that is fetched if it is not cached.

    Args:
        name: ``./path``, ``/path`` or ``organisation/model``.
        revision: Commit, tag or branch of a hub model.

    Raises:
        ModelError: If there is nothing by that name.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        return path
    if path.exists():
        raise ModelError(f"{name} is a file: name the folder that holds config.json and weights.")
    if name.startswith((".", "/", "~")) or name.count("/") != 1:
        raise ModelError(
            f"There is no folder {name}, and it is no hub id (organisation/model) either."
        )
    return _fetch(name, revision)


def _fetch(name: str, revision: str) -> Path:
    """Fetch a snapshot from the hub. Never run against a real hub by our own tests."""
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError
    except ImportError as error:
        raise ModelError(MISSING_EXTRA) from error
    try:
        return Path(snapshot_download(name, revision=revision or None, allow_patterns=list(_READ)))
    except (OSError, HFValidationError, ValueError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"The model {name} is neither a folder here nor can it be fetched from the hub "
            f"({reason}); fetch it elsewhere and name its folder."
        ) from error


MISSING_EXTRA: Final = (
    "Models in this process need torch and transformers 5: pip install 'medtrust[local]'."
)


def check_files(folder: Path) -> None:
    """Refuse a folder that cannot be a whole model.

    Raises:
        ModelError: Without configuration, without safetensors weights, or with shards missing.
    """
    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder} holds no model: there is no config.json in it.")
    shards = _shards(folder)
    absent = sorted(name for name in shards if not (folder / name).is_file())
    if absent:
        raise ModelError(
            f"{folder} holds only part of the weights: {len(absent)} of {len(shards)} files are "
            f"missing, {absent[0]} first; copy them again."
        )
    if not shards:
        pickled = sorted(path.name for path in folder.iterdir() if path.suffix in PICKLED)
        if pickled:
            raise ModelError(
                f"{folder} holds pickled weights ({pickled[0]}), which can carry code and are "
                "never opened: convert them to safetensors first."
            )
        raise ModelError(f"{folder} holds no weights: there is no .safetensors file in it.")


def _shards(folder: Path) -> set[str]:
    index = folder / _INDEX
    if not index.is_file():
        return {path.name for path in folder.glob("*.safetensors")}
    try:
        listed = json.loads(index.read_text("utf-8"))["weight_map"].values()
        names = {str(name) for name in listed}
    except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise ModelError(f"{index} cannot be read: copy the model again.") from error
    outside = sorted(name for name in names if name != Path(name).name)
    if outside:
        raise ModelError(
            f"{index} names weights outside its folder ({outside[0]}), which no digest would "
            "cover: copy the model again."
        )
    return names


def digest_of(folder: Path) -> str:
    """16 hexadecimal digits of everything that decides answers: weights, processor, templates."""
    whole = hashlib.sha256()
    names = sorted({path.name for pattern in _READ for path in folder.glob(pattern)})
    for name in names:
        with (folder / name).open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(f"{name}\x1f{content}\x1e".encode())
    return whole.hexdigest()[:16]


def config_of(folder: Path, *, way_out: str) -> Any:
    """The configuration of a folder as transformers reads it; the code of the folder is never run.

    Args:
        folder: Of the model.
        way_out: What to do with an architecture that transformers does not know.

    Raises:
        ModelError: If transformers is too old, or does not know the architecture.
    """
    import transformers

    if int(transformers.__version__.split(".")[0]) < OLDEST:
        raise ModelError(f"transformers {transformers.__version__} is too old. {MISSING_EXTRA}")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    try:
        return transformers.AutoConfig.from_pretrained(folder, trust_remote_code=False)
    except Exception as error:
        raise ModelError(
            f"transformers {transformers.__version__} does not know the architecture in {folder} "
            f"({first_line(error)}); {way_out}."
        ) from error


def first_line(error: BaseException) -> str:
    """The first line of an error, with its kind where it says nothing alone."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines or "above report" in lines[0]:
        return type(error).__name__
    line = lines[0].rstrip(".:")[:200]
    # a bare word, as of a missing key, says nothing without its kind
    return line if " " in line else f"{type(error).__name__} {line}"
