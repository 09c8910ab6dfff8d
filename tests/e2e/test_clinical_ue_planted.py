"""What is planted about uncertainty is found again on the 2,000 real questions of HAM10000.

Two runs: one model whose uncertainty says something, whose answers collapse when the right option
is hidden, and whose uncertainty foresees it; and one in which nothing of that is so. Each planted
number must lie in the 99.9 % interval of the number that is there to find it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from medtrust.cli.main import exit_code
from medtrust.core.records import Estimate
from parts.answered_tasks import holds

PLANTED: Mapping[str, float] = {
    "accuracy": 0.62, "auroc": 0.78, "auroc_letters": 0.85, "collapse": 0.45, "fragility": 0.72,
    "flips": 0.12, "flips_foreseen": 0.56, "shift": 0.3, "nota_bias": 0.08, "abstention": 0.15,
    "consistency": 0.85, "reliance": 0.6, "correlation": 0.2,
}  # fmt: skip
NOTHING: Mapping[str, float] = {
    "accuracy": 0.6, "auroc": 0.5, "collapse": 0.1, "fragility": 0.5, "flips": 0.1,
    "flips_foreseen": 0.5, "consistency": 0.9, "reliance": 0.0,
}  # fmt: skip
REPLACED = "nota=replace"
EXACT = ("letter_probability", "letter_entropy", "sequence_probability", "perplexity", "p_true")
"""Estimators that rank as the planted score does; those of draws see it through ten coin tosses."""


@dataclass(frozen=True)
class Found:
    metric: str
    condition: str
    value: float
    estimator: str = ""

    @property
    def group(self) -> str:
        return f"estimator={self.estimator}" if self.estimator else ""


def rates(planted: Mapping[str, float]) -> list[Found]:
    """What becomes of answers, by hand from what was planted."""
    right, flipped = planted["accuracy"], planted["accuracy"] * (1 - planted["flips"])
    kept = right * (1 - planted["collapse"])
    bias = planted.get("nota_bias", 0.0)
    found = [
        Found("accuracy", "", right),
        Found("accuracy", REPLACED, kept),
        Found("accuracy", "nota=replace_last", kept),
        Found("accuracy", "nota=add", right * (1 - bias)),
        Found("accuracy", "nota=remove", planted.get("abstention", 0.1)),
        Found("accuracy", "nota=swap_distractor", flipped),
        Found("accuracy", "options=shuffled", flipped),
        Found("accuracy", "noise=gaussian-0.1", flipped),
        Found("accuracy_change", REPLACED, kept - right),
        Found("collapse", REPLACED, planted["collapse"]),
        Found("collapse", "nota=replace_last", planted["collapse"]),
        Found("collapse", "options=shuffled", planted["flips"]),
        Found("nota_pick_rate", REPLACED, kept),
        Found("nota_pick_rate", "nota=add", bias),
        Found("flip_rate", "wording=second", 1 - planted["consistency"]),
        Found("flip_rate", "wording=third", 1 - planted["consistency"]),
    ]
    return [*found, Found("consistency", "", consistent(planted))]


def consistent(planted: Mapping[str, float]) -> float:
    """Share of answers that neither of two wordings nor shuffled options change."""
    return planted["consistency"] ** 2 * (1 - planted["accuracy"] * planted["flips"])


def looking(planted: Mapping[str, float]) -> list[Found]:
    """Consistency against reliance on the image."""
    stays, looks = consistent(planted), planted["reliance"]
    return [
        Found("image_reliance", "", looks),
        Found("quadrant_ideal", "", stays * looks),
        Found("quadrant_fragile", "", (1 - stays) * looks),
        Found("quadrant_dangerous", "", stays * (1 - looks)),
        Found("quadrant_worst", "", (1 - stays) * (1 - looks)),
    ]


def rankings(planted: Mapping[str, float]) -> list[Found]:
    found = []
    for name in EXACT:
        letters = name.startswith("letter")
        auroc = planted.get("auroc_letters", planted["auroc"]) if letters else planted["auroc"]
        found += [
            Found("error_auroc", "", auroc, name),
            Found("uncertainty_rose", REPLACED, float(planted.get("shift", 0) > 0), name),
            Found("fragility_auroc", REPLACED, planted["fragility"], name),
            Found("fragility_null_auroc", REPLACED, planted["flips_foreseen"], name),
            Found(
                "fragility_minus_null", REPLACED,
                planted["fragility"] - planted["flips_foreseen"], name,
            ),
        ]  # fmt: skip
    return found


def real(shared: Path) -> list[str]:
    """The 2,000 real questions with four options."""
    return ["--data", f"cares={shared}/data/cares", "--where", "dataset=HAM10000"]


def run(planted: Mapping[str, float], folder: Path, data: list[str]) -> list[Estimate]:
    typed = [part for name, value in planted.items() for part in ("-M", f"{name}={value}")]
    command = ["run", "clinical_ue", "--model", "simulated/nota", *typed, *data]
    assert exit_code([*command, "--out", str(folder)]) == 0
    return [Estimate(**row) for row in orjson.loads((folder / "estimates.json").read_bytes())]


@pytest.fixture(scope="module")
def telling(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Estimate]:
    return run(PLANTED, tmp_path_factory.mktemp("telling"), real(shared))


@pytest.fixture(scope="module")
def silent(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Estimate]:
    return run(NOTHING, tmp_path_factory.mktemp("silent"), real(shared))


def one(estimates: list[Estimate], found: Found) -> Estimate:
    (estimate,) = (
        each
        for each in estimates
        if (each.metric, each.condition, each.group) == (found.metric, found.condition, found.group)
    )
    return estimate


@pytest.mark.slow
@pytest.mark.parametrize("found", [*rates(PLANTED), *rankings(PLANTED)], ids=str)
def test_what_was_planted_is_found(telling: list[Estimate], found: Found) -> None:
    estimate = one(telling, found)
    assert holds(estimate, found.value), estimate


@pytest.mark.slow
@pytest.mark.parametrize("found", [*rates(NOTHING), *rankings(NOTHING)], ids=str)
def test_where_nothing_was_planted_nothing_is_found(silent: list[Estimate], found: Found) -> None:
    estimate = one(silent, found)
    assert holds(estimate, found.value), estimate


@pytest.mark.parametrize("excess", [0.0, 0.2])
def test_overconfidence_is_found(shared: Path, tmp_path: Path, excess: float) -> None:
    """Of P(True) and stated confidence, which are calibrated where nothing is planted."""
    planted = {"accuracy": 0.6, "auroc": 0.65, "overconfidence": excess}
    estimates = run(planted, tmp_path, [*real(shared), "--condition", "clean", "--draws", "1"])
    for name in ("p_true", "stated_one_turn", "stated_two_turns"):
        estimate = one(estimates, Found("overconfidence", "", excess, name))
        # the few above 1 stop there
        assert holds(estimate, excess) or estimate.value == pytest.approx(excess, abs=0.01)


@pytest.mark.parametrize("reliance", [0.0, 0.6])
def test_reliance_is_found_where_every_question_is_its_own(tmp_path: Path, reliance: float) -> None:
    """Equal questions about a blank image would be one request: here no two are equal."""
    file = tmp_path / "questions.jsonl"
    rows = [
        {
            "question": f"What does image {number} show?", "image": f"{number}.png",
            "options": ["a cyst", "a nodule", "an effusion", "nothing"], "answer": number % 4,
        }
        for number in range(1_000)
    ]  # fmt: skip
    file.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    planted = {**PLANTED, "reliance": reliance, "correlation": 0.0}
    arms = ("clean", "wording=second", "wording=third", "options=shuffled", "image=blank")
    chosen = [part for arm in arms for part in ("--condition", arm)]
    data = ["--data", f"folder={file}", *chosen]
    estimates = run(planted, tmp_path / "run", data)
    for found in looking(planted):
        estimate = one(estimates, found)
        assert holds(estimate, found.value), estimate
