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
from numbers import Real
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import orjson
from pydantic import Field, ValidationError, model_validator

from medtrust.core.errors import CalibrationError, DataError
from medtrust.tuning.policy_file import FORMAT, SCHEMA_VERSION, read_sealed, sealed
from medtrust.tuning.policy_parts import Chance, Consequence, Count, Name, Part, Population, Rule
from medtrust.uncertainty.estimators import apply
from medtrust.uncertainty.evidence import Absent, Evidence
from medtrust.uncertainty.known import known_estimators

ALWAYS_NAMED: Final = "modality"
"""A stratum that must be named of every case, if the calibration cases had it."""


def meaning_of(estimator: str) -> str:
    """The estimator's name with what its numbers mean, for sentences."""
    known = known_estimators()[estimator]
    what = "1 - probability of being right; " if known.is_probability else ""
    return f"uncertainty {estimator} ({what}high = uncertain)"


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


class EscalationPolicy(Part):
    """Answer below a threshold of uncertainty, escalate above; see ``docs/escalation.md``.

    Make one with `medtrust.tuning.escalation.calibrate`; attributes are the keys of its file.
    ``prompts`` holds digests of the prompts that the plain question and the estimator's own passes
    use, ``asked_again`` how many ``draws`` and ``perturbed`` images there were of each question.
    """

    format: Literal["medtrust escalation policy"] = FORMAT
    schema_version: Literal[1] = SCHEMA_VERSION
    medtrust: str
    created: date
    expires: date
    model_id: Name
    task: Name
    task_version: Annotated[int, Field(ge=1)]
    prompts: Annotated[Mapping[str, str], Field(min_length=1)]
    asked_again: Mapping[Literal["draws", "perturbed"], Count]
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
        known = known_estimators()
        if self.estimator not in known:
            raise ValueError(f"there is no estimator {self.estimator!r}")
        for need in ("draws", "perturbed"):
            if need in known[self.estimator].needs and need not in self.asked_again:
                raise ValueError(f"{self.estimator} needs a number of {need}")
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
            DataError: If it is not there, no policy, of a newer version, was changed since it was
                written, or its numbers contradict each other.
            CalibrationError: If it has expired.
        """
        body = read_sealed(Path(path))
        try:
            policy = cls.model_validate(body)
        except ValidationError as error:
            raise DataError(f"{path} is no valid policy: {_first(error)}.") from error
        policy.require_valid_on(today)
        return policy

    def body(self) -> dict[str, Any]:
        """What its file holds, checksum included."""
        return sealed(self.model_dump(mode="json"))

    def save(self, path: Path | str) -> None:
        """Write the policy's file."""
        from medtrust.engine.run_folder import write_whole

        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        write_whole(Path(path), orjson.dumps(self.body(), option=options))

    def decide(
        self,
        evidence: Evidence | None = None,
        *,
        uncertainty: float | Absent | None = None,
        model_id: str,
        prompts: Mapping[str, object],
        population: Mapping[str, str],
        today: date | None = None,
    ) -> Decision:
        """Whether one answer may stand. Give either its evidence or its uncertainty.

        Args:
            evidence: What is stored about it.
            uncertainty: By the policy's estimator, high = uncertain: of an estimator that is a
                probability, 1 - the probability that the answer is right. `Absent` and NaN are
                missing: escalated.
            model_id: Of the model that answered.
            prompts: Digests of the prompts it was asked with, by id, or such by task, as a run's
                manifest holds them. All of the policy's are needed, further ones do not matter.
            population: What kind of case it is: ``site`` if the policy has one, the policy's
                stratum, ``modality`` if calibration cases had it, and any other recorded stratum.
            today: None for the machine's day, in UTC.

        Raises:
            CalibrationError: If the policy says nothing about such a case, has expired, or not
                exactly one of evidence and uncertainty is given.
        """
        for name, mapping in (("prompts", prompts), ("population", population)):
            if not isinstance(mapping, Mapping):
                raise CalibrationError(f"{name} must be a mapping from names to values.")
        self.require_valid_on(today)
        self._require_known(model_id, prompts, population)
        if evidence is not None and not isinstance(evidence, Evidence):
            raise CalibrationError(
                f"Name the number: decide(uncertainty=...) is {meaning_of(self.estimator)}."
            )
        if (evidence is None) == (uncertainty is None):
            raise CalibrationError(
                "Give either the evidence or the uncertainty of an answer; one that is missing is "
                'float("nan").'
            )
        given = self._estimated(evidence) if evidence is not None else uncertainty
        number, why = self._checked(given)
        rule = self._rule(population)
        if number is None:
            threshold = None if rule is None else rule.threshold
            return Decision("escalate", f"There is no {self.estimator}: {why}.", None, threshold)
        if rule is None or rule.threshold is None:
            kind = f"{self.stratum}={population.get(self.stratum or '')}"
            reason = f"No threshold could be guaranteed for {kind}."
            return Decision("escalate", reason, number, None)
        said = f"{meaning_of(self.estimator)} is {number:.4g}"
        if number > rule.threshold:
            reason = f"Too uncertain: {said}, above {rule.threshold:.4g}."
            return Decision("escalate", reason, number, rule.threshold)
        reason = f"Certain enough: {said}, at most {rule.threshold:.4g}."
        return Decision("answer", reason, number, rule.threshold)

    def _rule(self, population: Mapping[str, str]) -> Rule | None:
        value = None if self.stratum is None else population[self.stratum]
        return next((rule for rule in self.rules if rule.value == value), None)

    def _estimated(self, evidence: Evidence) -> float | Absent:
        """Uncertainty of an answer that was asked again as often as calibration cases were."""
        estimator = known_estimators()[self.estimator]
        for need, proper in self.asked_again.items():
            made = getattr(evidence, need)
            if need in estimator.needs and made is not None and len(made) != proper:
                raise CalibrationError(
                    f"The policy was calibrated with {proper} {need} a case, and this answer has "
                    f"{len(made)}: {self.estimator} of other numbers is another estimator."
                )
        if evidence.meaning is None:
            return Absent("no answer could be read")
        return apply(estimator, evidence)

    def _checked(self, given: object) -> tuple[float | None, str]:
        if given is None or isinstance(given, Absent):
            return None, given.reason if isinstance(given, Absent) else "it is missing"
        if isinstance(given, bool) or not isinstance(given, Real):
            raise CalibrationError(f"{given!r} is no number: give {meaning_of(self.estimator)}.")
        number = float(given)
        if not math.isfinite(number):
            return None, "it is not a finite number"
        known = known_estimators()[self.estimator]
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
        day = datetime.now(UTC).date() if today is None else today
        if type(day) is not date:
            raise CalibrationError("today must be a datetime.date.")
        if day > self.expires:
            raise CalibrationError(
                f"The policy expired on {self.expires}: calibrate it again on recent cases."
            )
        if day < self.created:
            raise CalibrationError(
                f"The policy was made on {self.created}, and today is {day}: mend the clock."
            )

    def _require_known(
        self, model_id: str, prompts: Mapping[str, object], population: Mapping[str, str]
    ) -> None:
        if model_id != self.model_id:
            raise CalibrationError(
                f"The policy was calibrated on {self.model_id}, not on {model_id}."
            )
        of_task = prompts.get(self.task)
        given = of_task if isinstance(of_task, Mapping) else prompts
        differing = sorted(
            name if name in given else f"{name}, of which there is no digest"
            for name, digest in self.prompts.items() if given.get(name) != digest
        )  # fmt: skip
        if differing:
            raise CalibrationError(
                f"The policy was calibrated with other prompts ({'; '.join(differing)})."
            )
        known = self.population
        self._require_named(population)
        for name, value in population.items():
            seen = tuple(known.strata.get(name, {}))
            if name == "site" and known.site is not None:
                seen = (known.site,)
            if not seen:
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


def _first(error: ValidationError) -> str:
    """What is wrong first, and where."""
    found = error.errors()[0]
    where = ".".join(str(part) for part in found["loc"])
    said = found["msg"].removeprefix("Value error, ")
    return f"{where}: {said}" if where else said
