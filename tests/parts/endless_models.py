"""Random models that never end an answer by themselves, so that its length is known beforehand."""

from __future__ import annotations

import json
from pathlib import Path

from parts.random_models import TEXT_ARCHITECTURES, save_random_model
from parts.random_models.chat_templates import marked_turns


def save_endless_model(name: str, folder: Path) -> Path:
    """A model of `parts.random_models` with no end token, and a template of marked turns.

    Args:
        name: ``llama`` or ``llava``.
        folder: Where to write; made if absent.
    """
    save_random_model(name, folder)
    image = "" if name in TEXT_ARCHITECTURES else "<image>\n"
    turns = marked_turns(image, opening="<s>", closing="</s>")
    (folder / "chat_template.jinja").write_text(turns)
    edit(folder / "generation_config.json", eos_token_id=None)
    edit(folder / "tokenizer_config.json", eos_token=None)
    return folder


def edit(path: Path, **changes: object) -> None:
    """Change values of a JSON file; None takes them out."""
    content = json.loads(path.read_text("utf-8")) | changes
    kept = {name: value for name, value in content.items() if value is not None}
    path.write_text(json.dumps(kept), "utf-8")
