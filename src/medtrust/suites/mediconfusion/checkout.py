"""The published MediConfusion wording, read from a checkout of its repository as data.

All templates stand in one JSON file, by released mode and model family. They are compared with the
commit the project was specified on by the digests of that file and of the questions, so that
neither has to be part of the project.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import orjson

from medtrust.core.errors import DataError
from medtrust.core.task import OfficialTexts

COMMIT: Final = "40a8b41"
PROMPTS: Final = "configs/prompts/answering.json"
DATASET: Final = "data/dataset.json"
DIGESTS: Final[Mapping[str, str]] = {
    PROMPTS: "40236ddabde716528dcf1ce0730ae72e59b4a7f090e0df723058e5b095cd73c6",
    DATASET: "36e5052ebe370aac7446f29cb1425fa47b1795b40e2e7a72462c93b5472c0d5f",
}
"""sha256 at that commit."""

PLACEHOLDER: Final = "{}"
GAPS: Final[Mapping[str, int]] = {"gpt4": 1, "greedy": 3, "mc": 3, "prefix": 2}
"""How many placeholders a mode's templates have: the question, and none, one or both options."""

DEFAULT: Final = "default"
MOST_BYTES: Final = 4 * 1024 * 1024
"""The published files have 6 and 222 kB; what is larger is something else, and is not read."""


def read(folder: Path) -> OfficialTexts:
    """Published texts of a checkout.

    The default template of a released mode has the id ``mediconfusion/MODE``, that of a model
    family ``mediconfusion/MODE/FAMILY``; what the judge is told ``mediconfusion/judge`` and
    ``mediconfusion/judge-system``, the name of what it marks ``mediconfusion/judge-role``, and the
    system prompt of hosted models ``mediconfusion/system``. A folder with the questions alone gives
    no template, only ``question``.

    Args:
        folder: The repository's root, its ``data`` folder or the file of questions in it.

    Raises:
        DataError: If neither templates nor questions are there, or the templates are not what they
            should be.
    """
    root = _root(folder)
    present = {name: _bytes(root / name) for name in DIGESTS if (root / name).is_file()}
    if not present:
        raise DataError(
            f"--official mediconfusion={folder} holds no {PROMPTS}: point it at a checkout of "
            "MShahabSepehri/MediConfusion."
        )
    texts = {"question": f"the questions of {DATASET}"} if DATASET in present else {}
    if PROMPTS in present:
        path = root / PROMPTS
        texts |= _texts(path, _object(path, _json(path, present[PROMPTS]), "the file"))
    changed = [name for name, held in present.items() if sha256(held).hexdigest() != DIGESTS[name]]
    reasons = [f"{name} is not that of commit {COMMIT}" for name in changed]
    if DATASET not in present:
        reasons.append(f"{DATASET} is not there")
    if reasons:
        return OfficialTexts("official@unverified", texts, "; ".join(reasons))
    return OfficialTexts(f"official@{COMMIT}", texts)


def _root(folder: Path) -> Path:
    """The repository a folder or a file of it belongs to."""
    inside = folder.parent if folder.is_file() else folder
    return inside.resolve().parent if inside.resolve().name == "data" else inside


def filled(template: str, question: str, option_a: str = "", option_b: str = "") -> str:
    """A template with its placeholders filled, all else to the letter.

    The placeholders are filled from left to right by the question, option A and option B; one that
    has fewer takes only the first of them. Braces in what is filled in are text.

    Raises:
        DataError: If there are more placeholders than three.
    """
    pieces = template.split(PLACEHOLDER)
    values = (question, option_a, option_b)
    if len(pieces) > len(values) + 1:
        raise DataError(f"A template has {len(pieces) - 1} placeholders, at most 3 are known.")
    gaps = (*values[: len(pieces) - 1], "")
    return "".join(piece + value for piece, value in zip(pieces, gaps, strict=True))


def released_system_prompt(
    init_prompts: Mapping[str, Any], family: str, prompt_id: object
) -> str | None:
    """The system prompt the released script looks up for a model family.

    A family's own table is asked for the id as it stands in the configuration. LLaVA-Med's has the
    text key "1" where its configuration says the number 1: it gets none.

    Args:
        init_prompts: Of the prompt file: text, or texts by id, by family, and ``default``.
        family: E.g. ``llava_med``.
        prompt_id: ``init_prompt_id`` of the configuration; None for no system prompt.
    """
    if prompt_id is None:
        return None
    found = init_prompts.get(family, init_prompts.get(DEFAULT))
    found = found.get(prompt_id) if isinstance(found, Mapping) else found
    return found if isinstance(found, str) else None


def _texts(path: Path, content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    prompts = _object(path, content.get("prompts"), "'prompts'")
    for mode, gaps in GAPS.items():
        variants = _object(path, prompts.get(mode), f"'prompts', {mode!r}")
        for family, template in {DEFAULT: variants.get(DEFAULT), **variants}.items():
            where = f"'prompts', {mode!r}, {_shown(family)}"
            name = (
                f"mediconfusion/{mode}" if family == DEFAULT else f"mediconfusion/{mode}/{family}"
            )
            yield name, _template(path, template, gaps, where)
    judge = _object(path, content.get("conversion"), "'conversion'")
    for key, name in _JUDGE.items():
        yield f"mediconfusion/{name}", _text(path, judge.get(key), f"'conversion', {key!r}")
    systems = _object(path, content.get("init_prompts"), "'init_prompts'")
    yield "mediconfusion/system", _text(path, systems.get(DEFAULT), "'init_prompts', 'default'")


_JUDGE: Final = {"instruct_prompt": "judge", "init_prompt": "judge-system", "role": "judge-role"}


def _template(path: Path, value: object, gaps: int, where: str) -> str:
    template = _text(path, value, where)
    rest = template.replace(PLACEHOLDER, "")
    if template.count(PLACEHOLDER) != gaps or "{" in rest or "}" in rest:
        raise DataError(
            f"{path}: the template {where} does not have {gaps} times {PLACEHOLDER} and no other "
            "brace, so it cannot be filled."
        )
    return template


def _text(path: Path, value: object, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise DataError(f"{path}: {where} is no text.")
    return value


def _object(path: Path, value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise DataError(f"{path}: {where} is no JSON object.")
    return value


def _shown(family: str) -> str:
    return repr(family[:40])


def _json(path: Path, content: bytes) -> object:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise DataError(f"{path} is not valid JSON: {error.msg}.") from error


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    if len(content) > MOST_BYTES:
        raise DataError(f"{path} is larger than {MOST_BYTES // 1024} kB: not the published file.")
    return content
