"""Readers turn a model's text into meaning: a choice, yes or no, a term, a refusal.

Every reader is pure, never raises on any text, and says when it could not read: a parse failure
is data, and hiding it as a wrong or a right answer would bias every number built on it.
`READER_VERSION` names the state of all of them; `medtrust.readers.official` holds what the
benchmarks' released scripts compute instead.
"""

from __future__ import annotations

from medtrust.readers.choice import read_choice
from medtrust.readers.reading import READER_VERSION, Reading
from medtrust.readers.reasoning import final_part
from medtrust.readers.refusal import is_refusal
from medtrust.readers.term import read_term
from medtrust.readers.yes_no import read_yes_no

__all__ = [
    "READER_VERSION",
    "Reading",
    "final_part",
    "is_refusal",
    "read_choice",
    "read_term",
    "read_yes_no",
]
