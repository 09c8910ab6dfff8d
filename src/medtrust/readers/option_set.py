"""The options of one question, compiled once: how each may be written inside an answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from medtrust.readers.languages.respelling import respelled
from medtrust.readers.languages.script import IDEOGRAPHS, has_ideographs
from medtrust.readers.languages.spoken import spoken_in
from medtrust.readers.plain_text import plain_text
from medtrust.readers.reading import Reading, chosen
from medtrust.readers.refusal import refuses

MAX_LETTERS = 26

_TOKEN = re.compile(r"[^\W_]+")
_LEADING_ARTICLE = re.compile(r"\A(?:[Aa]n?|[Tt]he)\s+(?=[a-z])")
_NONE = re.compile(r"(?:none|neither)\b|no correct (?:answer|option)|not listed\b")
_YES_NO_WORD = re.compile(r"\W*(?P<word>yes|no)\b")
# no word before or after, and a number is not the tail or head of a longer one ("1.5" and "5")
_BEFORE = r"(?<![^\W_])(?<!\d[.,])"
_AFTER = r"(?![^\W_]|[.,]\d)"
# words in ideographs begin and end without a sign
_BEFORE_ANY = rf"(?:{_BEFORE}|(?=[{IDEOGRAPHS}]))"
_AFTER_ANY = rf"(?:{_AFTER}|(?<=[{IDEOGRAPHS}]))"
_ARTICLE = r"(?:(?:the|an?)\s+)?"


@dataclass(frozen=True, slots=True)
class OptionText:
    """One way an option may be written, and the options written so.

    Attributes:
        indices: The options with this text; more than one when a question repeats itself.
        is_bare_yes_no: The text is no more than "yes" or "no".
        is_single_letter: The text is one letter, so that it may also be meant as a label.
        declines: The option is itself an abstention ("Cannot be determined").
    """

    indices: frozenset[int]
    is_bare_yes_no: bool
    is_single_letter: bool
    declines: bool


@dataclass(frozen=True, slots=True)
class OptionSet:
    """The compiled options of one question.

    Attributes:
        count: Number of options.
        pattern: Any option's text in lower-cased plain text, longest first; its group i
            is `texts[i-1]`.
        texts: What each group of `pattern` stands for.
        exact: Lower-cased plain text of an option, stripped -> its index (unique ones only).
        written: What the commonest whole answers ("b. pneumonia") read as, in lower case.
        mentions: Ends with a letter that may name an option, in plain text.
        alone: The set of each option alone.
        yes: Index of the one option that begins with "yes", None unless one begins with "no" too.
        no: Index of the one option that begins with "no", None likewise.
        none: Index of the one option that says "none of the above", or None.
    """

    count: int
    pattern: re.Pattern[str]
    texts: tuple[OptionText, ...]
    exact: dict[str, int]
    written: dict[str, Reading[int]]
    mentions: re.Pattern[str]
    alone: tuple[frozenset[int], ...]
    yes: int | None
    no: int | None
    none: int | None

    def text_of(self, match: re.Match[str]) -> OptionText:
        """The option text that `pattern` matched."""
        return self.texts[(match.lastindex or 1) - 1]


@lru_cache(maxsize=8192)
def compile_options(options: tuple[str, ...]) -> OptionSet:
    """Compile the options of a question; cached, because few option sets serve many questions."""
    plain = [plain_text(option).strip() for option in options]
    lower = [text.lower() for text in plain]
    yes, no = _yes_no_indices(lower)
    none = [index for index, text in enumerate(lower) if _NONE.match(respelled(text))]
    spellings = _spellings(plain)
    if yes is not None and no is not None:
        spellings.setdefault("yes", set()).add(yes)
        spellings.setdefault("no", set()).add(no)
    ordered = sorted(spellings, key=lambda spelling: (-len(spelling), spelling))
    alternatives = "|".join(f"({spelling})" for spelling in ordered)
    before, after = _boundaries(alternatives)
    last = chr(ord("a") + max(1, min(len(options), MAX_LETTERS)) - 1)
    return OptionSet(
        count=len(options),
        pattern=re.compile(rf"{before}{_ARTICLE}(?:{alternatives}){after}" if ordered else r"(?!)"),
        texts=tuple(_option_text(spelling, spellings[spelling], lower) for spelling in ordered),
        exact={text: index for index, text in enumerate(lower) if text and lower.count(text) == 1},
        written=_written(lower),
        mentions=re.compile(rf"(?:[(\[]|ption )[a-{last}](?![^\W_])|[A-{last.upper()}](?![^\W_])"),
        alone=tuple(frozenset((index,)) for index in range(len(options))),
        yes=yes,
        no=no,
        none=none[0] if len(none) == 1 else None,
    )


def _boundaries(alternatives: str) -> tuple[str, str]:
    if has_ideographs(alternatives):
        return _BEFORE_ANY, _AFTER_ANY
    return _BEFORE, _AFTER


def _yes_no_indices(lower: list[str]) -> tuple[int | None, int | None]:
    said = [_yes_or_no(text) for text in lower]
    if said.count(True) != 1 or said.count(False) != 1:
        return None, None
    return said.index(True), said.index(False)


def _yes_or_no(text: str) -> bool | None:
    """What an option says when it begins with yes or no, or is one of them in another language."""
    match = _YES_NO_WORD.match(text)
    if match is not None:
        return match["word"] == "yes"
    if not has_ideographs(text):
        return None
    for language in spoken_in(text):
        begins = language.yes_no.leading.match(text)
        if begins is not None and begins["stop"] is not None:
            return begins["word"] in language.yes_no.yes_words
    return None


def _spellings(plain: list[str]) -> dict[str, set[int]]:
    """Regular expression of each option's text -> the options written so.

    Punctuation and articles are free, unless two different options would then look the same
    ("<5 cm" and ">5 cm"): those must be written with their punctuation.
    """
    loose = [_loose(text) for text in plain]
    exact = [r"\s+".join(re.escape(part) for part in text.lower().split()) for text in plain]
    found: dict[str, set[int]] = {}
    for index, spelling in enumerate(loose):
        twins = {exact[other] for other, twin in enumerate(loose) if twin == spelling}
        chosen = spelling if spelling and len(twins) == 1 else exact[index]
        if has_ideographs(chosen) and _is_bare_yes_no(chosen):
            chosen = rf"{chosen}(?![{IDEOGRAPHS}])"  # "there is" begins many other words
        if chosen:
            found.setdefault(chosen, set()).add(index)
    return found


def _is_bare_yes_no(text: str) -> bool:
    return any(text in language.yes_no.bare for language in spoken_in(text))


def _written(lower: list[str]) -> dict[str, Reading[int]]:
    """Whole answers that need no further thought: they are most of what models say."""
    found: dict[str, Reading[int]] = {}
    ambiguous: set[str] = set()
    for index, text in enumerate(option.strip(" .") for option in lower[:MAX_LETTERS]):
        letter = chr(ord("a") + index)
        marks = (f"{letter}. ", f"{letter}) ", f"({letter}) ", f"{letter}: ", f"{letter}:")
        readings = {text: chosen(index, "option-text")} if len(text) > 1 else {}
        readings |= {f"{mark}{text}": chosen(index, "leading-letter") for mark in marks if text}
        ambiguous |= readings.keys() & found.keys()
        found |= readings
    return {text: reading for text, reading in found.items() if text not in ambiguous}


def _loose(text: str) -> str:
    without_article = _LEADING_ARTICLE.sub("", text, count=1) if text[:1] in "aAtT" else text
    words = _TOKEN.findall(without_article)
    kept = [
        word.lower()
        for place, word in enumerate(words)
        if place in (0, len(words) - 1) or word not in ("a", "an", "the")
    ]
    between = r"[\W_]*" if has_ideographs(text) else rf"[\W_]+{_ARTICLE}"
    return between.join(re.escape(word) for word in kept)


def _option_text(spelling: str, indices: set[int], lower: list[str]) -> OptionText:
    return OptionText(
        indices=frozenset(indices),
        is_bare_yes_no=_is_bare_yes_no(spelling.split("(?", 1)[0]),
        is_single_letter=len(spelling) == 1 and spelling.isalpha() and not has_ideographs(spelling),
        declines=any(refuses(lower[index]) for index in indices),
    )
