from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from medtrust.models.hf.memory import ran_out  # noqa: E402 - needs torch


def test_a_request_for_more_than_there_is_is_recognised_as_such() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60)
    assert ran_out(caught.value)
    assert ran_out(torch.OutOfMemoryError("CUDA"))


def test_other_faults_are_not() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.ones(2) @ torch.ones(3)
    assert not ran_out(caught.value)
