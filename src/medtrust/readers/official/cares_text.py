"""The text measures that the CARES release carries along and never calls (commit a743fe0).

They come from LLaVA-Med; the normalisation is that of the VQA challenge (Antol et al. 2015, arXiv
1505.00468). They are here so that numbers made with them elsewhere can be made again. All of them
count words in ways of their own, which each docstring says; use none of them to judge an answer.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from medtrust.metrics.two_by_two import Share

_PUNCTUATION: Final = ';/["]{}()=+\\_-><@`,?!'
_DIGIT_COMMA_DIGIT: Final = re.compile(r"\d,\d")
_STOP_BEFORE_NO_DIGIT: Final = re.compile(r"\.(?!\d)")
_MOST_STOPS: Final = 32
"""The flag for Unicode, whose number is 32, stands where the largest count of replacements goes."""

_ARTICLES: Final = frozenset({"a", "an", "the"})
_NUMBERS: Final = {
    word: str(number)
    for number, word in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    )
} | {"none": "0"}
_CONTRACTED: Final = (
    "ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've "
    "hasn't haven't he'd he'd've he's how'd how'll how's isn't it'd it'd've it'll ma'am "
    "mightn't mightn't've might've mustn't must've needn't not've o'clock oughtn't 'ow's'at "
    "shan't she'd've should've shouldn't shouldn't've somebody'd've somebody'll somebody's "
    "someone'd someone'd've someone'll someone's something'd something'd've something'll "
    "that's there'd there'd've there're there's they'd they'd've they'll they're they've 'twas "
    "wasn't we'd've we've weren't what'll what're what's what've when's where'd where's "
    "where've who'd who'd've who'll who's who've why'll why're why's won't would've wouldn't "
    "wouldn't've y'all y'all'll y'all'd've you'd you'd've you'll you're you've"
)


def _without_one_apostrophe(word: str) -> Iterator[str]:
    """The spellings of a contraction that lack one of its apostrophes."""
    for place, character in enumerate(word):
        if character == "'":
            yield word[:place] + word[place + 1 :]


_CONTRACTIONS: Final = {
    spelling: word for word in _CONTRACTED.split() for spelling in _without_one_apostrophe(word)
} | {"somebody'd": "somebodyd"}  # the one pair that stands the wrong way round


def normalised(text: str) -> str:
    """Lower case, number words as digits, no articles, apostrophes put back, no punctuation.

    A mark of punctuation that has a blank beside it somewhere in the text is deleted everywhere;
    any other becomes a blank. One comma between digits anywhere has all marks deleted. Full stops
    go unless a digit follows, but only the first 32 of those: the guard against a digit in front is
    misspelt and the flag behind is taken for a count. "none" is "0". The released table of
    contractions has four with a capital letter, which no lower-case word can meet.
    """
    all_deleted = _DIGIT_COMMA_DIGIT.search(text) is not None
    cleaned = text
    for mark in _PUNCTUATION:
        deleted = all_deleted or f"{mark} " in text or f" {mark}" in text
        cleaned = cleaned.replace(mark, "" if deleted else " ")
    cleaned = _STOP_BEFORE_NO_DIGIT.sub("", cleaned, count=_MOST_STOPS)
    numbered = (_NUMBERS.get(word, word) for word in cleaned.lower().split())
    return " ".join(_CONTRACTIONS.get(word, word) for word in numbered if word not in _ARTICLES)


def exact_match(candidate: str, reference: str) -> float:
    """Different reference words found in the candidate, by all words of the candidate.

    So nothing about it is exact: a candidate inside a longer reference gets 1, one that says more
    or repeats itself gets less. 0 for an empty candidate.
    """
    said, wanted = _words(normalised(candidate)), _words(normalised(reference))
    total = said.total()
    return sum(word in said for word in wanted) / total if total else 0.0


def token_overlap(candidate: str, reference: str) -> tuple[float, float, float]:
    """F1, precision and recall of words after `normalised`.

    A shared word counts as often as the candidate says it, however often the reference does, and a
    shared word is never missed in part; so repeating a right word raises all three. All are 0 where
    either text is empty or nothing is shared.
    """
    said, wanted = _words(normalised(candidate)), _words(normalised(reference))
    shared = sum(count for word, count in said.items() if word in wanted)
    missed = sum(count for word, count in wanted.items() if word not in said)
    if shared == 0:
        return 0.0, 0.0, 0.0
    precision, recall = shared / said.total(), shared / (shared + missed)
    return 2 * precision * recall / (precision + recall), precision, recall


def token_f1(candidate: str, reference: str) -> float:
    """The F1 of `token_overlap`."""
    return token_overlap(candidate, reference)[0]


def bleu_1(candidate: str, reference: str) -> Share:
    """BLEU of single words, in (0, 1], with the release's own ideas of length and of nothing.

    Texts are not normalised, only lower-cased, so a full stop is part of its word. The brevity
    penalty compares lengths in characters. A precision of 0 is left out of the mean of logarithms
    instead of ending it, so a candidate that shares no word gets the bare penalty: 1 if it is the
    longer text.

    Returns:
        None where the script divides by zero: for a candidate without a word.

    Source: Papineni et al. 2002, ACL, pages 311-318, which this departs from as said.
    """
    said, wanted = _words(candidate), _words(reference)
    if not said:
        return Share(None, "the candidate has no words: the script divides by zero")
    penalty = 1.0
    if len(candidate) <= len(reference):
        penalty = math.exp(1 - len(reference) / len(candidate))
    precision = (said & wanted).total() / said.total()
    logarithm = math.log(precision) if precision else 0.0
    return Share(penalty * math.exp(logarithm))


def closed_set_match(prediction: str, reference: str, candidates: Sequence[str | int]) -> float:
    """1 if the candidate that the prediction covers best is the reference, else 0.

    A candidate is covered by the share of its different words that the prediction holds; the first
    of equally covered ones wins, so a prediction that fits none picks the first candidate, and a
    short candidate beats a longer one that contains it.

    Raises:
        ValueError: Without candidates, as in the script.
    """
    if not candidates:
        raise ValueError("there is no candidate to choose from")
    said = _words(normalised(prediction))
    known = [normalised(str(candidate)) for candidate in candidates]

    def covered(candidate: str) -> float:
        words = _words(candidate)
        return sum(word in words for word in said) / len(words) if words else 0.0

    return float(max(known, key=covered) == normalised(reference))


def _words(text: str) -> Counter[str]:
    return Counter(text.lower().split())
