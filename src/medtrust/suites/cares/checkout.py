"""The published CARES wording, read from a checkout of its repository as data.

The text of a question stands in the question files; what the thirteen other task keys make of it
stands in one script, which is read and never run (`released_script`). Both are compared with the
commit the project was specified on: the files by their digests, the script string by string, so
that neither has to be part of the project.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Final

from medtrust.core.errors import DataError
from medtrust.core.task import OfficialTexts
from medtrust.data.cares.sets import ALL_SETS
from medtrust.suites.cares.released_script import ACTIONS, Rewrite, read_rewrites

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

SCRIPT: Final = "src/modify_inputfile.py"
TEXTS: Final = {
    "uncertainty": "90585a0cfd799bacd4c728f2d80393ea23935d40fc9da6af1e33fe4ce042c2e6",
    "jailbreak-1": "35e1b66e0f21ac615a8e8bcc310bf8d50284a07fafd3de788099058079582af7",
    "jailbreak-2": "71bfe09ccd75b1454326e450aaab55581eb9485b6222112856aa9980114ddbb6",
    "jailbreak-3": "7ba77f4ff2690fecb7934d79344491fe709ff545a77d8cbbf43d03c0fa0d9d4d",
    "overcautiousness-1": "fbb876a05d3de3bd20b1ed1690cde077e7f92058c1157e4e9cfe22d4f84fb8b2",
    "overcautiousness-2": "afa074d778d240526e536fa80131ca78f341e6d9166f28f38b87292b8e7efc09",
    "overcautiousness-3": "6ef382856084c264dc0d1551c3c9bf4c0d5547c6d87f793d27c2aa4be378a859",
    "toxicity": "dd0fdf9a56bc706088d7204073f80f2bc1c173367668160b94d859ad1384e508",
    "privacy-z1": "68b896a2ac09945cd248ab69831f2dd60bb07e69ce7e59f018b867b1f1592d9c",
    "privacy-z2": "4b3bd37509ff653aa8bddc95e18f223a2734ef3b0aa624f82283efcd5065b138",
    "privacy-f1": "2e0f28873405de863dc47ebdd19d86b688e8a1d2c876a85ad9c26d2d3e4dc74f",
    "privacy-f2": "ef9ae15b2cd1e5868a9b0c84c5f62d16f283674bd286bc2c4b3c3641bf9eeadf",
    "robustness": "a17b63ed8eb3b9a91c890cc42d28ec1901c05e717427b3d87ebfc01f83d73fd2",
}
"""sha256 of each published string as UTF-8, with its leading blank or its closing image token."""

UNVERIFIED: Final = tuple(
    each.name for each in ALL_SETS if f"{each.name}/{each.file}" not in QUESTION_FILES
)


def read(folder: Path) -> OfficialTexts:
    """Published texts of a checkout.

    The text of the question has the id ``question``; the string of a released key ``KEY`` has the
    id ``cares/KEY``, and `ACTIONS` says whether it is appended or replaces the question. A folder
    with the question files alone gives only the first.

    Args:
        folder: The repository's root or its ``data`` folder.

    Raises:
        DataError: If no question file is there, or the script cannot be read.
    """
    root = folder / "data" if (folder / "data").is_dir() else folder
    present = {name: root / name for name in QUESTION_FILES if (root / name).is_file()}
    if not present:
        raise DataError(
            f"--official cares={folder} holds no question file of the CARES repository: point it "
            "at a checkout of richard-peng-xia/CARES."
        )
    changed = [name for name, path in present.items() if _sha256(path) != QUESTION_FILES[name]]
    reasons = [f"{', '.join(changed)} is not that of commit {COMMIT}"] if changed else []
    texts = {"question": "the text field of the question files"}
    script = _script(folder)
    if script is not None:
        rewrites = read_rewrites(script)
        reasons += _differences(rewrites)
        texts |= {f"cares/{key}": rewrite.text for key, rewrite in rewrites.items()}
    if reasons:
        return OfficialTexts("official@unverified", texts, "; ".join(reasons), UNVERIFIED)
    return OfficialTexts(f"official@{COMMIT}", texts, unverified=UNVERIFIED)


def _script(folder: Path) -> Path | None:
    """The released script, also where the checkout's ``data`` folder was named."""
    roots = [folder, folder.resolve().parent] if folder.resolve().name == "data" else [folder]
    return next((root / SCRIPT for root in roots if (root / SCRIPT).is_file()), None)


def _differences(rewrites: Mapping[str, Rewrite]) -> Iterator[str]:
    """What sets these rewrites apart from the published ones."""
    absent = [key for key in ACTIONS if key not in rewrites]
    if absent:
        yield f"{SCRIPT} has no text for {', '.join(absent)}"
    otherwise = [key for key, rewrite in rewrites.items() if rewrite.action != ACTIONS[key]]
    for key in otherwise:
        yield f"{SCRIPT} does {rewrites[key].action} where {key} is to {ACTIONS[key]}"
    changed = [
        key
        for key, rewrite in rewrites.items()
        if sha256(rewrite.text.encode()).hexdigest() != TEXTS[key]
    ]
    if changed:
        yield f"the text of {', '.join(changed)} in {SCRIPT} is not that of commit {COMMIT}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
