"""The same requests through aiohttp with cached bodies: what the library alone costs.

python benchmarks/aiohttp_client.py FOLDER --port 8111
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path

import aiohttp
import orjson

from question_set import Question, load_questions
from request_body import CachedBodies


async def ask_all(questions: list[Question], port: int, concurrency: int) -> int:
    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    waiting = iter(questions)
    body_of = CachedBodies()
    answered = 0

    async def work(session: aiohttp.ClientSession) -> None:
        nonlocal answered
        for question in waiting:
            async with session.post(
                url, data=body_of(question), headers={"Content-Type": "application/json"}
            ) as reply:
                reply.raise_for_status()
                payload = orjson.loads(await reply.read())
            answered += bool(payload["choices"][0]["message"]["content"])

    connector = aiohttp.TCPConnector(limit=concurrency)
    async with aiohttp.ClientSession(connector=connector) as session:
        await asyncio.gather(*(work(session) for _ in range(concurrency)))
    return answered


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--concurrency", type=int, default=64)
    arguments = parser.parse_args()
    questions = load_questions(arguments.folder)
    cpu, wall = time.process_time(), time.perf_counter()
    answered = asyncio.run(ask_all(questions, arguments.port, arguments.concurrency))
    result = {
        "answered": answered,
        "work_cpu_s": time.process_time() - cpu,
        "work_wall_s": time.perf_counter() - wall,
    }
    print(orjson.dumps(result).decode())


if __name__ == "__main__":
    main()
