from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from medtrust.core.errors import WorkLeft
from medtrust.core.records import Answer, Decoding, Failure
from parts.endless_models import save_endless_model
from parts.local_requests import SIGNALS, answers, call, close, local_model, results, said

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

Folders = Callable[[str], Path]
LONG = Decoding(max_tokens=400)


class Counted:
    """Counts forward calls, and says when the tenth comes."""

    def __init__(self, tell: Callable[[], object]) -> None:
        self.n_calls = 0
        self._tell = tell

    def __call__(self, *_: Any) -> None:
        self.n_calls += 1
        if self.n_calls == 10:
            self._tell()


@pytest.mark.parametrize("path", ["auto", "plain"])
def test_a_model_that_is_closed_stops_in_the_middle_of_an_answer(tmp_path: Path, path: str) -> None:
    model = local_model(save_endless_model("llama", tmp_path), path=path)
    calls = [call(said("Is there a nodule?"), decoding=LONG)]

    async def interrupted() -> int:
        model._ready()
        assert model._runtime is not None
        under_way = asyncio.Event()
        loop = asyncio.get_running_loop()
        counted = Counted(lambda: loop.call_soon_threadsafe(under_way.set))
        model._runtime._loaded.model.register_forward_pre_hook(counted)
        task = asyncio.create_task(model.answer(calls, SIGNALS))
        await under_way.wait()
        await model.close()
        with pytest.raises(WorkLeft):
            await task
        return counted.n_calls

    assert 10 <= asyncio.run(interrupted()) < 400
    (answer,) = answers(model, calls)  # it can be asked again
    assert answer.usage.completion_tokens == 400
    close(model)


def test_a_question_that_the_models_own_code_stumbles_over_fails_alone(
    random_folder: Folders,
) -> None:
    model = local_model(random_folder("llama"))
    model._ready()
    assert model._runtime is not None
    odd = model._runtime._renderer.continuation("picture 7?")[-2]

    def stumble(_model: Any, _arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        if bool((named["input_ids"][:, :-1] == odd).any()):
            raise RuntimeError("Is it shown in picture 7? cannot be multiplied")

    hook = model._runtime._loaded.model.register_forward_pre_hook(stumble, with_kwargs=True)
    short = Decoding(max_tokens=4)
    texts = [f"Is it shown in picture {n}?" for n in (5, 6, 7, 8)]
    found = results(model, [call(said(text), decoding=short) for text in texts])
    hook.remove()
    assert [type(one) for one in found] == [Answer, Answer, Failure, Answer]
    assert isinstance(found[2], Failure)
    assert found[2].reason == "forward-failed"
    assert "RuntimeError" in found[2].message
    assert "picture" not in found[2].message  # messages are logged, questions never are
    calm = answers(model, [call(said(text), decoding=short) for text in texts])
    close(model)
    for one, other in zip(found, calm, strict=True):
        assert isinstance(one, Failure) or one.text == other.text


def test_a_broken_model_is_tried_once_and_every_call_hears_why(
    random_folder: Folders, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(random_folder("llama"), tmp_path / "cut"))
    model = local_model(folder)
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[:1000])
    calls = [call(said(text)) for text in ("one", "two")]
    first = results(model, calls)
    (folder / "model.safetensors").write_bytes(whole)
    second = results(model, calls)
    close(model)
    for one in (*first, *second):
        assert isinstance(one, Failure)
        assert one.fatal
        assert one.reason == "model-unusable"
        assert "damaged" in one.message


def test_calls_that_wait_at_the_same_time_are_answered_together(random_folder: Folders) -> None:
    model = local_model(random_folder("llama"))
    calls = [call(said(f"Lobe {n}?"), decoding=Decoding(max_tokens=5)) for n in range(12)]
    one_by_one = [answers(model, [one])[0].text for one in calls]
    apart = model.counters["forward_calls"]

    async def at_once() -> list[str]:
        found = await asyncio.gather(*(model.answer([one], SIGNALS) for one in calls))
        return [one.text for (one,) in found if isinstance(one, Answer)]

    assert asyncio.run(at_once()) == one_by_one
    assert model.counters["forward_calls"] - apart < apart / 4
    close(model)


def test_a_closed_model_still_says_what_it_did(random_folder: Folders) -> None:
    model = local_model(random_folder("llama"))
    assert model.counters == {}
    answers(model, [call(said("Is it there?"), decoding=Decoding(max_tokens=3))])
    before = dict(model.counters)
    assert before["token_positions"] > 10
    close(model)
    assert model.counters == before


def test_prompts_that_need_too_much_memory_together_do_not_make_answers_go_apart(
    random_folder: Folders,
) -> None:
    model = local_model(random_folder("llama"))
    model._ready()
    assert model._runtime is not None
    answering: list[int] = []

    def small_memory(_model: Any, _arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        rows, new = named["input_ids"].shape
        if rows * new > 100:
            raise torch.OutOfMemoryError
        if new == 1:
            answering.append(rows)

    model._runtime._loaded.model.register_forward_pre_hook(small_memory, with_kwargs=True)
    texts = [f"{word} is shown there, is it not?" for word in "ABCDEFGHIJKLMNOPQRST"]
    answers(model, [call(said(text), decoding=Decoding(max_tokens=3)) for text in texts])
    close(model)
    assert max(answering) >= 15


def test_a_follow_up_is_scored_alike_in_the_process_that_resumes(tmp_path: Path) -> None:
    folder = save_endless_model("llama", tmp_path)
    turns = [said(f"Is there a nodule in lobe {n}?") for n in range(30)]
    before, resumed = local_model(folder), local_model(folder)
    greedy = answers(before, [call(turn, decoding=Decoding(max_tokens=20)) for turn in turns])
    follow_ups = [
        call(turn, said(one.text, role="assistant"), said("Is it true?"), continuations=("True",))
        for turn, one in zip(turns, greedy, strict=True)
    ]
    for one, other in zip(answers(before, follow_ups), answers(resumed, follow_ups), strict=True):
        scored = one.signals["continuation_logprobs"]
        assert scored == pytest.approx(other.signals["continuation_logprobs"], abs=1e-4)
    close(before)
    close(resumed)
