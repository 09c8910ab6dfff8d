"""Reading a single term out of a free answer."""

from __future__ import annotations

import pytest

from medtrust.readers.reading import Reading
from medtrust.readers.term import read_term

TERMS = ("normal", "nodule", "pleural effusion", "effusion", "mass", "chest x-ray", "CT", "MRI")


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("nodule", "nodule"),
        ("A nodule.", "nodule"),
        ("**Nodule**", "nodule"),
        ("The image shows a small NODULE in the left lung, a nodule of 2 cm.", "nodule"),
        ("Two nodules are seen.", "nodule"),
        ("Several masses", "mass"),
        ("There is a pleural effusion.", "pleural effusion"),
        ("An effusion.", "effusion"),
        ("This is a chest X-ray.", "chest x-ray"),
        ("chest x ray", "chest x-ray"),
        ("a ct scan", "CT"),
        ("\uff4e\uff4f\uff44\uff55\uff4c\uff45", "nodule"),
        ("No effusion, but there is a nodule.", "nodule"),
        ("<think>a mass?</think>nodule", "nodule"),
    ],
)
def test_the_only_term_that_is_named_is_read(text: str, term: str) -> None:
    assert read_term(text, TERMS) == Reading("ok", TERMS.index(term), "term")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "empty"),
        ("A dark round spot.", "nothing"),
        ("abnormal", "nothing"),
        ("nodular", "nothing"),
        ("a factor", "nothing"),
        ("There is no nodule.", "denied"),
        ("A nodule or a mass.", "several"),
        ("pleural effusion and nodule", "several"),
    ],
)
def test_none_or_two_different_terms_cannot_be_read(text: str, rule: str) -> None:
    assert read_term(text, TERMS) == Reading("unparsed", None, rule)


@pytest.mark.parametrize("text", ["I cannot tell from this image.", "I don't know."])
def test_an_answer_that_abstains_is_a_refusal(text: str) -> None:
    assert read_term(text, TERMS).status == "refused"


def test_a_longer_list_reads_the_same_term() -> None:
    assert read_term("nodule", ("nodule",)).value == 0
    assert read_term("nodules", (*TERMS, "cyst")).value == TERMS.index("nodule")
