"""Other words around the same question: what is asked stays, how it is asked changes.

The question itself and its options keep their words: rewording them takes a writer, and a writer
may change what is asked. So this is the weakest form of a paraphrase, and our own design.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from medtrust.core.errors import UserError
from medtrust.core.records import Kind, Message, Sample
from medtrust.core.task import Ask, Setting, Skip
from medtrust.probes.question import LETTERS, question

WORDINGS: Final[Mapping[str, Mapping[Kind, str]]] = {
    "second": {
        Kind.CHOICE: (
            "Please look at the image and decide.\n{question}\nChoose one of these:\n{options}\n"
            "Reply with the letter of your choice."
        ),
        Kind.YES_NO: "Please look at the image and decide.\n{question}\nReply yes or no.",
    },
    "third": {
        Kind.CHOICE: (
            "Options:\n{options}\n\nWhich of these options answers the following question? "
            "{question}\n\nGive its letter."
        ),
        Kind.YES_NO: "Say yes or no to the following question. {question}",
    },
}
PROMPTS: Final[Mapping[str, str]] = {
    f"wording/{name}/{kind.value}": text
    for name, texts in WORDINGS.items()
    for kind, text in texts.items()
}


def worded_otherwise(sample: Sample, setting: Setting) -> Ask:
    """The question of a sample in the wording that the condition names, e.g. ``wording=second``.

    Raises:
        Skip: If the question is neither a choice nor a yes/no question.
        UserError: For an unknown wording.
    """
    name = setting.parameters.get("wording", "")
    if name not in WORDINGS:
        raise UserError(f"wording={name} is not understood: write one of {', '.join(WORDINGS)}.")
    template = WORDINGS[name].get(sample.kind)
    if template is None:
        raise Skip("no-other-wording")
    ask = question(sample, setting)
    shown = ask.options or ()
    listed = "\n".join(
        f"{letter}. {option}" for letter, option in zip(LETTERS, shown, strict=False)
    )
    (message,) = ask.request.messages
    content = (*message.content[:-1], template.format(question=sample.question, options=listed))
    return replace(ask, request=replace(ask.request, messages=(Message("user", content),)))
