"""The parts of a policy's file, each of which must add up."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from medtrust.metrics.clopper_pearson import upper_bound

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Chance = Annotated[float, Field(gt=0.0, lt=1.0)]
Count = Annotated[int, Field(ge=0, strict=True)]
Name = Annotated[str, Field(min_length=1)]


class Part(BaseModel):
    """Anything in the file: frozen, without further keys, with finite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Measured(Part):
    """A share with its interval; None where it is undefined."""

    value: Share | None
    low: Share | None
    high: Share | None
    level: Chance


class Rule(Part):
    """The threshold of one value of the stratum (of all cases when ``value`` is None).

    ``n`` calibration cases, one per cluster, of which ``answered`` lie at or below the threshold
    and ``errors`` of those are wrong; ``bound`` is the exact upper bound of their error with
    confidence 1 - ``delta``. Without a threshold every case is escalated, for the ``reason``, and
    the counts are those of the first threshold that was tested and failed.
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


class Consequence(Part):
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


class Population(Part):
    """Which cases it was calibrated on: data sets, site, and values of strata with counts."""

    data: tuple[str, ...]
    site: Name | None
    strata: Mapping[str, Mapping[str, Count]]


def _scaled(per_1000: float | None) -> float | None:
    return None if per_1000 is None else per_1000 / 1000.0
