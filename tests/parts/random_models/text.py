"""Text-only models: Llama, Gemma 3 with a sliding window, GPT-2 with learned positions."""

from __future__ import annotations

import transformers as hf

from parts.random_models.chat_templates import plain_turns
from parts.random_models.gemma import GEMMA3, TURNS, gemma_turns
from parts.random_models.sizes import TEXT
from parts.random_models.vocabulary import BEGIN, train_tokenizer


def llama() -> tuple[hf.PreTrainedModel, hf.PreTrainedTokenizerFast]:
    """The plainest of all."""
    tokenizer = train_tokenizer(template=plain_turns(begin=BEGIN), begins=True)
    return hf.LlamaForCausalLM(hf.LlamaConfig(vocab_size=len(tokenizer), **TEXT)), tokenizer


def gemma3_text() -> tuple[hf.PreTrainedModel, hf.PreTrainedTokenizerFast]:
    """A window of 24 tokens: no prompt of a chat fits into it."""
    tokenizer = train_tokenizer(TURNS, template=gemma_turns(), begins=True)
    config = hf.Gemma3TextConfig(vocab_size=len(tokenizer), **GEMMA3)
    return hf.Gemma3ForCausalLM(config), tokenizer


def gpt2() -> tuple[hf.PreTrainedModel, hf.PreTrainedTokenizerFast]:
    """Learned positions, and every byte a token: answers are often no valid UTF-8."""
    tokenizer = train_tokenizer(template=plain_turns(), every_byte=True)
    config = hf.GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=512,
        n_embd=32,
        n_layer=2,
        n_head=4,
        pad_token_id=0,
        bos_token_id=2,
        eos_token_id=3,
    )
    return hf.GPT2LMHeadModel(config), tokenizer
