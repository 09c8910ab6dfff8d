"""Keys: equal requests share one, and whatever the model sees changes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
from hypothesis import assume, given
from hypothesis import strategies as st

from medtrust.core.keys import canonical_request, request_id
from medtrust.core.model import ModelIdentity
from medtrust.core.records import Alteration, Decoding, ImageRef, Message, Request

texts = st.text(st.characters(codec="utf-8"), max_size=20)
numbers = st.one_of(
    st.integers(-5, 5), st.floats(-5, 5, allow_nan=False), st.sampled_from([0.0, -0.0, 1.0])
)
parameters = st.dictionaries(
    st.sampled_from(["severity", "kind", "width"]), st.one_of(numbers, texts), max_size=2
).map(lambda found: tuple(found.items()))
alterations = st.builds(
    Alteration,
    st.sampled_from(["noise@1", "flip@1"]),
    parameters,
    st.one_of(st.none(), st.integers(0, 2**32)),
)
images = st.builds(
    ImageRef,
    st.sampled_from(["sha256:aa", "sha256:bb", "blank:336x336"]),
    st.lists(alterations, max_size=2).map(tuple),
    st.one_of(st.none(), texts),
)
messages = st.builds(
    Message,
    st.sampled_from(["system", "user", "assistant"]),
    st.lists(st.one_of(texts, images), max_size=3).map(tuple),
)
decodings = st.builds(
    Decoding,
    st.integers(1, 4096),
    st.sampled_from([0, 0.0, 0.5, 1, 1.0]),
    st.sampled_from([0.5, 1, 1.0]),
    st.one_of(st.none(), st.integers(0, 3)),
    st.lists(texts, max_size=2).map(tuple),
)
requests = st.builds(
    Request,
    st.lists(messages, min_size=1, max_size=3).map(tuple),
    decodings,
    st.one_of(st.just(()), st.lists(texts, min_size=1, max_size=2).map(tuple)),
)


@given(requests, requests)
def test_equal_requests_have_equal_keys(one: Request, other: Request) -> None:
    if one == other:
        assert request_id(one) == request_id(other)


@given(st.integers(-5, 5), requests)
def test_equal_numbers_have_equal_keys(number: int, request: Request) -> None:
    def key(value: float) -> str:
        image = ImageRef("sha256:aa", (Alteration("noise@1", (("severity", value),)),))
        return request_id(replace(request, messages=(Message("user", (image,)),)))

    assert key(number) == key(float(number))
    assert key(0.0) == key(-0.0)


@given(requests, st.integers(0, 100))
def test_the_draw_is_not_in_the_key(request: Request, draw: int) -> None:
    assert request_id(replace(request, draw=draw)) == request_id(request)


@given(requests, st.one_of(st.none(), texts))
def test_paths_of_images_are_not_in_the_key(request: Request, path: str | None) -> None:
    def moved(part: str | ImageRef) -> str | ImageRef:
        return part if isinstance(part, str) else replace(part, path=path)

    moved_messages = tuple(
        replace(message, content=tuple(moved(part) for part in message.content))
        for message in request.messages
    )
    assert request_id(replace(request, messages=moved_messages)) == request_id(request)


@given(requests, st.floats(0, 1), st.one_of(st.none(), st.integers(0, 9)))
def test_at_temperature_zero_top_p_and_seed_mean_nothing(
    request: Request, top_p: float, seed: int | None
) -> None:
    greedy = replace(request, decoding=replace(request.decoding, temperature=0))
    other = replace(greedy, decoding=replace(greedy.decoding, top_p=top_p, seed=seed))
    assert request_id(other) == request_id(greedy)


@given(requests, st.sampled_from([0.3, 0.9]), st.integers(4, 9))
def test_when_sampling_temperature_top_p_and_seed_are_in_the_key(
    request: Request, top_p: float, seed: int
) -> None:
    plain = Request(request.messages, replace(request.decoding, temperature=1.0, top_p=1.0))
    keys = {
        request_id(replace(plain, decoding=decoding))
        for decoding in (
            plain.decoding,
            replace(plain.decoding, temperature=0.7),
            replace(plain.decoding, top_p=top_p),
            replace(plain.decoding, seed=seed),
        )
    }
    assert len(keys) == 4


def changed(request: Request, decoding: Decoding) -> list[Request]:
    """The request with one thing changed that a model sees."""
    first, *rest = request.messages
    image = ImageRef("sha256:cc")
    noisy = replace(image, alterations=(Alteration("noise@2"),))
    return [
        replace(request, messages=(Message(first.role, (*first.content, "more")), *rest)),
        replace(request, messages=(Message(first.role, (*first.content, image)), *rest)),
        replace(request, messages=(Message(first.role, (*first.content, noisy)), *rest)),
        replace(request, messages=(*request.messages, Message("user", ()))),
        replace(request, messages=(Message("user", (image,)), *request.messages)),
        replace(request, decoding=replace(decoding, max_tokens=decoding.max_tokens + 1)),
        replace(request, decoding=replace(decoding, stop=(*decoding.stop, "END"))),
        replace(request, continuations=("one",)),
        replace(request, continuations=("two",)),
    ]


@given(requests)
def test_whatever_the_model_sees_changes_the_key(request: Request) -> None:
    plain = replace(request, continuations=())
    keys = [request_id(plain), *(request_id(one) for one in changed(plain, plain.decoding))]
    assert len(set(keys)) == len(keys)


@given(requests, st.sampled_from(["system", "user", "assistant"]))
def test_the_role_of_a_message_is_in_the_key(request: Request, role: Any) -> None:
    first, *rest = request.messages
    assume(first.role != role)
    other = replace(request, messages=(replace(first, role=role), *rest))
    assert request_id(other) != request_id(request)


@given(requests)
def test_the_canonical_text_is_json_with_sorted_keys_and_no_white_space(request: Request) -> None:
    text = canonical_request(request)
    assert orjson.dumps(orjson.loads(text), option=orjson.OPT_SORT_KEYS) == text


@given(st.dictionaries(texts.filter(bool), texts, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_a_models_options_does_not_count(
    options: dict[str, str], shuffler: Any
) -> None:
    items = list(options.items())
    shuffler.shuffle(items)
    assert (
        ModelIdentity("openai", "m", "r", tuple(items)).model_id
        == ModelIdentity("openai", "m", "r", tuple(options.items())).model_id
    )


@given(texts, texts)
def test_the_host_is_not_in_a_models_id(one: str, other: str) -> None:
    identity = ModelIdentity("openai", "m", "r", host=one)
    assert identity.model_id == replace(identity, host=other).model_id
