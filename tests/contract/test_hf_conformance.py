"""Local models keep the protocol, and bear images of any size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from medtrust.assembly import open_model
from medtrust.core.records import Answer, Decoding, Failure
from medtrust.testing import check_model
from parts.local_requests import call, close, local_model, results, said
from parts.random_models import TEXT_ARCHITECTURES, runnable

pytest.importorskip("torch")
pytest.importorskip("transformers")

# PaliGemma's processor makes a numpy array of a tensor the old way
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

Folders = Callable[[str], Path]
ALLOWED = {"processor-refused", "prompt-too-long", "out-of-memory"}
SHOWING = [name for name in runnable() if name not in TEXT_ARCHITECTURES]


@pytest.mark.parametrize("name", [*runnable()[:3], "gpt2"])
def test_a_local_model_keeps_the_protocol(random_folder: Folders, name: str) -> None:
    check_model(local_model(random_folder(name), context="400"))


def test_the_embedded_model_keeps_the_protocol() -> None:
    from medtrust.models.phantom.model import WEIGHTS

    if not (WEIGHTS / "config.json").is_file():
        pytest.skip("no weights of the embedded model here")
    check_model(open_model("phantom", None, {}))


@pytest.mark.parametrize("name", SHOWING)
def test_images_of_any_size_have_an_answer_or_a_reason(random_folder: Folders, name: str) -> None:
    model = local_model(random_folder(name))
    sizes = ("1x1", "8000x8000", "1x400", "96x64")
    calls = [
        call(said("Is it there?", image=f"blank:{size}"), decoding=Decoding(max_tokens=2))
        for size in sizes
    ]
    found = dict(zip(sizes, results(model, calls), strict=True))
    close(model)
    assert isinstance(found["96x64"], Answer)
    for result in found.values():
        if isinstance(result, Failure):
            assert result.reason in ALLOWED
            assert not result.fatal
            assert "there" not in result.message
