"""The bytes of phantoms are part of the measurement: they change only with the generators' version.

The digests hold on every machine and with every numpy, because the drawing uses only operations
that round alike everywhere. To record a change that is meant, raise `key.VERSION` and write the
file anew::

    python tests/golden/test_phantom_digests.py
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import orjson

from medtrust.imaging.phantom.draw import draw
from medtrust.imaging.phantom.key import VERSION, phantom_key
from medtrust.imaging.phantom.labels import FINDING_SHARES, TONE_SHARES, Phantom, phantom
from medtrust.imaging.phantom.region import region

FILE: Final = Path(__file__).with_name("phantom_digests.json")


def recorded_phantoms() -> list[Phantom]:
    """Every finding of every modality; every tone, view, sex and age; and some unforced."""
    found = [phantom(seed) for seed in range(12)]
    for modality, shares in FINDING_SHARES.items():
        view = {"view": "frontal"} if modality == "chest x-ray" else {}
        found += [phantom(21, modality=modality, finding=name, **view) for name in shares]
    for tone in TONE_SHARES:
        found += [phantom(22, tone=tone, finding=name) for name in ("nevus", "melanoma")]
    found += [
        phantom(23, sex=sex, age_group=age, finding="normal")
        for sex in ("female", "male")
        for age in ("under 60", "60 and over")
    ]
    return [*found, phantom(24, view="lateral"), phantom(24, device="pacemaker")]


def current() -> dict[str, Any]:
    return {
        "version": VERSION,
        "phantoms": {
            phantom_key(p): {"digest": sha256(draw(p).tobytes()).hexdigest(), "region": region(p)}
            for p in recorded_phantoms()
        },
    }


def test_phantoms_are_what_was_recorded_for_this_version() -> None:
    recorded = orjson.loads(FILE.read_bytes())
    assert recorded == orjson.loads(orjson.dumps(current())), "raise key.VERSION and record anew"


if __name__ == "__main__":
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    FILE.write_bytes(orjson.dumps(current(), option=options))
