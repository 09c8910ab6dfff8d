from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from parts.local_requests import said

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from medtrust.models.hf.counters import Counters  # noqa: E402 - needs torch
from medtrust.models.hf.images_seen import ImagesSeen  # noqa: E402
from medtrust.models.hf.jobs import Prompt  # noqa: E402
from medtrust.models.hf.kept import Past, Segment  # noqa: E402
from medtrust.models.hf.loading import Loaded  # noqa: E402
from medtrust.models.hf.rendering import Renderer  # noqa: E402
from medtrust.models.hf.stepping import Batch, Stepper  # noqa: E402

# PaliGemma's processor makes a numpy array of a tensor the old way
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

CLOSE = {"atol": 2e-4, "rtol": 0.0}
Loads = Callable[[str], Loaded]
NOTHING = Past(None, 0, 0)
TEXTS = ("Yes.", "Is there a nodule?", "Which of these is shown in the image? A: lung B: heart")


def stepper(loaded: Loaded) -> Stepper:
    counters = Counters()
    return Stepper(loaded, counters, ImagesSeen(loaded.model, counters, 1 << 20))


def prefilled(own: Stepper, prompt: Prompt) -> tuple[Past, Any]:
    """The past that a prompt leaves, and the logits at its end."""
    batch = Batch(own, [NOTHING], room=len(prompt.ids))
    logits = batch.feed([prompt.ids], shown=[prompt] if prompt.images else [])
    layers = batch.newest(0, len(prompt.ids))
    segment = Segment(prompt.root, prompt.ids, 0, None, layers, batch.shifts[0])
    return Past(segment, len(prompt.ids), batch.shifts[0]), logits[0, -1]


@pytest.mark.parametrize("name", ["llama", "gpt2", "gemma3_text", "llava", "paligemma"])
def test_rows_with_pasts_of_different_lengths_are_as_each_alone(
    loaded_model: Loads, name: str
) -> None:
    loaded = loaded_model(name)
    own = stepper(loaded)
    image = "phantom-1:3" if loaded.takes_images else ""
    renderer = Renderer(loaded)
    with torch.inference_mode():
        pasts = [prefilled(own, renderer.render((said(t, image=image),)))[0] for t in TEXTS]
        cut = Past(pasts[2].segment, pasts[2].length - 5, pasts[2].shift)
        pasts = [pasts[2], pasts[0], cut, pasts[1], pasts[1]]
        new = [[30, 31, 32], [40, 41, 42], [50, 51, 52], [60, 61, 62], [70, 71, 72]]
        together = Batch(own, pasts, room=4)
        first = together.feed(new, keep=3)
        together.select([3, 1, 0])
        second = together.feed([[5], [6], [7]])
        for row, past in enumerate(pasts):
            alone = Batch(own, [past], room=1)
            torch.testing.assert_close(alone.feed([new[row]], keep=3)[0], first[row], **CLOSE)
            if row in {3, 1, 0}:
                place = [3, 1, 0].index(row)
                torch.testing.assert_close(alone.feed([[5 + place]])[0], second[place], **CLOSE)
                for one, other in zip(alone.newest(0, 4), together.newest(place, 4), strict=True):
                    torch.testing.assert_close(one, other, **CLOSE)


def test_tokens_in_pieces_are_tokens_at_once(loaded_model: Loads) -> None:
    loaded = loaded_model("llama")
    own = stepper(loaded)
    prompt = Renderer(loaded).render((said(TEXTS[2]),))
    with torch.inference_mode():
        past, whole = prefilled(own, prompt)
        pieces = Batch(own, [NOTHING], room=1)
        for start in range(0, len(prompt.ids), 7):
            logits = pieces.feed([prompt.ids[start : start + 7]])
        assert pieces.lengths == [past.length]
    torch.testing.assert_close(logits[0, -1], whole, **CLOSE)


def test_every_call_is_counted(loaded_model: Loads) -> None:
    own = stepper(loaded_model("llama"))
    with torch.inference_mode():
        batch = Batch(own, [NOTHING, NOTHING], room=2)
        batch.feed([[3, 4, 5], [6, 7, 8]])
        batch.feed([[3], [4]])
    assert own.counters.as_dict() == {
        "token_positions": 8, "padding_positions": 0, "image_encodes": 0, "forward_calls": 2,
        "trial_positions": 0,
    }  # fmt: skip
    own.counters.move_to_trial()
    assert own.counters.trial_positions == 8
    assert own.counters.token_positions == own.counters.forward_calls == 0


def test_an_image_goes_through_the_tower_once(loaded_model: Loads) -> None:
    loaded = loaded_model("llava")
    own = stepper(loaded)
    renderer = Renderer(loaded)
    prompts = [renderer.render((said(TEXTS[n], image=f"phantom-1:{n % 2}"),)) for n in (0, 1, 2)]
    with torch.inference_mode():
        first = [prefilled(own, prompt)[1] for prompt in prompts]
        assert own.counters.image_encodes == 2
        own.images_seen.forget()
        again = [prefilled(own, prompt)[1] for prompt in prompts]
        assert own.counters.image_encodes == 4
    for one, other in zip(first, again, strict=True):
        torch.testing.assert_close(one, other, atol=0, rtol=0)
