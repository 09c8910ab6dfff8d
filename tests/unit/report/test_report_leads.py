"""What leads the tasks that do not lead with their accuracy, and what stands beside it."""

from __future__ import annotations

from dataclasses import replace

from medtrust.core.records import Estimate
from medtrust.report import wording
from medtrust.report.findings import Finding, Labels, Place, put_beside
from medtrust.report.forest import forest
from medtrust.report.overview import Line, overview
from medtrust.report.standing_out import standing_out
from medtrust.report.tables import Headline, headline_rows
from medtrust.report.top_tables import may_stand, top_tables

LABELS = Labels(frozenset({"sex", "age_group"}), frozenset({"dataset"}))


def estimate(task: str, metric: str, value: float | None, **changes: object) -> Estimate:
    made = Estimate(
        task=f"cares/{task}", version=1, metric=metric, value=value, low=value, high=value,
        n=0 if value is None else 100, n_clusters=100, counts={"ok": 100}, group="dataset=A",
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def found(*estimates: Estimate) -> list[Finding]:
    return put_beside(Finding(one, LABELS.place(one.group)) for one in estimates)


def rows(*estimates: Estimate) -> list[Headline]:
    return headline_rows(found(*estimates))


def lines(*estimates: Estimate) -> list[Line]:
    listed = found(*estimates)
    return overview(headline_rows(listed), listed)


def noisy(metric: str, value: float | None, severity: str = "legacy", **more: object) -> Estimate:
    return estimate("noise", metric, value, condition=f"noise={severity}", **more)


def test_noise_leads_with_what_it_changed_under_each_condition_and_not_with_the_clean_arm() -> None:
    listed = rows(
        estimate("noise", "accuracy", 0.8),
        noisy("accuracy", 0.7),
        noisy("accuracy_change", -0.1),
        noisy("accuracy_change", -0.2, "gaussian-0.38"),
        noisy("abstention_rate", 0.05),
    )
    assert [(row.main.metric, row.main.condition) for row in listed] == [
        ("accuracy_change", "noise=legacy"),
        ("accuracy_change", "noise=gaussian-0.38"),
    ]
    assert [companion.metric for companion in listed[0].beside] == ["abstention_rate"]
    (table,) = top_tables(listed)
    assert table.by_condition
    assert [row.condition for row in table.rows] == ["noise=legacy", "noise=gaussian-0.38"]
    assert forest(listed) == []


def test_a_metric_without_a_value_gives_way_to_the_next_in_all_readings() -> None:
    attacked = estimate("jailbreak", "compliance_rate", 0.4, condition="attack=conceal")
    declined = replace(attacked, metric="abstention_rate")
    official = replace(declined, reading="official")
    (row,) = rows(attacked, declined, official)
    assert row.main == attacked
    unjudged = replace(attacked, value=None, n=0)
    assert [row.main for row in rows(unjudged, declined, official)] == [declined, official]


def test_a_task_of_unknown_metrics_leads_with_its_first_all_the_same() -> None:
    (row,) = rows(noisy("new_number", 0.3))
    assert row.main.metric == "new_number"


def test_the_twin_of_an_abstention_comes_from_the_clean_arm() -> None:
    foreign = estimate("out_of_distribution", "abstention_rate", 0.6, condition="modality=dental")
    (row,) = rows(foreign, estimate("out_of_distribution", "over_refusal_rate", 0.1))
    assert [(e.metric, e.value) for e in row.beside] == [("over_refusal_rate", 0.1)]
    assert row.remarks == ""


def test_the_twin_of_a_task_without_ordinary_questions_comes_from_its_sister() -> None:
    private = estimate("privacy", "abstention_rate", 0.6, condition="asked=number;shots=zero")
    sister = estimate("jailbreak", "abstention_rate", 0.2)
    elsewhere = replace(sister, group="dataset=B", value=0.9)
    row = rows(private, elsewhere, sister)[0]
    assert [(e.metric, e.value) for e in row.beside] == [("over_refusal_rate", 0.2)]
    (alone,) = rows(private)
    assert alone.remarks == "not measured beside it: ordinary questions refused"


def test_only_an_abstention_must_lie_right_of_its_twin() -> None:
    foreign = estimate("out_of_distribution", "abstention_rate", 0.6, condition="modality=dental")
    twin = estimate("out_of_distribution", "over_refusal_rate", 0.1)
    complied = estimate("jailbreak", "compliance_rate", 0.4, condition="attack=conceal")
    (bar,) = forest(rows(foreign, twin))
    assert bar.twin is not None
    (bar,) = forest(rows(complied, replace(twin, task=complied.task)))
    assert bar.twin is None


def test_another_suite_lends_no_twin() -> None:
    private = estimate("privacy", "abstention_rate", 0.6, condition="asked=number;shots=zero")
    stranger = replace(private, task="phantom/privacy", metric="over_refusal_rate", condition="")
    assert rows(private, stranger)[0].beside == ()


def test_over_caution_is_over_refusal_itself_and_needs_no_twin() -> None:
    (row,) = rows(
        estimate("overcaution", "abstention_rate", 0.6, condition="instruction=report",
                 direction="lower")
    )  # fmt: skip
    assert row.remarks == ""
    (table,) = top_tables([row])
    assert table.direction == "lower is better"
    assert wording.metric_name("abstention_rate", row.main.task) == "harmless requests declined"


def test_fairness_leads_with_the_gap_beside_what_a_fair_model_would_show() -> None:
    gap = estimate("fairness", "accuracy_gap", 0.17, group="dataset=A;sex", p_value=0.01)
    row, *others = rows(
        estimate("fairness", "accuracy", 0.8, group="dataset=A;sex=female"),
        gap,
        replace(gap, metric="accuracy_gap_noise_floor", value=0.06),
        replace(gap, metric="accuracy_gap_standardised", value=0.16),
    )
    assert not others
    assert (row.main.metric, row.place.name) == ("accuracy_gap", "A, by sex")
    assert [(e.metric, e.value) for e in row.beside] == [
        ("accuracy_gap_noise_floor", 0.06),
        ("accuracy_gap_standardised", 0.16),
    ]


def test_a_mean_over_data_sets_leads_no_table_and_names_what_it_is_of() -> None:
    mean = noisy("leaderboard_average", 0.6, group="metric=accuracy")
    assert all(row.main.metric != "leaderboard_average" for row in rows(mean, noisy("x", 0.1)))
    assert wording.metric_said(mean) == "mean over data sets: accuracy"
    by_age = replace(mean, group="metric=accuracy_equality_difference;age")
    assert wording.mean_of(by_age) == "gap as the leaderboard takes it, by age"
    assert wording.value(by_age) == "60.0 points"


MANY = [
    estimate("out_of_distribution", "abstention_rate", share, group=f"dataset={name}",
             condition=condition)
    for condition in ("modality=dental", "modality=dental;question=replaced")
    for name, share in (("A", 0.2), ("B", 0.4), ("C", 0.6))
]  # fmt: skip
TWINS = [
    estimate("out_of_distribution", "over_refusal_rate", share, group=f"dataset={name}")
    for name, share in (("A", 0.1), ("B", 0.3), ("C", 0.2))
]
OTHER = estimate("factuality", "accuracy", 0.7)


def test_many_rows_of_a_task_become_their_mean_with_the_worst_twin() -> None:
    mean = estimate(
        "out_of_distribution", "leaderboard_average", 0.4,
        group="metric=abstention_rate", note="unweighted mean over 3 of 7 data sets",
    )  # fmt: skip
    _, line = lines(OTHER, *MANY, *TWINS, mean)
    assert line.main == mean
    assert [(number.name, number.estimate.value) for number in line.beside] == [
        ("ordinary questions refused, most on B", 0.3)
    ]
    assert "unweighted mean over 3 of 7 data sets" in line.said[0]


def test_a_mean_says_what_was_asked_and_so_does_another_one_where_that_differs() -> None:
    told, not_told = (
        estimate(
            "out_of_distribution", "leaderboard_average", value, group="metric=abstention_rate",
            condition=condition,
        )
        for condition, value in (
            ("asked=mean;shots=zero", 0.5), ("asked=mean;shots=few", 0.4),
        )
    )  # fmt: skip
    _, line = lines(OTHER, *MANY, *TWINS, told, not_told)
    assert line.name == "out_of_distribution, mean of both attributes, without a hint"
    assert line.beside[0].name == (
        "share that declined the foreign question, with a leak in the prompt"
    )


def test_of_equal_twins_the_least_certain_stands_beside_a_mean() -> None:
    mean = estimate(
        "out_of_distribution", "leaderboard_average", 0.4, group="metric=abstention_rate"
    )
    twins = [
        replace(twin, value=0.0, high=high)
        for twin, high in zip(TWINS, (0.1, 0.05, 0.2), strict=True)
    ]
    _, line = lines(OTHER, *MANY, *twins, mean)
    assert [number.name for number in line.beside] == ["ordinary questions refused, most on C"]


def test_the_chance_gap_of_a_mean_is_in_points_as_the_mean_is() -> None:
    floor = noisy(
        "leaderboard_average_noise_floor", 0.5, group="metric=accuracy_equality_difference;age"
    )
    assert wording.value(floor) == "50.0 points"
    assert wording.value(replace(floor, group="metric=accuracy")) == "50.0 %"


def test_rows_that_differ_in_whether_they_may_be_compared_are_named() -> None:
    listed = rows(
        noisy("accuracy_change", -0.1, comparable="yes"),
        *(
            noisy("accuracy_change", -0.1, severity, comparable="no: own condition")
            for severity in ("gaussian-0.08", "gaussian-0.38")
        ),
    )
    (table,) = top_tables(listed)
    assert table.comparable == (
        ("corrected reading", "no: own condition"),
        ("corrected reading (noise as released)", "yes"),
    )
    by_place = [
        replace(listed[0], place=Place((("dataset", name),)), main=replace(main, comparable=said))
        for main, name, said in (
            (listed[0].main, "A", "yes"), (listed[0].main, "B", "yes"), (listed[0].main, "C", "no"),
        )
    ]  # fmt: skip
    assert may_stand(by_place) == [("", "yes"), ("C", "no")]


def test_many_rows_without_a_mean_become_the_lowest_and_the_highest() -> None:
    _, low, high = lines(OTHER, *MANY, *TWINS)
    assert (low.main.value, high.main.value) == (0.2, 0.6)
    assert low.name.endswith("lowest of 6")
    assert high.name.endswith("highest of 6")


def test_few_rows_have_a_line_each() -> None:
    assert len(lines(OTHER, *MANY[:2])) == 3


def test_a_loss_under_attack_is_told_with_the_share_that_abstained() -> None:
    condition = "attack=conceal"
    change = estimate("jailbreak", "accuracy_change", -0.9, condition=condition)
    for share, said in (
        (0.95, "an answer that abstains is not right: 95.0 % did, n = 100"),
        (0, ""),
    ):
        abstained = estimate("jailbreak", "abstention_rate", share, condition=condition)
        listed = found(change, abstained)
        (sentence,) = standing_out(headline_rows(listed), listed)
        assert said in sentence
        assert ("abstains" in sentence) == bool(said)


def test_most_harmless_requests_declined_and_most_private_ones_answered_are_noticed() -> None:
    for task, condition, direction, share, said in (
        ("overcaution", "instruction=report", "lower", 0.9, "declined: more than half, 90.0 %"),
        ("overcaution", "instruction=report", "lower", 0.5, ""),
        ("privacy", "asked=number;shots=zero", "higher", 0.1, "question: less than half, 10.0 %"),
        ("privacy", "asked=number;shots=zero", "higher", 0.5, ""),
    ):
        listed = found(
            estimate(task, "abstention_rate", share, condition=condition, direction=direction)
        )
        told = standing_out(headline_rows(listed), listed)
        assert (said in told[0]) if said else told == []


def test_a_loss_that_leads_is_noticed_and_none_is_not() -> None:
    for high, noticed in ((-0.01, 1), (0.0, 0)):
        listed = found(noisy("accuracy_change", -0.1, low=-0.2, high=high))
        assert len(standing_out(headline_rows(listed), listed)) == noticed


def test_declining_no_more_than_ordinary_questions_is_noticed() -> None:
    foreign = estimate("out_of_distribution", "abstention_rate", 0.6, condition="modality=dental")
    for low, noticed in ((0.1, 1), (0.11, 0)):
        listed = found(
            replace(foreign, low=low), estimate("out_of_distribution", "over_refusal_rate", 0.1)
        )
        assert len(standing_out(headline_rows(listed), listed)) == noticed


def test_below_random_is_noticed_only_where_the_upper_end_lies_below_guessing() -> None:
    def noticed(low: float, high: float) -> list[str]:
        main = estimate("pairs", "set_accuracy", (low + high) / 2, low=low, high=high)
        listed = found(main, estimate("pairs", "random_baseline", 0.25))
        return standing_out(headline_rows(listed), listed)

    (below,) = noticed(0.08, 0.19)
    assert "is below random: less frequent than by guessing (25.0 %, n = 100)" in below
    for low, high in ((0.08, 0.25), (0.2, 0.3)):
        (unsure,) = noticed(low, high)
        assert "is not shown to be more frequent than by guessing (25.0 %, n = 100)" in unsure
    assert noticed(0.26, 0.4) == []


def test_the_same_rule_broken_in_many_rows_is_one_sentence_that_counts_them() -> None:
    listed = found(
        *(noisy("accuracy_change", -0.1, low=-0.2, high=-0.05, group=f"dataset={name}")
          for name in "ABCDEF")
    )  # fmt: skip
    (sentence,) = standing_out(headline_rows(listed), listed)
    assert sentence.endswith("The same is found 6 times among 6 rows of its table.")


def test_a_gap_that_two_tasks_read_from_the_same_answers_is_noticed_once() -> None:
    gap = estimate("factuality", "accuracy_gap", 0.17, group="dataset=A;sex", p_value=0.001)
    floor = replace(gap, metric="accuracy_gap_noise_floor", value=0.06, p_value=None)
    again = [replace(one, task="cares/fairness") for one in (gap, floor)]
    listed = found(OTHER, gap, floor, *again)
    said = [text for text in standing_out(headline_rows(listed), listed) if "differs" in text]
    assert len(said) == 1


def test_unknown_ends_of_known_metrics_have_words() -> None:
    change = wording.metric_name("concealment_rate_change")
    assert change == "change of: share that concealed findings"
    assert wording.value(noisy("concealment_rate_change", 0.1)) == "+10.0 points"
    assert wording.metric_name("brand_new") == "brand new"


def test_conditions_of_the_cares_tasks_have_words() -> None:
    told = wording.condition_name("asked=number;shots=few")
    assert told == "asked for the social security number, with a leak in the prompt"
    assert wording.condition_name("modality=retinal") == "modality=retinal"


def test_a_place_of_a_gap_says_by_what() -> None:
    assert Place((("dataset", "A"),), attribute="age_group").name == "A, by age group"
    assert Place((("dataset", "A"),), attribute="sex", group="female").name == "A"
