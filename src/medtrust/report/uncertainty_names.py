"""Numbers about uncertainty in words: estimators, metrics, and what each of them says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TASK: Final = "clinical_ue/uncertainty"
HIDDEN: Final = "nota=replace"
"""Condition under which the right option is hidden."""

BY_ESTIMATOR: Final = "estimator"
"""Label of a number that belongs to one estimator: ``estimator=p_true``."""

CALIBRATED: Final = "calibration"
"""Label of a number about confidence that was made of an estimator on other answers."""

LEADING: Final = ("letter_probability", "sequence_probability", "answer_agreement", "p_true")
"""Chosen in advance: the first that has a value leads the report, whichever ranks best."""

ESTIMATORS: Final[Mapping[str, str]] = {
    "sequence_probability": "probability of the whole answer",
    "perplexity": "perplexity of the answer",
    "mean_token_entropy": "mean entropy of its tokens",
    "letter_probability": "probability of the option's letter",
    "letter_entropy": "entropy over the letters",
    "letter_entropy_normalised": "entropy over the letters, 0 to 1",
    "letter_margin": "lead of the likeliest letter",
    "option_mass": "share of the first token that is no letter",
    "predictive_entropy": "surprise of the draws",
    "predictive_entropy_length_normalised": "surprise of the draws by token",
    "semantic_entropy": "entropy of meanings",
    "semantic_entropy_normalised": "entropy of meanings, 0 to 1",
    "semantic_entropy_weighted": "entropy of meanings by probability",
    "self_consistency": "share of the commonest meaning",
    "answer_agreement": "draws that agree with the answer",
    "lexical_similarity": "words the draws share",
    "degree_matrix": "graph of draws: mean degree",
    "eigenvalue_sum": "graph of draws: eigenvalues",
    "eccentricity": "graph of draws: eccentricity",
    "semantic_sets": "number of meanings",
    "p_true": "P(True): asked whether it is true",
    "stated_one_turn": "confidence stated with the answer",
    "stated_two_turns": "confidence stated afterwards",
    "cocoa_probability": "CoCoA of the answer's probability",
    "cocoa_perplexity": "CoCoA of its perplexity",
    "cocoa_entropy": "CoCoA of its token entropy",
    "image_consistency": "answers to weakly blurred images",
}

UNSURE: Final[Mapping[str, str]] = {
    "sequence_probability": "one minus the probability of the whole answer",
    "letter_probability": "one minus the letter's probability",
    "letter_margin": "one minus the lead of the likeliest letter",
    "self_consistency": "draws outside the commonest meaning",
    "answer_agreement": "draws that disagree with the answer",
    "lexical_similarity": "words the draws do not share",
    "degree_matrix": "graph of draws: missing degree",
    "p_true": "doubt when asked whether it is true",
    "stated_one_turn": "doubt stated with the answer",
    "stated_two_turns": "doubt stated afterwards",
    "cocoa_probability": "CoCoA of one minus the answer's probability",
    "image_consistency": "disagreement over weakly blurred images",
}
"""Words for a value of those whose short name says the opposite: high is uncertain."""

MADE_BY: Final[Mapping[str, str]] = {
    "held-out": "", "platt": "Platt", "isotonic": "isotonic", "temperature": "temperature",
}  # fmt: skip
"""What made a confidence of an estimator, by the label ``calibration=``."""

METRICS: Final[Mapping[str, str]] = {
    "error_auroc": "wrong answers ranked above right ones (AUROC)",
    "error_auroc_difference": "AUROC minus that of the leading estimator",
    "error_average_precision": "average precision for errors",
    "auroc_cap": "best AUROC if the model knows or guesses",
    "prediction_rejection_ratio": "rejection ratio (PRR)",
    "prediction_rejection_ratio_50": "rejection ratio, up to half rejected",
    "aurc": "mean error of the answers kept (AURC)",
    "excess_aurc": "AURC above the best possible (E-AURC)",
    "augrc": "kept and wrong, on average (AUGRC)",
    "coverage_at_risk_5": "share kept at 5 % errors",
    "coverage_at_risk_10": "share kept at 10 % errors",
    "risk_at_coverage_50": "errors, half kept",
    "risk_at_coverage_80": "errors, 80 % kept",
    "risk_at_coverage_90": "errors, 90 % kept",
    "ece_10_equal_width_right": "calibration error (ECE), 10 equal widths",
    "ece_10_equal_mass": "calibration error (ECE), 10 equal sizes",
    "ece_debiased_10_equal_width_right": "root mean square gap of bins, debiased, equal widths",
    "ece_debiased_10_equal_mass": "root mean square gap of bins, debiased, equal sizes",
    "mce_10_equal_width_right": "largest error of a bin (MCE)",
    "brier": "Brier score",
    "brier_skill": "Brier skill",
    "brier_reliability_10_equal_width_right": "Brier: reliability",
    "brier_resolution_10_equal_width_right": "Brier: resolution",
    "negative_log_likelihood": "negative log-likelihood",
    "estimator_available": "answers with a value",
    "first_token_agreement": "first token names the option of the text",
    "mean_option_mass": "share of the first token that is a letter",
    "collapse": "right before, wrong after",
    "nota_pick_rate": 'chose "none of the others"',
    "nota_skipped": "questions that cannot be put this way",
    "collapse_verified": "the same, checked questions only",
    "collapse_odds_ratio": "odds of collapse per standard deviation of uncertainty",
    "collapsed_answers": "answers that collapsed",
    "wrong_answers": "wrong answers that it ranks",
    "nota_verified": "replacements checked to be right",
    "flip_rate": "answers that changed",
    "uncertainty_shift": "change of uncertainty",
    "uncertainty_shift_standardised": "change in standard deviations",
    "uncertainty_rose": "answers whose uncertainty rose",
    "uncertainty_signed_rank": "rises against falls, by rank",
    "uncertainty_distance": "distance of both distributions (Kolmogorov-Smirnov)",
    "fragility_auroc": "collapse foreseen (AUROC)",
    "fragility_auroc_unconditional": "wrong after foreseen (AUROC)",
    "fragility_average_precision": "average precision for collapse",
    "fragility_prediction_rejection_ratio": "rejection ratio for collapse",
    "fragility_null_auroc": "harmless flips foreseen (AUROC)",
    "fragility_minus_null": "collapse minus harmless flips (AUROC)",
    "fragility_discordant_auroc": "AUROC among those that fail under one",
    "collapse_probability_skill": "skill of each case's chance of collapse",
    "quadrant_ideal": "steady, and looks at the image (ideal)",
    "quadrant_fragile": "unsteady, and looks at the image (fragile)",
    "quadrant_dangerous": (
        "steady without looking (dangerous; in part by chance, see change with the image blanked)"
    ),
    "quadrant_worst": "unsteady without looking (worst)",
    "quadrant_ideal_accuracy": "accuracy of the ideal",
    "quadrant_fragile_accuracy": "accuracy of the fragile",
    "quadrant_dangerous_accuracy": "accuracy of the dangerous",
    "quadrant_worst_accuracy": "accuracy of the worst",
    "dangerous_auroc": "dangerous told from ideal (AUROC)",
    "consistency": "steady under other words and orders",
    "image_reliance": "answers that change with the image blanked",
    "image_reliance_beyond_rewording": "change with the image blanked, beyond other words",
    "image_reliance_chance_corrected": (
        "change with the image blanked, against chance (0 never, 1 as if unrelated)"
    ),
    **{
        f"guaranteed_{what}_{percent}": said.format(percent)
        for percent in (5, 10, 20)
        for what, said in (
            ("share", "answers kept under a guarantee of {} % errors"),
            ("error", "errors among them, promised {} %"),
        )
    },
}

DECIMALS: Final = frozenset({
    "error_auroc", "error_average_precision", "auroc_cap", "prediction_rejection_ratio",
    "prediction_rejection_ratio_50", "aurc", "excess_aurc", "augrc", "brier", "brier_skill",
    "brier_reliability_10_equal_width_right", "brier_resolution_10_equal_width_right",
    "negative_log_likelihood", "fragility_auroc", "fragility_auroc_unconditional",
    "fragility_average_precision", "fragility_prediction_rejection_ratio", "fragility_null_auroc",
    "fragility_discordant_auroc", "collapse_probability_skill", "dangerous_auroc",
    "image_reliance_chance_corrected", "uncertainty_distance",
})  # fmt: skip
"""Numbers the field writes as decimals: they are no shares of anything that could be counted."""

FACTORS: Final = frozenset({"collapse_odds_ratio"})
"""Numbers of any size, whose unit their name says."""

SIGNED_DECIMALS: Final = frozenset({
    "error_auroc_difference", "fragility_minus_null", "uncertainty_signed_rank",
})  # fmt: skip
"""Differences of such numbers, with their sign."""

FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "Does it rank wrong answers above right ones?": (
        "error_auroc", "error_auroc_difference", "error_average_precision", "auroc_cap",
        "dangerous_auroc", "estimator_available",
    ),
    "What would deferring by it buy?": (
        "prediction_rejection_ratio", "prediction_rejection_ratio_50", "aurc", "excess_aurc",
        "augrc", "coverage_at_risk_5", "coverage_at_risk_10", "risk_at_coverage_50",
        "risk_at_coverage_80", "risk_at_coverage_90",
    ),
    "How many answers could be given without a clinician?": (
        "guaranteed_share_10", "guaranteed_share_5", "guaranteed_share_20", "guaranteed_error_10",
        "guaranteed_error_5", "guaranteed_error_20",
    ),
    "Is it as sure as it is right?": (
        "overconfidence", "ece_10_equal_width_right", "ece_10_equal_mass",
        "ece_debiased_10_equal_width_right", "ece_debiased_10_equal_mass",
        "mce_10_equal_width_right", "brier", "brier_skill",
        "brier_reliability_10_equal_width_right", "brier_resolution_10_equal_width_right",
        "negative_log_likelihood",
    ),
    "Does it move when the answers are put otherwise?": (
        "uncertainty_shift", "uncertainty_shift_standardised", "uncertainty_rose",
        "uncertainty_signed_rank", "uncertainty_distance",
    ),
    "Does it foresee which answers collapse?": (
        "fragility_auroc", "fragility_null_auroc", "fragility_minus_null",
        "fragility_discordant_auroc", "fragility_auroc_unconditional",
        "fragility_average_precision", "fragility_prediction_rejection_ratio",
        "collapse_odds_ratio", "collapse_probability_skill",
    ),
}  # fmt: skip
"""Tables of estimators: what each is about, and its columns in order."""

OF_VALUES: Final = frozenset({
    "uncertainty_shift", "uncertainty_shift_standardised", "uncertainty_rose",
    "uncertainty_signed_rank", "uncertainty_distance",
})  # fmt: skip
"""Numbers about the values of an estimator, not about how it ranks."""

COUNTS: Final = frozenset({"collapsed_answers", "wrong_answers"})
"""How many answers a ranking rests on, counted for the first table."""

NEED: Final = 20
"""Fewer wrong, or fewer right, than this say little about a ranking."""

CHECKED: Final = "verified=yes"
"""Label of a number about replacements of which somebody checked that they are right."""

REASONS: Final[Mapping[str, str]] = {
    "no-option-logprobs": "no probabilities of letters: no letters to choose from, or none told",
    "no-option-mass": "no probability on any letter",
    "no-token-logprobs": "no probabilities of tokens were told",
    "no-draws": "nothing was drawn",
    "nota-yes-no": "yes or no leaves no option to hide",
    "nota-no-gold": "the right option is not known",
    "nota-like-option": "an option speaks about the others",
    "nota-duplicate-options": "two options say the same",
    "first-token-disagrees": "the first token too often names another option than the text",
}
"""Why answers have no value of an estimator."""

NOT_SAID: Final[Mapping[str, str]] = {
    "error_auroc": "cannot be said",
    "fragility_minus_null": "cannot be said",
    **{f"guaranteed_share_{percent}": "not guaranteed" for percent in (5, 10, 20)},
}
"""What stands in place of a number that could not be had, where the reason is the answer."""

EXPLAINED: Final[Mapping[str, str]] = {
    "error_auroc": (
        "chance that of a wrong and a right answer the wrong one is more uncertain; 0.5 is blind, "
        "1 perfect"
    ),
    "error_auroc_difference": "on answers that both judge; below 0 it ranks worse",
    "error_average_precision": "mean share of errors among the most uncertain; blind is the "
    "share of errors",
    "auroc_cap": (
        "an assumption: whoever knows is right, whoever does not guesses among the options"
    ),
    "prediction_rejection_ratio": (
        "what rejecting by it gains, as a share of what perfect rejecting gains; 0 is blind, 1 "
        "perfect, below 0 worse than at random"
    ),
    "aurc": "mean over all shares kept; depends on the accuracy, so read E-AURC beside it",
    "excess_aurc": "0 is the best order there is",
    "augrc": "chance that an answer is kept and wrong, over all shares kept",
    "coverage_at_risk_5": "most answers that can be kept with at most 5 % errors among them",
    "risk_at_coverage_80": "errors when the most uncertain fifth goes to a clinician",
    "guaranteed_share_10": (
        "of all cases, the rest goes to a clinician; with fewer than about 60 cases 5 % cannot be "
        "promised even without any error"
    ),
    "guaranteed_error_10": (
        "with the right option hidden; above what was promised, the promise does not survive that"
    ),
    "overconfidence": "mean confidence minus accuracy; above 0 it is surer than right",
    "ece_10_equal_width_right": (
        "mean gap between confidence and accuracy; never 0 by chance alone, so read it debiased"
    ),
    "brier": "mean squared error of the confidence; 0 is perfect",
    "brier_skill": "1 is perfect, 0 no better than always saying the mean",
    "negative_log_likelihood": "punishes being sure and wrong the most; lower is better",
    "estimator_available": "the rest has no value and is left out, never counted as certain",
    "dangerous_auroc": "whether the steady answers that ignore the image look uncertain",
    "uncertainty_shift": "mean change on the same questions, each in the estimator's own unit",
    "uncertainty_shift_standardised": "mean change over its spread; 0.2 is small",
    "uncertainty_signed_rank": "from -1, all fall, to 1, all rise; 0 where neither prevails",
    "uncertainty_distance": "0 where both look alike, 1 where they do not overlap",
    "fragility_auroc": (
        "among answers right to the plain question: chance that one that turns wrong was more "
        "uncertain before than one that stays right"
    ),
    "fragility_null_auroc": (
        "the same for answers that turn wrong when options are only shuffled or a wrong one is "
        "replaced"
    ),
    "fragility_minus_null": "what is particular to hiding the right option",
    "fragility_auroc_unconditional": "flattered by answers that were wrong already",
    "collapse_odds_ratio": (
        "by which factor the odds grow when the answer is one standard deviation more uncertain; "
        "1 is blind"
    ),
    "collapse_probability_skill": "above 0: better than giving every case the same chance",
}
"""One line for each number that needs one."""


def estimator_name(name: str) -> str:
    """An estimator in words; empty for one without words of its own."""
    return ESTIMATORS.get(name, "")


def value_name(name: str) -> str:
    """What a value of an estimator is, in words: high is uncertain; empty for one without words."""
    return UNSURE.get(name) or estimator_name(name)
