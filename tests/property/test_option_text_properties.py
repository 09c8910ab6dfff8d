"""Option strings that are written and read again."""

from __future__ import annotations

import re

from hypothesis import assume, given
from hypothesis import strategies as st

from medtrust.data.option_text import LETTERS, match_gold, parse_options, strip_option_list

TEXT = (
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1, max_size=30)
    .map(str.strip)
    .filter(bool)
)
OPTIONS = st.lists(TEXT, min_size=2, max_size=8, unique=True)


def holds_a_marker(text: str) -> bool:
    """Whether an option holds something that reads as the beginning of the next one."""
    return re.search(r"[A-J]\s*[:.)]", text) is not None


@given(OPTIONS, st.sampled_from([", ", "; "]), st.sampled_from([":", ": ", ". ", ") "]))
def test_what_is_written_with_separators_is_read_back(
    options: list[str], separator: str, mark: str
) -> None:
    # a separator at the end of an option would belong to the marker, and a marker inside to both
    assume(not any(holds_a_marker(text) or text[-1] in ",;(" for text in options))
    assume(not any(text[0] in ":.)" or text[0].isspace() for text in options))
    written = separator.join(
        f"{letter}{mark}{text}" for letter, text in zip(LETTERS, options, strict=False)
    )
    assert parse_options(written) == tuple(options)


@given(OPTIONS, st.data())
def test_every_option_is_found_by_its_own_text(options: list[str], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(options) - 1))
    assert match_gold(options[index], options) == index


@given(OPTIONS)
def test_every_label_finds_its_option(options: list[str]) -> None:
    assume(not any(text.casefold() in LETTERS.casefold() for text in options))
    for index, letter in enumerate(LETTERS[: len(options)]):
        assert match_gold(letter, options) == index


@given(st.text(max_size=60))
def test_any_string_is_parsed_or_refused_but_never_breaks(text: str) -> None:
    options = parse_options(text)
    assert options == () or (len(options) >= 2 and all(options))


@given(TEXT, OPTIONS)
def test_stripping_never_leaves_nothing_and_only_shortens(
    question: str, options: list[str]
) -> None:
    stripped = strip_option_list(question, options)
    assert stripped
    assert question.startswith(stripped)
