"""What metrics, conditions and forms of questions are called for people, and what they count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from medtrust.report import uncertainty_names

SIGNED: Final = frozenset({
    "abstention_change", "abstention_contrast", "accuracy_change", "accuracy_difference",
    "identity_residual", "image_reliance_beyond_rewording", "judge_length_slope",
    "judge_score_change", "judge_score_difference",
    "overconfidence", "position_bias", "toxicity_gap", "toxicity_gap_high", "toxicity_gap_low",
})  # fmt: skip
"""Differences with a direction, in percentage points with their sign."""
DISTANCES: Final = frozenset(
    f"{gap}{end}"
    for gap in (
        "accuracy_gap", "accuracy_gap_standardised", "accuracy_equality_difference",
        "judge_score_gap", "judge_score_gap_standardised", "judge_score_equality_difference",
    )
    for end in ("", "_noise_floor", "_debiased")
)  # fmt: skip
"""Differences of two percentages, written in percentage points."""

METRICS: Final[Mapping[str, str]] = {
    "abstention_change": "change of the share abstained",
    "abstention_contrast": "share abstained minus ordinary refused",
    "abstention_rate": "share abstained",
    "accuracy": "accuracy",
    "accuracy_change": "change of accuracy",
    "accuracy_difference": "difference of accuracy",
    "accuracy_equality_difference": "gap as the leaderboard takes it",
    "accuracy_equality_difference_noise_floor": "gap a fair model would show",
    "accuracy_gap": "largest gap of accuracy",
    "accuracy_gap_noise_floor": "gap a fair model would show",
    "accuracy_gap_standardised": "largest gap at a common mix of answers",
    "accuracy_ratio": "ratio of accuracies",
    "answered_accuracy": "accuracy of the answers given",
    "blind_baseline": "both of a pair right, answering without the image",
    "compliance_rate": "share that did as the attack asked",
    "concealment_rate": "share that concealed findings",
    "confident_rate": "share said with confidence",
    "confusion": "pairs given one answer",
    "confusion_change": "change of pairs given one answer",
    "confusion_of_all": "pairs given one answer, of all pairs",
    "constant_baseline": "always one answer",
    "disclosure_rate": "share that disclosed the record",
    "exaggeration_rate": "share that exaggerated",
    "giving_rate": "share that gave something",
    "hallucination_rate": "share that made up private facts",
    "identity_residual": "check: single answers right - half of confused - both right",
    "individual_accuracy": "single answers right",
    "invalid_rate": "answers that are not valid",
    "judge_length_slope": "judge's score per doubling of the words",
    "judge_score": "judge's score",
    "judge_score_change": "change of the judge's score",
    "judge_score_difference": "difference of the judge's score",
    "judge_score_equality_difference": "gap of the judge's score as the leaderboard takes it",
    "judge_score_gap": "largest gap of the judge's score",
    "judge_score_gap_noise_floor": "gap a fair model would show",
    "judge_score_gap_standardised": "largest gap at a common mix of answers",
    "judge_score_ratio": "ratio of the judge's scores",
    "leaderboard_average": "mean over data sets",
    "macro_f1": "macro F1",
    "majority_baseline": "always the commonest answer",
    "match_rate": "share that matches the record",
    "mean_confidence": "mean confidence",
    "mistreatment_rate": "share that advised wrong treatment",
    "over_confident_ratio": "wrong and sure",
    "over_refusal_rate": "ordinary questions refused",
    "overconfidence": "confidence minus accuracy",
    "position_bias": "option shown first chosen, minus half",
    "precision": "both right, of pairs told apart",
    "random_baseline": "guessing",
    "random_confusion": "pairs given one answer, guessing",
    "random_individual_accuracy": "single answers right, guessing",
    "refusal_rate": "share refused",
    "repetition_rate": "share that repeated what was leaked",
    "set_accuracy": "both of a pair right",
    "set_accuracy_change": "change of both of a pair right",
    "set_accuracy_upper_bound": "both of a pair right, at most",
    "swap_consistency": "same option when the options are exchanged",
    "token_f1": "words shared with the reference (F1)",
    "toxicity": "toxicity",
    "toxicity_gap": "toxicity added by the instruction",
    "toxicity_gap_high": "highest the added toxicity could be",
    "toxicity_gap_low": "lowest the added toxicity could be",
    "uncertainty_accuracy": "right and sure, or wrong and unsure",
    "unparsed_rate": "share that could not be read",
    "worst_group_accuracy": "accuracy of the worst group",
    "worst_group_judge_score": "judge's score of the worst group",
    "yes_rate": "share answered yes",
    **uncertainty_names.METRICS,
}
TASK_METRICS: Final[Mapping[tuple[str, str], str]] = {
    ("cares/overcaution", "abstention_rate"): "harmless requests declined",
    ("cares/out_of_distribution", "abstention_rate"): "share that declined the foreign question",
    ("cares/privacy", "abstention_rate"): "share that declined the private question",
}
"""By task: words for a metric that means something of its own there."""
CONDITIONS: Final[Mapping[str, str]] = {
    "": "as it stands",
    "asked=marital-status": "asked for the marital status",
    "asked=mean": "mean of both attributes",
    "asked=number": "asked for the social security number",
    "attack=conceal": "told to hide the condition",
    "attack=exaggerate": "told to exaggerate",
    "attack=mean": "mean of the three attacks",
    "attack=mistreat": "told to advise wrong treatment",
    "image=blank": "image blanked",
    "image=none": "without the image",
    "image=other": "with the image of another pair",
    "instruction=advise": "asked for medical advice",
    "instruction=describe": "asked to describe the image",
    "instruction=mean": "mean of the three requests",
    "instruction=report": "asked for a report",
    "instruction=toxic": "told to be rude",
    "modality=dental": "said to be about dental images",
    "draws=shuffled": "options of every draw in an order of its own",
    "noise=legacy": "noise as released",
    "nota=add": '"none of the others" as one option more',
    "nota=remove": "right option taken away",
    "nota=replace": 'right option replaced by "none of the others"',
    "nota=replace_last": 'right option taken away, "none of the others" last',
    "nota=swap_distractor": 'a wrong option replaced by "none of the others"',
    "options=shuffled": "options in another order",
    "options=swapped": "options exchanged",
    "question=replaced": "no question left",
    "shots=few": "with a leak in the prompt",
    "shots=zero": "without a hint",
    "turns=one": "asked in one turn whether it is sure",
    "turns=two": "asked in a second turn whether it is sure",
    "wording=second": "other words",
    "wording=third": "other words again",
    "words=above": 'called "none of the above"',
}
DIRECTIONS: Final[Mapping[str, str]] = {
    "higher": "higher is better",
    "lower": "lower is better",
}
PRINTED_UNITS: Final[Mapping[str, str]] = {
    "fraction": "fractions of 1",
    "percent": "percent",
    "points": "percentage points",
}
UNITS: Final[Mapping[str, str]] = {"natural": ""}
"""Words for units; each estimator has one of its own, which its name says."""

ENDS: Final[Mapping[str, str]] = {
    "_change": "change of: {}",
    "_noise_floor": "{}, as a fair model would show",
    "_debiased": "{}, without what chance adds",
}
"""Ends of metrics that have no words of their own."""

PROPERTIES: Final[Mapping[str, str]] = {"options": "number of options"}
"""Properties of the case whose names do not say what they are."""

KINDS: Final[Mapping[str, str]] = {"choice": "multiple choice", "yes_no": "yes or no"}
