"""A real HTTP/1.1 keep-alive server that answers chat completions at once, to measure clients.

It reads and parses every body, so a client that sends rubbish is told so, and answers "Yes" to
yes/no questions and "A" to all others. It prints `{"port": ...}` and ends on SIGTERM or when its
standard input is closed, so it never outlives the benchmark that started it.

    python benchmarks/stub_server.py --port 8111 --latency-ms 20
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import math
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import orjson

MODEL = "stub"
HEAD_END = b"\r\n\r\n"
MAX_HEAD_BYTES = 65_536
REASONS = {
    200: b"OK",
    400: b"Bad Request",
    404: b"Not Found",
    411: b"Length Required",
    431: b"Request Header Fields Too Large",
}


def response(status: int, payload: dict[str, Any]) -> bytes:
    body = orjson.dumps(payload)
    head = b"HTTP/1.1 %d %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % (status, REASONS[status], len(body)) + body


def error(status: int, message: str) -> bytes:
    return response(
        status, {"error": {"message": message, "type": "invalid_request_error", "code": None}}
    )


def token_logprobs(answer: str, *, n_top: int) -> dict[str, Any]:
    """Logprobs block of a one-token answer: 0.9 on the answer, the rest spread over others."""
    others = [word for word in ("Yes", "No", "A", "B", "C", "D") if word != answer]
    probabilities = [(answer, 0.9), *((word, 0.1 / len(others)) for word in others)]
    entries = [
        {"token": word, "logprob": math.log(p), "bytes": list(word.encode())}
        for word, p in probabilities
    ]
    return {"content": [{**entries[0], "top_logprobs": entries[:n_top]}], "refusal": None}


def completion(answer: str, *, n_choices: int, logprobs: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-stub",
        "object": "chat.completion",
        "created": 1,
        "model": MODEL,
        "system_fingerprint": "fp_stub",
        "choices": [
            {
                "index": index,
                "message": {"role": "assistant", "content": answer, "refusal": None},
                "logprobs": logprobs,
                "finish_reason": "stop",
            }
            for index in range(n_choices)
        ],
        "usage": {
            "prompt_tokens": 300,
            "completion_tokens": n_choices,
            "total_tokens": 300 + n_choices,
        },
    }


# Most requests want one choice without logprobs: these two answers are built once.
PLAIN_ANSWERS = {
    answer: response(200, completion(answer, n_choices=1, logprobs=None)) for answer in ("Yes", "A")
}


def last_text(messages: list[dict[str, Any]]) -> str:
    content = messages[-1]["content"]
    if isinstance(content, str):
        return content
    return " ".join(part["text"] for part in content if part["type"] == "text")


def answer_chat(body: memoryview | bytes) -> bytes:
    """Answer one chat completion, or say what is wrong with the request."""
    try:
        payload = orjson.loads(body)
        text = last_text(payload["messages"])
        n_choices = int(payload.get("n") or 1)
        n_top = int(payload.get("top_logprobs") or 0)
        wants_logprobs = bool(payload.get("logprobs"))
    except (orjson.JSONDecodeError, LookupError, TypeError, ValueError, AttributeError) as problem:
        return error(400, f"not a chat completion request: {problem!r}")
    answer = "Yes" if "yes or no" in text.lower() else "A"
    if n_choices == 1 and not wants_logprobs:
        return PLAIN_ANSWERS[answer]
    logprobs = token_logprobs(answer, n_top=n_top) if wants_logprobs else None
    return response(200, completion(answer, n_choices=n_choices, logprobs=logprobs))


def answer_get(path: str) -> bytes:
    if path == "/v1/models":
        model = {"id": MODEL, "object": "model", "created": 1, "owned_by": "benchmarks"}
        return response(200, {"object": "list", "data": [model]})
    return error(404, f"no such path: {path}")


def parse_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    """Method, path and lower-cased headers."""
    request_line, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = request_line.split(" ", 2)
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return method, path, headers


class Connection(asyncio.Protocol):
    """One keep-alive connection; answers leave in the order of their requests."""

    def __init__(self, latency_s: float) -> None:
        self.latency_s = latency_s
        self.received = bytearray()
        self.head: tuple[str, str, dict[str, str]] | None = None
        self.body_length = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream transport is needed")
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        while self.read_one():
            pass

    def read_one(self) -> bool:
        """Answer one request if the buffer holds all of it."""
        if self.head is None and not self.read_head():
            return False
        if self.head is None or len(self.received) < self.body_length:
            return False
        method, path, headers = self.head
        if method == "POST" and path == "/v1/chat/completions":
            # orjson must have let go of the buffer before the buffer may shrink
            with memoryview(self.received) as view, view[: self.body_length] as body:
                reply = answer_chat(body)
        else:
            reply = answer_get(path)
        del self.received[: self.body_length]
        self.head = None
        self.reply(reply, close=headers.get("connection", "").lower() == "close")
        return True

    def read_head(self) -> bool:
        end = self.received.find(HEAD_END)
        if end < 0:
            if len(self.received) > MAX_HEAD_BYTES:
                self.reply(error(431, "the request head is too long"), close=True)
            return False
        try:
            self.head = parse_head(bytes(self.received[:end]))
            self.body_length = int(self.head[2].get("content-length", "0"))
        except ValueError:
            self.reply(error(400, "not an HTTP/1.1 request"), close=True)
            return False
        del self.received[: end + len(HEAD_END)]
        if "transfer-encoding" in self.head[2]:
            self.reply(error(411, "send the body with a Content-Length"), close=True)
            return False
        return True

    def reply(self, data: bytes, *, close: bool) -> None:
        if self.latency_s > 0:
            asyncio.get_running_loop().call_later(self.latency_s, self.write, data, close)
        else:
            self.write(data, close)

    def write(self, data: bytes, close: bool) -> None:  # noqa: FBT001 - call_later passes by place
        if self.transport.is_closing():
            return
        self.transport.write(data)
        if close:
            self.transport.close()


def stop_when_told(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)

    def on_input() -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            loop.remove_reader(sys.stdin)
            stop.set()

    # A terminal or a pipe can be watched; a plain file or /dev/null cannot, and then says nothing.
    with contextlib.suppress(PermissionError, ValueError):
        loop.add_reader(sys.stdin, on_input)


async def serve(host: str, port: int, latency_s: float) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    stop_when_told(loop, stop)
    server = await loop.create_server(lambda: Connection(latency_s), host, port, backlog=1024)
    print(orjson.dumps({"port": server.sockets[0].getsockname()[1]}).decode(), flush=True)
    await stop.wait()
    server.close()


@contextlib.contextmanager
def running_server(latency_ms: float = 0.0) -> Iterator[int]:
    """Run this file in a process of its own; yields its port."""
    command = [sys.executable, __file__, "--latency-ms", str(latency_ms)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            line = process.stdout.readline() if process.stdout else b""
            yield int(orjson.loads(line)["port"])
        finally:
            process.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--latency-ms", type=float, default=0.0)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.host, arguments.port, arguments.latency_ms / 1000))


if __name__ == "__main__":
    main()
