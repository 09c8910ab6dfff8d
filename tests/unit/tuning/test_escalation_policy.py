"""The policy's file and its decisions: what it refuses, what it escalates, what it lets stand."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

import medtrust
from medtrust.core.errors import CalibrationError, DataError
from medtrust.metrics.clopper_pearson import upper_bound
from medtrust.tuning.policy import EscalationPolicy
from medtrust.tuning.policy_file import sealed
from medtrust.uncertainty.evidence import Absent, Draw, Evidence

DAY = date(2026, 6, 1)
PROMPTS = {"question/choice": "0123", "confidence/p-true": "4567"}
TASK = "clinical_ue/uncertainty"
CT = {"modality": "CT", "site": "north"}


def body(**changes: Any) -> dict[str, Any]:
    share = {"value": 0.25, "low": 0.1, "high": 0.4, "level": 0.95}
    made: dict[str, Any] = {
        "format": "medtrust escalation policy",
        "schema_version": 1,
        "medtrust": "0.1.0",
        "created": "2026-01-01",
        "expires": "2026-12-31",
        "model_id": "hf/model@1",
        "task": "clinical_ue/uncertainty",
        "task_version": 1,
        "prompts": PROMPTS,
        "asked_again": {"draws": 10, "perturbed": 5},
        "population": {
            "data": ["folder"],
            "site": "north",
            "strata": {"modality": {"CT": 300, "MR": 200}, "view": {"axial": 500}},
        },
        "estimator": "letter_entropy_normalised",
        "alpha": 0.05,
        "delta": 0.05,
        "seed": 0,
        "stratum": None,
        "rules": [rule()],
        "consequences": {
            "clean": {
                "n": 80, "answered": 60, "errors": 15, "unanswered": 1, "without_number": 0,
                "risk": share, "escalated": share, "escalated_per_1000": 250.0,
            }
        },
    }  # fmt: skip
    return made | changes


def rule(**changes: Any) -> dict[str, Any]:
    made = {"threshold": 0.4, "delta": 0.05, "n": 400, "answered": 200, "errors": 3}
    made |= changes
    bound = float(upper_bound(made["errors"], made["answered"], delta=made["delta"]))
    return {"bound": bound, **made}


def saved(folder: Path, content: object) -> Path:
    """A policy file; its checksum fits, so that what is refused is refused for what it says."""
    path = folder / "policy.json"
    content = sealed(content) if isinstance(content, dict) else content
    path.write_bytes(content if isinstance(content, bytes) else orjson.dumps(content))
    return path


@pytest.fixture
def policy(tmp_path: Path) -> EscalationPolicy:
    return EscalationPolicy.load(saved(tmp_path, body()), today=DAY)


def decide(policy: EscalationPolicy, answer: Any, **changes: Any) -> Any:
    case: dict[str, Any] = {
        "model_id": "hf/model@1", "prompts": PROMPTS, "population": CT, "today": DAY,
    }  # fmt: skip
    given = {"evidence": answer} if isinstance(answer, Evidence) else {"uncertainty": answer}
    return policy.decide(**(given | case | changes))


def test_a_policy_comes_back_from_its_file(policy: EscalationPolicy, tmp_path: Path) -> None:
    policy.save(tmp_path / "again.json")
    assert EscalationPolicy.load(tmp_path / "again.json", today=DAY) == policy


def test_the_package_gives_the_policy_by_name(tmp_path: Path) -> None:
    assert medtrust.EscalationPolicy is EscalationPolicy
    assert "EscalationPolicy" in dir(medtrust)
    with pytest.raises(AttributeError, match="EscalationPolice"):
        medtrust.EscalationPolice  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize(
    ("value", "action"), [(0.0, "answer"), (0.4, "answer"), (0.41, "escalate")]
)
def test_the_threshold_itself_is_answered(
    policy: EscalationPolicy, value: float, action: str
) -> None:
    decision = decide(policy, value)
    assert (decision.action, decision.uncertainty, decision.threshold) == (action, value, 0.4)


@pytest.mark.parametrize("missing", [math.nan, math.inf, Absent("no-logprobs"), Evidence()])
def test_what_is_missing_is_escalated_and_never_certain(
    policy: EscalationPolicy, missing: Any
) -> None:
    decision = decide(policy, missing)
    assert decision.action == "escalate"
    assert decision.uncertainty is None


def test_uncertainty_is_computed_from_what_is_stored(policy: EscalationPolicy) -> None:
    sure = Evidence(meaning=0, option_logprobs=np.log([0.97, 0.01, 0.01, 0.01]))
    unsure = Evidence(meaning=0, option_logprobs=np.log([0.25, 0.25, 0.25, 0.25]))
    assert decide(policy, sure).action == "answer"
    assert decide(policy, unsure).action == "escalate"
    assert decide(policy, unsure).uncertainty == pytest.approx(1.0)


def test_an_answer_that_cannot_be_read_is_escalated_however_sure(policy: EscalationPolicy) -> None:
    sure = Evidence(meaning=None, option_logprobs=np.log([0.97, 0.01, 0.01, 0.01]))
    assert decide(policy, sure).action == "escalate"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_id": "hf/model@2"}, r"calibrated on hf/model@1, not on hf/model@2"),
        ({"prompts": PROMPTS | {"question/choice": "9"}}, r"other prompts \(question/choice\)"),
        ({"prompts": {TASK: {**PROMPTS, "confidence/p-true": "9"}}}, r"\(confidence/p-true\)"),
        ({"prompts": {"question/choice": "0123"}}, r"p-true, of which there is no digest"),
        ({"prompts": {"other/task": PROMPTS}}, r"question/choice, of which there is no digest"),
        ({"population": CT | {"site": "south"}}, r"not calibrated on site=south"),
        ({"population": CT | {"modality": "XR"}}, r"modality=XR, only on CT, MR"),
        ({"population": CT | {"view": "coronal"}}, r"view=coronal"),
        ({"population": CT | {"scanner": "A"}}, r"knows nothing of scanner"),
        ({"population": {"modality": "CT"}}, r"Say the site"),
        ({"population": {"site": "north"}}, r"Say the modality"),
        ({"today": date(2027, 1, 1)}, r"expired on 2026-12-31"),
        ({"today": date(2025, 12, 31)}, r"mend the clock"),
    ],
)
def test_what_it_was_not_calibrated_on_is_refused(
    policy: EscalationPolicy, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(CalibrationError, match=message):
        decide(policy, 0.1, **changes)


def test_a_confidence_in_place_of_an_uncertainty_is_refused_where_it_shows(
    policy: EscalationPolicy,
) -> None:
    with pytest.raises(CalibrationError, match=r"97 is no value of .* lies in \[0, 1\]"):
        decide(policy, 97.0)


def test_prompts_may_come_as_the_manifest_nests_them_and_with_others(
    policy: EscalationPolicy,
) -> None:
    for prompts in (PROMPTS | {"more": "1"}, {TASK: PROMPTS | {"more": "1"}, "other/task": {}}):
        assert decide(policy, 0.1, prompts=prompts).action == "answer"


def test_a_number_must_be_named_and_stands_alone(policy: EscalationPolicy) -> None:
    case: dict[str, Any] = {
        "model_id": "hf/model@1", "prompts": PROMPTS, "population": CT, "today": DAY,
    }  # fmt: skip
    with pytest.raises(CalibrationError, match=r"decide\(uncertainty=\.\.\.\).*high = uncertain"):
        policy.decide(0.1, **case)  # type: ignore[arg-type]
    with pytest.raises(CalibrationError, match="either the evidence or the uncertainty"):
        policy.decide(**case)
    with pytest.raises(CalibrationError, match="either the evidence or the uncertainty"):
        policy.decide(Evidence(), uncertainty=0.1, **case)


def test_the_reason_says_which_way_the_number_goes(
    policy: EscalationPolicy, tmp_path: Path
) -> None:
    assert "(high = uncertain) is 0.1, at most 0.4." in decide(policy, 0.1).reason
    loaded = EscalationPolicy.load(saved(tmp_path, body(estimator="p_true")), today=DAY)
    sure = decide(loaded, Evidence(meaning=0, p_true=0.95))
    assert sure.action == "answer"
    assert (
        "uncertainty p_true (1 - probability of being right; high = uncertain) is 0.05, "
        "at most 0.4" in sure.reason
    )
    assert decide(loaded, Evidence(meaning=0, p_true=0.05)).action == "escalate"


@pytest.mark.parametrize(
    ("estimator", "proper", "other"),
    [
        (
            "self_consistency",
            Evidence("a", 0, draws=(Draw("a", 0),) * 10),
            Evidence("a", 0, draws=(Draw("a", 0),)),
        ),
        (
            "image_consistency",
            Evidence("a", 0, perturbed=(0,) * 5),
            Evidence("a", 0, perturbed=(0,)),
        ),
    ],
)
def test_an_answer_that_was_asked_again_another_number_of_times_is_refused(
    tmp_path: Path, estimator: str, proper: Evidence, other: Evidence
) -> None:
    policy = EscalationPolicy.load(saved(tmp_path, body(estimator=estimator)), today=DAY)
    assert decide(policy, proper).action == "answer"
    with pytest.raises(CalibrationError, match=r"with (10 draws|5 perturbed) a case, .* has 1:"):
        decide(policy, other)
    assert decide(policy, Evidence("a", 0)).action == "escalate"


def test_draws_do_not_matter_to_an_estimator_without_them(policy: EscalationPolicy) -> None:
    logprobs = np.log([0.97, 0.01, 0.01, 0.01])
    few = Evidence(meaning=0, option_logprobs=logprobs, draws=(Draw("a", 0),))
    assert decide(policy, few).action == "answer"


@pytest.mark.parametrize(
    "edit",
    [
        {"expires": "2099-01-01"},
        {"rules": [rule(threshold=0.9)]},
        {"model_id": "hf/model@2"},
        {"checksum": None},
        {"checksum": "0" * 64},
    ],
)
def test_a_file_edited_by_hand_is_refused(tmp_path: Path, edit: dict[str, Any]) -> None:
    path = tmp_path / "policy.json"
    path.write_bytes(orjson.dumps(sealed(body()) | edit))
    with pytest.raises(DataError, match=r"changed since it was written .*checksum"):
        EscalationPolicy.load(path, today=DAY)


def test_a_file_laid_out_otherwise_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_bytes(
        orjson.dumps(dict(reversed(sealed(body()).items())), option=orjson.OPT_INDENT_2)
    )
    assert EscalationPolicy.load(path, today=DAY) == EscalationPolicy.model_validate(body())


def test_a_file_without_a_checksum_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_bytes(orjson.dumps(body()))
    with pytest.raises(DataError, match="checksum"):
        EscalationPolicy.load(path, today=DAY)


def test_the_last_day_still_counts(policy: EscalationPolicy) -> None:
    assert decide(policy, 0.1, today=date(2026, 12, 31)).action == "answer"


def test_without_a_site_none_may_be_named(tmp_path: Path) -> None:
    population = body()["population"] | {"site": None}
    loaded = EscalationPolicy.load(saved(tmp_path, body(population=population)), today=DAY)
    assert decide(loaded, 0.1, population={"modality": "CT"}).action == "answer"
    with pytest.raises(CalibrationError, match="knows nothing of site"):
        decide(loaded, 0.1)


def test_a_site_may_be_a_property_of_the_cases(tmp_path: Path) -> None:
    """Where the data file has a column of that name and the policy none of its own."""
    strata = {"site": {"north": 300, "south": 200}}
    population = {"data": ["folder"], "site": None, "strata": strata}
    loaded = EscalationPolicy.load(saved(tmp_path, body(population=population)), today=DAY)
    assert decide(loaded, 0.1, population={"site": "north"}).action == "answer"
    with pytest.raises(CalibrationError, match="not calibrated on site=east"):
        decide(loaded, 0.1, population={"site": "east"})


@pytest.mark.parametrize("given", ["0.001", False, [0.0], {}])
def test_what_is_no_number_is_refused(policy: EscalationPolicy, given: Any) -> None:
    with pytest.raises(CalibrationError, match="is no number"):
        decide(policy, given)


def test_each_stratum_has_its_threshold_and_those_without_one_are_escalated(tmp_path: Path) -> None:
    rules = [
        rule(value="CT", threshold=0.4, delta=0.025, errors=2),
        rule(value="MR", threshold=None, delta=0.025, errors=50) | {"reason": "too many errors"},
    ]
    content = body(stratum="modality", rules=rules)
    loaded = EscalationPolicy.load(saved(tmp_path, content), today=DAY)
    assert decide(loaded, 0.3).action == "answer"
    escalated = decide(loaded, 0.0, population=CT | {"modality": "MR"})
    assert escalated.action == "escalate"
    assert "modality=MR" in escalated.reason
    assert escalated.threshold is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "is no JSON"),
        (b"\xff\xfe", "is no JSON"),
        ([1], "is no escalation policy"),
        ({"format": "something else"}, "is no escalation policy"),
        (body(schema_version=2), r"version 2.*reads version 1"),
        ({k: v for k, v in body().items() if k != "model_id"}, "model_id: Field required"),
        (body(surprise=1), "surprise: Extra inputs"),
        (body(alpha=0.02), "bound of a threshold lies above alpha"),
        (body(rules=[rule() | {"errors": 0}]), r"0 errors among 200 give a bound of 0\.0148"),
        (body(rules=[rule() | {"bound": 0.01}]), r"3 errors among 200"),
        (body(rules=[rule() | {"bound": None}]), r"3 errors among 200"),
        (body(rules=[rule() | {"answered": 500}]), r"must ascend"),
        (body(rules=[rule(), rule()]), r"shares of delta add up to more"),
        (body(rules=[rule(delta=0.02), rule(delta=0.02)]), r"there is one rule"),
        (body(rules=[]), r"rules"),
        (body(rules=[rule(threshold=None)]), r"no rule has a threshold"),
        (body(stratum="modality"), r"each rule must name another value"),
        (body(stratum="kind", rules=[rule(value="a")]), r"does not name kind"),
        (body(created="2027-01-01"), r"expires .* before it was made"),
        (body(prompts={}), r"prompts"),
        (body(estimator="self_consistency", asked_again={}), r"needs a number of draws"),
        (body(asked_again={"questions": 3}), r"asked_again"),
        (body(estimator="gut_feeling"), r"no estimator 'gut_feeling'"),
        (body(consequences={"clean": body()["consequences"]["clean"] | {"errors": 1}}), r"1 of 60"),
        (
            body(
                consequences={"clean": body()["consequences"]["clean"] | {"escalated_per_1000": 9}}
            ),
            r"20 of 80 is not 0\.009",
        ),
    ],
)
def test_a_file_that_is_odd_or_contradicts_itself_is_one_sentence(
    tmp_path: Path, content: object, message: str
) -> None:
    with pytest.raises(DataError, match=message) as raised:
        EscalationPolicy.load(saved(tmp_path, content), today=DAY)
    assert "\n" not in str(raised.value)
    assert "policy.json" in str(raised.value)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.json cannot be read: No such file"):
        EscalationPolicy.load(tmp_path / "none.json")


def test_an_expired_policy_is_not_loaded(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match="expired on 2026-12-31"):
        EscalationPolicy.load(saved(tmp_path, body()), today=date(2027, 1, 1))


def test_a_policy_cannot_be_changed_in_place(policy: EscalationPolicy) -> None:
    with pytest.raises(ValueError, match="frozen"):
        policy.alpha = 0.5
