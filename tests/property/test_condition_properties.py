"""Conditions: sorting is idempotent, and reading undoes writing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from medtrust.core.conditions import canonical_condition, parse_condition

pairs = st.dictionaries(
    st.from_regex(r"[a-z][a-z0-9-]{0,6}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,6}", fullmatch=True),
    min_size=1,
    max_size=4,
)


@given(pairs)
def test_any_order_of_pairs_is_the_same_condition(found: dict[str, str]) -> None:
    items = [f"{name}={value}" for name, value in found.items()]
    text = canonical_condition(";".join(items))
    assert canonical_condition(text) == text
    assert canonical_condition(";".join(reversed(items))) == text
    assert parse_condition(text) == found
