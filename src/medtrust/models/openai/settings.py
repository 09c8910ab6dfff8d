"""What the user said about an OpenAI-compatible server, checked once."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import orjson

from medtrust.core.errors import UnknownNameError, UserError
from medtrust.core.model import ModelIdentity, ModelOptions
from medtrust.imaging.load import DEFAULT_MAX_PIXELS

MaxTokensField = Literal["auto", "max_tokens", "max_completion_tokens"]
Prefill = Literal["", "native", "vllm"]

PARAMETERS: Final = (
    "api_key_env",
    "drop",
    "extra.NAME",
    "max_pixels",
    "max_tokens_field",
    "prefill",
    "reasoning_effort",
    "revision",
    "timeout",
    "top_logprobs",
)
DROPPABLE: Final = ("stop", "temperature", "top_p")
DEFAULT_KEY_VARIABLE: Final = "OPENAI_API_KEY"

# Fields that the adapter writes itself: to set them elsewhere would make the request a different
# one from the request its answer is kept under.
RESERVED: Final = frozenset(
    {
        *("add_generation_prompt", "continue_final_message", "logprobs", "max_completion_tokens"),
        *("max_tokens", "messages", "model", "n", "reasoning_effort", "seed", "stop", "stream"),
        *("stream_options", "temperature", "top_logprobs", "top_p"),
    }
)
_FIELD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_WORD: Final = re.compile(r"[a-z]{1,20}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the adapter needs to know, without the key.

    Attributes:
        name: The model's name at the server.
        base_url: Without a trailing slash; ``/v1`` added if the user gave no path.
        host: Its host name.
        revision: What ``-M revision=`` said, or the base URL.
        key_variable: Environment variable that holds the key.
        timeout_s: For one request, from sending to the last byte.
        max_pixels: Larger images are not sent.
        max_tokens_field: What the server calls its token limit.
        prefill: How a last assistant message is continued; empty: not at all.
        top_logprobs: Alternatives a token asked for, 1 to 20.
        drop: Decoding fields never sent, because the user said so.
        reasoning_effort: As the server understands it, or empty.
        extra: More fields of the request body, by name.
    """

    name: str
    base_url: str
    host: str
    revision: str
    key_variable: str = DEFAULT_KEY_VARIABLE
    timeout_s: float = 600.0
    max_pixels: int = DEFAULT_MAX_PIXELS
    max_tokens_field: MaxTokensField = "auto"
    prefill: Prefill = ""
    top_logprobs: int = 5
    drop: frozenset[str] = frozenset()
    reasoning_effort: str = ""
    extra: tuple[tuple[str, Any], ...] = ()

    @property
    def identity(self) -> ModelIdentity:
        """Name, revision, and whatever changes answers without being in a request."""
        options = [(f"extra.{name}", _canonical(value)) for name, value in self.extra]
        if self.reasoning_effort:
            options.append(("reasoning_effort", self.reasoning_effort))
        if self.drop:
            options.append(("drop", ",".join(sorted(self.drop))))
        return ModelIdentity("openai", self.name, self.revision, tuple(sorted(options)), self.host)


def read_settings(options: ModelOptions) -> Settings:
    """Check the name, the URL and every ``-M`` parameter.

    Raises:
        UserError: One sentence for the first thing that is wrong.
    """
    if not options.name:
        raise UserError("Name the model, as its server calls it: --model openai/NAME.")
    given = options.parameters
    for name in given:
        if name not in PARAMETERS and not name.startswith("extra."):
            raise UnknownNameError.among("parameter of openai models", name, PARAMETERS)
    base_url, host = read_base_url(options.base_url)
    return Settings(
        name=options.name,
        base_url=base_url,
        host=host,
        revision=given.get("revision") or base_url,
        key_variable=given.get("api_key_env") or DEFAULT_KEY_VARIABLE,
        timeout_s=_number(given, "timeout", 600.0, low=0.001, high=86_400.0),
        max_pixels=int(_number(given, "max_pixels", DEFAULT_MAX_PIXELS, low=1, high=1e12)),
        max_tokens_field=_one_of(
            given, "max_tokens_field", "auto", "max_tokens", "max_completion_tokens"
        ),
        prefill=_one_of(given, "prefill", "", "native", "vllm"),
        top_logprobs=int(_number(given, "top_logprobs", 5, low=1, high=20)),
        drop=_drop(given.get("drop", "")),
        reasoning_effort=_effort(given.get("reasoning_effort", "")),
        extra=_extra(given),
    )


def read_base_url(typed: str | None) -> tuple[str, str]:
    """The URL that ``/chat/completions`` is appended to, and its host.

    Raises:
        UserError: If there is none, or it is not a plain http(s) address.
    """
    if not typed:
        raise UserError(
            "openai/ models need the address of their server: "
            "--base-url https://api.openai.com/v1, or http://localhost:8000/v1 for your own."
        )
    try:
        parts = urlsplit(typed.strip())
        host, _ = parts.hostname, parts.port  # reading the port checks it
    except ValueError:
        raise UserError(f"--base-url is not a URL; it looks like {_EXAMPLE}.") from None
    if parts.username or parts.password:
        raise UserError("--base-url may not hold a user name or password; keep keys in variables.")
    if parts.scheme not in {"http", "https"} or not host:  # never echoed: it may hold a password
        raise UserError(f"--base-url is not an http address; it looks like {_EXAMPLE}.")
    if not typed.strip().isascii() or any(letter.isspace() for letter in typed.strip()):
        raise UserError(f"--base-url holds blanks or letters no address has, unlike {_EXAMPLE}.")
    if parts.query or parts.fragment:
        raise UserError(f"--base-url ends with its path, without ? or #; it looks like {_EXAMPLE}.")
    path = parts.path.rstrip("/") or "/v1"
    return f"{parts.scheme}://{parts.netloc}{path}", host


_EXAMPLE: Final = "http://localhost:8000/v1"


def read_key(settings: Settings, *, named: bool) -> str:
    """The key from the environment, or empty where none is needed.

    Args:
        settings: Names the variable.
        named: The user named the variable, so it must be there.

    Raises:
        UserError: If it is missing, or no header could carry it; never says what it is.
    """
    variable = settings.key_variable
    if not variable.isidentifier():  # never echoed: it may be the key itself
        raise UserError(
            "-M api_key_env=NAME takes the name of an environment variable, never a key."
        )
    key = os.environ.get(variable, "").strip()
    if named and not key:
        raise UserError(
            f"The environment variable {variable} is empty; put the server's key in it."
        )
    if not key.isascii() or not key.isprintable():
        raise UserError(
            f"The key in {variable} holds characters no key has; copy it again, without quotes."
        )
    return key


def _number(
    given: Mapping[str, str], name: str, default: float, *, low: float, high: float
) -> float:
    typed = given.get(name)
    if typed is None:
        return default
    try:
        value = float(typed)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise UserError(f"-M {name}={typed} is not a number from {low:g} to {high:g}.")
    return value


def _one_of(given: Mapping[str, str], name: str, *allowed: Any) -> Any:
    typed = given.get(name, allowed[0])
    if typed not in allowed:
        raise UnknownNameError.among(f"value of -M {name}", typed, [a for a in allowed if a])
    return typed


def _drop(typed: str) -> frozenset[str]:
    names = frozenset(filter(None, typed.replace(" ", "").split(",")))
    for name in sorted(names):
        if name not in DROPPABLE:
            raise UnknownNameError.among("decoding field for -M drop", name, DROPPABLE)
    return names


def _effort(typed: str) -> str:
    if typed and not _WORD.fullmatch(typed):
        raise UserError("-M reasoning_effort is one lower-case word, e.g. low, medium or high.")
    return typed


def _extra(given: Mapping[str, str]) -> tuple[tuple[str, Any], ...]:
    found = {}
    for key, typed in given.items():
        prefix, _, name = key.partition(".")
        if prefix != "extra":
            continue
        if not _FIELD.fullmatch(name):
            raise UserError(f"-M {key}: write extra.NAME=JSON, with a plain name.")
        if name in RESERVED:
            raise UserError(
                f"-M {key}: this field is set by the run itself and cannot be replaced."
            )
        try:
            found[name] = orjson.loads(typed)
        except orjson.JSONDecodeError:
            raise UserError(f'-M {key}: the value is not JSON; a text needs quotes: "a".') from None
    return tuple(sorted(found.items()))


def _canonical(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
