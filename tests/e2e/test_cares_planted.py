"""Everything that can be planted in the CARES tasks is found again on all rows at hand.

One run over the 8,411 published questions. Each planted share must lie in the 99.9 % interval of
the number that is there to find it. Marital statuses are made up and joined, since the published
files have none.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
import pytest

from medtrust.cli.main import exit_code
from medtrust.core.records import Estimate
from medtrust.models.simulated.wording import RUDE
from medtrust.readers.toxicity import lexicon_toxicity
from parts.answered_tasks import holds

PLANTED = {
    "accuracy": 0.75, "gap": "sex:female:-0.15", "correlation": 0.2, "refusal": 0.05,
    "sure_right": 0.9, "sure_wrong": 0.3, "attack_refusal": 0.25, "attack_drop": 0.2,
    "mistreatment": 0.4, "caution": 0.15, "toxic": 0.35, "toxic_refusal": 0.1,
    "zero_abstention": 0.7, "few_abstention": 0.5, "known": 0.3, "repetition": 0.6,
    "noise_drop": 0.12, "foreign": 0.55,
}  # fmt: skip
COMPLIED = 0.3
N_QUESTIONS = 8_411

IU, HAM, FUNDUS = (f"dataset={name}" for name in ("IU-Xray", "HAM10000", "Harvard-FairVLMed"))
ATTACKS = ("attack=conceal", "attack=exaggerate", "attack=mistreat")
LEGACY, KEPT, REPLACED = "noise=legacy", "modality=dental", "modality=dental;question=replaced"


@dataclass(frozen=True)
class Found:
    task: str
    metric: str
    group: str
    condition: str
    value: float


def expected() -> list[Found]:
    """What each number must be, by hand from what was planted."""
    right, answered = 0.75, 0.95
    attacked = 0.75 * (right - 0.2)
    plain = answered * right
    rows = [
        Found("factuality", "accuracy", IU, "", plain),
        Found("factuality", "judge_score", FUNDUS, "",
              answered * (right * 0.9 + 0.25 * 0.3) + 0.005),
        Found("fairness", "accuracy_difference", f"{HAM};sex=female-male", "", -0.15 * answered),
        Found("uncertainty", "uncertainty_accuracy", IU, "turns=one", 0.75 * 0.9 + 0.25 * 0.7),
        Found("uncertainty", "over_confident_ratio", IU, "turns=one", 0.25 * 0.3),
        Found("uncertainty", "uncertainty_accuracy", IU, "turns=two",
              plain * 0.9 + (1 - plain) * 0.7),
        Found("uncertainty", "over_confident_ratio", IU, "turns=two", (1 - plain) * 0.3),
        Found("uncertainty", "confident_rate", FUNDUS, "turns=one", 0.75 * 0.9 + 0.25 * 0.3),
        Found("jailbreak", "mistreatment_rate", IU, "attack=mistreat", 0.75 * 0.4),
        Found("jailbreak", "concealment_rate", IU, "attack=conceal", 0.75 * 0.45),
        Found("jailbreak", "concealment_rate_change", IU, "attack=conceal",
              0.75 * 0.45 - answered * 0.25),
        Found("jailbreak", "exaggeration_rate", IU, "attack=exaggerate", 0.75 * 0.45),
        Found("jailbreak", "judge_score_change", FUNDUS, "attack=conceal",
              0.75 * (0.55 * 0.9 + 0.45 * 0.3) + 0.025 - answered * 0.75 - 0.005),
        Found("jailbreak", "over_refusal_rate", IU, "", 0.05),
        Found("toxicity", "abstention_rate", IU, "instruction=toxic", 0.1),
        Found("toxicity", "toxicity_gap", IU, "instruction=toxic", 0.35 * lexicon_toxicity(RUDE)),
        Found("toxicity", "toxicity_gap", FUNDUS, "instruction=toxic",
              0.35 * lexicon_toxicity(RUDE)),
        Found("noise", "accuracy", IU, LEGACY, answered * (right - 0.12)),
        Found("noise", "accuracy_change", IU, LEGACY, -answered * 0.12),
        Found("noise", "accuracy_change", IU, "noise=gaussian-0.38", -answered * 0.12),
        Found("out_of_distribution", "over_refusal_rate", IU, "", 0.05),
        Found("privacy", "over_refusal_rate", HAM, "", 0.05),
        Found("privacy", "abstention_rate", HAM, "asked=number;shots=zero", 0.7),
        Found("privacy", "hallucination_rate", HAM, "asked=number;shots=zero", 0.3),
        Found("privacy", "abstention_rate", HAM, "asked=number;shots=few", 0.5),
        Found("privacy", "repetition_rate", HAM, "asked=number;shots=few", 0.5 * 0.6),
        Found("privacy", "hallucination_rate", HAM, "asked=number;shots=few", 0.5 * 0.4),
        Found("privacy", "disclosure_rate", FUNDUS, "asked=marital-status;shots=zero", 0.3 * 0.3),
        Found("privacy", "hallucination_rate", FUNDUS, "asked=marital-status;shots=zero",
              0.3 * 0.7),
        Found("privacy", "match_rate", FUNDUS, "asked=marital-status;shots=zero", 0.3 * 0.3),
        Found("privacy", "repetition_rate", FUNDUS, "asked=marital-status;shots=few", 0.5 * 0.6),
    ]  # fmt: skip
    for attack in ATTACKS:
        rows += [
            Found("jailbreak", "accuracy", IU, attack, attacked),
            Found("jailbreak", "accuracy_change", IU, attack, attacked - plain),
            Found("jailbreak", "abstention_rate", HAM, attack, 0.25),
            Found("jailbreak", "compliance_rate", FUNDUS, attack, COMPLIED),
        ]
    for name in ("describe", "report", "advise"):
        rows.append(Found("overcaution", "abstention_rate", HAM, f"instruction={name}", 0.15))
    for condition in (KEPT, REPLACED):
        rows.append(Found("out_of_distribution", "abstention_rate", IU, condition, 0.55))
    return rows


@pytest.fixture(scope="module")
def out(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run: all tasks, all rows, a judge, and made-up records of the marital status."""
    folder = tmp_path_factory.mktemp("planted")
    records = folder / "npz"
    records.mkdir()
    question_file = shared / "data/cares/data/Harvard-FairVLMed/fundus_factuality.jsonl"
    images = {orjson.loads(line)["image"] for line in question_file.read_bytes().splitlines()}
    for place, image in enumerate(sorted(images)):
        number = image.removeprefix("slo_fundus_").removesuffix(".jpg")
        np.savez(records / f"data_{number}.npz", maritalstatus=np.array(place % 4))
    model = ["--model", "simulated/cares"]
    for name, value in PLANTED.items():
        model += ["-M", f"{name}={value}"]
    judge = ["--judge", "simulated/judge", "-J", f"complied={COMPLIED}"]
    data = ["--data", f"cares={shared / 'data' / 'cares'}", "--join", f"fairvlmed={records}"]
    command = ["run", "cares", *model, *judge, *data, "--out", str(folder / "run"), "--json"]
    assert exit_code(command) == 0
    return folder / "run"


@pytest.fixture(scope="module")
def estimates(out: Path) -> list[Estimate]:
    return [Estimate(**row) for row in orjson.loads((out / "estimates.json").read_bytes())]


def one(estimates: list[Estimate], wanted: Found) -> Estimate:
    chosen = [
        estimate
        for estimate in estimates
        if (estimate.task, estimate.metric, estimate.group, estimate.condition)
        == (f"cares/{wanted.task}", wanted.metric, wanted.group, wanted.condition)
        and estimate.reading == "corrected"
    ]
    assert len(chosen) == 1, (wanted, len(chosen))
    return chosen[0]


@pytest.mark.parametrize("wanted", expected(), ids=str)
def test_what_was_planted_lies_in_the_interval_of_what_was_found(
    estimates: list[Estimate], wanted: Found
) -> None:
    assert holds(one(estimates, wanted), wanted.value)


def test_every_task_of_the_suite_asked_about_every_row_it_can(out: Path) -> None:
    import polars as pl

    requests = pl.read_parquet(out / "requests.parquet")
    asked = requests.group_by(pl.col("task").cast(pl.String)).agg(pl.col("sample").n_unique())
    by_task = dict(asked.iter_rows())
    assert len(by_task) == 9
    open_ones = 2_838
    without_patients = 2_573
    assert by_task.pop("cares/noise") == N_QUESTIONS - open_ones
    assert by_task.pop("cares/fairness") == N_QUESTIONS - without_patients
    assert set(by_task.values()) == {N_QUESTIONS}


def test_a_gap_that_was_planted_is_told_from_chance_and_one_that_was_not_is_not(
    estimates: list[Estimate],
) -> None:
    by_sex = one(estimates, Found("fairness", "accuracy_gap", f"{HAM};sex", "", 0))
    assert by_sex.p_value is not None
    assert by_sex.p_value < 0.001
    by_age = one(estimates, Found("fairness", "accuracy_gap", f"{HAM};age_group", "", 0))
    assert by_age.p_value is not None
    assert by_age.p_value > 0.001
