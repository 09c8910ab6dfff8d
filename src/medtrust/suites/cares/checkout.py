"""The published CARES wording, read from a checkout of its repository as data.

Factuality has no prompt besides the ``text`` of each question file, so a checkout here is its
question files. They are compared with those of the commit the project was specified on.
"""

from __future__ import annotations

from hashlib import file_digest
from pathlib import Path
from typing import Final

from medtrust.core.errors import DataError
from medtrust.core.task import OfficialTexts
from medtrust.data.cares.sets import ALL_SETS

COMMIT: Final = "a743fe0"
QUESTION_FILES: Final = {
    "HAM10000/HAM10000_factuality.jsonl": (
        "e039075fa3f1418d09734c338a0cef0e3ff0741db3e6d84b299a1e527aebe61e"
    ),
    "Harvard-FairVLMed/fundus_factuality.jsonl": (
        "23ebd5a30d5a1c063dcf8cf2344281328838f15eb3f93a82b6166c15d29df159"
    ),
    "IU-Xray/iuxray_factuality.jsonl": (
        "2f0dfc0836d3dcdd9e0de4a920b32a80c71d4b98c4d5065454acef2bfe80c7ed"
    ),
    "OL3I/OL3I_factuality.jsonl": (
        "2bf1f7d4d581348f88a8c589c402e21a77c6b17d8a47291a0a03c55c967f5026"
    ),
}
"""sha256 at that commit. The three other files were not at hand: they are never verified."""

UNVERIFIED: Final = tuple(
    each.name for each in ALL_SETS if f"{each.name}/{each.file}" not in QUESTION_FILES
)


def read(folder: Path) -> OfficialTexts:
    """Published texts of a checkout.

    Args:
        folder: The repository's root or its ``data`` folder.

    Raises:
        DataError: If no question file is there.
    """
    root = folder / "data" if (folder / "data").is_dir() else folder
    present = {name: root / name for name in QUESTION_FILES if (root / name).is_file()}
    if not present:
        raise DataError(
            f"--official cares={folder} holds no question file of the CARES repository: point it "
            "at a checkout of richard-peng-xia/CARES."
        )
    changed = [name for name, path in present.items() if _sha256(path) != QUESTION_FILES[name]]
    texts = {"question": "the text field of the question files"}
    if changed:
        reason = f"{', '.join(changed)} is not that of commit {COMMIT}"
        return OfficialTexts("official@unverified", texts, reason, UNVERIFIED)
    return OfficialTexts(f"official@{COMMIT}", texts, unverified=UNVERIFIED)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
