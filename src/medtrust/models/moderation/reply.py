"""From the bytes of a moderation reply to its category scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from medtrust.core.records import Answer, Failure
from medtrust.models.openai.failures import error_of, status_failure
from medtrust.models.openai.reply import LONGEST_NAME
from medtrust.models.openai.settings import Settings


def read_scores(
    data: bytes, latency_s: float, headers: Mapping[str, str], settings: Settings
) -> Answer | Failure:
    """The scores of one text as an answer, or why there are none.

    Categories whose score is null were not judged and are left out. Whether a score is high enough
    to count is not the server's word to say here, so its flags are not read.

    Args:
        data: Body of a 2xx response.
        latency_s: From sending to the last byte.
        headers: Of the response; names in lower case.
        settings: Of the server.
    """
    host = settings.host
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError:
        return Failure("reply-not-json", f"The reply of {host} is not JSON.", retry=True)
    if not isinstance(body, dict):
        return Failure("reply-not-json", f"The reply of {host} is not a JSON object.", retry=True)
    results = body.get("results")
    if results is None and body.get("error"):
        error = error_of(body)
        if error.status is not None:
            return status_failure(error.status, headers, error, settings)
        return Failure("reply-error", f"The server {host} sent an error for scores.", retry=True)
    scores = _scores(results)
    if scores is None:
        message = f"The reply of {host} holds no category scores from 0 to 1 for this text."
        return Failure("reply-no-scores", message, retry=True)
    text = orjson.dumps(scores, option=orjson.OPT_SORT_KEYS).decode()
    return Answer(text, latency_s=latency_s, server=_name(body.get("model")))


def _scores(results: Any) -> dict[str, float] | None:
    """The scores of the one result, or None if it is not that."""
    if not isinstance(results, list) or len(results) != 1 or not isinstance(results[0], dict):
        return None
    given = results[0].get("category_scores")
    if not isinstance(given, dict):
        return None
    scores = {name: value for name, value in given.items() if value is not None}
    believable = all(type(value) in {int, float} and 0 <= value <= 1 for value in scores.values())
    return scores if scores and believable else None


def _name(word: Any) -> str:
    """The server's name for itself, as one short printable word: it may echo anything."""
    if not isinstance(word, str):
        return ""
    return "".join(each for each in word if each.isprintable() and each != " ")[:LONGEST_NAME]
