"""The escalation policy: a small file that says which answers go to a clinician.

    policy = medtrust.EscalationPolicy.load("policy.json")
    decision = policy.decide(evidence, model_id=..., prompts=..., population={"modality": "CT"})

It refuses a model, a prompt, a site or a kind of case that it was not calibrated on, and it ends on
a day. Within these, an answer whose uncertainty is missing or above the threshold is escalated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from medtrust.core.errors import CalibrationError, DataError
from medtrust.metrics.clopper_pearson import upper_bound
from medtrust.uncertainty.estimators import ESTIMATORS, estimate
from medtrust.uncertainty.evidence import Absent, Evidence

FORMAT: Final = "medtrust escalation policy"
SCHEMA_VERSION: Final = 1
ALWAYS_NAMED: Final = "modality"
"""A stratum that must be named of every case, if the calibration cases had it."""

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Chance = Annotated[float, Field(gt=0.0, lt=1.0)]
Count = Annotated[int, Field(ge=0, strict=True)]
Name = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Measured(_Part):
    """A share with its interval; None where it is undefined."""

    value: Share | None
    low: Share | None
    high: Share | None
    level: Chance


class Rule(_Part):
    """The threshold of one value of the stratum (of all cases when ``value`` is None).

    ``n`` calibration cases, one per cluster, of which ``answered`` lie at or below the threshold
    and ``errors`` of those are wrong; ``bound`` is the exact upper bound of their error with
    confidence 1 - ``delta``. Without a threshold every case is escalated, for the ``reason``.
    """

    value: Name | None = None
    threshold: float | None
    delta: Chance
    n: Count
    answered: Count
    errors: Count
    bound: Share | None
    reason: str = ""

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if not self.errors <= self.answered <= self.n:
            raise ValueError("errors, answered and n must ascend")
        if self.threshold is None:
            return self
        proper = float(upper_bound(self.errors, self.answered, delta=self.delta))
        if self.bound is None or not math.isclose(self.bound, proper, abs_tol=1e-9):
            raise ValueError(
                f"{self.errors} errors among {self.answered} give a bound of {proper:.6f}, "
                f"not {self.bound}"
            )
        return self


class Consequence(_Part):
    """What the rules did to cases of one arm that they were not calibrated on."""

    n: Count
    answered: Count
    errors: Count
    unanswered: Count
    without_number: Count
    risk: Measured
    escalated: Measured
    escalated_per_1000: float | None

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if not self.errors <= self.answered <= self.n:
            raise ValueError("errors, answered and n must ascend")
        shares = (
            (self.risk.value, self.errors, self.answered),
            (self.escalated.value, self.n - self.answered, self.n),
            (_scaled(self.escalated_per_1000), self.n - self.answered, self.n),
        )
        for value, part, whole in shares:
            proper = part / whole if whole else None
            if (value is None) != (proper is None) or (
                value is not None and not math.isclose(value, part / whole, abs_tol=1e-6)
            ):
                raise ValueError(f"{part} of {whole} is not {value}")
        return self


class Population(_Part):
    """Which cases it was calibrated on: data sets, site, and values of strata with counts."""

    data: tuple[str, ...]
    site: Name | None
    strata: Mapping[str, Mapping[str, Count]]


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with one answer.

    Attributes:
        action: Whether the answer may stand or goes to a clinician.
        reason: Why, one sentence.
        uncertainty: By the policy's estimator; None when it is missing.
        threshold: For this kind of case; None when none could be guaranteed.
    """

    action: Literal["answer", "escalate"]
    reason: str
    uncertainty: float | None
    threshold: float | None


class EscalationPolicy(_Part):
    """Answer below a threshold of uncertainty, escalate above; see ``docs/escalation.md``.

    Make one with `medtrust.tuning.escalation.calibrate`; attributes are the keys of its file.
    """

    format: Literal["medtrust escalation policy"] = FORMAT
    schema_version: Literal[1] = SCHEMA_VERSION
    medtrust: str
    created: date
    expires: date
    model_id: Name
    task: Name
    task_version: Annotated[int, Field(ge=1)]
    prompts: Mapping[str, str]
    population: Population
    estimator: Name
    alpha: Chance
    delta: Chance
    seed: int
    stratum: Name | None
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]
    consequences: Mapping[str, Consequence]

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.created > self.expires:
            raise ValueError(f"it expires ({self.expires}) before it was made ({self.created})")
        if self.estimator not in ESTIMATORS:
            raise ValueError(f"there is no estimator {self.estimator!r}")
        if sum(rule.delta for rule in self.rules) > self.delta * (1.0 + 1e-9):
            raise ValueError("the rules' shares of delta add up to more than delta")
        bounds = [rule.bound for rule in self.rules if rule.threshold is not None]
        if not bounds:
            raise ValueError("no rule has a threshold")
        if any(bound is None or bound > self.alpha for bound in bounds):
            raise ValueError("the bound of a threshold lies above alpha")
        self._check_values()
        return self

    def _check_values(self) -> None:
        values = [rule.value for rule in self.rules]
        if self.stratum is None:
            if values != [None]:
                raise ValueError("without a stratum there is one rule, of no value")
            return
        if len(set(values)) < len(values) or None in values:
            raise ValueError("each rule must name another value of the stratum")
        if self.stratum not in self.population.strata:
            raise ValueError(f"the population does not name {self.stratum}")

    @classmethod
    def load(cls, path: Path | str, *, today: date | None = None) -> EscalationPolicy:
        """Read a policy.

        Args:
            path: The file.
            today: The day it shall hold on; None for the machine's, in UTC.

        Raises:
            DataError: If it is not there, no policy, of a newer version, or was edited so that its
                numbers contradict each other.
            CalibrationError: If it has expired.
        """
        try:
            body: Any = orjson.loads(Path(path).read_bytes())
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
        except orjson.JSONDecodeError as error:
            raise DataError(f"{path} is no JSON: {error}.") from error
        if not isinstance(body, dict) or body.get("format") != FORMAT:
            raise DataError(f"{path} is no escalation policy.")
        if body.get("schema_version") != SCHEMA_VERSION:
            raise DataError(
                f"{path} is a policy of version {body.get('schema_version')!r}, and this medtrust "
                f"reads version {SCHEMA_VERSION}: upgrade medtrust or calibrate again."
            )
        try:
            policy = cls.model_validate(body)
        except ValidationError as error:
            raise DataError(f"{path} is no valid policy: {_first(error)}.") from error
        policy.require_valid_on(today)
        return policy

    def save(self, path: Path | str) -> None:
        """Write the policy's file."""
        from medtrust.engine.run_folder import write_whole

        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        write_whole(Path(path), orjson.dumps(self.model_dump(mode="json"), option=options))

    def decide(
        self,
        answer: float | Evidence | Absent | None,
        *,
        model_id: str,
        prompts: Mapping[str, str],
        population: Mapping[str, str],
        today: date | None = None,
    ) -> Decision:
        """Whether one answer may stand.

        Args:
            answer: What is stored about it, or its uncertainty by the policy's estimator, high =
                uncertain. None, `Absent` and NaN are missing: escalated.
            model_id: Of the model that answered.
            prompts: Digests of the prompts it was asked with, by id: all of the policy's.
            population: What kind of case it is: ``site`` if the policy has one, the policy's
                stratum, ``modality`` if calibration cases had it, and any other recorded stratum.
            today: None for the machine's day, in UTC.

        Raises:
            CalibrationError: If the policy says nothing about such a case, or has expired.
        """
        self.require_valid_on(today)
        self._require_known(model_id, prompts, population)
        uncertainty, why = self._uncertainty(answer)
        rule = self._rule(population)
        if uncertainty is None:
            threshold = None if rule is None else rule.threshold
            return Decision("escalate", f"There is no {self.estimator}: {why}.", None, threshold)
        if rule is None or rule.threshold is None:
            kind = f"{self.stratum}={population.get(self.stratum or '')}"
            reason = f"No threshold could be guaranteed for {kind}."
            return Decision("escalate", reason, uncertainty, None)
        said = f"{self.estimator} is {uncertainty:.4g}, the threshold {rule.threshold:.4g}"
        if uncertainty > rule.threshold:
            return Decision("escalate", f"Too uncertain: {said}.", uncertainty, rule.threshold)
        return Decision("answer", f"Certain enough: {said}.", uncertainty, rule.threshold)

    def _rule(self, population: Mapping[str, str]) -> Rule | None:
        value = None if self.stratum is None else population[self.stratum]
        return next((rule for rule in self.rules if rule.value == value), None)

    def _uncertainty(self, answer: float | Evidence | Absent | None) -> tuple[float | None, str]:
        found = answer
        if isinstance(found, Evidence):
            if found.meaning is None:
                return None, "no answer could be read"
            found = estimate(found, [self.estimator])[self.estimator]
        if found is None or isinstance(found, Absent):
            return None, found.reason if isinstance(found, Absent) else "it is missing"
        number = float(found)
        if not math.isfinite(number):
            return None, "it is not a finite number"
        known = ESTIMATORS[self.estimator]
        low = -math.inf if known.low is None else known.low
        high = math.inf if known.high is None else known.high
        if not low - 1e-6 <= number <= high + 1e-6:
            raise CalibrationError(
                f"{number:g} is no value of {self.estimator}, which lies in [{low:g}, {high:g}]."
            )
        return number, ""

    def require_valid_on(self, today: date | None) -> None:
        """Refuse a day outside the policy's; None is the machine's, in UTC.

        Raises:
            CalibrationError: If it has expired, or was made later.
        """
        day = today or datetime.now(UTC).date()
        if day > self.expires:
            raise CalibrationError(
                f"The policy expired on {self.expires}: calibrate it again on recent cases."
            )
        if day < self.created:
            raise CalibrationError(
                f"The policy was made on {self.created}, and today is {day}: mend the clock."
            )

    def _require_known(
        self, model_id: str, prompts: Mapping[str, str], population: Mapping[str, str]
    ) -> None:
        if model_id != self.model_id:
            raise CalibrationError(
                f"The policy was calibrated on {self.model_id}, not on {model_id}."
            )
        differing = sorted(
            name for name in {*prompts, *self.prompts}
            if prompts.get(name) != self.prompts.get(name)
        )  # fmt: skip
        if differing:
            raise CalibrationError(
                f"The policy was calibrated with other prompts ({', '.join(differing)})."
            )
        known = self.population
        self._require_named(population)
        for name, value in population.items():
            seen = (known.site,) if name == "site" else tuple(known.strata.get(name, {}))
            if seen in {(), (None,)}:
                raise CalibrationError(
                    f"The policy knows nothing of {name}: it was calibrated without one."
                )
            if value not in seen:
                raise CalibrationError(
                    f"The policy was not calibrated on {name}={value}, only on "
                    f"{', '.join(str(one) for one in seen)}."
                )

    def _require_named(self, population: Mapping[str, str]) -> None:
        needed = [] if self.population.site is None else ["site"]
        needed += [] if self.stratum is None else [self.stratum]
        needed += [ALWAYS_NAMED] if ALWAYS_NAMED in self.population.strata else []
        for name in needed:
            if name not in population:
                raise CalibrationError(
                    f"Say the {name} of the case: the policy was calibrated on some only."
                )


def _scaled(per_1000: float | None) -> float | None:
    return None if per_1000 is None else per_1000 / 1000.0


def _first(error: ValidationError) -> str:
    """What is wrong first, and where."""
    found = error.errors()[0]
    where = ".".join(str(part) for part in found["loc"])
    said = found["msg"].removeprefix("Value error, ")
    return f"{where}: {said}" if where else said
