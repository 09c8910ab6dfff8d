"""The random models that other tests rely on: they load whole, answer, and look at their input."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from parts.plain_transformers import Plain, Turns, load_plain
from parts.random_models import NEEDS_TORCHVISION, TEXT_ARCHITECTURES, runnable, save_random_model

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

pytestmark = [
    # PaliGemma's processor makes a numpy array of a tensor the old way
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
NODULE = "Is there a nodule?"
LETTER = "Which of these is shown? A: brain B: none of these C: 10 of 20"
UNTEMPLATED = ("blip2", "instructblip")


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Threads that wait for each other on a busy machine cost far more than these models."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)


@pytest.fixture(scope="module", params=runnable())
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Plain:
    name: str = request.param
    folder = save_random_model(name, tmp_path_factory.mktemp(name))
    return load_plain(name, folder)


def picture(seed: int, width: int = 80, height: int = 64) -> Image.Image:
    """Four by four random colours."""
    colours = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return Image.fromarray(colours).resize((width, height), Image.Resampling.NEAREST)


def asked(loaded: Plain, question: str, image: Image.Image) -> Turns:
    """One question, about the image where the model takes one."""
    if loaded.name in TEXT_ARCHITECTURES:
        return [{"role": "user", "content": question}]
    parts = [{"type": "image", "image": image}, {"type": "text", "text": question}]
    return [{"role": "user", "content": parts}]


def test_every_weight_is_in_the_folder_and_used(loaded: Plain) -> None:
    assert {kind: found for kind, found in loaded.info.items() if found} == {}


def test_a_single_request_and_a_batch_are_answered_alike(loaded: Plain) -> None:
    first = asked(loaded, NODULE, picture(0))
    others = [asked(loaded, LETTER, picture(1, 56, 112)), asked(loaded, NODULE, picture(2))]
    if loaded.name == "instructblip":
        # Its processor pads the text for the queries on the left too, which shifts their
        # positions: a batch of unequal questions answers differently, whoever asks.
        others = others[1:]
    ids, logits = loaded.answer([first])
    batch_ids, batch_logits = loaded.answer([first, *others])
    assert ids.shape[1] >= 1
    assert batch_ids.shape[0] == 1 + len(others)
    assert (logits[0, 0] - batch_logits[0, 0]).abs().max() < 1e-3
    assert int(ids[0, 0]) == int(batch_ids[0, 0])


def test_the_answer_depends_on_what_was_asked_and_shown(loaded: Plain) -> None:
    _, logits = loaded.answer([asked(loaded, NODULE, picture(0))], 1)
    _, other_question = loaded.answer([asked(loaded, LETTER, picture(0))], 1)
    assert logits.std() > 1.0
    assert (logits - other_question).abs().mean() > 0.1
    if loaded.name not in TEXT_ARCHITECTURES:
        _, other_image = loaded.answer([asked(loaded, NODULE, picture(1))], 1)
        assert (logits - other_image).abs().mean() > 0.1


def test_a_conversation_of_several_turns_is_read(loaded: Plain) -> None:
    if loaded.name in UNTEMPLATED:
        assert loaded.tokenizer.chat_template is None
        return
    turns = [
        {"role": "system", "content": "You are careful."},
        *asked(loaded, NODULE, picture(0)),
        {"role": "assistant", "content": "Yes."},
        {"role": "user", "content": "Are you sure?"},
    ]
    ids = loaded.encode([turns])["input_ids"][0].tolist()
    spoken = loaded.tokenizer.decode(ids)
    assert spoken.index(NODULE) < spoken.index("Yes.") < spoken.index("Are you sure?")
    ends = loaded.model.generation_config.eos_token_id
    assert any(f"Yes.{loaded.tokenizer.decode([end])}" in spoken for end in ends)
    assert ids.count(loaded.tokenizer.bos_token_id) <= 1


@pytest.mark.parametrize("name", NEEDS_TORCHVISION)
def test_without_torchvision_the_missing_library_is_named(name: str, tmp_path: Path) -> None:
    if name in runnable():
        pytest.skip("this process has torchvision")
    with pytest.raises(ImportError, match=r"(?i)torchvision"):
        save_random_model(name, tmp_path)
