"""All uncertainty estimators on stored signals: CPU for 41,000 answers with ten draws each.

Three kinds of answers: bare letters (each draw is one of the question's options), sentences (every
draw is worded anew, two texts are rarely equal) and a mix of both. One process, one thread.

    python benchmarks/estimators.py
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import random
import time
from collections.abc import Iterator

import numpy as np

from medtrust.uncertainty.estimators import ESTIMATORS, estimate
from medtrust.uncertainty.evidence import Absent, Draw, Evidence
from results_table import machine_line, print_table, verdict

ANSWERS = 41_000
DRAWS = 10
LIMIT_S = 60.0
FAMILIES = {
    "greedy answer": "sequence_probability perplexity mean_token_entropy",
    "letters": "letter_probability letter_entropy letter_entropy_normalised letter_margin "
    "option_mass",
    "likelihoods of draws": "predictive_entropy predictive_entropy_length_normalised",
    "meanings of draws": "semantic_entropy semantic_entropy_normalised semantic_entropy_weighted "
    "self_consistency answer_agreement semantic_sets",
    "similarity and graph": "lexical_similarity degree_matrix eigenvalue_sum eccentricity",
    "asked": "p_true stated_one_turn stated_two_turns",
    "CoCoA": "cocoa_probability cocoa_perplexity cocoa_entropy",
    "altered images": "image_consistency",
}
SIDES = ("left", "right", "both", "middle")
PLACES = ("upper lobe", "lower lobe", "hilum", "pleural space", "apex", "retina", "macula", "skin")
FINDINGS = ("nodule", "effusion", "opacity", "naevus", "haemorrhage", "mass", "scar", "fracture")
OPENINGS = ("There is", "The image shows", "I can see", "This looks like", "Most likely it is")
CLOSINGS = (
    "with smooth margins.",
    "which may need follow-up.",
    "without any sign of bleeding.",
    "and nothing else of note.",
)


def question_options(rng: random.Random) -> list[str]:
    """Texts that other questions rarely have, so that nothing kept from one helps another."""
    place = rng.choice(PLACES)
    return [
        f"{finding} of the {place}, {rng.randrange(1000)} mm" for finding in rng.sample(FINDINGS, 4)
    ]


def sentence(rng: random.Random, option: str) -> str:
    words = (rng.choice(OPENINGS), "a", option, "on the", rng.choice(SIDES), "side")
    return " ".join((*words, rng.choice(CLOSINGS)))


def evidence_of(rng: random.Random, noise: np.random.Generator, *, worded: bool) -> Evidence:
    """One answer as a run would store it; how sure the model is varies from answer to answer."""
    options = question_options(rng)
    letters = noise.dirichlet(np.full(4, 10.0 ** noise.uniform(-1.5, 0.5)))
    shares = (letters + 1e-9).tolist()
    chosen = int(letters.argmax())
    tokens = 20 if worded else 2

    def say(index: int) -> str:
        return sentence(rng, options[index]) if worded else options[index]

    meanings = rng.choices(range(4), weights=shares, k=DRAWS)
    return Evidence(
        text=say(chosen),
        meaning=chosen,
        token_logprobs=-noise.exponential(0.2, tokens),
        token_entropies=noise.exponential(0.3, tokens),
        option_logprobs=np.log((letters + 1e-9) * 0.95),
        draws=tuple(Draw(say(index), index, -rng.expovariate(0.2), tokens) for index in meanings),
        p_true=rng.random(),
        stated_one_turn=rng.random(),
        stated_two_turns=rng.random(),
        perturbed=tuple(rng.choices(range(4), weights=shares, k=5)),
    )


def evidences(count: int, kind: str) -> Iterator[Evidence]:
    rng, noise = random.Random(1), np.random.default_rng(1)
    for index in range(count):
        worded = kind == "sentences" or (kind == "mixed" and index % 2 == 1)
        yield evidence_of(rng, noise, worded=worded)


def cpu_s(stored: list[Evidence], names: tuple[str, ...] | None = None) -> float:
    start = time.process_time()
    for evidence in stored:
        values = estimate(evidence, names)
        if any(isinstance(value, Absent) for value in values.values()):
            raise SystemExit(f"an estimate is absent: {values}")
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=ANSWERS)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    if sorted(" ".join(FAMILIES.values()).split()) != sorted(ESTIMATORS):
        raise SystemExit("the families of this benchmark do not hold every estimator once")
    scale = ANSWERS / arguments.answers
    print(machine_line(), "\n")
    rows = []
    for kind in ("letters", "sentences", "mixed"):
        stored = list(evidences(arguments.answers, kind))
        times = sorted(cpu_s(stored) * scale for _ in range(arguments.rounds))
        middle = times[len(times) // 2]
        families = [cpu_s(stored, tuple(names.split())) for names in FAMILIES.values()]
        rows.append((kind, middle, times, [value * scale for value in families]))
    print_table(
        ("answers", "of the limit", "CPU s", "range", "us an answer", *FAMILIES),
        [
            (
                kind,
                f"{middle / LIMIT_S:.2f}",
                f"{middle:.1f}",
                f"{times[0]:.1f} to {times[-1]:.1f}",
                f"{middle / ANSWERS * 1e6:.0f}",
                *(f"{value:.1f}" for value in families),
            )
            for kind, middle, times, families in rows
        ],
    )
    for kind, middle, _, _ in rows:
        print(
            verdict(f"{len(ESTIMATORS)} estimators, {kind}", middle, LIMIT_S, "CPU s on one core")
        )


if __name__ == "__main__":
    main()
