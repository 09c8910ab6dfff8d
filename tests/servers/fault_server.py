"""A real HTTP/1.1 server in a thread of its own, scripted reply by reply.

A behaviour is a function of the request that was seen: it returns a `Reply`, which may be a good
completion, an error, bytes that stop in the middle, a reset connection, or nothing for ever.

    with FaultServer(script=[status(429, retry_after="2"), ok("Yes")]) as server:
        ...  # ask server.base_url; the first request is refused, all later ones get "Yes"
        assert server.requests[0].body["temperature"] == 0
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from socket import SO_LINGER, SOL_SOCKET
from types import TracebackType
from typing import Any, Literal, Self

TLS_HELLO = b"\x16"


@dataclass(frozen=True)
class Seen:
    """A request as it arrived; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    data: bytes
    number: int

    @property
    def body(self) -> dict[str, Any]:
        """The parsed JSON body; empty for a request without one."""
        body: dict[str, Any] = json.loads(self.data) if self.data else {}
        return body

    @property
    def question(self) -> str:
        """All texts of the last message."""
        content = self.body["messages"][-1]["content"]
        if isinstance(content, str):
            return content
        return " ".join(part["text"] for part in content if part["type"] == "text")


@dataclass(frozen=True)
class Reply:
    """What to send back.

    Attributes:
        delay_s: Wait so long before the first byte.
        cut_at: Send only so many bytes of the body, then close; its length is still promised.
        ending: ``keep`` the connection, ``close`` it, ``reset`` it before any byte, or ``hang``.
        raw: Send exactly these bytes in place of a response.
    """

    status: int = 200
    data: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    cut_at: int | None = None
    ending: Literal["keep", "close", "reset", "hang"] = "keep"
    raw: bytes | None = None


Behaviour = Callable[[Seen], Reply]


def completion(*texts: str, **fields: Any) -> dict[str, Any]:
    """A chat completion with one choice a text; `fields` go into every choice."""
    choices = [
        {
            "index": index,
            "message": {"role": "assistant", "content": text},
            "finish_reason": "stop",
            "logprobs": None,
            **fields,
        }
        for index, text in enumerate(texts)
    ]
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "fault-model",
        "system_fingerprint": "fp-1",
        "choices": choices,
        "usage": {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14},
    }


def logprobs_of(*tokens: str, value: float = -0.25, n_top: int = 0) -> dict[str, Any]:
    """A choice's ``logprobs`` in which every token has the same value."""
    alternatives = [{"token": f"t{i}", "logprob": value - 1 - i} for i in range(n_top - 1)]
    entries = []
    for token in tokens:
        own = {"token": token, "logprob": value, "bytes": list(token.encode())}
        entries.append({**own, "top_logprobs": [own, *alternatives] if n_top else []})
    return {"content": entries}


def payload(body: Any, status: int = 200, **headers: str) -> Reply:
    """A reply with a JSON body."""
    return Reply(status, json.dumps(body).encode(), headers)


def ok(text: str = "Yes", **fields: Any) -> Behaviour:
    """As many choices as asked for, all with this text."""

    def behave(seen: Seen) -> Reply:
        n_choices = seen.body.get("n", 1) if seen.method == "POST" else 1
        return payload(completion(*[text] * n_choices, **fields))

    return behave


def always(body: Any) -> Behaviour:
    """A 200 with this JSON body, whatever was asked."""
    return lambda _: payload(body)


def with_logprobs(text: str = "Yes", *, value: float = -0.25, n_top_at_most: int = 20) -> Behaviour:
    """Honest log-probabilities: one token a word, alternatives where they were asked for."""

    def behave(seen: Seen) -> Reply:
        tokens = [word if not i else f" {word}" for i, word in enumerate(text.split(" "))]
        n_top = min(seen.body.get("top_logprobs", 0), n_top_at_most)
        given = logprobs_of(*tokens, value=value, n_top=n_top)
        texts = [text] * seen.body.get("n", 1)
        return payload(completion(*texts, logprobs=given if seen.body.get("logprobs") else None))

    return behave


def status(code: int, *, retry_after: str | None = None, error: Any = None) -> Behaviour:
    """An HTTP error with an OpenAI-like body."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    body = {"error": error if error is not None else {"message": "no", "type": "some_error"}}
    return lambda _: payload(body, code, **headers)


def refuses(field_name: str, then: Behaviour | None = None, **error: Any) -> Behaviour:
    """A 400 for requests that carry a field; others get `then`."""
    message = f"Unsupported parameter: '{field_name}' is not supported with this model."
    told = {
        "message": message,
        "type": "invalid_request_error",
        "param": field_name,
        "code": "unsupported_parameter",
        **error,
    }

    def behave(seen: Seen) -> Reply:
        if field_name in seen.body:
            return payload({"error": told}, 400)
        return (then or ok())(seen)

    return behave


def fewer_choices(n_choices: int, text: str = "Yes") -> Behaviour:
    """Never more than so many choices, whatever ``n`` asks for."""
    return lambda seen: payload(completion(*[text] * min(n_choices, seen.body.get("n", 1))))


def garbage() -> Behaviour:
    """A 200 that is a web page."""
    return lambda _: Reply(200, b"<html><body>gateway</body></html>")


def error_in_200(code: Any = "server_error") -> Behaviour:
    """A 200 whose body is an error."""
    return lambda _: payload({"error": {"message": "no", "code": code}})


def truncated() -> Behaviour:
    """A body that stops in the middle."""
    return lambda _: Reply(200, json.dumps(completion("Yes")).encode(), cut_at=40)


def hang() -> Behaviour:
    """Nothing, until the server is stopped."""
    return lambda _: Reply(ending="hang")


def reset() -> Behaviour:
    """The connection is reset before any byte of an answer."""
    return lambda _: Reply(ending="reset")


def not_http() -> Behaviour:
    """Bytes that are no HTTP response."""
    return lambda _: Reply(raw=b"220 mail.example ready\r\n\r\n", ending="close")


def redirect(to: str, code: int = 307) -> Behaviour:
    """A redirect to another address."""
    return lambda _: Reply(code, b"", {"Location": to})


def slow(delay_s: float, text: str = "Yes") -> Behaviour:
    """A good answer after a while."""

    def behave(seen: Seen) -> Reply:
        return Reply(200, json.dumps(completion(text)).encode(), delay_s=delay_s)

    return behave


def in_order(*behaviours: Behaviour) -> Behaviour:
    """The n-th request gets the n-th behaviour, all later ones the last."""
    waiting = list(behaviours)

    def behave(seen: Seen) -> Reply:
        behaviour = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return behaviour(seen)

    return behave


class FaultServer:
    """Serves on 127.0.0.1, on a free port, from construction of the ``with`` block to its end.

    Args:
        default: Behaviour once the script is used up.
        script: Behaviours of the first requests, one each.
        models: Names that ``GET /v1/models`` lists; such requests do not use up the script.
    """

    def __init__(
        self,
        default: Behaviour | None = None,
        *,
        script: Iterable[Behaviour] = (),
        models: Iterable[str] = ("fault-model",),
    ) -> None:
        self.default: Behaviour = default or ok()
        self.script: list[Behaviour] = list(script)
        self.models = list(models)
        self.requests: list[Seen] = []
        self.connections = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self._lock = threading.Lock()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._problem: BaseException | None = None
        self.port = 0

    @property
    def base_url(self) -> str:
        """What goes into ``--base-url``."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait(10)
        if not self.port:
            raise RuntimeError("the server did not start") from self._problem
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        if self._problem is not None and problem is None:
            raise self._problem

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as problem:  # noqa: BLE001 - shown by the thread that waits for us
            self._problem = problem
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stop.wait()
        server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self.connections += 1
        try:
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                while (seen := await self._read(reader)) is not None:
                    if not await self._respond(seen, writer):
                        break
        except Exception as problem:  # noqa: BLE001 - a broken behaviour must fail its test
            self._problem = problem
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Seen | None:
        try:
            first = await reader.readexactly(1)
            if first == TLS_HELLO:
                return Seen("TLS", "", {}, b"", -1)
            head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            request_line, *lines = head.split("\r\n")
            pairs = (line.partition(":") for line in lines if line)
            headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
            data = await reader.readexactly(int(headers.get("content-length", "0")))
        except asyncio.IncompleteReadError:
            return None
        method, path, _ = request_line.split(" ", 2)
        with self._lock:
            seen = Seen(method, path, headers, data, len(self.requests))
            if method == "POST":
                self.requests.append(seen)
        return seen

    async def _respond(self, seen: Seen, writer: asyncio.StreamWriter) -> bool:
        """Send the reply; whether the connection goes on."""
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            reply = self._reply(seen)
            if reply.delay_s:
                await asyncio.sleep(reply.delay_s)
            return await self._send(reply, writer)
        finally:
            self.in_flight -= 1

    def _reply(self, seen: Seen) -> Reply:
        if seen.method == "TLS":  # answered in the clear, as real servers do
            return Reply(400, ending="close")
        if seen.method == "GET" and seen.path == "/v1/models":
            return payload({"object": "list", "data": [{"id": name} for name in self.models]})
        with self._lock:
            behave = self.script.pop(0) if self.script else self.default
        return behave(seen)

    async def _send(self, reply: Reply, writer: asyncio.StreamWriter) -> bool:
        if reply.ending == "hang":
            await asyncio.sleep(3600)  # cancelled when the server stops
        if reply.ending == "reset":
            # a linger of 0 seconds makes the closing socket send RST in place of FIN
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, linger)
            return False
        writer.write(reply.raw if reply.raw is not None else _response(reply))
        await writer.drain()
        return reply.ending == "keep" and reply.cut_at is None


def _response(reply: Reply) -> bytes:
    phrase = HTTPStatus(reply.status).phrase if reply.status in set(HTTPStatus) else "Unknown"
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(len(reply.data)),
        **reply.headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {reply.status} {phrase}\r\n{lines}\r\n".encode("latin-1")
    return head + reply.data[: reply.cut_at]
