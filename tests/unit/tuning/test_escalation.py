"""From a run to a policy: what it holds, what it leaves out, when there is none."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from medtrust.core.errors import DataError, UnknownNameError, UserError
from medtrust.engine.run_folder import RunFolder
from medtrust.run import Run, load_run
from medtrust.tuning.cases import TASK, Cases, prompts_for, read_material
from medtrust.tuning.escalation import Calibrated, calibrate
from medtrust.tuning.policy import EscalationPolicy
from medtrust.tuning.thresholds import (
    Terms,
    alpha_within_reach,
    answered_rows,
    deal,
    find_thresholds,
    one_per_cluster,
)
from parts.escalation_worlds import ASKED, DRAWS, MODALITIES, MODEL, World, true_risk, write_run

DAY = date(2026, 1, 1)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    world = World(patients=1500, per_patient=2, refused=0.03, failed=0.02)
    return write_run(tmp_path_factory.mktemp("tuned") / "run", world)


@pytest.fixture(scope="module")
def calibrated(run: Run) -> Calibrated:
    return calibrate(run, created=DAY, site="north")


def policy_of(calibrated: Calibrated) -> EscalationPolicy:
    assert calibrated.policy is not None, calibrated.reason
    return calibrated.policy


def test_a_policy_says_what_it_was_calibrated_on(calibrated: Calibrated) -> None:
    policy = policy_of(calibrated)
    assert policy.model_id == MODEL
    assert dict(policy.prompts) == ASKED  # and none of arms that no case is asked in
    assert policy.asked_again["draws"] == DRAWS
    assert (policy.task, policy.task_version) == (TASK, 1)
    assert policy.population.site == "north"
    assert policy.population.data == ("made",)
    assert set(policy.population.strata["modality"]) == set(MODALITIES)
    assert (policy.created, policy.expires) == (DAY, date(2026, 6, 30))


def test_the_useful_estimator_is_chosen_and_its_threshold_is_safe(calibrated: Calibrated) -> None:
    policy = policy_of(calibrated)
    assert policy.estimator == "letter_entropy_normalised"
    (rule,) = policy.rules
    assert rule.threshold is not None
    assert true_risk(rule.threshold) < 0.05
    assert rule.bound is not None
    assert rule.bound <= 0.05


def test_one_case_of_each_patient_is_counted(calibrated: Calibrated) -> None:
    assert sum(calibrated.found.clusters) <= 1500
    (rule,) = policy_of(calibrated).rules
    assert rule.n == calibrated.found.clusters[1]
    assert calibrated.realised[""].n == calibrated.found.clusters[2]


def test_refused_answers_are_escalated_and_failed_ones_left_out(
    run: Run, calibrated: Calibrated
) -> None:
    clean = run.scores.filter((pl.col("condition") == "") & (pl.col("measure") == "correct"))
    failed = clean.get_column("value").is_null().sum()
    assert calibrated.left_out == failed > 0
    realised = calibrated.realised[""]
    assert realised.unanswered > 0
    assert realised.answered <= realised.n - realised.unanswered


def test_hiding_the_right_option_breaks_the_promise_and_that_is_said(
    calibrated: Calibrated,
) -> None:
    policy = policy_of(calibrated)
    hidden = policy.consequences["nota=replace"]
    assert hidden.risk.low is not None
    assert hidden.risk.low > 0.5 > policy.alpha
    assert hidden.escalated_per_1000 == pytest.approx(
        policy.consequences["clean"].escalated_per_1000, abs=30
    )
    assert "options=shuffled" in policy.consequences


def test_sets_of_options_cover_clean_and_not_once_the_option_is_hidden(
    calibrated: Calibrated,
) -> None:
    coverage = {(found.score, found.arm): found.quality.coverage for found in calibrated.sets}
    assert set(coverage) == {
        (score, arm) for score in ("lac", "aps") for arm in ("", "nota=replace")
    }
    for score in ("lac", "aps"):
        high, hidden = coverage[score, ""].high, coverage[score, "nota=replace"].high
        assert high is not None
        assert hidden is not None
        assert high > 0.95
        assert hidden < 0.5
    by_stratum = [set(found.quality.by_stratum) for found in calibrated.sets]
    assert by_stratum == [set(MODALITIES)] * 4
    assert all(0 < found.without < found.asked for found in calibrated.sets)  # failed requests


def test_the_same_run_and_seed_give_the_same_policy(run: Run, calibrated: Calibrated) -> None:
    again = calibrate(run, created=DAY, site="north")
    assert again.policy == calibrated.policy
    other = calibrate(run, Terms(seed=1), created=DAY, site="north")
    assert other.policy is not None
    assert other.policy.rules != policy_of(calibrated).rules


def test_strata_share_delta_and_each_has_its_threshold(run: Run) -> None:
    result = calibrate(run, Terms(alpha=0.1), stratum="modality", created=DAY)
    policy = policy_of(result)
    assert [rule.value for rule in policy.rules] == sorted(MODALITIES)
    assert sum(rule.delta for rule in policy.rules) == pytest.approx(0.05)
    assert any(rule.threshold is not None for rule in policy.rules)


def test_a_patient_attribute_can_be_the_stratum(run: Run) -> None:
    policy = policy_of(calibrate(run, Terms(alpha=0.1), stratum="sex", created=DAY))
    assert set(policy.population.strata["sex"]) == {"female", "male"}


def test_estimators_can_share_delta_instead_of_being_chosen(run: Run) -> None:
    policy = policy_of(calibrate(run, Terms(alpha=0.1, share_delta=True), created=DAY))
    assert policy.rules[0].delta == pytest.approx(0.025)
    assert policy.estimator == "letter_entropy_normalised"


def test_two_runs_of_one_model_are_one_material(run: Run, tmp_path: Path) -> None:
    other = write_run(tmp_path / "other", World(patients=50, seed=9))
    with pytest.raises(DataError, match="share samples"):
        calibrate([run, other])
    renamed = RunFolder(other.folder)
    samples = other.samples.with_columns(id="x" + pl.col("id"))
    renamed.write_table("samples", samples)
    renamed.write_table("scores", other.scores.with_columns(sample="x" + pl.col("sample")))
    # the patients of both have the same names: they are the same patients
    material = read_material([run, load_run(other.folder)])
    assert material.tables[""].height == run.samples.height + 50
    assert material.tables[""].get_column("cluster").n_unique() == 1500


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_ids": {"model": "other"}}, "differ in the model"),
        ({"prompts": {TASK: {"question/choice": "other"}}}, "differ in the words"),
        ({"settings": {"model": "simulated/planted", "draws": 1}}, "differ in the number of draws"),
        ({"plan": {"tasks": {TASK: 2}, "model": MODEL}}, "differ in the version"),
    ],
)
def test_runs_that_do_not_go_together_are_refused(
    run: Run, tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    other = write_run(tmp_path / "other", World(patients=30), **changes)
    with pytest.raises(DataError, match=message):
        calibrate([run, other])


@pytest.mark.parametrize(
    ("estimator", "prompt"),
    [
        ("p_true", "confidence/p-true"),
        ("stated_two_turns", "confidence/two-turns"),
        ("stated_one_turn", "confidence/one-turn"),
        ("self_consistency", None),
    ],
)
def test_a_policy_names_the_prompts_of_its_estimators_own_passes(
    estimator: str, prompt: str | None
) -> None:
    every = {f"confidence/{name}": name for name in ("p-true", "one-turn", "two-turns")}
    found = prompts_for(estimator, {"prompts": {TASK: ASKED | every}})
    assert found == ASKED | ({} if prompt is None else {prompt: every[prompt]})


def test_a_manifest_that_lacks_what_a_policy_needs_is_refused(tmp_path: Path) -> None:
    world = World(patients=1500)
    wordless = write_run(tmp_path / "wordless", world, prompts={TASK: {"nota/others": "1"}})
    with pytest.raises(DataError, match="no digest of the prompt question/choice"):
        calibrate(wordless)
    old = write_run(tmp_path / "old", world, settings={"model": "simulated/planted"})
    with pytest.raises(DataError, match="does not say how many draws"):
        calibrate(old)


def test_letters_that_the_text_does_not_follow_are_not_offered(tmp_path: Path) -> None:
    other = write_run(tmp_path / "other", World(patients=1500))
    entropy = other.scores.filter(
        (pl.col("measure").cast(pl.String) == "letter_entropy_normalised")
        & (pl.col("condition").cast(pl.String) == "")
    )
    agrees = entropy.with_columns(
        measure=pl.lit("first_token_agrees").cast(entropy.schema["measure"]),
        value=(pl.int_range(pl.len()) % 10 < 8).cast(pl.Float64),
    )
    RunFolder(other.folder).write_table("scores", pl.concat([other.scores, agrees]))
    run = load_run(other.folder)
    assert read_material([run]).estimators == ("self_consistency",)
    with pytest.raises(DataError, match=r"first token names .* fewer than 90% of answers"):
        calibrate(run, estimators=["letter_entropy_normalised"])


def test_an_arm_without_the_estimator_is_named_and_not_counted(run: Run, tmp_path: Path) -> None:
    other = write_run(tmp_path / "other", World(patients=1500))
    shuffled = pl.col("condition").cast(pl.String) == "options=shuffled"
    of_estimator = pl.col("measure").cast(pl.String) == "letter_entropy_normalised"
    RunFolder(other.folder).write_table("scores", other.scores.filter(~(shuffled & of_estimator)))
    result = calibrate(load_run(other.folder), created=DAY)
    assert result.unmeasured == ("options=shuffled",)
    assert "options=shuffled" not in policy_of(result).consequences


def test_useless_estimators_guarantee_nothing_and_it_says_why(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", World(patients=800, useless=True))
    result = calibrate(run, created=DAY)
    assert result.policy is None
    assert "Cannot guarantee an error of at most 0.05" in result.reason


def test_too_few_patients_are_told_how_many_are_needed(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", World(patients=60, per_patient=30))
    result = calibrate(run, Terms(alpha=0.1), created=DAY)
    assert result.policy is None
    assert "clusters (patients) would be needed, and there are 60" in result.reason


def test_where_nothing_is_guaranteed_a_larger_alpha_is_hinted_at(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", World(patients=600, per_patient=2))
    result = calibrate(run, Terms(alpha=0.01), created=DAY)
    assert result.policy is None
    hinted = re.search(r"hint that (0\.\d+) may be within reach\.$", result.reason)
    assert hinted is not None
    assert calibrate(run, Terms(alpha=float(hinted[1])), created=DAY).policy is not None


def test_no_larger_alpha_is_hinted_at_where_all_are_wrong() -> None:
    made = cases(list(range(400)), [-1] * 400)
    made = replace(made, wrong=np.ones(400))
    found = find_thresholds(made, Terms())
    assert alpha_within_reach(made, found, Terms(), found.rules[0]) is None


def test_odd_wishes_are_one_sentence(run: Run) -> None:
    with pytest.raises(UnknownNameError, match="letter_entropy_normalised"):
        calibrate(run, estimators=["letter_entropy_normalized"])
    with pytest.raises(DataError, match="holds no numbers of p_true"):
        calibrate(run, estimators=["p_true"])
    with pytest.raises(UnknownNameError, match="modality"):
        calibrate(run, stratum="modalty")
    with pytest.raises(UserError, match="alpha is a share"):
        calibrate(run, Terms(alpha=5.0))
    with pytest.raises(UserError, match="holds on no day"):
        calibrate(run, created=DAY, expires=date(2025, 1, 1))


def test_a_run_without_the_task_is_refused(finished: Run) -> None:
    with pytest.raises(DataError, match=f"no scores of {TASK}"):
        calibrate(finished)


def cases(clusters: list[int], strata: list[int]) -> Cases:
    n = len(clusters)
    return Cases(
        np.asarray(clusters), np.asarray(strata), np.zeros(n),
        {"a": np.zeros(n)}, np.zeros(n, dtype=np.bool_),
    )  # fmt: skip


def test_clusters_stay_whole_when_they_are_dealt() -> None:
    clusters = np.repeat(np.arange(50), 3)
    parts, sizes = deal(clusters, np.random.default_rng(0))
    assert sizes == (10, 30, 10)
    assert all(np.unique(parts[clusters == cluster]).size == 1 for cluster in range(50))


def test_one_case_is_drawn_of_each_cluster_or_of_its_part_in_each_stratum() -> None:
    made = cases([0, 0, 0, 1, 1, 2], [0, 0, 1, -1, 1, 1])
    rng = np.random.default_rng(0)
    plain = one_per_cluster(made, rng, by_stratum=False)
    assert made.clusters[plain].tolist() == [0, 1, 2]
    split = one_per_cluster(made, rng, by_stratum=True)
    pairs = list(zip(made.clusters[split].tolist(), made.strata[split].tolist(), strict=True))
    assert sorted(pairs) == [(0, 0), (0, 1), (1, -1), (1, 1), (2, 1)]


def test_cases_without_a_number_or_a_stratum_are_never_answered() -> None:
    n = 900
    strata = np.arange(n) % 3 - 1
    numbers = np.where(np.arange(n) % 7 == 0, np.nan, 0.0)
    made = Cases(np.arange(n), strata, np.zeros(n), {"a": numbers}, np.zeros(n, dtype=np.bool_))
    found = find_thresholds(made, Terms(alpha=0.1), n_values=2)
    assert found.guaranteed
    answered = answered_rows(made, found)
    assert not answered[np.isnan(numbers) | (strata < 0)].any()
    assert answered[~np.isnan(numbers) & (strata >= 0)].all()
