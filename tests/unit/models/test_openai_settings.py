from __future__ import annotations

import pytest

from medtrust.core.errors import UnknownNameError, UserError
from medtrust.core.model import ModelOptions
from medtrust.models.openai.adapter import open_model
from medtrust.models.openai.settings import read_base_url, read_settings

URL = "http://localhost:8000/v1"


def options(base_url: str | None = URL, name: str = "gemma", **parameters: str) -> ModelOptions:
    dotted = {key.replace("__", "."): value for key, value in parameters.items()}
    return ModelOptions(name, base_url, dotted)


@pytest.mark.parametrize(
    ("typed", "used"),
    [
        ("http://localhost:8000/v1", "http://localhost:8000/v1"),
        ("http://localhost:8000/v1/", "http://localhost:8000/v1"),
        ("http://localhost:8000", "http://localhost:8000/v1"),
        ("http://localhost:8000/", "http://localhost:8000/v1"),
        ("https://api.example.org/openai/v1beta", "https://api.example.org/openai/v1beta"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
    ],
)
def test_a_base_url_is_used_as_typed_and_a_bare_host_gets_v1(typed: str, used: str) -> None:
    assert read_base_url(typed)[0] == used


def test_the_host_of_the_identity_is_the_host_of_the_url() -> None:
    assert read_settings(options("https://api.example.org/v1")).identity.host == "api.example.org"
    assert read_settings(options("http://[::1]:8000/v1")).identity.host == "::1"


@pytest.mark.parametrize(
    "typed",
    [
        "localhost:8000",
        "ftp://localhost/v1",
        "http://",
        "http:///v1",
        "http://localhost:port/v1",
        "http://localhost:99999/v1",
        "http://localhost/v1?api-version=1",
        "http://localhost/v1#x",
    ],
)
def test_what_is_no_plain_http_address_is_refused_in_one_sentence(typed: str) -> None:
    with pytest.raises(UserError, match=r"--base-url .*\.$|--base-url .*v1"):
        read_settings(options(typed))


def test_without_a_base_url_the_sentence_says_how_to_give_one() -> None:
    with pytest.raises(UserError, match=r"--base-url https?://"):
        read_settings(options(None))


def test_a_password_in_the_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(UserError) as caught:
        read_settings(options("http://user:geheim@localhost/v1"))
    assert "geheim" not in str(caught.value)


def test_an_unknown_parameter_is_refused_with_near_names() -> None:
    with pytest.raises(UnknownNameError, match="timeout"):
        read_settings(options(timeuot="3"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeout", "soon"),
        ("timeout", "0"),
        ("timeout", "nan"),
        ("max_pixels", "0"),
        ("top_logprobs", "21"),
        ("max_tokens_field", "tokens"),
        ("prefill", "yes"),
        ("drop", "temperature,messages"),
        ("reasoning_effort", "very high"),
        ("extra__top_k", "{"),
        ("extra__stream", "true"),
        ("extra__a b", "1"),
        ("extra__", "1"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(name: str, value: str) -> None:
    with pytest.raises(UserError):
        read_settings(options(**{name: value}))


def test_the_identity_is_name_base_url_and_what_changes_answers() -> None:
    plain = read_settings(options(timeout="5", max_tokens_field="max_tokens", top_logprobs="3"))
    assert plain.identity.model_id == f"openai/gemma@{URL}"
    tuned = read_settings(
        options(
            revision="2024-08-06",
            reasoning_effort="low",
            drop="top_p,temperature",
            extra__top_k="40",
            extra__chat_template_kwargs='{"thinking": false, "a": 1}',
        )
    )
    assert tuned.identity.model_id == (
        'openai/gemma@2024-08-06?drop=temperature,top_p&extra.chat_template_kwargs={"a":1,'
        '"thinking":false}&extra.top_k=40&reasoning_effort=low'
    )


def test_a_bare_host_and_its_v1_share_their_answers() -> None:
    bare, full = read_settings(options("http://localhost:8000")), read_settings(options())
    assert bare.identity.model_id == full.identity.model_id


def test_a_named_key_variable_must_hold_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOSPITAL_KEY", raising=False)
    with pytest.raises(UserError, match="HOSPITAL_KEY"):
        open_model(options(api_key_env="HOSPITAL_KEY"))


def test_without_a_key_a_server_is_asked_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert open_model(options()).identity.name == "gemma"


@pytest.mark.parametrize("key", ["sk-one\nsk-two", "sk-gehe\u00efm", "sk\x00"])
def test_a_key_no_header_can_carry_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setattr("os.environ", {"OPENAI_API_KEY": key})
    with pytest.raises(UserError) as caught:
        open_model(options())
    assert "sk" not in str(caught.value)


def test_a_model_needs_a_name() -> None:
    with pytest.raises(UserError, match="openai/NAME"):
        read_settings(options(name=""))
