"""Uncertainty of a local model costs the least token positions there are, by an outside count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from medtrust.core.conditions import parse_condition
from medtrust.core.model import Call
from medtrust.core.records import (
    Alteration,
    Answer,
    Decoding,
    ImageRef,
    Mark,
    Message,
    Request,
    Sample,
)
from medtrust.core.task import Ask, Conversation, MeasureKey, Setting, Task
from medtrust.models.hf.adapter import LocalModel
from medtrust.run import evaluate
from medtrust.suites.clinical_ue.arms import NOTA, ask_in, offer
from parts.endless_models import save_endless_model
from parts.local_requests import answers, call, close, local_model, said
from parts.question_files import write_questions
from parts.questions import choice

pytest.importorskip("torch")
pytest.importorskip("transformers")

T, K = 20, 10
GREEDY = Decoding(max_tokens=T)
DRAWN = Decoding(max_tokens=T, temperature=1.0)
TRUE = "Is the proposed answer true or false?"
BEHIND = f"</s>\n<s>user\n{TRUE}</s>\n<s>assistant\n"
"""What the template puts behind a proposed answer when it is asked about."""

CLAIMS = ("True", "False")
MOST = 1.05
MODELS = ("llama", "llava")


@dataclass
class Watch:
    """Counts, with hooks of its own, what goes into a model's parts."""

    positions: int = 0
    padding: int = 0
    encodes: int = 0
    handles: list[Any] = field(default_factory=list)

    def stand_before(self, model: Any) -> None:
        inner = model.model
        words = getattr(inner, "language_model", inner)
        self.handles.append(words.register_forward_pre_hook(self._words, with_kwargs=True))
        tower = getattr(inner, "vision_tower", None)
        if tower is not None:  # its first layer: what is remembered never gets there
            self.handles.append(tower.embeddings.register_forward_pre_hook(self._images))

    def _words(self, _part: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        given = [*arguments, named.get("input_ids"), named.get("inputs_embeds")]
        rows, new = next(value for value in given if value is not None).shape[:2]
        real = int(named["attention_mask"][:, -new:].sum())
        self.positions += real
        self.padding += rows * new - real

    def _images(self, _part: Any, arguments: tuple[Any, ...]) -> None:
        self.encodes += arguments[0].shape[0]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: save_endless_model(name, tmp_path_factory.mktemp(name)) for name in MODELS}


@pytest.fixture
def watched(request: pytest.FixtureRequest, folders: dict[str, Path]) -> Iterator[Watched]:
    model = local_model(folders[request.param])
    model._ready()
    assert model._runtime is not None
    watch = Watch()
    watch.stand_before(model._runtime._loaded.model)
    yield Watched(request.param, model, watch)
    close(model)


@dataclass
class Watched:
    """A model and who counts it."""

    name: str
    model: LocalModel
    watch: Watch

    def assert_counted_alike(self) -> None:
        """Our own counters, which go into the manifest, say what the hooks say."""
        counters = self.model.counters
        assert counters["token_positions"] == self.watch.positions
        assert counters["padding_positions"] == self.watch.padding
        assert counters["image_encodes"] == self.watch.encodes

    def n_tokens(self, text: str) -> int:
        assert self.model._runtime is not None
        tokenizer = self.model._runtime._loaded.tokenizer
        return len(tokenizer(text, add_special_tokens=False)["input_ids"])


def question(number: int) -> str:
    """Questions of different lengths that begin differently."""
    words = [
        "nodule",
        "shadow",
        "tumor",
        "lung",
        "heart",
        "lobe",
        "sign",
        "picture",
        "side",
        "chest",
        "brain",
        "eye",
    ]
    rest = " near the upper lobe of the left lung" * (number % 5)
    return f"{words[number % 12]} {number}: is it shown{rest}? Answer yes or no."


def uncertainty_calls(turn: Message) -> list[Call]:
    """What eight methods need first: the greedy answer and the draws."""
    draws = [call(turn, decoding=DRAWN, draw=draw) for draw in range(K)]
    return [call(turn, decoding=GREEDY), *draws]


def true_or_false(turn: Message, answer: Answer) -> Call:
    """P(True) of a greedy answer."""
    proposed = said(answer.text, role="assistant")
    return call(turn, proposed, said(TRUE), continuations=CLAIMS)


def all_methods(model: LocalModel, turns: Sequence[Message]) -> tuple[int, list[Answer]]:
    """Ask everything; the least positions possible, and all first answers."""
    first = answers(model, [one for turn in turns for one in uncertainty_calls(turn)])
    greedy = first[:: K + 1]
    answers(model, [true_or_false(turn, one) for turn, one in zip(turns, greedy, strict=True)])
    assert model._runtime is not None
    behind = len(model._runtime._renderer.continuation(BEHIND))
    least = sum((one.usage.prompt_tokens or 0) + (K + 1) * (T - 1) + behind + 1 for one in greedy)
    return least, first


@pytest.mark.parametrize("watched", MODELS, indirect=True)
def test_eight_methods_cost_the_least_positions_there_are(watched: Watched) -> None:
    images = [f"phantom-1:{n}" if watched.name == "llava" else "" for n in range(12)]
    turns = [said(question(n), image=image) for n, image in enumerate(images)]
    least, given = all_methods(watched.model, turns)
    assert {one.usage.completion_tokens for one in given} == {T}
    lengths = {one.usage.prompt_tokens for one in given}
    assert len(lengths) >= 5
    assert 0.9 * least < watched.watch.positions <= MOST * least
    assert watched.watch.padding <= 0.1 * watched.watch.positions
    assert watched.watch.encodes == (12 if watched.name == "llava" else 0)
    watched.assert_counted_alike()


@pytest.mark.parametrize("watched", ["llava"], indirect=True)
def test_each_image_and_alteration_is_encoded_once(watched: Watched) -> None:
    plain = [ImageRef(f"phantom-1:{n}") for n in range(3)]
    noise = Alteration("gaussian-noise@1", (("sigma", 0.2),), seed=1)
    shown = [*plain, ImageRef("phantom-1:0", (noise,))]
    turns = [Message("user", (image, question(n))) for image in shown for n in range(3)]
    least, _ = all_methods(watched.model, turns)
    assert watched.watch.encodes == len(shown)
    image_tokens = 16
    assert watched.watch.positions <= MOST * least - image_tokens * (len(turns) - len(shown))
    assert watched.watch.padding == 0
    watched.assert_counted_alike()


@pytest.mark.parametrize("watched", MODELS, indirect=True)
def test_asking_one_group_after_the_other_costs_no_more(watched: Watched) -> None:
    image = "phantom-1:3" if watched.name == "llava" else ""
    turns = [said(question(n), image=image) for n in range(4)]
    least = sum(all_methods(watched.model, [turn])[0] for turn in turns)
    assert watched.watch.positions <= MOST * least
    assert watched.watch.encodes == (1 if image else 0)
    watched.assert_counted_alike()


@pytest.mark.parametrize("watched", MODELS, indirect=True)
def test_variants_that_share_a_stem_cost_only_their_tails(watched: Watched) -> None:
    image = "phantom-1:3" if watched.name == "llava" else ""
    stem = "Which of these is shown in the image? Answer with one letter. A: chest B: brain C: "
    tails = ("eye D: skin", "none of these D: skin", "skin D: none of these", "skin D: eye")
    calls = [
        call(said(stem + tail, image=image), decoding=Decoding(max_tokens=1)) for tail in tails
    ]
    given = answers(watched.model, calls)
    lengths = [one.usage.prompt_tokens or 0 for one in given]
    behind = watched.n_tokens("</s>\n<s>assistant\n")
    shared = lengths[0] - watched.n_tokens(tails[0]) - behind - 1  # a token may reach over the cut
    assert shared > 20
    assert watched.watch.positions <= lengths[0] + sum(length - shared for length in lengths[1:])
    again = watched.watch.positions
    answers(watched.model, calls)  # what is kept needs its last token, for what follows it
    assert watched.watch.positions == again + len(calls)
    watched.assert_counted_alike()


@pytest.mark.parametrize("watched", ["llama"], indirect=True)
def test_hiding_the_right_option_costs_what_differs_between_the_prompts(watched: Watched) -> None:
    """Of the plain question and its five NOTA variants no token goes in twice that is shared.

    But for pieces so short that a call of their own costs more; beside a stem of a medical
    question, let alone an image, they do not count.
    """
    sample = replace(
        choice(answer=1, options=("cyst", "nodule near the left lobe", "edema", "nothing")),
        question="A patient has a shadow near the upper lobe of the left lung. " * 25,
    )
    texts = []
    for condition in ("", *NOTA):
        setting = Setting(condition=condition, parameters=parse_condition(condition))
        (message,) = ask_in(offer(sample, setting), setting).request.messages
        texts.append(str(message.content[-1]))
    calls = [call(said(text), decoding=Decoding(max_tokens=1)) for text in texts]
    answers(watched.model, calls)
    assert watched.model._runtime is not None
    tokenizer = watched.model._runtime._loaded.tokenizer
    prompts = [
        tokenizer(f"<s>user\n{text}</s>\n<s>assistant\n", add_special_tokens=False)["input_ids"]
        for text in texts
    ]
    least = len({tuple(ids[: end + 1]) for ids in prompts for end in range(len(ids))})
    apart = sum(map(len, prompts))
    assert least < 0.5 * apart
    assert watched.watch.positions <= MOST * least
    watched.assert_counted_alike()


def uncertain(sample: Sample, setting: Setting) -> Conversation:
    """Greedy answer, draws, and whether the model takes its answer for true."""
    turn = said(sample.question)
    drawn = Ask(Request((turn,), DRAWN), "draws").draws(setting.draws)
    first, *_ = yield [Ask(Request((turn,), GREEDY)), *drawn]  # type: ignore[misc]
    claim = yield first.follow_up(TRUE, role="true").score(CLAIMS, role="true")
    true, false = claim.answer.signals["continuation_logprobs"]  # type: ignore[union-attr]
    return [Mark("believed", float(true > false))]


UNCERTAIN = Task(
    name="mine/uncertain",
    version=1,
    data="folder",
    converse=uncertain,
    measures=lambda _sample, _condition: [MeasureKey("believed")],
    signals=frozenset({"token_logprobs", "token_entropies"}),
    description="Asks.",
)


def test_a_whole_run_costs_no_more_and_says_so_in_its_manifest(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from medtrust.core import registry

    here = registry.Entry("task", UNCERTAIN.name, f"{__name__}:UNCERTAIN", "Asks.")
    everything = (*registry.entries(), here)
    monkeypatch.setattr(registry, "entries", lambda: everything)
    run = evaluate(
        tasks="mine/uncertain",
        model=f"hf/{folders['llama']}",
        model_options={"device": "cpu", "threads": "1"},
        data={"folder": write_questions(tmp_path, 12)},
        draws=K,
        out=tmp_path / "run",
    )
    counts = run.manifest["counts"]
    assert counts["answers"] == 12 * (K + 2)
    work = counts["work"]["model"]
    made = 12 * (K + 1) * T
    assert counts["completion_tokens"] == made + 12 * len(CLAIMS)
    # the follow-ups' prompts hold the first prompts and the answers, which are not sent again
    assert work["padding_positions"] <= 0.1 * work["token_positions"]
    assert work["token_positions"] < made + 12 * 60
    assert work["image_encodes"] == 0
    assert run.scores.height == 12
