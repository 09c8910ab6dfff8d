"""Every architecture through the one local path: branched like plain, together like alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from medtrust.core.keys import request_id
from medtrust.core.model import Call, ModelOptions, Origin
from medtrust.core.records import (
    Answer,
    Decoding,
    Failure,
    ImageRef,
    Kind,
    Message,
    Outcome,
    Request,
    Sample,
)  # fmt: skip
from medtrust.imaging.load import load_image
from medtrust.models.hf.adapter import LocalModel, open_model
from parts.plain_transformers import load_plain
from parts.random_models import TEXT_ARCHITECTURES, runnable, save_random_model

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

# PaliGemma's processor makes a numpy array of a tensor the old way
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SCAN = ImageRef("phantom-1:17")
OTHER_SCAN = ImageRef("phantom-1:4")
CAREFUL = "You are a careful doctor."
LETTER = "Which of these is shown in the image? Answer with one letter: A: brain B: heart C: eye"
GREEDY = Decoding(max_tokens=7)
DRAWN = Decoding(max_tokens=7, temperature=2.0, top_p=0.98, seed=3)
CONTINUATIONS = ("A", " B", "No.", "Yes, perhaps 7 of 10.")
WANTED = frozenset(
    {
        "tokens", "token_logprobs", "token_entropies", "sampling_logprobs", "letter_logprobs",
        "top_tokens", "top_logprobs", "continuation_logprobs",
    }
)  # fmt: skip
BRANCHES = {
    "paligemma": "prompts",  # a prompt's tokens see those behind them
    "blip2": "nowhere",  # no forward call without the image, no way to hand in a cache
    "instructblip": "nowhere",
    "mllama": "nowhere",  # some layers keep the image's tokens, not the text's
}
"""Where rows may part from each other; anywhere, unless said otherwise."""
ORIGIN = Origin("contract/architectures", Sample("x:1", "?", Kind.OPEN), "", "answer")


@dataclass(frozen=True)
class Asked:
    """What one architecture answered, three ways."""

    name: str
    together: dict[str, Answer]
    alone: dict[str, Answer]
    plain: dict[str, Answer]
    positions: tuple[int, int]
    n_encodes: int
    branching: str
    folder: Path


def questions(name: str) -> dict[str, Request]:
    """One group of calls: choice, a variant of it, yes/no, another image, two draws, scores."""
    scan, other_scan = ((), ()) if name in TEXT_ARCHITECTURES else ((SCAN,), (OTHER_SCAN,))
    system = Message("system", (CAREFUL,))
    choice = (system, Message("user", (*scan, LETTER)))
    variant = (system, Message("user", (*scan, f"{LETTER} D: none of these")))
    sure = Message("user", (*scan, "Is there a nodule?"))
    other = Message("user", (*other_scan, "Is there a nodule?"))
    return {
        "choice": Request(choice, GREEDY),
        "variant": Request(variant, GREEDY),
        "yes or no": Request((sure,), GREEDY),
        "other image": Request((other,), GREEDY),
        "draw 0": Request(choice, DRAWN),
        "draw 1": Request(choice, DRAWN, draw=1),
        "score": Request(choice, continuations=CONTINUATIONS),
    }


def follow_ups(asked: Mapping[str, Request], said: Mapping[str, Answer]) -> dict[str, Request]:
    """Two questions about the greedy answer: one to answer, one to score."""
    first = asked["choice"].messages
    turns = (*first, Message("assistant", (said["choice"].text,)))
    sure = (*turns, Message("user", ("Are you sure? Answer yes or no.",)))
    true = (*turns, Message("user", ("Is the proposed answer true or false?",)))
    return {
        "follow-up": Request(sure, GREEDY),
        "follow-up score": Request(true, continuations=("True", "False")),
    }


async def ask(model: LocalModel, requests: Mapping[str, Request]) -> dict[str, Answer]:
    """Answers of one call of the model, by name."""
    calls = [Call(request, request_id(request), ORIGIN) for request in requests.values()]
    given = await model.answer(calls, WANTED)
    failed = [answer for answer in given if isinstance(answer, Failure)]
    assert failed == []
    return {
        name: answer
        for name, answer in zip(requests, given, strict=True)
        if isinstance(answer, Answer)
    }


async def ask_all(model: LocalModel, name: str, *, together: bool) -> dict[str, Answer]:
    """The whole group in one call, or each request in a call of its own; then the follow-ups."""
    asked = questions(name)
    said = await ask_wave(model, asked, together=together)
    return said | await ask_wave(model, follow_ups(asked, said), together=together)


async def ask_wave(
    model: LocalModel, requests: Mapping[str, Request], *, together: bool
) -> dict[str, Answer]:
    """One call of the model, or one for each request."""
    if together:
        return await ask(model, requests)
    said: dict[str, Answer] = {}
    for role, request in requests.items():
        said |= await ask(model, {role: request})
    return said


def numbers(answer: Answer, signal: str) -> NDArray[np.float64]:
    """A signal in double precision."""
    return answer.signals[signal].astype(np.float64)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Threads that wait for each other on a busy machine cost far more than these models."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)


@pytest.fixture(scope="module", params=runnable())
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Asked:
    name: str = request.param
    folder = save_random_model(name, tmp_path_factory.mktemp(name))
    return asyncio.run(_three_ways(name, folder))


async def _three_ways(name: str, folder: Path) -> Asked:
    answers: list[dict[str, Answer]] = []
    counters: list[Mapping[str, int]] = []
    branching: list[str] = []
    for path, at_once in (("auto", True), ("auto", False), ("plain", True)):
        model = open_model(ModelOptions(str(folder), parameters={"path": path, "device": "cpu"}))
        answers.append(await ask_all(model, name, together=at_once))
        assert model._runtime is not None
        branching.append(model._runtime.branching)
        counters.append(model.counters)
        await model.close()
    positions = [counts["token_positions"] for counts in counters]
    n_encodes = counters[0]["image_encodes"]
    together, alone, plain = answers
    return Asked(
        name, together, alone, plain, (positions[0], positions[2]), n_encodes, branching[0],
        folder,
    )  # fmt: skip


def assert_alike(first: Mapping[str, Answer], second: Mapping[str, Answer]) -> None:
    """The same texts, and the same numbers within 1e-4."""
    assert first.keys() == second.keys()
    for role, answer in first.items():
        other = second[role]
        assert (role, answer.text, answer.outcome) == (role, other.text, other.outcome)
        assert answer.signals.keys() == other.signals.keys()
        for signal, values in answer.signals.items():
            if values.dtype.kind != "U":
                first_values, second_values = numbers(answer, signal), numbers(other, signal)
                np.testing.assert_allclose(
                    first_values, second_values, rtol=0, atol=1e-4, err_msg=f"{role}: {signal}"
                )
            elif signal == "tokens":  # alternatives of nearly equal rank may change places
                assert values.tolist() == other.signals[signal].tolist()


def test_the_branched_cache_gives_what_the_plain_path_gives(asked: Asked) -> None:
    assert_alike(asked.together, asked.plain)


def test_one_request_at_a_time_gives_what_all_at_once_gives(asked: Asked) -> None:
    assert_alike(asked.together, asked.alone)


def test_a_greedy_answer_is_the_one_transformers_gives(asked: Asked) -> None:
    model = load_plain(asked.name, asked.folder)
    for role in ("choice", "yes or no", "other image"):
        turns = [_turn(message, asked.name) for message in questions(asked.name)[role].messages]
        ids, logits = model.answer([turns], GREEDY.max_tokens)
        ends = model.model.generation_config.eos_token_id
        n_tokens = next((at for at, token in enumerate(ids[0].tolist()) if token in ends), None)
        tokens = ids[0, :n_tokens]
        logprobs = logits[0].log_softmax(-1)[range(len(tokens)), tokens]
        answer = asked.together[role]
        assert answer.text == model.tokenizer.decode(tokens, skip_special_tokens=True)
        np.testing.assert_allclose(numbers(answer, "token_logprobs"), logprobs, atol=1e-4)


def _turn(message: Message, name: str) -> dict[str, Any]:
    if name in TEXT_ARCHITECTURES:
        return {"role": message.role, "content": message.content[-1]}
    parts = [
        {"type": "image", "image": Image.fromarray(load_image(part))}
        if isinstance(part, ImageRef)
        else {"type": "text", "text": part}
        for part in message.content
    ]
    return {"role": message.role, "content": parts}


def test_how_far_a_cache_can_be_branched_is_found_out(asked: Asked) -> None:
    assert asked.branching == BRANCHES.get(asked.name, "anywhere")
    branched, plain = asked.positions
    assert branched < plain if asked.branching != "nowhere" else branched == plain


def test_each_image_is_encoded_once_where_prefill_is_shared(asked: Asked) -> None:
    n_images = 0 if asked.name in TEXT_ARCHITECTURES else 2
    if asked.branching != "nowhere":
        assert asked.n_encodes == n_images


def test_answers_and_signals_agree_with_each_other(asked: Asked) -> None:
    for role, answer in asked.together.items():
        if "score" in role:
            continue
        logprobs, alternatives = numbers(answer, "token_logprobs"), numbers(answer, "top_logprobs")
        n_tokens = len(logprobs)
        assert n_tokens <= GREEDY.max_tokens
        assert (answer.outcome is Outcome.TRUNCATED) == (n_tokens == GREEDY.max_tokens)
        assert "".join(answer.signals["tokens"].tolist()) == answer.text
        assert np.all(logprobs <= 0)
        assert np.all(numbers(answer, "token_entropies") >= 0)
        assert np.all(np.exp(alternatives).sum(axis=1) <= 1 + 1e-6)
        assert np.exp(numbers(answer, "letter_logprobs")).sum() <= 1 + 1e-6
        if role.startswith("draw"):
            assert numbers(answer, "sampling_logprobs").shape == (n_tokens,)
        elif n_tokens:
            np.testing.assert_allclose(logprobs, alternatives[:, 0], atol=1e-6)


def test_a_scored_letter_is_one_of_the_spellings_of_that_letter(asked: Asked) -> None:
    letters = numbers(asked.together["choice"], "letter_logprobs")
    scored = numbers(asked.together["score"], "continuation_logprobs")
    assert scored.shape == (len(CONTINUATIONS),)
    assert scored[0] < letters[0] + 1e-5
    assert scored[1] < letters[1] + 1e-5
    assert np.all(scored < 0)


def test_image_question_and_draw_each_make_a_difference(asked: Asked) -> None:
    pairs = [("choice", "variant"), ("choice", "yes or no"), ("draw 0", "draw 1")]
    if asked.name not in TEXT_ARCHITECTURES:
        pairs.append(("yes or no", "other image"))
    for one, other in pairs:
        first = numbers(asked.together[one], "token_logprobs")
        second = numbers(asked.together[other], "token_logprobs")
        differ = len(first) != len(second) or np.abs(first - second).max(initial=0.0) > 1e-3
        assert differ, (one, other)
