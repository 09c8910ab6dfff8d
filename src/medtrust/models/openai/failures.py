"""Why there is no answer: HTTP statuses and exceptions turned into failures.

A server may echo the question in its error, and a proxy may echo headers. So no text of theirs is
ever passed on: their message is only searched for known causes, and what people read is ours.
"""

from __future__ import annotations

import errno
import math
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from medtrust.core.records import Failure
from medtrust.models.openai.connection import NotHttpError, OversizedReplyError, TruncatedReplyError
from medtrust.models.openai.settings import Settings

_CONTEXT: Final = re.compile(
    r"context.?length|context.?window|maximum (model|prompt|input) length|max_model_len"
    r"|too many (input )?tokens|(prompt|input) is too long",
    re.IGNORECASE,
)
_NO_IMAGES: Final = re.compile(
    r"not a multimodal|(not|n't|cannot|no) (support|accept|process|handle)\w* (\w+ ){0,3}images?"
    r"|images?\b.{0,40}\b(not|n't) (supported|allowed|accepted|enabled)"
    r"|at most 0 image",
    re.IGNORECASE,
)
_FILTER_CODES: Final = frozenset(
    {"content_filter", "content_policy_violation", "responsibleaipolicyviolation"}
)
_QUOTA_CODES: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
# Words with an index here and there: nothing that could be a key or a piece of a question.
_CODE: Final = re.compile(
    r"[A-Za-z_]{1,40}(?:[.\[\]-]{1,2}(?:[A-Za-z_]{1,40}|\d{1,3})?){0,6}", re.ASCII
)


@dataclass(frozen=True, slots=True)
class ServerError:
    """What a server's error body says, for reading by code only.

    Attributes:
        code: Machine-readable code or type, lower case, or empty.
        status: A code that is an HTTP status, or None.
        param: The field it complains about, or empty.
        message: Its own words; may hold the question, so never shown or kept.
    """

    code: str = ""
    status: int | None = None
    param: str = ""
    message: str = ""

    @property
    def filtered(self) -> bool:
        """Whether a content filter stopped the question."""
        return self.code in _FILTER_CODES


def read_error(data: bytes) -> ServerError:
    """Read an error body of any of the shapes servers use; never raises."""
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError:
        return ServerError(message=data[:4096].decode(errors="replace"))
    return error_of(body) if isinstance(body, dict) else ServerError()


def error_of(body: dict[str, Any]) -> ServerError:
    """The error in a parsed body: OpenAI, Azure, vLLM, FastAPI and TGI put it in various places."""
    error: Any = body.get("error", body)
    if not isinstance(error, dict):
        error = {"message": error, "type": body.get("error_type")}
    detail = body.get("detail")
    message, param = error.get("message"), error.get("param")
    if detail is not None and not message:
        message = detail
        if isinstance(detail, list) and detail and isinstance(detail[0], dict):
            places = detail[0].get("loc") or [""]
            param = places[-1] if isinstance(places, list) else ""
            message = detail[0].get("msg")
    codes, inner = [error.get("code"), error.get("type")], error.get("innererror")
    if isinstance(inner, dict):
        codes.append(inner.get("code"))
    metadata = error.get("metadata")
    if isinstance(metadata, dict) and "flagged_input" in metadata:  # OpenRouter's moderation
        codes.append("content_filter")
    words = [code for code in codes if isinstance(code, str) and _CODE.fullmatch(code)]
    status = next((c for c in codes if isinstance(c, int) and 400 <= c < 600), None)
    lowered = [word.lower() for word in words]
    code = next((word for word in lowered if word in _FILTER_CODES), lowered[0] if lowered else "")
    return ServerError(code, status, param if isinstance(param, str) else "", str(message or ""))


def status_failure(
    status: int, headers: Mapping[str, str], error: ServerError, settings: Settings
) -> Failure:
    """The failure an HTTP status other than 2xx means.

    Args:
        status: As sent, or as found inside a 200.
        headers: Of the response; names in lower case.
        error: From `read_error`.
        settings: To name host and model.
    """
    if 300 <= status < 400:
        return redirected(headers.get("location", ""), settings)
    if status in _FATAL or error.code in _QUOTA_CODES:
        return _fatal(status, error, settings)
    host = settings.host
    if status in {408, 409, 425, 429} or (status >= 500 and status != 501):
        busy = "is asked too often" if status == 429 else f"answers with HTTP {status}"
        return Failure(
            f"http-{status}",
            f"The server {host} {busy}.",
            retry=True,
            congestion=status not in {409, 425},
            retry_after_s=retry_after_s(headers),
        )
    return _bad_request(status, error, settings)


def _bad_request(status: int, error: ServerError, settings: Settings) -> Failure:
    host = settings.host
    if error.code == "context_length_exceeded" or _CONTEXT.search(error.message):
        return Failure("context-length", f"The question is too long for {settings.name}.")
    if status == 413:
        return Failure(
            "request-too-large",
            f"The server {host} takes no request of this size; use smaller images.",
        )
    if _NO_IMAGES.search(error.message):
        return Failure("images-refused", f"The server {host} takes no images for {settings.name}.")
    about = f" ({error.param})" if _CODE.fullmatch(error.param) else ""
    code = f", code {error.code}" if error.code else ""
    return Failure(
        f"http-{status}", f"The server {host} refuses this request{about}: HTTP {status}{code}."
    )


_FATAL: Final = frozenset({401, 402, 403, 404, 405, 410, 501})


def _fatal(status: int, error: ServerError, settings: Settings) -> Failure:
    host, name, variable = settings.host, settings.name, settings.key_variable
    sentences = {
        401: f"The server {host} refuses the key; put the right one in {variable}.",
        402: f"The account at {host} has no credit left; the same command goes on once it has.",
        403: f"The key in {variable} may not use {name} at {host}; ask who gave it to you.",
        404: (
            f"The server {host} knows no model {name}, or no chat at {settings.base_url}; check "
            "both (most base URLs end in /v1; `medtrust doctor` lists the models)."
        ),
        410: f"The server {host} no longer offers {name}; choose another model.",
    }
    default = f"{settings.base_url} takes no chat requests (HTTP {status}); check --base-url."
    reason = f"http-{status}"
    if error.code in _QUOTA_CODES:
        reason, status = "quota", 402
    return Failure(reason, sentences.get(status, default), fatal=True)


def redirected(location: str, settings: Settings) -> Failure:
    """The failure of a redirect: following it could take protected data to another host."""
    try:
        target = urlsplit(location).hostname
    except ValueError:
        target = None
    to = f" to {target}" if target and target != settings.host else ""
    return Failure(
        "redirect",
        f"The server {settings.host} redirects{to}, and redirects are never followed because they "
        "could take protected data elsewhere; give the final address as --base-url.",
        fatal=True,
    )


class NotConnected(Exception):  # noqa: N818 - it carries the error as its cause
    """No connection could be opened; the cause says why."""


def exception_failure(problem: Exception, settings: Settings) -> Failure:
    """The failure an exception of the connection means. Its own text is never used."""
    host = settings.host
    if isinstance(problem, NotConnected):
        return _not_connected(problem.__cause__, settings)
    if isinstance(problem, TimeoutError):
        return Failure(
            "timeout",
            f"The server {host} took more than {settings.timeout_s:g} s (-M timeout=SECONDS).",
            retry=True,
            congestion=True,
        )
    if isinstance(problem, OversizedReplyError):
        return Failure("reply-too-large", f"The reply of {host} is larger than any answer.")
    if isinstance(problem, TruncatedReplyError):
        return Failure("reply-truncated", f"The reply of {host} ended early.", retry=True)
    if isinstance(problem, NotHttpError):
        return Failure("reply-not-http", f"The server {host} does not speak HTTP.", retry=True)
    return Failure("connection-lost", f"The connection to {host} broke.", retry=True)


def _not_connected(problem: BaseException | None, settings: Settings) -> Failure:
    if isinstance(problem, ssl.SSLError):
        return Failure(
            "tls",
            f"No safe connection to {settings.host}: its certificate is not trusted here; check "
            "the address (http or https?) and the certificates of this machine.",
            fatal=True,
        )
    if getattr(problem, "errno", None) in {errno.EMFILE, errno.ENFILE}:
        return Failure(
            "too-many-connections",
            "This machine allows no more open files; lower --concurrency or raise `ulimit -n`.",
            retry=True,
            congestion=True,
        )
    return Failure(
        "unreachable",
        f"No server answers at {settings.base_url}; start it, or check --base-url.",
        retry=True,
        unreachable=True,
    )


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds the server asks us to wait: ``retry-after-ms``, or ``Retry-After`` of either form.

    Source: RFC 9110, 10.2.3.
    """
    try:
        if "retry-after-ms" in headers:
            return _not_negative(float(headers["retry-after-ms"]) / 1000)
        value = headers.get("retry-after")
        return None if value is None else _not_negative(float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def _not_negative(seconds: float) -> float | None:
    return max(0.0, seconds) if math.isfinite(seconds) else None
