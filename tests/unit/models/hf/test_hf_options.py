from __future__ import annotations

import pytest

from medtrust.core.errors import UnknownNameError, UserError
from medtrust.models.hf.options import NAMES, LocalOptions, read_options


def test_without_options_the_defaults_hold() -> None:
    assert read_options({}) == LocalOptions()


def test_every_option_is_read() -> None:
    typed = {
        "device": "cuda:1", "dtype": "bfloat16", "batch": "7", "path": "plain", "context": "99",
        "keep_gib": "0.5", "revision": "abc", "top_logprobs": "20", "threads": "3",
    }  # fmt: skip
    assert set(typed) == set(NAMES)
    read = read_options(typed)
    assert read == LocalOptions("cuda:1", "bfloat16", 7, "plain", 99, 0.5, "abc", 20, 3)
    assert all(getattr(read, name) != getattr(LocalOptions(), name) for name in NAMES)


@pytest.mark.parametrize("text", ["0", "-1", "4097", "1.5", "", "٣", "1e3", " 2"])
def test_a_batch_is_a_whole_number_in_range(text: str) -> None:
    with pytest.raises(UserError, match=r"-M batch=.* is not a whole number from 1 to 4096\."):
        read_options({"batch": text})


@pytest.mark.parametrize("text", ["-0.1", "nan", "inf", "4097", "much"])
def test_memory_for_caches_is_a_number_in_range(text: str) -> None:
    with pytest.raises(UserError, match="is not a number of GiB from 0 to 4096"):
        read_options({"keep_gib": text})


@pytest.mark.parametrize("option", [{"dtype": "bf16"}, {"path": "shared"}, {"dtyp": "float32"}])
def test_unknown_names_and_values_are_refused_with_the_known_ones(option: dict[str, str]) -> None:
    with pytest.raises((UnknownNameError, UserError), match=r"did you mean|there are"):
        read_options(option)
