"""Rules tell what a pair asks about; a change of a rule is a new version."""

from __future__ import annotations

from hashlib import sha256

import pytest

from medtrust.data.mediconfusion.patterns import NONE, PATTERNS, VERSION, origin, tags

DIGESTS = {1: "8883d14f87cc2dda"}
"""Of the rules by version: a change without a new version fails here."""


def test_a_change_of_the_rules_needs_a_new_version() -> None:
    written = repr([(rule.tag, rule.confirmed, rule.words) for rule in PATTERNS])
    assert sha256(written.encode()).hexdigest()[:16] == DIGESTS[VERSION]


@pytest.mark.parametrize(
    ("question", "options", "wanted"),
    [
        ("Is the duct normal?", ("Yes", "No"), {"normal-or-variant"}),
        ("Which anatomical variant is it?", ("One", "Two"), {"normal-or-variant"}),
        ("What is the finding?", ("A cystic tumour", "Nothing"), {"lesion"}),
        ("What is its signal?", ("Hyperintense", "Hypointense"), {"signal"}),
        ("What is its echogenicity?", ("Anechoic", "Isoechoic"), {"signal"}),
        ("Which vessel is it?", ("Vertebral artery", "Basilar artery"), {"vascular"}),
        ("What was placed?", ("A stent", "Two coils"), {"device"}),
        ("Where is it?", ("At the left", "At the right"), {"location"}),
        ("What of the vertebral body?", ("C4 fracture", "L4/L5 disc"), {"spine"}),
        ("Which sequence is it?", ("T1-weighted", "FLAIR"), {"modality-or-orientation"}),
        ("What is around it?", ("Oedema", "Haemorrhage"), {"fluid-or-haemorrhage"}),
        ("Is it so?", ("Yes", "No"), {NONE}),
    ],
)
def test_each_rule_meets_its_words(
    question: str, options: tuple[str, str], wanted: set[str]
) -> None:
    assert set(tags(question, options)) == wanted


def test_words_inside_other_words_do_not_count() -> None:
    assert tags("Was it brightly leftover?", ("Massive", "Recoiled")) == (NONE,)


def test_a_pair_may_have_several_tags_in_a_fixed_order() -> None:
    options = ("Aneurysm of the left internal carotid artery", "Normal")
    assert tags("What is seen?", options) == ("normal-or-variant", "vascular", "location")
    assert tags("What is seen?", options[::-1]) == tags("What is seen?", options)


def test_each_tag_says_where_it_comes_from() -> None:
    assert origin("vascular") == origin("device") == "confirmed"
    assert origin("spine") == origin(NONE) == "ours"
    with pytest.raises(KeyError):
        origin("unheard")
