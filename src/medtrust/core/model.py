"""What a model is to us: an identity, what it can do, and one way to ask it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from medtrust.core.records import Answer, Failure, Request, Sample


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Who answered. Two models with the same ``model_id`` share their stored answers.

    Attributes:
        provider: ``openai``, ``hf``, ``replay``, ``simulated`` ...
        name: The model's name at its provider.
        revision: A digest of weights and processor, or the server's base URL.
        options: Settings that change answers but are not in a request, e.g. reasoning effort.
        host: Host that sees the requests; None when they never leave this process.
    """

    provider: str
    name: str
    revision: str = ""
    options: tuple[tuple[str, str], ...] = ()
    host: str | None = None

    @property
    def model_id(self) -> str:
        """``provider/name@revision?option=value&option=value``, options sorted by name."""
        text = f"{self.provider}/{self.name}"
        if self.revision:
            text += f"@{self.revision}"
        if self.options:
            text += "?" + "&".join(f"{name}={value}" for name, value in sorted(self.options))
        return text


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model needs and gives, declared before the first request.

    Attributes:
        needs_pixels: A missing image makes its request unanswerable.
        asks_by: ``request`` (a server: each request travels alone) or ``group`` (a local model:
            all open requests of a group in one call, so that it can share their prefix).
        signals: Signal names it can give; None when only asking will tell.
        continuations: It can score given texts.
        recheck: Its answers are compared with the kept ones in every run, since they come from a
            file that people may edit.
    """

    needs_pixels: bool = True
    asks_by: Literal["request", "group"] = "request"
    signals: frozenset[str] | None = None
    continuations: bool = False
    recheck: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from. Models that really answer never look at it.

    Simulated responders read the gold here, and replay finds its rows by it.

    Attributes:
        options: Option texts in the order shown to the model.
    """

    task: str
    sample: Sample
    condition: str
    role: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way to a model."""

    request: Request
    request_id: str
    origin: Origin = field(compare=False)


class Model(Protocol):
    """Anything that answers requests."""

    @property
    def identity(self) -> ModelIdentity:
        """Who this is; fixed for the life of the object."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it needs and gives."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What people should know of how it answered, e.g. a parameter the server refused."""
        ...

    @property
    def counters(self) -> Mapping[str, int]:
        """Work done in this process, by name, e.g. token positions; empty for one elsewhere."""
        ...

    async def answer(
        self, calls: Sequence[Call], signals: frozenset[str]
    ) -> Sequence[Answer | Failure]:
        """Answer calls, in order, one result each.

        Args:
            calls: With ``asks_by == "request"`` all of one request_id (its draws); with ``"group"``
                all open calls of one group.
            signals: Names of wanted signals; what cannot be given is left out of the answer.

        Returns:
            An answer or a failure per call. Raises only on faults of the adapter itself.
        """
        ...

    async def close(self) -> None:
        """Release connections and memory."""
        ...


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """What the user said about a model; a provider's ``open_model(options)`` makes the model.

    Attributes:
        name: After the provider's slash, e.g. ``constant`` of ``simulated/constant``.
        base_url: Of the server, or None.
        parameters: The ``-M key=value`` pairs, as typed.
        seed: The run's seed, for responders that draw at random.
    """

    name: str
    base_url: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
