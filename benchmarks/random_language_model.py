"""A small language model with random weights, and prompts for it: nothing is downloaded.

The vocabulary is trained on the spot on made-up words. The tokenizer has no end token, so every
answer has exactly as many tokens as were asked for, and rules about a shortest answer (which would
change log-probabilities) never apply. Without a chat template a prompt is its text and no more.
"""

from __future__ import annotations

import random
from pathlib import Path

from uncertainty_job import P_TRUE_PROMPT

VOCABULARY = 4000
N_WORDS = 1500
CONSONANTS, VOWELS = "bcdfghjklmnprstvwz", "aeiou"


def make_random_model(folder: Path, *, seed: int = 1) -> Path:
    """Save a Llama of 4 layers, hidden size 256, with its tokenizer; the same for each seed."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = _train_tokenizer(seed)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=256,
        intermediate_size=688,
        num_hidden_layers=4,
        num_attention_heads=4,
        max_position_embeddings=2048,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=None,
        pad_token_id=tokenizer.pad_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make_prompts(n: int, *, seed: int = 1) -> list[str]:
    """Multiple-choice questions of made-up words, about 165 tokens each."""
    words = _words(seed)

    def some(draw: random.Random, how_many: int) -> str:
        return " ".join(draw.choice(words) for _ in range(how_many))

    prompts = []
    for number in range(n):
        draw = random.Random(f"{seed}/{number}")
        question = some(draw, draw.randint(30, 150))
        prompts.append(
            f"Question: {question}\nA. {some(draw, 5)}\nB. {some(draw, 5)}\nC. none\nAnswer:"
        )
    return prompts


def _words(seed: int) -> list[str]:
    draw = random.Random(seed)
    return [
        "".join(draw.choice(CONSONANTS) + draw.choice(VOWELS) for _ in range(draw.randint(2, 7)))
        for _ in range(N_WORDS)
    ]


def _train_tokenizer(seed: int) -> object:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<pad>", "<s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    # P(True) needs "True" as one token, and its question in words the vocabulary knows
    said = ["True", "False", P_TRUE_PROMPT.format(q="A. B. C. none", a=" Answer:")] * 200
    tokenizer.train_from_iterator([*said, *make_prompts(400, seed=seed)], trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", tokenizer.token_to_id("<s>"))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", pad_token="<pad>", padding_side="left"
    )
