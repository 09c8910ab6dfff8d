"""What a reader must know of a language: its phrases, as one table.

The readers hold the mechanism and no words. A new language is one more file beside `english.py`
with a `Language` in it, and one more line in `spoken.py`. All patterns search plain text in lower
case (see `plain_text`), so they are written without capitals, curly quotes and full-width forms.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Pattern = re.Pattern[str]
Cue = tuple[str, Pattern]
"""A pattern that announces a choice, and a word that every text holds in which it can match."""


@dataclass(frozen=True, slots=True)
class Refusals:
    """Phrases by which an answer declines or abstains.

    Attributes:
        declines: The model will or can not do what is asked.
        disclaims: What the speaker is not, or is only. A refusal unless the text then answers or
            describes what it sees.
        unknown: The answer is not known, or not by the one who speaks. A refusal unless the text
            then says what it takes for the answer.
        answers: A declared answer ("Answer: B"): the text that holds one is no refusal.
        describes: What a disclaimer is followed by where an answer follows.
        answers_anyway: What doubt is followed by where an answer follows.
        declines_words: Every text that `declines` finds holds one of these. They are cheap to look
            for, and most texts hold none.
        answers_word: The one word that every text holds which `answers` finds.
        disclaims_words: The same as `declines_words` for `disclaims`.
        unknown_words: The same for `unknown`.
    """

    declines: Pattern
    disclaims: Pattern
    unknown: Pattern
    answers: Pattern
    describes: Pattern
    answers_anyway: Pattern
    declines_words: tuple[str, ...]
    answers_word: str
    disclaims_words: tuple[str, ...]
    unknown_words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class YesNo:
    """Phrases that say yes or no. Patterns with a group `word` hold the word that says it.

    Attributes:
        yes: Whole answers that mean yes.
        no: Whole answers that mean no.
        bare: Option texts that are no more than yes or no: they are read as words, not as texts.
        yes_words: Those matches of a group `word` that mean yes; the others mean no.
        any_word: A word somewhere; where it is not found, only beginnings and statements are read.
        declared: An announcement and its word; the last one counts.
        leading: The text's beginning with its word, and a group `stop` when the word stands alone.
        needs_stop: Words that begin a statement ("no effusion") unless something stops them.
        not_leading: From a word on: an idiom in which it says nothing ("no doubt").
        speaks_again: What follows "no" when the word was about answering ("no, I cannot ...").
        last: A word that ends the text.
        only_yes: A yes in running text; it counts where `any_no` finds nothing.
        any_no: A no or a negation in running text.
        pair: Two pieces of text, without both of which `both`, `only_both` and `echo` can't match.
        echo: The question's own "(yes or no)", repeated.
        both: Both words in one breath.
        only_both: Nothing but both words.
        normality: A statement that answers yes to one question and no to its opposite.
        undecided: A statement that leaves open what it says.
        negative: A statement that something is not there.
        affirmative: A statement that something is there.
        contrast: What turns a negative statement around half-way.
        sentence_end: The end of a sentence.
    """

    yes: frozenset[str]
    no: frozenset[str]
    bare: frozenset[str]
    yes_words: frozenset[str]
    any_word: Pattern
    declared: Pattern
    leading: Pattern
    needs_stop: frozenset[str]
    not_leading: Pattern
    speaks_again: tuple[str, ...]
    last: Pattern
    only_yes: Pattern
    any_no: Pattern
    pair: tuple[str, str]
    echo: Pattern
    both: Pattern
    only_both: Pattern
    normality: Pattern
    undecided: Pattern
    negative: Pattern
    affirmative: Pattern
    contrast: Pattern
    sentence_end: Pattern


@dataclass(frozen=True, slots=True)
class Mentions:
    """What is said of an option whose text occurs in running text.

    Attributes:
        denied_before: Text before it that denies it; ends at the option.
        denied_after: Text behind it that denies it.
        not_denied_before: Text before it in which `denied_before` is no denial.
        concluded_before: Text before it that makes it the conclusion; ends at the option.
    """

    denied_before: Pattern
    denied_after: Pattern
    not_denied_before: Pattern
    concluded_before: Pattern


@dataclass(frozen=True, slots=True)
class Cues:
    """Words that announce a choice: those that the choice reader knows, which are English.

    Attributes:
        strong: Words such as "answer" and "choose"; what follows is a claim.
        weak: Words such as "so"; only a letter after them is a claim.
        disowned: Said right before a cue, it takes the cue's word away ("the wrong answer is").
        refused: Said right before a cue, it denies the claim ("I would not choose").
    """

    strong: tuple[Cue, ...]
    weak: tuple[Cue, ...]
    disowned: Pattern
    refused: Pattern


@dataclass(frozen=True, slots=True)
class Choices:
    """What the choice reader must know of a language.

    Attributes:
        mentions: What is said of option texts.
        respelled: Phrases that announce or judge a choice, and the English words for them: the
            choice reader has one grammar of letters, and every other language is brought to it.
    """

    mentions: Mentions
    respelled: tuple[tuple[Pattern, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Language:
    """The phrases of one language.

    Attributes:
        name: Its English name.
        refusals: How an answer declines.
        yes_no: How an answer says yes or no.
        choices: How an answer announces a choice.
    """

    name: str
    refusals: Refusals
    yes_no: YesNo
    choices: Choices
