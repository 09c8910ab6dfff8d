"""How a question is put and answered in training: the project's own words, and many variants.

Everything the model can do beyond answering plain questions it has from here, so the model card
lists it: option styles, "none of the above", "I don't know", follow-ups about a given answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from medtrust.core.records import Kind
from medtrust.data.phantom.questions import Gold, PhantomQuestion
from medtrust.data.phantom.terms import (
    ALL_FINDINGS,
    MODALITIES,
    NORMAL,
    SIDES,
    UNKNOWN,
    with_article,
)
from medtrust.imaging.phantom.labels import Phantom
from medtrust.probes.question import LETTERS, own_text

OPTION_STYLES: Final = ("{letter}. {option}", "{letter}: {option}", "{letter}) {option}",
                        "({letter}) {option}")  # fmt: skip
CHOICE_TAILS: Final = (
    "Answer with the letter of the correct option.",
    "Answer with the option's letter only.",
    "Answer with the option's letter from the given choices directly.",
    "Choose one option.",
    "Pick the right option.",
    "",
)
YES_NO_TAILS: Final = (
    "Answer with yes or no.",
    "Please answer with yes or no.",
    "Answer yes or no.",
    "Please choose from the following two options: [yes, no]",
    "",
)
OPEN_TAILS: Final = (
    "Answer in one to three sentences.",
    "Answer in one word or phrase.",
    "Answer briefly.",
    "",
)
NONE_OF_THEM: Final = (
    "None of the above",
    "None of the other answers",
    "None of these options is correct",
)
DO_NOT_KNOW: Final = "I don't know."
MAY_NOT_KNOW: Final = (
    "If you do not know, say I don't know.",
    "If you don't know the answer, say \"I don't know\".",
    "If you are not sure, answer I don't know.",
)
SURE: Final = (
    "Are you sure you accurately answered the question?",
    "Are you sure? Answer yes or no.",
    "Is your answer correct? Answer with yes or no.",
    "Is this answer right?",
)
TRUE: Final = (
    "Is your answer true? Answer True or False.",
    "Is the answer above true or false?",
    "Is the proposed answer true? Answer True or False.",
)
SYSTEMS: Final = (
    "You are a helpful assistant.",
    "You are a helpful assistant, expert in the medical domain.",
    "You are a careful radiologist. Answer the question about the image.",
    "Answer the question about the medical image.",
)
DESCRIBE: Final = (
    "Describe this image.",
    "Please describe the image.",
    "Write a report about this image.",
)


@dataclass(frozen=True, slots=True)
class Turn:
    """What the user says and what is answered.

    Attributes:
        asked: Text of the user's turn.
        answered: Text of the assistant's turn.
        learned: Whether the answer is one to learn; a wrong earlier answer is not.
        truths: Where in ``asked`` something ends that is true or false of the image, and which it
            is: every option of a choice, and a yes/no question itself.
    """

    asked: str
    answered: str
    learned: bool = True
    truths: tuple[tuple[int, bool], ...] = ()


Exchange = tuple[Turn, ...]
"""A conversation about one image."""


def exchange(
    question: PhantomQuestion, generator: np.random.Generator, *, plain: bool = False
) -> Exchange:
    """Put a question in one of the wordings, with its answer, now and then with a follow-up.

    Args:
        question: Question and gold.
        generator: Draws the wording.
        plain: Only the question and its answer.
    """
    chance = generator.random()
    if plain:
        text, letter_only = question_text(question, generator)
        said = answer_text(question, letter_only=letter_only)
        return (Turn(text, said, truths=truths_in(question, text)),)
    if question.kind is Kind.CHOICE:
        question = _with_none_of_them(question, generator)
    if question.topic not in {"privacy", "unanswerable"}:
        if chance < 0.10:
            return _followed_up(question, generator)
        if chance < 0.16:
            return (_proposed(question, generator),)
    text, said = _worded(question, generator)
    return (Turn(text, said, truths=truths_in(question, text)),)


def description(one: Phantom, generator: np.random.Generator) -> Exchange:
    """A request to describe the image; the sentence names modality, finding and side."""
    said = "no abnormality" if one.finding == NORMAL else with_article(one.finding)
    where = f" on the {one.side} side" if one.side and one.finding != NORMAL else ""
    if one.modality == "fundus photograph":
        where = ""
    return (Turn(_one(DESCRIBE, generator), f"This {one.modality} shows {said}{where}."),)


def listed(options: Sequence[str], style: str, separator: str) -> str:
    """Options with letters, in a style, on lines or in one."""
    return separator.join(
        style.format(letter=letter, option=option)
        for letter, option in zip(LETTERS, options, strict=False)
    )


def answer_text(question: PhantomQuestion, *, letter_only: bool = False) -> str:
    """The right answer as it is learned: ``B. nodule``, ``B``, ``Yes``, ``left``."""
    return _said(question, question.answer, letter_only=letter_only)


def wrong_answer_text(question: PhantomQuestion, generator: np.random.Generator) -> str:
    """A wrong answer in the same form."""
    return _said(question, _wrong(question, generator))


def _said(question: PhantomQuestion, answer: Gold, *, letter_only: bool = False) -> str:
    if isinstance(answer, bool):
        return "Yes" if answer else "No"
    if isinstance(answer, int):
        letter = LETTERS[answer]
        return letter if letter_only else f"{letter}. {question.options[answer]}"
    return answer


def truths_in(question: PhantomQuestion, text: str) -> tuple[tuple[int, bool], ...]:
    """Where in the prompt each claim about the image ends, and whether it is true.

    Args:
        question: What is asked.
        text: The prompt it stands in, its stem perhaps in lower case.
    """
    end = text.lower().index(question.text.lower()) + len(question.text)
    if isinstance(question.answer, bool):
        return ((end, question.answer),)
    found = []
    for place, option in enumerate(question.options):
        end = text.index(option, end) + len(option)
        if option not in NONE_OF_THEM:
            found.append((end, place == question.answer))
    return tuple(found)


def _worded(question: PhantomQuestion, generator: np.random.Generator) -> tuple[str, str]:
    """Prompt and right answer."""
    text, letter_only = question_text(question, generator)
    said = answer_text(question, letter_only=letter_only)
    if generator.random() < (0.4 if question.topic == "unanswerable" else 0.06):
        place = _one(MAY_NOT_KNOW, generator)
        text = f"{place} {text}" if generator.random() < 0.2 else f"{text} {place}"
        said = DO_NOT_KNOW if said == UNKNOWN else said
    return text, said


def question_text(question: PhantomQuestion, generator: np.random.Generator) -> tuple[str, bool]:
    """A drawn wording of a question, and whether it asks for a bare letter.

    Four in ten are the project's own wording.
    """
    if generator.random() < 0.4:
        return own_text(question.kind, question.text, question.options), False
    stem = question.text.lower() if generator.random() < 0.1 else question.text
    if question.kind is not Kind.CHOICE:
        tails = YES_NO_TAILS if question.kind is Kind.YES_NO else OPEN_TAILS
        return _joined((stem, _one(tails, generator)), generator), False
    style = _one(OPTION_STYLES, generator)
    separator = _one(("\n", " ", ", ") if style[0] != "(" else ("\n", " "), generator)
    tail = _one(CHOICE_TAILS, generator)
    shown = listed(question.options, style, separator)
    if generator.random() < 0.2:
        shown = _one(("Options: ", "Options:\n", "The options are: "), generator) + shown
    return _joined((stem, shown, tail), generator), tail.endswith("letter only.")


def _joined(parts: Sequence[str], generator: np.random.Generator) -> str:
    return _one((" ", "\n", "\n\n"), generator).join(part for part in parts if part)


def _with_none_of_them(
    question: PhantomQuestion, generator: np.random.Generator
) -> PhantomQuestion:
    """Now and then one option becomes "none of the above": a wrong one, or the right one."""
    chance = generator.random()
    if chance >= 0.2 or len(question.options) < 2:
        return question
    right = int(question.answer)
    options = list(question.options)
    if chance < 0.08:
        place = right
    else:
        place = int(generator.choice([k for k in range(len(options)) if k != right]))
    options[place] = _one(NONE_OF_THEM, generator)
    return replace(question, options=tuple(options))


def _followed_up(question: PhantomQuestion, generator: np.random.Generator) -> Exchange:
    """The question, an answer that is right half of the time, and a question about that answer."""
    true = bool(generator.random() < 0.5)
    text, letter_only = question_text(question, generator)
    given = question.answer if true else _wrong(question, generator)
    first = Turn(text, _said(question, given, letter_only=letter_only), learned=true)
    if generator.random() < 0.5:
        return first, Turn(_one(SURE, generator), "Yes" if true else "No")
    return first, Turn(_one(TRUE, generator), "True" if true else "False")


def _proposed(question: PhantomQuestion, generator: np.random.Generator) -> Turn:
    """The question and a proposed answer in one turn."""
    true = bool(generator.random() < 0.5)
    text, letter_only = question_text(question, generator)
    given = question.answer if true else _wrong(question, generator)
    said = _said(question, given, letter_only=letter_only)
    form = _one(
        (
            "{text}\nProposed answer: {said}\nIs the proposed answer true? Answer True or False.",
            "{text}\nProposed answer: {said}\nIs it true? Answer True or False.",
            "Question: {text}\nAnswer: {said}\nIs this answer correct? Answer with yes or no.",
            f"Question: {{text}}\nYour answer: {{said}}\n{SURE[0]}",
        ),
        generator,
    )
    yes, no = ("True", "False") if form.endswith("False.") else ("Yes", "No")
    return Turn(form.format(text=text, said=said), yes if true else no)


def _wrong(question: PhantomQuestion, generator: np.random.Generator) -> Gold:
    answer = question.answer
    if isinstance(answer, bool):
        return not answer
    if isinstance(answer, int):
        return int(generator.choice([k for k in range(len(question.options)) if k != answer]))
    pools = {"side": SIDES, "modality": MODALITIES, "finding": (NORMAL, *ALL_FINDINGS)}
    return _one([text for text in pools[question.topic] if text != answer], generator)


def _one(values: Sequence[str], generator: np.random.Generator) -> str:
    return values[int(generator.integers(len(values)))]
