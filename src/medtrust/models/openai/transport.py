"""HTTP: the one place where a request leaves this machine.

Connections are kept alive and used again, the latest first. Nothing is followed or looked up on
the way: no redirect, no proxy of the environment, no cookie. Protected data goes to the named host
and nowhere else.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

from medtrust import __version__
from medtrust.core.records import Failure
from medtrust.models.openai.connection import Connection
from medtrust.models.openai.failures import NotConnected, exception_failure
from medtrust.models.openai.settings import Settings

CONNECT_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Response:
    """A whole response.

    Attributes:
        status: HTTP status.
        headers: Names in lower case.
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
        parts = urlsplit(settings.base_url)
        self._settings = settings
        self._host = parts.hostname or ""
        self._tls = parts.scheme == "https"
        self._port = parts.port or (443 if self._tls else 80)
        self._path = parts.path.rstrip("/")
        self._query = f"?{parts.query}" if parts.query else ""
        self._head = _head(parts.netloc.rpartition("@")[2], key)
        self._idle: list[Connection] = []
        self._all: set[Connection] = set()
        self._context: ssl.SSLContext | None = None

    async def exchange(
        self, method: Literal["GET", "POST"], path: str, body: Iterable[bytes] = ()
    ) -> Response | Failure:
        """Send one request and read its whole response.

        Args:
            method: Of the request.
            path: Below the base URL.
            body: Pieces, joined once, together with the head.
        """
        pieces = list(body)
        started = time.perf_counter()
        try:
            connection = await self._connection()
            request = self._request(method, path, pieces)
            reply = await connection.exchange(request, self._settings.timeout_s)
        except (OSError, NotConnected) as problem:
            return exception_failure(problem, self._settings)
        if connection.usable:
            self._idle.append(connection)
        else:
            self._all.discard(connection)
        return Response(reply.status, reply.headers, reply.data, time.perf_counter() - started)

    async def close(self) -> None:
        """Close the connections; another exchange opens new ones."""
        for connection in self._all:
            connection.close()
        self._all.clear()
        self._idle.clear()
        await asyncio.sleep(0)  # lets the loop tell the connections that they are closed

    def _request(self, method: str, path: str, pieces: list[bytes]) -> bytes:
        length = sum(map(len, pieces))
        line = f"{method} {self._path}/{path}{self._query} HTTP/1.1\r\nContent-Length: {length}\r\n"
        return b"".join((line.encode("ascii"), self._head, *pieces))

    async def _connection(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.usable:
                return connection
            self._all.discard(connection)
        if self._tls and self._context is None:
            self._context = await asyncio.to_thread(ssl.create_default_context)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                _, connection = await loop.create_connection(
                    Connection, self._host, self._port, ssl=self._context
                )
        except (OSError, UnicodeError) as problem:
            raise NotConnected from problem
        self._all.add(connection)
        return connection


def _head(host: str, key: str) -> bytes:
    """Headers that are the same for every request, with the empty line that ends them."""
    lines = [
        f"Host: {host}",
        "Accept: application/json",
        "Accept-Encoding: identity",
        "Content-Type: application/json",
        f"User-Agent: medtrust/{__version__}",
    ]
    if key:
        lines.append(f"Authorization: Bearer {key}")
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"\r\n"
