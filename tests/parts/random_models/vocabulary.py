"""Tokenizers trained on a few plain sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

SENTENCES = (
    "Is there a nodule in the left lung? Answer yes or no. Yes. No. yes no YES NO",
    "Question: Which of these is shown in the image? Answer with one letter: A, B, C, D or E.",
    "A: chest B: brain C: eye D: skin E: none of these. (A) (B) (C) (D) (E) A. B. C. D. E.",
    "The answer is A. The answer is B. The answer is C. The answer is D. I do not know.",
    "You are a careful doctor. Describe this picture in one sentence, please.",
    "The picture shows the right side of the heart and a small shadow near the upper lobe.",
    "Are you sure? How sure are you, from 0 to 100? I am sure. I am not sure. Perhaps 7 of 10.",
    "0 1 2 3 4 5 6 7 8 9 10 11 12 20 25 30 40 50 60 70 75 80 90 95 99 100",
    "Is the proposed answer true or false? True. False. system user assistant model human",
    "No sign of a tumor can be seen, but the patient should be examined again next year.",
)
PAD, UNKNOWN, BEGIN, END = "<pad>", "<unk>", "<s>", "</s>"
N_TOKENS = 420


def train_tokenizer(
    special: Sequence[str] = (),
    *,
    template: str | None,
    named: dict[str, str] | None = None,
    last: str | None = None,
    begins: bool = False,
    every_byte: bool = False,
    padding_side: str = "left",
) -> PreTrainedTokenizerFast:
    """Byte-level BPE of at most `N_TOKENS` tokens; padding is 0, begin 2, end 3.

    Args:
        special: Special tokens beside padding, unknown, begin and end.
        template: Chat template, or None.
        named: Attributes by which processors ask for special tokens, as ``image_token``.
        last: A special token that gets the highest id.
        begins: Whether the begin token is put before every text, as Llama and Gemma do.
        every_byte: Whether all 256 bytes are tokens, so that random answers are often no valid
            UTF-8; otherwise what is not printable ASCII is the unknown token.
        padding_side: Where batches are padded.
    """
    trained = Tokenizer(models.BPE(unk_token=UNKNOWN))
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trained.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    if not every_byte:  # the byte-level alphabet writes space and newline as these two
        alphabet = [sign for sign in alphabet if sign.isascii()] + ["Ġ", "Ċ"]
    trainer = trainers.BpeTrainer(
        vocab_size=N_TOKENS,
        special_tokens=[PAD, UNKNOWN, BEGIN, END, *special],
        initial_alphabet=alphabet,
        show_progress=False,
    )
    trained.train_from_iterator(SENTENCES, trainer)
    if last is not None:
        trained.add_special_tokens([last])
    if begins:
        trained.post_processor = processors.TemplateProcessing(
            single=f"{BEGIN} $A", pair=f"{BEGIN} $A {BEGIN} $B", special_tokens=[(BEGIN, 2)]
        )
    extra: dict[str, Any] = {"extra_special_tokens": named} if named else {}
    return PreTrainedTokenizerFast(
        tokenizer_object=trained,
        pad_token=PAD,
        unk_token=UNKNOWN,
        bos_token=BEGIN,
        eos_token=END,
        additional_special_tokens=[*special, *([] if last is None else [last])],
        padding_side=padding_side,
        chat_template=template,
        model_max_length=2048,
        **extra,
    )
