"""The reference every ratio is taken against: 64 keep-alive sockets and nothing else.

`--bodies plain` reads and encodes the image for every request, as a bare client would: this is
the reference. `--bodies cached` encodes each image once, and `--bodies ready` has done that before
its clock starts: the floor of what sockets cost. It plans nothing, stores nothing, scores nothing.

    python benchmarks/raw_client.py FOLDER --port 8111 --bodies plain
"""

from __future__ import annotations

import argparse
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson

from question_set import Question, load_questions
from request_body import CachedBodies, plain_body

RECEIVE_BYTES = 65_536


class Connection:
    """One keep-alive socket with one request in flight."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(0)
        self.head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        ).encode()
        self.unsent = memoryview(b"")
        self.received = b""

    def start(self, body: bytes) -> None:
        self.unsent = memoryview(self.head % len(body) + body)
        self.received = b""

    def send(self) -> bool:
        """Send what the socket takes; whether all is out."""
        try:
            self.unsent = self.unsent[self.socket.send(self.unsent) :]
        except BlockingIOError:
            return False
        return not self.unsent

    def receive(self) -> str | None:
        """The answer's text once all of it is here."""
        data = self.socket.recv(RECEIVE_BYTES)
        if not data:
            raise ConnectionError("the server closed a keep-alive connection")
        self.received += data
        head, separator, body = self.received.partition(b"\r\n\r\n")
        if not separator:
            return None
        if not head.startswith(b"HTTP/1.1 200"):
            raise ConnectionError(f"the server answered: {self.received[:200]!r}")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        if len(body) < length:
            return None
        text: str = orjson.loads(body)["choices"][0]["message"]["content"]
        return text


def ask_all(
    questions: list[Question], port: int, concurrency: int, body_of: Callable[[Question], bytes]
) -> int:
    """Ask every question; the number of answers that came back."""
    waiting: Iterator[Question] = iter(questions)
    answered = 0
    with selectors.DefaultSelector() as selector:

        def start_next(connection: Connection) -> None:
            question = next(waiting, None)
            if question is None:
                selector.unregister(connection.socket)
                connection.socket.close()
                return
            connection.start(body_of(question))
            event = selectors.EVENT_READ if connection.send() else selectors.EVENT_WRITE
            selector.modify(connection.socket, event, connection)

        for _ in range(min(concurrency, len(questions))):
            connection = Connection(port)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            start_next(connection)
        while selector.get_map():
            for key, event in selector.select():
                connection = key.data
                if event & selectors.EVENT_WRITE:
                    if connection.send():
                        selector.modify(connection.socket, selectors.EVENT_READ, connection)
                elif connection.receive():
                    answered += 1
                    start_next(connection)
    return answered


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--bodies", choices=("plain", "cached", "ready"), default="plain")
    arguments = parser.parse_args()
    questions = load_questions(arguments.folder)
    body_of = plain_body if arguments.bodies == "plain" else CachedBodies()
    if arguments.bodies == "ready":
        for question in questions:
            body_of(question)
    cpu, wall = time.process_time(), time.perf_counter()
    answered = ask_all(questions, arguments.port, arguments.concurrency, body_of)
    result = {
        "answered": answered,
        "work_cpu_s": time.process_time() - cpu,
        "work_wall_s": time.perf_counter() - wall,
    }
    print(orjson.dumps(result).decode())


if __name__ == "__main__":
    main()
