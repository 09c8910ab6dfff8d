"""One file over the network: asked for again when that may help, taken only if it is an image."""

from __future__ import annotations

import http.client
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Final

from medtrust import __version__
from medtrust.core.errors import ImageError
from medtrust.data.mediconfusion.packages import LARGEST_IMAGE
from medtrust.imaging.load import decode_image

_CHUNK: Final = 1 << 16
_LONGEST_PAUSE_S: Final = 60.0
_WORTH_RETRYING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_ABSENT: Final = frozenset({403, 404, 410})
"""The bucket says 403 for what is not there to people who may not list it."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try.

    Attributes:
        attempts: For one address, at least 1.
        pause_s: Before the second attempt; doubles each time.
        silence_s: Longest wait for the next bytes.
        whole_s: Longest time for one image.
        largest: Bytes of the largest image that is taken.
        give_up: Images in a row whose server cannot be reached before the rest is not tried.
    """

    attempts: int = 4
    pause_s: float = 1.0
    silence_s: float = 30.0
    whole_s: float = 300.0
    largest: int = LARGEST_IMAGE
    give_up: int = 5


PATIENT: Final = Patience()


class NotFetchedError(Exception):
    """An image that did not come.

    Attributes:
        reason: Short kebab-case reason, e.g. ``http-404``.
        retry: Asking again may help.
        absent: There is nothing at this address; another one may do.
        unreachable: There was no server.
        after_s: What the server asked to wait.
    """

    def __init__(
        self,
        reason: str,
        *,
        retry: bool = False,
        absent: bool = False,
        unreachable: bool = False,
        after_s: float = 0.0,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry = retry
        self.absent = absent
        self.unreachable = unreachable
        self.after_s = after_s


def fetch(address: str, patience: Patience, stop: threading.Event, *, image: bool = True) -> bytes:
    """Bytes of one file.

    Args:
        address: ``http`` or ``https``.
        patience: How long to try.
        stop: Ends the waiting between attempts.
        image: Whether only an image will do.

    Raises:
        NotFetchedError: With the reason of the last attempt.
    """
    for attempt in range(patience.attempts):
        try:
            content = _get(address, patience)
            return _require_image(content) if image else content
        except NotFetchedError as problem:
            last = attempt + 1 == patience.attempts
            pause = max(problem.after_s, patience.pause_s * 2**attempt)
            if last or not problem.retry or stop.wait(min(pause, _LONGEST_PAUSE_S)):
                raise
    raise AssertionError("patience has no attempts")


def _get(address: str, patience: Patience) -> bytes:
    request = urllib.request.Request(  # noqa: S310 - the opener below knows http and https only
        address, headers={"User-Agent": f"medtrust/{__version__}"}
    )
    until = time.monotonic() + patience.whole_s
    try:
        with _opener().open(request, timeout=patience.silence_s) as response:
            return _body(response, patience.largest, until)
    except urllib.error.HTTPError as problem:
        problem.close()
        raise _status(problem) from None
    except TimeoutError:
        raise NotFetchedError("timeout", retry=True) from None
    except urllib.error.URLError as problem:
        raise _unreached(problem.reason) from None
    except (http.client.HTTPException, OSError):
        raise NotFetchedError("connection-cut", retry=True) from None


def _body(response: http.client.HTTPResponse, largest: int, until: float) -> bytes:
    """The whole body; a length that was promised must be kept."""
    promised = response.length
    if promised is not None and promised > largest:
        raise NotFetchedError("too-large")
    pieces: list[bytes] = []
    size = 0
    while piece := response.read(_CHUNK):
        pieces.append(piece)
        size += len(piece)
        if size > largest:
            raise NotFetchedError("too-large")
        if time.monotonic() > until:
            raise NotFetchedError("timeout", retry=True)
    if promised is not None and size < promised:
        raise NotFetchedError("connection-cut", retry=True)
    return b"".join(pieces)


def _require_image(content: bytes) -> bytes:
    try:
        decode_image(content)
    except ImageError as problem:
        # what ends too early may be whole next time, a web page stays one
        raise NotFetchedError(problem.reason, retry=problem.reason == "image-truncated") from None
    return content


def _status(problem: urllib.error.HTTPError) -> NotFetchedError:
    waiting = problem.headers.get("Retry-After", "") if problem.headers else ""
    return NotFetchedError(
        f"http-{problem.code}",
        retry=problem.code in _WORTH_RETRYING,
        absent=problem.code in _ABSENT,
        after_s=float(waiting) if waiting.isascii() and waiting.isdigit() else 0.0,
    )


def _unreached(cause: object) -> NotFetchedError:
    if isinstance(cause, TimeoutError):
        return NotFetchedError("timeout", retry=True, unreachable=True)
    if isinstance(cause, OSError):
        return NotFetchedError("unreachable", retry=True, unreachable=True)
    return NotFetchedError("no-http-address")


def _opener() -> urllib.request.OpenerDirector:
    """Knows http and https only, so that no redirect leads to a file or to another protocol."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener
