"""Averages over methods: only over those that all compared models have.

A model that gives no probabilities has no estimators made of them. Averaged over whichever methods
each model has, it would be compared with the others by other methods.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from medtrust.report.study.effects import Effect, average
from medtrust.report.study.naming import models_said, named
from medtrust.report.wording import count


@dataclass(frozen=True, slots=True)
class SharedMethods:
    """Which methods an average is over.

    Attributes:
        models: Those with a number by any method: the ones that are compared.
        names: Methods by which all of these have one.
        left_out: Methods by which some of these have one, but not all.
        absent: Methods by which none of these has one.
    """

    models: tuple[int, ...]
    names: tuple[str, ...]
    left_out: tuple[str, ...]
    absent: tuple[str, ...]

    def mean(self, effects: Mapping[str, Effect]) -> Effect:
        """One model's mean over the shared methods; nothing where one of them is absent."""
        return average([effects[name] for name in self.names])

    @property
    def said(self) -> str:
        """Over what the average is, for a sentence."""
        if len(self.names) == 1:
            return f"by {named(self.names[0])}, the one method that all of them have"
        if not self.left_out:
            return f"averaged over {count(len(self.names))} methods"
        return f"averaged over the {count(len(self.names))} methods that all of them have"

    def remarks(self, what: str) -> list[str]:
        """What the average leaves out.

        Args:
            what: What is averaged ("The average AUROC").
        """
        said = []
        if self.left_out:
            said.append(
                f"{what} leaves out {count(len(self.left_out))} of "
                f"{count(len(self.left_out) + len(self.names))} methods, which not all of the "
                f"{models_said(len(self.models))} have: {', '.join(map(named, self.left_out))}."
            )
        if self.absent and self.models:
            said.append(f"{what} cannot be had by: {', '.join(map(named, self.absent))}.")
        return said


def shared_methods(cells: Mapping[tuple[int, str], Effect], names: Sequence[str]) -> SharedMethods:
    """Methods by which all models have a number that have any.

    Args:
        cells: By model and method.
        names: Methods, in the order of reports.
    """
    known = {key for key, effect in cells.items() if effect.value is not None}
    models = tuple(sorted({model for model, _ in known}))
    by_any = [name for name in names if any((model, name) in known for model in models)]
    by_all = [name for name in by_any if all((model, name) in known for model in models)]
    return SharedMethods(
        models,
        tuple(by_all),
        tuple(name for name in by_any if name not in by_all),
        tuple(name for name in names if name not in by_any),
    )
