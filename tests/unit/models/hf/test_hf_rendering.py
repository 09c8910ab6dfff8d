from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from medtrust.core.records import Alteration, ImageRef, Message
from medtrust.imaging.load import load_image
from parts.local_requests import said
from parts.random_models.chat_templates import marked_turns

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from medtrust.models.hf.jobs import Prompt  # noqa: E402 - needs torch
from medtrust.models.hf.loading import Loaded  # noqa: E402
from medtrust.models.hf.rendering import NotRenderedError, Renderer  # noqa: E402

Loads = Callable[[str], Loaded]
SCAN = "phantom-1:17"
NODULE = "Is there a nodule in the left lung?"
TURNS = (
    said("You are a careful doctor.", role="system"),
    said(NODULE, image=SCAN),
    said("Yes.", role="assistant"),
    said("Are you sure?"),
)
SHOWING = ("llava", "llava_next", "idefics3", "gemma3")
"""Images as one block, in tiles, with row marks, with attention to both sides."""

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def by_transformers(loaded: Loaded, messages: Sequence[Message], **how: Any) -> Any:
    """What the processor itself makes of a conversation."""
    turns = []
    for message in messages:
        content: list[dict[str, Any]] = [
            {"type": "text", "text": part}
            if isinstance(part, str)
            else {"type": "image", "image": Image.fromarray(load_image(part))}
            for part in message.content
        ]
        turns.append({"role": message.role, "content": content})
    return loaded.processor.apply_chat_template(
        turns, tokenize=True, return_dict=True, return_tensors="pt",
        **({"add_generation_prompt": True} | how),
    )  # fmt: skip


def assert_same(prompt: Prompt, given: Any) -> None:
    assert list(prompt.ids) == given["input_ids"][0].tolist()
    for name, value in {**prompt.images, **prompt.types}.items():
        assert torch.equal(value, given[name]), name


@pytest.mark.parametrize("name", SHOWING)
def test_a_conversation_of_several_turns_is_what_the_processor_makes_of_it(
    loaded_model: Loads, name: str
) -> None:
    loaded = loaded_model(name)
    prompt = Renderer(loaded).render(TURNS)
    assert_same(prompt, by_transformers(loaded, TURNS))
    assert prompt.n_images == 1
    assert 0 < prompt.n_head < len(prompt.ids)


def test_a_last_assistant_message_is_continued_not_closed(loaded_model: Loads) -> None:
    loaded = loaded_model("llava")
    begun = (*TURNS, said("The answer is", role="assistant"))
    prompt = Renderer(loaded).render(begun)
    text = loaded.tokenizer.decode(prompt.ids)
    assert text.endswith("ASSISTANT: The answer is")
    how = {"add_generation_prompt": False, "continue_final_message": True}
    assert_same(prompt, by_transformers(loaded, begun, **how))


@pytest.mark.parametrize("name", SHOWING)
def test_the_shortcut_past_the_processor_gives_the_very_same(
    loaded_model: Loads, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = loaded_model(name)
    renderer = Renderer(loaded)
    processed = []
    usual = Renderer._processed

    def watched(self: Renderer, *arguments: Any) -> Prompt:
        processed.append(arguments)
        return usual(self, *arguments)

    monkeypatch.setattr(Renderer, "_processed", watched)
    texts = [f"{NODULE} {rest}" for rest in ("a", " b", "\n\nC. d", "1 2 3", "/s e", "", "f")]
    prompts = [renderer.render((said(text, image=SCAN),)) for text in texts]
    assert len(processed) == 3  # one to cut, two to see that cutting is right
    renderer.render((said(NODULE, image="phantom-1:18"),))
    assert len(processed) == 4
    for text, prompt in zip(texts, prompts, strict=True):
        message = said(text, image=SCAN)
        assert_same(prompt, by_transformers(loaded, (message,)))
        assert prompt.root == prompts[0].root


def test_an_altered_image_is_another_image(loaded_model: Loads) -> None:
    renderer = Renderer(loaded_model("llava"))
    noise = Alteration("gaussian-noise@1", (("sigma", 0.2),), seed=1)
    plain = renderer.render((said(NODULE, image=SCAN),))
    noisy = renderer.render((Message("user", (ImageRef(SCAN, (noise,)), NODULE)),))
    assert plain.ids == noisy.ids
    assert plain.root != noisy.root


def marked(loaded: Loaded) -> Loaded:
    """The same text model with turns between special tokens."""
    from copy import deepcopy

    tokenizer = deepcopy(loaded.tokenizer)
    tokenizer.chat_template = marked_turns(opening="<s>", closing="</s>")
    return replace(loaded, processor=tokenizer, tokenizer=tokenizer)


def test_a_text_model_refuses_images(loaded_model: Loads) -> None:
    with pytest.raises(NotRenderedError, match="text model") as caught:
        Renderer(loaded_model("llama")).render((said(NODULE, image=SCAN),))
    assert caught.value.failure.reason == "images-unsupported"


def test_an_image_that_is_not_there_has_its_own_reason(loaded_model: Loads) -> None:
    with pytest.raises(NotRenderedError) as caught:
        Renderer(loaded_model("llava")).render((said(NODULE, image="cares:x.png"),))
    assert caught.value.failure.reason == "image-missing"


def test_a_template_that_takes_no_system_message_says_so(loaded_model: Loads) -> None:
    loaded = marked(loaded_model("llama"))
    refusing = (
        "{% if messages[0]['role'] == 'system' %}"
        "{{ raise_exception('System role not supported') }}{% endif %}"
    )
    loaded.tokenizer.chat_template = refusing + loaded.tokenizer.chat_template
    renderer = Renderer(loaded)
    renderer.render(TURNS[3:])
    with pytest.raises(NotRenderedError, match="System role not supported") as caught:
        renderer.render((TURNS[0], TURNS[3]))
    assert caught.value.failure.reason == "template-refused-messages"


def test_a_begin_token_is_written_once(loaded_model: Loads) -> None:
    loaded = loaded_model("llama")
    ids = Renderer(loaded).render((said(NODULE),)).ids
    assert ids.count(loaded.tokenizer.bos_token_id) == 1
