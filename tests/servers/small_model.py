"""A tiny chat model with rules for the questions tests ask, honest unless told to lie.

It is a behaviour for `FaultServer`. Its tokens are words with the space before them. It sees
colours, counts, stops, samples by seed, and gives log-probabilities; `lies` names what it does
wrongly and `refuses` what it answers with a 400.
"""

from __future__ import annotations

import base64
import io
import random
import re
from typing import Any

import numpy as np
from PIL import Image

from servers.fault_server import Reply, Seen, payload

LETTERS = "abcdefghijklmnopqrstuvwxyz"


class SmallModel:
    """Behaviour of an OpenAI-compatible server with a rule-based model behind it.

    Args:
        lies: Any of ``images`` (does not look), ``logprobs`` (ignores them), ``positive``,
            ``zeros``, ``short``, ``misspelled`` (log-probabilities that are wrong in that way),
            ``crowded`` (alternatives adding up to more than 1), ``n``, ``temperature``, ``seed``,
            ``stop``, ``max_tokens`` (each ignored), ``finish`` (says ``stop`` when cut),
            ``usage``, ``fingerprint``, ``server`` (does not say).
        refuses: Fields answered with a 400, or ``images``.
    """

    def __init__(self, *, lies: tuple[str, ...] = (), refuses: tuple[str, ...] = ()) -> None:
        self.lies = frozenset(lies)
        self.refuses = frozenset(refuses)
        self._chance = random.Random(0)

    def __call__(self, seen: Seen) -> Reply:
        """Answer one chat completion."""
        body = seen.body
        for name in sorted(self.refuses & set(body)):
            error = {"message": f"'{name}' is not supported", "param": name}
            return payload({"error": error}, 400)
        colour = self._colour(body["messages"][-1]["content"])
        if colour is not None and "images" in self.refuses:
            return payload({"error": {"message": "images are not supported"}}, 400)
        n_choices = 1 if "n" in self.lies else body.get("n", 1)
        choices = [self._choice(seen, body, colour, index) for index in range(n_choices)]
        spoken = sum(choice.pop("n_tokens") for choice in choices)
        reply: dict[str, Any] = {"object": "chat.completion", "choices": choices}
        if "usage" not in self.lies:
            reply["usage"] = {"prompt_tokens": 9, "completion_tokens": spoken}
        if "server" not in self.lies:
            reply["model"] = "small-model"
        if "fingerprint" not in self.lies:
            reply["system_fingerprint"] = "fp-small"
        return payload(reply)

    def _choice(
        self, seen: Seen, body: dict[str, Any], colour: str | None, index: int
    ) -> dict[str, Any]:
        chance = self._chance
        if "seed" in body and "seed" not in self.lies:
            chance = random.Random(body["seed"] + index)
        if body["temperature"] == 0 or "temperature" in self.lies:
            chance = random.Random(0)
        text = self._say(seen.question, colour, chance)
        for stop in [] if "stop" in self.lies else body.get("stop", []):
            text = text.partition(stop)[0]
        tokens = re.findall(r" ?[^ ]+", text)
        limit = body.get("max_tokens", body.get("max_completion_tokens", 100))
        cut = len(tokens) > limit and "max_tokens" not in self.lies
        if cut:
            tokens = tokens[:limit]
        wants = body.get("logprobs") and "logprobs" not in self.lies
        return {
            "index": index,
            "message": {"role": "assistant", "content": "".join(tokens)},
            "finish_reason": "length" if cut and "finish" not in self.lies else "stop",
            "logprobs": self._logprobs(tokens, body.get("top_logprobs", 0)) if wants else None,
            "n_tokens": len(tokens),
        }

    def _say(self, question: str, colour: str | None, chance: random.Random) -> str:
        if colour is not None:
            return colour if "images" not in self.lies else "grey"
        if count := re.search(r"Count from 1 to (\d+)", question):
            return ", ".join(str(number) for number in range(1, int(count[1]) + 1))
        if "random number" in question:
            return str(chance.randrange(1_000_000))
        if "random word" in question:
            return "".join(chance.choices(LETTERS, k=12))
        if "sentence" in question:
            return "The sun shines on the sea today."
        return "ready"

    def _colour(self, content: Any) -> str | None:
        if isinstance(content, str):
            return None
        urls = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
        if not urls:
            return None
        data = base64.b64decode(urls[-1].partition(",")[2])
        means = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).mean(axis=(0, 1))
        return ("red", "green", "blue")[int(np.argmax(means))] if np.ptp(means) > 20 else "grey"

    def _logprobs(self, tokens: list[str], n_top: int) -> dict[str, Any]:
        if "short" in self.lies:
            tokens = tokens[:2]
        if "misspelled" in self.lies:
            tokens = [f"{token}x" for token in tokens]
        entries = []
        for index, token in enumerate(tokens):
            value = -0.1 * (index + 1)
            if "positive" in self.lies:
                value = -value
            if "zeros" in self.lies:
                value = 0.0
            others = -0.01 if "crowded" in self.lies else -9.0
            top = [{"token": token, "logprob": value}]
            top += [{"token": f"t{rank}", "logprob": others} for rank in range(1, n_top)]
            entries.append({"token": token, "logprob": value, "top_logprobs": top[:n_top]})
        return {"content": entries}
