"""The answers that the same estimators need, through a medtrust model in this process.

Each prompt is a group as a run would make it: the greedy answer and K draws together, then P(True)
as a follow-up on the greedy answer. Whole groups wait for the model side by side, as in a run.

    python benchmarks/local_client.py JOB.json
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from forward_counter import Forwards, count_forwards
from medtrust.core.keys import request_id
from medtrust.core.model import Call, Origin
from medtrust.core.records import Answer, Decoding, Kind, Message, Request, Sample
from medtrust.models.hf.adapter import LocalModel, open_folder
from medtrust.models.hf.loading import load
from medtrust.models.hf.options import LocalOptions, read_options
from medtrust.models.hf.rendering import Renderer
from uncertainty_job import P_TRUE_FOLLOW_UP, P_TRUE_PROMPT, Job

SIGNALS = frozenset({"token_logprobs", "token_entropies"})
NOBODY = Origin("benchmark", Sample("benchmark", "", Kind.OPEN), "", "")


def said(role: Any, text: str) -> Message:
    return Message(role, (text,))


def call(request: Request) -> Call:
    return Call(request, request_id(request), NOBODY)


async def answers(model: LocalModel, requests: Sequence[Request]) -> list[Answer]:
    found = await model.answer([call(request) for request in requests], SIGNALS)
    for each in found:
        if not isinstance(each, Answer):
            raise TypeError(f"{each.reason}: {each.message}")
    return [each for each in found if isinstance(each, Answer)]


def group(prompt: str, job: Job) -> list[Request]:
    """The greedy answer, then the draws."""
    asked = (said("user", prompt),)
    drawn = Decoding(job.n_tokens, temperature=1.0)
    draws = [Request(asked, drawn, draw=number) for number in range(job.n_draws)]
    return [Request(asked, Decoding(job.n_tokens)), *draws]


async def hold(model: LocalModel, prompt: str, job: Job) -> tuple[list[Answer], Answer]:
    """One prompt's conversation: the answers, and what a follow-up thinks of the first."""
    given = await answers(model, group(prompt, job))
    talk = (
        said("user", prompt), said("assistant", given[0].text), said("user", P_TRUE_FOLLOW_UP),
    )  # fmt: skip
    (followed,) = await answers(model, [Request(talk, continuations=("True",))])
    return given, followed


async def hold_all(model: LocalModel, job: Job) -> list[tuple[list[Answer], Answer]]:
    return await asyncio.gather(*(hold(model, prompt, job) for prompt in job.prompts))


async def p_true_elsewhere(model: LocalModel, job: Job, texts: Sequence[str]) -> list[float]:
    """P(True) in lm-polygraph's own words, a new prompt each: only to compare values."""
    asked = [P_TRUE_PROMPT.format(q=q, a=a) for q, a in zip(job.prompts, texts, strict=True)]
    found = await answers(
        model, [Request((said("user", text),), continuations=("True",)) for text in asked]
    )
    return [-float(each.signals["continuation_logprobs"][0]) for each in found]


def estimates(greedy: Sequence[Answer], p_true: Sequence[float]) -> dict[str, list[float]]:
    """The estimators that mean the same on both sides, by lm-polygraph's names."""
    logprobs = [np.asarray(answer.signals["token_logprobs"], np.float64) for answer in greedy]
    entropies = [np.asarray(answer.signals["token_entropies"], np.float64) for answer in greedy]
    return {
        "MaximumSequenceProbability": [float(-each.sum()) for each in logprobs],
        "Perplexity": [float(-each.mean()) for each in logprobs],
        "MeanTokenEntropy": [float(each.mean()) for each in entropies],
        "PTrue": list(p_true),
    }


def token_ids(job: Job) -> tuple[list[list[int]], int]:
    """Tokens of each prompt, and q: how many the follow-up adds behind an answer."""
    renderer = Renderer(load(Path(job.model), LocalOptions(), "cpu", "float32"))
    prompts = [list(renderer.render((said("user", text),)).ids) for text in job.prompts]
    return prompts, len(renderer.continuation("\n" + P_TRUE_FOLLOW_UP))


async def run(model: LocalModel, job: Job, forwards: Forwards) -> dict[str, Any]:
    few = Job(job.model, ["Question: is this a warm-up?\nAnswer:"], 1, 2)
    await hold_all(model, few)  # loads the weights, tries the paths
    forwards.take()
    began = time.process_time()
    held = await hold_all(model, job)
    cpu_s = time.process_time() - began
    counts = forwards.take()
    greedy = [given[0] for given, _ in held]
    texts = [answer.text for answer in greedy]
    prompts, suffix = token_ids(job)
    return {
        **counts,
        "cpu_s": cpu_s,
        "asking_cpu_s": cpu_s,
        "suffix": suffix,
        "prompt_tokens": prompts,
        "greedy_texts": texts,
        "estimates": estimates(greedy, await p_true_elsewhere(model, job, texts)),
    }


def main() -> None:
    import torch
    from transformers import LlamaForCausalLM

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", type=Path)
    parser.add_argument("-M", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    job = Job.load(arguments.job)
    forwards = count_forwards(LlamaForCausalLM)
    settings = {"threads": "1"} | dict(each.split("=", 1) for each in arguments.settings)
    model = open_folder("hf", "random", Path(job.model), read_options(settings))
    print(json.dumps(asyncio.run(run(model, job, forwards))))


if __name__ == "__main__":
    main()
