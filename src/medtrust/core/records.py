"""The records that walk through the house: sample, request, answer, mark, estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
"""The empty mapping, shared by all records that have nothing to say."""

Signal = NDArray[np.generic]
_NO_SIGNALS: Final[Mapping[str, Signal]] = MappingProxyType({})


def _nothing() -> Mapping[str, str]:
    return NOTHING


def _no_signals() -> Mapping[str, Signal]:
    return _NO_SIGNALS


class Kind(StrEnum):
    """What form of answer a question asks for."""

    CHOICE = "choice"
    YES_NO = "yes_no"
    OPEN = "open"
    INSTRUCTION = "instruction"


class Access(StrEnum):
    """Who may see a sample.

    ``gated`` (credentialed sets such as MIMIC) and ``phi`` (a hospital's own data) go to models on
    this machine only, unless a host was allowed by name.
    """

    PUBLIC = "public"
    GATED = "gated"
    PHI = "phi"


class Outcome(StrEnum):
    """How an answer ended. All three are answers; errors are not answers."""

    OK = "ok"
    FILTERED = "filtered"
    TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True)
class Alteration:
    """One pure operation on pixels, e.g. ``gaussian-noise@1`` with its parameters and seed."""

    operation: str
    parameters: tuple[tuple[str, float | int | str], ...] = ()
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class ImageRef:
    """Names an image without holding a pixel.

    Attributes:
        key: ``sha256:<hex>`` of the file's bytes; ``<dataset>:<relative path>`` when the file is
            not there; and for images that are made, which no file holds,
            ``blank:<width>x<height>`` (grey) and ``phantom-<version>:<seed>[?<labels>]``.
        alterations: Operations applied in order after loading.
        path: Where the bytes are on this machine; never part of identity. None when missing.
    """

    key: str
    alterations: tuple[Alteration, ...] = ()
    path: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Sample:
    """One question about zero or more images, with its gold answer.

    Attributes:
        id: Names the data, never the task, e.g. ``cares/iuxray_factuality:17``.
        question: The question alone, without options or instructions.
        kind: Form of the answer.
        images: In the order the question refers to them.
        options: Option texts without letters, in the file's order; empty unless ``choice``.
        answer: Option index for ``choice``, bool for ``yes_no``, text for ``open``; None when the
            gold cannot be used (``gold_defect`` says why).
        groups: Patient attributes for subgroup analysis (``sex``, ``age``, ``race`` ...).
        strata: Properties of the case (``dataset``, ``modality``, ``view`` ...).
        cluster: Samples that share a patient, image or article share a cluster.
        pair: Joins the samples of one confusable pair.
        licence: Licence of the sample, as published.
        access: Who may see it.
        source: Raw fields of the file that official prompts and readings need.
        gold_defect: Why the gold cannot be used by the corrected reading; empty when it can.
    """

    id: str
    question: str
    kind: Kind
    images: tuple[ImageRef, ...] = ()
    options: tuple[str, ...] = ()
    answer: int | bool | str | None = None
    groups: Mapping[str, str] = field(default_factory=_nothing)
    strata: Mapping[str, str] = field(default_factory=_nothing)
    cluster: str = ""
    pair: str = ""
    licence: str = ""
    access: Access = Access.PHI
    source: Mapping[str, str] = field(default_factory=_nothing)
    gold_defect: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat: a role and its parts, text or image, in order."""

    role: Literal["system", "user", "assistant"]
    content: tuple[str | ImageRef, ...]


@dataclass(frozen=True, slots=True)
class Decoding:
    """How the answer is drawn. At temperature 0 ``top_p`` and ``seed`` mean nothing."""

    max_tokens: int = 512
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()


GREEDY: Final = Decoding()


@dataclass(frozen=True, slots=True)
class Request:
    """Exactly what a model sees.

    With ``continuations`` it is a **score** request: the model returns the log-probability of each
    given text after the messages. Without, it is a **generate** request.

    Attributes:
        messages: The conversation so far; a last assistant message is a prefill.
        decoding: How to draw; ignored by score requests.
        continuations: Texts to score, or empty.
        draw: Number of this draw; not part of the request's identity.
    """

    messages: tuple[Message, ...]
    decoding: Decoding = GREEDY
    continuations: tuple[str, ...] = ()
    draw: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the server counted them; None where it did not say."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None


NO_USAGE: Final = Usage()


@dataclass(frozen=True, slots=True)
class Answer:
    """One draw of one request from one model.

    Attributes:
        text: The answer proper, thinking stripped.
        outcome: ``ok``, ``filtered`` by the provider, or ``truncated`` at the token limit.
        signals: Arrays by name, e.g. ``token_logprobs`` (natural log), shape (tokens,).
        reasoning: What the model thought aloud before the answer, if the server gave it.
        finish_reason: The server's own word.
        usage: Tokens.
        latency_s: From sending to the last byte, of the attempt that succeeded.
        attempts: How often it was tried, 1 for no retry.
        server: What the server said it was (model name and fingerprint).
    """

    text: str
    outcome: Outcome = Outcome.OK
    signals: Mapping[str, Signal] = field(default_factory=_no_signals)
    reasoning: str = ""
    finish_reason: str = ""
    usage: Usage = NO_USAGE
    latency_s: float = 0.0
    attempts: int = 1
    server: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer. A failure is never scored.

    Attributes:
        reason: Kebab-case, kept as ``missing:<reason>``, e.g. ``http-500``, ``timeout``.
        message: One sentence for people; holds no question and no answer text.
        retry: Trying again may help.
        congestion: The server is overloaded: ask it less.
        fatal: Every request will fail this way (wrong key, unknown model): stop the run.
        unreachable: No server was there at all.
        pending: Not failed but not there yet (replay rows still to come).
        retry_after_s: What the server asked us to wait, or None.
    """

    reason: str
    message: str = ""
    retry: bool = False
    congestion: bool = False
    fatal: bool = False
    unreachable: bool = False
    pending: bool = False
    retry_after_s: float | None = None


OK: Final = "ok"
REFUSED: Final = "refused"
UNPARSED: Final = "unparsed"


def missing(reason: str) -> str:
    """The status of a score that does not exist, with the reason."""
    return f"missing:{reason}"


@dataclass(frozen=True, slots=True)
class Mark:
    """One measured fact about one answer; the engine adds task, sample and condition.

    Attributes:
        measure: What was measured, e.g. ``correct``.
        value: In [0, 1] unless the task says otherwise; None unless status allows one.
        status: ``ok``, ``refused``, ``unparsed`` or ``missing:<reason>``.
        reading: ``corrected`` or ``official``.
        judge: model_id of the judge that gave it, or empty.
    """

    measure: str
    value: float | None
    status: str = OK
    reading: str = "corrected"
    judge: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One number of the report, with everything needed to believe it.

    Attributes:
        value: In ``unit``; None with the reason in ``note``.
        low: Lower end of the interval, or None.
        high: Upper end of the interval, or None.
        p_value: Chance of a value this far from nothing if there were nothing, in (0, 1]; None
            when nothing was tested.
        n: Units that carry the number (scores with a value, refused and unparsed included).
        n_clusters: Independent clusters among them.
        counts: Units by status, missing ones included.
        direction: ``higher`` or ``lower`` is better, or ``none``.
        comparable: ``yes``, or ``no: <why>``.
    """

    task: str
    version: int
    metric: str
    value: float | None
    model: str = ""
    condition: str = ""
    group: str = ""
    reading: str = "corrected"
    prompts: str = "own"
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    method: str = ""
    p_value: float | None = None
    n: int = 0
    n_clusters: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    unit: str = "fraction"
    direction: Literal["higher", "lower", "none"] = "none"
    comparable: str = ""
    note: str = ""
