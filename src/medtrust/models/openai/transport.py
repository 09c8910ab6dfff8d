"""HTTP: the one place where a request leaves this machine."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import aiohttp
from aiohttp.payload import BytesPayload, Payload
from yarl import URL

from medtrust import __version__
from medtrust.core.records import Failure
from medtrust.models.openai.failures import exception_failure
from medtrust.models.openai.settings import Settings

CONNECT_TIMEOUT_S: Final = 10.0
MAX_REPLY_BYTES: Final = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Response:
    """A whole response.

    Attributes:
        status: HTTP status.
        headers: Case-insensitive.
        data: The body.
        latency_s: From sending to the last byte.
    """

    status: int
    headers: Mapping[str, str]
    data: bytes
    latency_s: float


class Transport:
    """Keep-alive connections to one server.

    Args:
        settings: Of the server.
        key: Sent as a bearer token; empty for servers that want none. Kept nowhere else.
    """

    def __init__(self, settings: Settings, key: str) -> None:
        self._settings = settings
        self._headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
            "User-Agent": f"medtrust/{__version__}",
        }
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self._urls = {
            path: URL(f"{settings.base_url}/{path}") for path in ("chat/completions", "models")
        }
        self._session: aiohttp.ClientSession | None = None

    async def exchange(
        self, method: Literal["GET", "POST"], path: str, body: bytes | None = None
    ) -> Response | Failure:
        """Send one request and read its whole response; never follows a redirect."""
        session = self._open_session()
        data = None if body is None else _Body(body)
        started = time.perf_counter()
        try:
            async with session.request(
                method, self._urls[path], data=data, allow_redirects=False
            ) as response:
                content = await _read_limited(response)
                latency_s = time.perf_counter() - started
                if content is None:
                    message = f"The reply of {self._settings.host} is larger than any answer."
                    return Failure("reply-too-large", message)
                return Response(response.status, response.headers, content, latency_s)
        except (aiohttp.ClientError, OSError) as problem:
            return exception_failure(problem, self._settings)

    async def close(self) -> None:
        """Close the connections; another exchange opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            # No limit here: the engine decides how many requests are under way. No proxy from the
            # environment: protected data goes to the named host and nowhere else.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(
                    total=self._settings.timeout_s, sock_connect=CONNECT_TIMEOUT_S
                ),
                trust_env=False,
            )
        return self._session


class _Body(BytesPayload):
    """Bytes of any size; aiohttp's own class warns above 1 MiB, which one large image passes."""

    def __init__(self, value: bytes) -> None:
        Payload.__init__(self, value, content_type="application/json")
        self._size = len(value)


async def _read_limited(response: aiohttp.ClientResponse) -> bytes | None:
    """The body, or None as soon as it is larger than any honest reply."""
    length = response.content_length
    if length is not None and "Content-Encoding" not in response.headers:
        return await response.read() if length <= MAX_REPLY_BYTES else None
    content = bytearray()
    async for chunk in response.content.iter_chunked(2**16):
        content += chunk
        if len(content) > MAX_REPLY_BYTES:
            return None
    return bytes(content)
