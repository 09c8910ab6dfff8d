"""Random weights under which answers depend clearly on what was asked and shown."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from transformers import PreTrainedModel

SEED = 20
GAIN = 1.5
LAST_NORMS = ("norm", "ln_f", "final_layer_norm")


def draw_weights(model: PreTrainedModel, *, ends: Sequence[int], unsaid: Sequence[int]) -> None:
    """Draw all matrices again, in place, so that the logits have a spread of about 3.

    The usual start of training (0.02) makes all tokens nearly equally likely and images nearly
    invisible.

    Args:
        model: A model just made from its configuration.
        ends: Ids of the tokens that end an answer; made likely, so that some answers are short.
        unsaid: Ids of tokens that a trained model would hardly ever say; made unlikely.
    """
    generator = torch.Generator().manual_seed(SEED)
    embeddings = {id(part.weight) for part in model.modules() if isinstance(part, nn.Embedding)}
    output = model.get_output_embeddings()
    assert output is not None
    is_tied = id(output.weight) in embeddings
    rows = 0.05 if is_tied else 0.5
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.numel() == 1:  # Mllama's gates: shut, no image would come through
                parameter.fill_(1.0)
            elif parameter.dim() >= 2:
                is_rows = id(parameter) in embeddings or parameter.shape[0] == 1
                spread = rows if is_rows else GAIN / parameter[0].numel() ** 0.5
                parameter.normal_(0.0, spread, generator=generator)
        if is_tied:
            _amplify_last_norm(model)
        else:
            output.weight.mul_(2.0)
        output.weight[[token for token in unsaid if token < len(output.weight)]] *= 0.1
        output.weight[list(ends)] *= 1.3


def _amplify_last_norm(model: PreTrainedModel) -> None:
    """Raise the spread of logits where the output matrix is the (small) input matrix.

    Large tied rows would have the model repeat its last token for ever.
    """
    for name, part in model.named_modules():
        places = name.split(".")
        if places[-1] in LAST_NORMS and not any(place.isdigit() for place in places):
            part.weight.add_(9.0)  # Gemma's weights count from 0, the others' from 1
