"""Ask a real server: `transformers serve` with a model folder, over real HTTP on loopback.

    python examples/real_server.py --weights MODEL_DIR --questions questions.jsonl --limit 200

Starts the server, waits until it is there, asks, prints the table, stops the server. Needs
`pip install 'medtrust[local]' 'transformers[serving]'`. Nothing leaves the machine.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from medtrust.report.terminal import render
from medtrust.run import evaluate

START_WITHIN_S = 180


@contextmanager
def serving(weights: Path) -> Iterator[str]:
    """The base URL of a server that answers with this model."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("transformers")), "serve", str(weights),
        "--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32",
    ]  # fmt: skip
    quiet = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "2"}
    with subprocess.Popen(
        command, env=quiet, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            _wait(f"http://127.0.0.1:{port}/health", server)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + START_WITHIN_S
    while time.monotonic() < ends:
        if server.poll() is not None:
            sys.exit("The server stopped at once: is transformers[serving] installed?")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.5)
    sys.exit(f"The server did not answer within {START_WITHIN_S} s.")


def main() -> None:
    """Serve, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path("runs/real-server"))
    chosen = parser.parse_args()
    weights = chosen.weights.resolve()
    with serving(weights) as url:
        run = evaluate(
            tasks="folder/factuality",
            model=f"openai/{weights}",
            base_url=url,
            data={"folder": chosen.questions},
            limit=chosen.limit,
            out=chosen.out,
            concurrency=4,
            say=print,
        )
    print(render(run))
    sys.exit(3 if run.left else 0)


if __name__ == "__main__":
    main()
