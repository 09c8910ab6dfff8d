"""Reading one term out of a free answer: the only one of a known list that it says is there.

For open questions whose gold is a single term ("What does the image show?" - "pneumothorax"). No
judge is asked: the answer is brought to one spelling (NFKC, lower case, no markup) and searched for
whole words.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from medtrust.readers.option_mentions import mentioned_texts
from medtrust.readers.option_set import OptionSet, compile_options
from medtrust.readers.plain_text import plain_text
from medtrust.readers.reading import Reading, chosen, no_choice
from medtrust.readers.reasoning import final_part
from medtrust.readers.refusal import refuses


def read_term(text: str, terms: Sequence[str]) -> Reading[int]:
    """Which term of a list an answer names.

    Of overlapping terms the longest counts ("pleural effusion" is no "effusion"); plurals with an
    s are the same term. A term that the answer denies ("no nodule") is not named by it.

    Args:
        text: The answer.
        terms: Distinct terms, each of one meaning; there may be many.

    Returns:
        "ok" with the index of the only term named; "refused" when the answer declines or abstains;
        "unparsed" when it names none, only denies, or names two different ones.
    """
    plain = plain_text(final_part(text)).strip()
    if not plain:
        return no_choice("unparsed", "empty")
    lower = plain.lower()
    if refuses(lower):
        return no_choice("refused", "refusal")
    mentions = mentioned_texts(_compiled(tuple(terms)), lower)
    named = {place % len(terms) for place in mentions.affirmed}
    if len(named) == 1:
        return chosen(named.pop(), "term")
    if named:
        return no_choice("unparsed", "several")
    return no_choice("unparsed", "denied" if mentions.denied else "nothing")


@lru_cache(maxsize=64)
def _compiled(terms: tuple[str, ...]) -> OptionSet:
    """The terms, then their plurals in the same order."""
    plurals = (f"{term}es" if term.endswith(("s", "x")) else f"{term}s" for term in terms)
    return compile_options((*terms, *plurals))
