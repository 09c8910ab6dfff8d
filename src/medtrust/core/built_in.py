"""What comes with the package, by name: the static table, so that listing imports nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Noun = Literal["task", "model", "data", "official", "published", "encoder", "estimator"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One registered thing.

    Attributes:
        noun: What it is.
        name: What people type.
        target: ``module:attribute``.
        summary: One line for `medtrust list`.
        needs: What must be there first (data, an extra), or empty.
        alone: The name is enough: a model without ``/NAME``, data without a path.
    """

    noun: Noun
    name: str
    target: str
    summary: str
    needs: str = ""
    alone: bool = False


ESTIMATORS: Final[tuple[tuple[str, str], ...]] = (
    ("sequence_probability", "One minus the probability of the whole answer"),
    ("perplexity", "Perplexity of the answer"),
    ("mean_token_entropy", "Mean entropy of the token distributions"),
    ("letter_probability", "One minus the probability of the likeliest letter"),
    ("letter_entropy", "Entropy of the distribution over letters"),
    ("letter_entropy_normalised", "Entropy over letters, over the log of their number"),
    ("letter_margin", "One minus the lead of the likeliest letter"),
    ("option_mass", "Probability that the first token is no letter"),
    ("predictive_entropy", "Mean surprise of the draws"),
    ("predictive_entropy_length_normalised", "Mean surprise of the draws by token"),
    ("semantic_entropy", "Entropy of the meanings of the draws"),
    ("semantic_entropy_normalised", "Entropy of meanings over the log of the number of draws"),
    ("semantic_entropy_weighted", "Entropy of meanings weighted by probability, equal draws once"),
    ("self_consistency", "One minus the share of the most frequent meaning"),
    ("answer_agreement", "One minus the share of draws that mean what the answer means"),
    ("lexical_similarity", "One minus the mean word overlap of two draws"),
    ("degree_matrix", "One minus the mean degree in the graph of draws"),
    ("eigenvalue_sum", "Continuous number of semantic sets, from Laplacian eigenvalues"),
    ("eccentricity", "Distance of the draws from their centre in the graph"),
    ("semantic_sets", "Number of different meanings"),
    ("p_true", "One minus the probability of calling the answer true"),
    ("stated_one_turn", "One minus the confidence stated with the answer"),
    ("stated_two_turns", "One minus the confidence stated when asked afterwards"),
    ("cocoa_probability", "Surprise of the answer times its dissimilarity to the draws"),
    ("cocoa_perplexity", "Log-perplexity of the answer times its dissimilarity to the draws"),
    ("cocoa_entropy", "Mean token entropy times dissimilarity to the draws"),
    ("image_consistency", "Entropy of meanings under weak alterations of the image"),
)
"""Uncertainty estimators with what they are, in the order of reports."""

BUILT_IN: Final[tuple[Entry, ...]] = (
    Entry(
        "task",
        "cares/factuality",
        "medtrust.suites.cares.factuality:factuality",
        "Trustfulness: is the answer right? yes/no, choice and open questions of seven sets",
        "--data cares=DIR",
    ),
    Entry(
        "task",
        "cares/fairness",
        "medtrust.suites.cares.fairness:fairness",
        "Fairness: is the answer right as often for every age, sex and race?",
        "--data cares=DIR",
    ),
    Entry(
        "task",
        "cares/uncertainty",
        "medtrust.suites.cares.uncertainty:uncertainty",
        "Trustfulness: is the model sure when it is right, and unsure when it is wrong?",
        "--data cares=DIR",
    ),
    Entry(
        "task",
        "cares/jailbreak",
        "medtrust.suites.cares.jailbreak:jailbreak",
        "Safety: told to hide, exaggerate or mistreat, does the model do so?",
        "--data cares=DIR",
    ),
    Entry(
        "task",
        "cares/overcaution",
        "medtrust.suites.cares.overcaution:overcaution",
        "Safety: are harmless requests (describe, report, advise) refused?",
        "--data cares=DIR",
    ),
    Entry(
        "task",
        "cares/toxicity",
        "medtrust.suites.cares.toxicity:toxicity",
        "Safety: told to be rude, does the model become so?",
        "--data cares=DIR",
    ),
    Entry(
        "task",
        "cares/privacy",
        "medtrust.suites.cares.privacy:privacy",
        "Privacy: asked for an identity number or the marital status, is one given?",
        "--data cares=DIR",
    ),
    Entry(
        "task",
        "cares/noise",
        "medtrust.suites.cares.noise:noise",
        "Robustness: does noise on the image, as released and done right, change the answers?",
        "--data cares=DIR",
    ),
    Entry(
        "task",
        "cares/out_of_distribution",
        "medtrust.suites.cares.out_of_distribution:out_of_distribution",
        "Robustness: told that the modality may be foreign, is it said?",
        "--data cares=DIR",
    ),
    Entry(
        "task",
        "mediconfusion/multiple_choice",
        "medtrust.suites.mediconfusion.multiple_choice:multiple_choice",
        "Confusable pairs: is the same question answered rightly for both images?",
        "--data mediconfusion=DIR",
    ),
    Entry(
        "task",
        "mediconfusion/letter_scores",
        "medtrust.suites.mediconfusion.letter_scores:letter_scores",
        "Confusable pairs: is the right letter likelier for both images?",
        "--data mediconfusion=DIR",
    ),
    Entry(
        "task",
        "mediconfusion/prefix_score",
        "medtrust.suites.mediconfusion.prefix_score:prefix_score",
        "Confusable pairs: is the right option's text likelier for both images?",
        "--data mediconfusion=DIR",
    ),
    Entry(
        "task",
        "mediconfusion/free_form",
        "medtrust.suites.mediconfusion.free_form:free_form",
        "Confusable pairs: is an open answer closer to the right option for both images?",
        "--data mediconfusion=DIR",
    ),
    Entry(
        "task",
        "clinical_ue/uncertainty",
        "medtrust.suites.clinical_ue.uncertainty:uncertainty",
        "Does uncertainty say when to call a clinician, also with the right answer hidden?",
        "--data folder=FILE (or cares=DIR, phantom=.)",
    ),
    Entry(
        "task",
        "folder/factuality",
        "medtrust.suites.folder.factuality:factuality",
        "The same question for your own images: is the answer right?",
        "--data folder=FILE",
    ),
    Entry(
        "task",
        "phantom/factuality",
        "medtrust.suites.phantom.factuality:factuality",
        "Trustfulness on made images: is the answer right, also with noise and a blank image?",
    ),
    Entry(
        "task",
        "phantom/calibration",
        "medtrust.suites.phantom.calibration:calibration",
        "Overconfidence on made images: is the model as sure as it is right?",
    ),
    Entry(
        "task",
        "phantom/pairs",
        "medtrust.suites.phantom.pairs:pairs",
        "Confusable pairs of made images: are they told apart?",
    ),
    Entry(
        "task",
        "phantom/privacy",
        "medtrust.suites.phantom.privacy:privacy",
        "Privacy on made images: are questions about the patient's identity refused?",
    ),
    Entry(
        "task",
        "phantom/unanswerable",
        "medtrust.suites.phantom.unanswerable:unanswerable",
        "Honesty on made images: is it said when the image cannot tell?",
    ),
    Entry(
        "model",
        "phantom",
        "medtrust.models.phantom.model:open_model",
        "The embedded small vision-language model, for made images; offline",
        "pip install 'medtrust[local]'",
        alone=True,
    ),
    Entry(
        "model",
        "hf",
        "medtrust.models.hf.adapter:open_model",
        "A model in this process, from a folder or a hub id, through transformers 5",
        "pip install 'medtrust[local]'",
    ),
    Entry(
        "model",
        "openai",
        "medtrust.models.openai.adapter:open_model",
        "Any OpenAI-compatible server: vLLM, SGLang, Ollama, transformers serve, hosted",
        "--base-url URL",
    ),
    Entry(
        "model",
        "moderation",
        "medtrust.models.moderation.adapter:open_model",
        "A moderation endpoint of the OpenAI protocol, to mark toxicity: category scores of a text",
        "--moderator-url URL",
    ),
    Entry(
        "model",
        "replay",
        "medtrust.models.replay:open_model",
        "Answers from a file of rows, made elsewhere",
    ),
    Entry(
        "model",
        "simulated",
        "medtrust.models.simulated:open_model",
        "Responders with planted properties: constant, planted, cares, mediconfusion, nota, judge",
    ),
    Entry(
        "data",
        "cares",
        "medtrust.data.cares.loader:load",
        "The CARES repository layout, seven question files",
        "a checkout of richard-peng-xia/CARES",
    ),
    Entry(
        "data",
        "folder",
        "medtrust.data.folder:load",
        "Your own questions, JSONL or CSV, with images beside them",
    ),
    Entry(
        "data",
        "mediconfusion",
        "medtrust.data.mediconfusion.loader:load",
        "The MediConfusion repository layout: confusable pairs of radiology images",
        "a checkout of MShahabSepehri/MediConfusion",
    ),
    Entry(
        "data",
        "phantom",
        "medtrust.data.phantom.loader:load",
        "Made images with exact labels, and questions about them",
        alone=True,
    ),
    Entry(
        "official",
        "mediconfusion",
        "medtrust.suites.mediconfusion.checkout:read",
        "The published wording of MediConfusion, read from a checkout as data",
        "a checkout of MShahabSepehri/MediConfusion",
    ),
    Entry(
        "official",
        "cares",
        "medtrust.suites.cares.checkout:read",
        "The published wording of CARES, read from a checkout as data",
        "a checkout of richard-peng-xia/CARES",
    ),
    Entry(
        "published",
        "cares",
        "medtrust.suites.cares.published:numbers",
        "What CARES printed about six models, to stand beside yours in the report",
    ),
    Entry(
        "published",
        "mediconfusion",
        "medtrust.suites.mediconfusion.published:numbers",
        "What the MediConfusion leaderboards print about sixteen models, to stand beside yours",
    ),
    Entry(
        "encoder",
        "phantom",
        "medtrust.embedding:open_phantom",
        "The vision tower of the embedded model, for made images; offline",
        "pip install 'medtrust[local]'",
        alone=True,
    ),
    Entry(
        "encoder",
        "pixels",
        "medtrust.mining.pixels:open_encoder",
        "A small picture of the picture, without weights: says which images have one layout",
        alone=True,
    ),
    Entry(
        "encoder",
        "hf",
        "medtrust.mining.hub:open_encoder",
        "The vision part of any transformers model, from a folder or a hub id",
        "pip install 'medtrust[local]'",
    ),
    *(
        Entry("estimator", name, f"medtrust.uncertainty.estimators:{name}", summary)
        for name, summary in ESTIMATORS
    ),
)
