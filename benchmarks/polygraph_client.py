"""Eight uncertainty estimators through lm-polygraph, as its own manager runs them.

lm-polygraph is no dependency of this project: make an environment for it elsewhere and name its
Python to `uncertainty.py --polygraph-python`. It declares packages that it does not import, so

    python -m venv FOLDER
    FOLDER/bin/pip install --no-deps lm-polygraph==0.7.0
    FOLDER/bin/pip install torch transformers accelerate scikit-learn pandas openai datasets \
        rouge-score nlpaug nltk sacrebleu hydra-core einops dill wget sentence-transformers \
        bert-score evaluate spacy diskcache boostedprob bs4 pytreebank matplotlib sentencepiece \
        protobuf requests tabulate

Its NLI model (DeBERTa-large, 400 M parameters) is left out: in its place stands "two texts entail
each other when they are equal", at no cost. So every CPU second below is the language model's, the
drawing and reading of its tokens, and the estimators' own.

    FOLDER/bin/python benchmarks/polygraph_client.py JOB.json --batch 10
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

from forward_counter import Forwards, count_forwards
from uncertainty_job import NOT_INSTALLED, Job

ASKING = {
    "GreedyProbsCalculator",
    "EntropyCalculator",
    "SamplingGenerationCalculator",
    "PromptCalculator",
}


class Timed:
    """A calculator of statistics with the CPU seconds it took."""

    def __init__(self, calculator: Any) -> None:
        self.calculator = calculator
        self.cpu_s = 0.0

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        began = time.process_time()
        given = self.calculator(*arguments, **named)
        self.cpu_s += time.process_time() - began
        return given

    @property
    def asks(self) -> bool:
        return type(self.calculator).__name__ in ASKING


def equal_texts_entail(config: Any, environment: Any) -> Any:
    """A calculator in the place of NLI."""
    import numpy as np
    from lm_polygraph.stat_calculators import SemanticMatrixCalculator, StatCalculator

    class EqualTexts(StatCalculator):
        @staticmethod
        def meta_info() -> tuple[list[str], list[str]]:
            return SemanticMatrixCalculator.meta_info()

        def __call__(self, stats: Any, *_: Any, **__: Any) -> dict[str, Any]:
            texts = np.array(stats["sample_texts"])
            equal = texts[:, :, None] == texts[:, None, :]
            entail = equal.astype(np.float32)
            return {
                "semantic_matrix_entail": entail,
                "semantic_matrix_contra": 1 - entail,
                "semantic_matrix_entail_logits": entail,
                "semantic_matrix_contra_logits": 1 - entail,
                "semantic_matrix_classes": np.where(equal, 2, 0),
                "entailment_id": 2,
            }

    _ = config, environment
    return EqualTexts()


# the manager finds the builder above by the name of its module
load_stat_calculator = equal_texts_entail


def make_manager(model: Any, prompts: list[str], batch: int, n_tokens: int) -> Any:
    from lm_polygraph import estimators as known
    from lm_polygraph.defaults.register_default_stat_calculators import (
        register_default_stat_calculators,
    )
    from lm_polygraph.utils.builder_enviroment_stat_calculator import (
        BuilderEnvironmentStatCalculator,
    )
    from lm_polygraph.utils.dataset import Dataset
    from lm_polygraph.utils.manager import UEManager

    # attentions and hidden states of the greedy answer are not needed by these estimators
    calculators = register_default_stat_calculators(
        "Whitebox", output_attentions=False, output_hidden_states=False
    )
    for container in calculators:
        if container.name == "SemanticMatrixCalculator":
            container.builder = Path(__file__).stem
    return UEManager(
        data=Dataset(prompts, [""] * len(prompts), batch),
        model=model,
        estimators=[
            known.MaximumSequenceProbability(),
            known.Perplexity(),
            known.MeanTokenEntropy(),
            known.PTrue(),
            known.SemanticEntropy(),
            known.LexicalSimilarity(),
            known.DegMat(),
            known.LabelProb(),
        ],
        builder_env_stat_calc=BuilderEnvironmentStatCalculator(model),
        available_stat_calculators=calculators,
        generation_metrics=[],
        ue_metrics=[],
        processors=[],
        ignore_exceptions=False,
        verbose=False,
        max_new_tokens=n_tokens,
        save_stats=["input_tokens", "sample_tokens"],
    )


def run(model: Any, job: Job, batch: int, forwards: Forwards) -> dict[str, Any]:
    """The set of estimators over all prompts."""
    manager = make_manager(model, job.prompts, batch, job.n_tokens)
    manager.stat_calculators = [Timed(each) for each in manager.stat_calculators]
    forwards.take()
    began = time.process_time()
    manager()
    cpu_s = time.process_time() - began
    n_draws = {len(drawn) for drawn in manager.stats["sample_tokens"]}
    if n_draws != {job.n_draws}:
        raise RuntimeError(f"lm-polygraph drew {n_draws} samples, not {job.n_draws}")
    pad = model.tokenizer.pad_token_id
    return {
        **forwards.take(),
        "cpu_s": cpu_s,
        "asking_cpu_s": sum(each.cpu_s for each in manager.stat_calculators if each.asks),
        "prompt_tokens": [
            [token for token in tokens if token != pad] for tokens in manager.stats["input_tokens"]
        ],
        "greedy_texts": manager.stats["greedy_texts"],
        "estimates": {
            name: [float(value) for value in values]
            for (_, name), values in manager.estimations.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", type=Path)
    parser.add_argument("--batch", type=int, default=10)
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    try:
        import lm_polygraph
    except ImportError:
        sys.exit(NOT_INSTALLED)
    import torch
    from transformers import AutoTokenizer, LlamaForCausalLM

    torch.set_num_threads(1)
    torch.manual_seed(0)
    job = Job.load(arguments.job)
    forwards = count_forwards(LlamaForCausalLM)
    model = lm_polygraph.WhiteboxModel(
        LlamaForCausalLM.from_pretrained(job.model).eval(),
        AutoTokenizer.from_pretrained(job.model, padding_side="left"),
        job.model,
    )
    few = Job(job.model, job.prompts[:1], job.n_draws, job.n_tokens)
    run(model, few, 1, forwards)  # the first calls of everything are slow
    print(json.dumps(run(model, job, arguments.batch, forwards)))


if __name__ == "__main__":
    main()
