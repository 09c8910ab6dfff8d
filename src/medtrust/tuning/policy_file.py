"""The policy's file and its checksum.

The checksum finds slips and careless edits: a threshold or a date that was changed by hand. It is
no signature: whoever means to deceive can compute it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import orjson

from medtrust.core.errors import DataError

FORMAT: Final = "medtrust escalation policy"
SCHEMA_VERSION: Final = 1
CHECKSUM: Final = "checksum"


def checksum(body: Mapping[str, Any]) -> str:
    """SHA-256, hexadecimal, of everything but the checksum: JSON without spaces, keys sorted."""
    rest = {name: value for name, value in body.items() if name != CHECKSUM}
    return sha256(orjson.dumps(rest, option=orjson.OPT_SORT_KEYS)).hexdigest()


def sealed(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with its checksum, which comes last."""
    rest = {name: value for name, value in body.items() if name != CHECKSUM}
    return {**rest, CHECKSUM: checksum(rest)}


def read_sealed(path: Path) -> dict[str, Any]:
    """The body of a policy's file, without the checksum, which was right.

    Raises:
        DataError: If it is not there, no policy, of a newer version, or was changed since it was
            written.
    """
    try:
        body: Any = orjson.loads(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    except orjson.JSONDecodeError as error:
        raise DataError(f"{path} is no JSON: {error}.") from error
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise DataError(f"{path} is no escalation policy.")
    if body.get("schema_version") != SCHEMA_VERSION:
        raise DataError(
            f"{path} is a policy of version {body.get('schema_version')!r}, and this medtrust "
            f"reads version {SCHEMA_VERSION}: upgrade medtrust or calibrate again."
        )
    if body.pop(CHECKSUM, None) != checksum(body):
        raise DataError(
            f"{path} was changed since it was written (its checksum does not fit): a policy cannot "
            "be edited, calibrate again."
        )
    return body
