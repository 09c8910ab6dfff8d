"""One HTTP/1.1 keep-alive connection: write a request, hand over the whole response.

This is the hot path of asking. The parser is llhttp (through httptools); what a general client
adds around it costs several times what sending 80 kB costs, so there is nothing around it here:
no redirects, no cookies, no proxies, one request at a time.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

import httptools

MAX_HEAD_BYTES: Final = 64 * 2**10
MAX_REPLY_BYTES: Final = 32 * 2**20


class TruncatedReplyError(ConnectionError):
    """The connection ended in the middle of a response."""


class NotHttpError(ConnectionError):
    """What came back is not an HTTP response."""


class OversizedReplyError(ConnectionError):
    """The response is larger than any answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole response.

    Attributes:
        status: HTTP status.
        headers: Names in lower case; of repeated ones the last.
        data: The body, decompressed.
    """

    status: int
    headers: Mapping[str, str]
    data: bytes


class Connection(asyncio.Protocol):
    """A connection that is idle, or busy with one exchange."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[Reply] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._fresh()

    @property
    def usable(self) -> bool:
        """Whether another request may be sent on it."""
        transport = self._transport
        return self._waiter is None and transport is not None and not transport.is_closing()

    async def exchange(self, request: bytes, timeout_s: float) -> Reply:
        """Send a request and wait for its whole response.

        Args:
            request: Head and body.
            timeout_s: From now to the last byte.

        Raises:
            TimeoutError: It took longer.
            ConnectionError: The connection broke, or the response is truncated, too large or not
                HTTP.
        """
        if self._transport is None or not self.usable:
            raise ConnectionResetError("the connection is closed")
        loop = asyncio.get_running_loop()
        self._fresh()
        waiter: asyncio.Future[Reply] = loop.create_future()
        self._waiter = waiter
        self._alarm = loop.call_later(timeout_s, self._fail, TimeoutError())
        self._transport.write(request)
        try:
            return await waiter
        finally:
            if self._waiter is waiter:  # given up from outside: the rest is of no use to anybody
                self._waiter = None
                self.close()
            self._silence()

    def close(self) -> None:
        """Close at once; what is under way fails."""
        if self._transport is not None:
            self._transport.abort()

    def _fresh(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._parts: list[bytes] = []
        self._received = 0
        self._in_body = False

    def _silence(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _fail(self, problem: Exception) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(problem)
        self.close()

    # asyncio calls these

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        if self._waiter is None:  # nobody asked: the server is not to be trusted with more
            self.close()
            return
        self._received += len(data)
        if self._received > MAX_REPLY_BYTES:
            self._fail(OversizedReplyError("over the limit"))
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail(NotHttpError("not an HTTP response"))
            return
        if not self._in_body and self._received > MAX_HEAD_BYTES:
            self._fail(NotHttpError("the head does not end"))

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection ended, which also ends a body of no stated length."""
        if self._waiter is None:
            return
        lengths = {"content-length", "transfer-encoding"}
        if exc is None and self._in_body and lengths.isdisjoint(self._headers):
            self._complete()
        elif self._received:
            self._fail(TruncatedReplyError("the reply ended early"))
        else:
            self._fail(ConnectionResetError("the connection broke"))

    # the parser calls these

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """The head ended."""
        self._in_body = True
        stated = self._headers.get("content-length", "")
        if stated.isdecimal() and int(stated) > MAX_REPLY_BYTES:
            self._fail(OversizedReplyError("over the limit"))

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._parts.append(body)

    def on_message_complete(self) -> None:
        """The response ended."""
        if self._parser.get_status_code() < 200:  # an interim response: the real one follows
            self._headers, self._in_body = {}, False
            return
        self._complete()

    def _complete(self) -> None:
        try:
            data = _decompressed(b"".join(self._parts), self._headers.get("content-encoding", ""))
        except zlib.error:
            self._fail(NotHttpError("not compressed as it says"))
            return
        status, keep = self._parser.get_status_code(), self._parser.should_keep_alive()
        waiter, self._waiter = self._waiter, None
        self._silence()
        if waiter is not None and not waiter.done():
            waiter.set_result(Reply(status, self._headers, data))
        if not keep:
            self.close()


def _decompressed(data: bytes, encoding: str) -> bytes:
    """The body as it was meant, at most `MAX_REPLY_BYTES` of it."""
    if encoding.lower() not in {"gzip", "x-gzip", "deflate"}:
        return data
    return zlib.decompressobj(wbits=47).decompress(data, MAX_REPLY_BYTES)
