from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
from transformers.cache_utils import DynamicLayer

from medtrust.models.hf.growing import GrowingLayer, growing_cache

HEADS, KEY, VALUE = 2, 3, 5


def tokens(rows: int, n: int, begin: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Keys and values that differ in every place; values are wider than keys, as some models'."""
    keys = torch.arange(rows * HEADS * n * KEY, dtype=torch.float32) + begin
    values = torch.arange(rows * HEADS * n * VALUE, dtype=torch.float32) - begin
    return keys.reshape(rows, HEADS, n, KEY), values.reshape(rows, HEADS, n, VALUE)


@given(
    room=st.integers(0, 40),
    steps=st.lists(st.integers(1, 30), min_size=1, max_size=8),
    leave=st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_it_holds_what_a_layer_that_copies_at_every_step_holds(
    room: int, steps: list[int], leave: list[bool]
) -> None:
    growing, copying = GrowingLayer(room), DynamicLayer()
    rows = 4
    for number, (n, one_leaves) in enumerate(zip(steps, leave, strict=False)):
        new = tokens(rows, n, 1000.0 * number)
        given_back = growing.update(*(side.clone() for side in new))
        expected = copying.update(*new)
        for mine, other in zip(given_back, expected, strict=True):
            assert torch.equal(mine, other)
        if one_leaves and rows > 1:
            stay = torch.arange(1, rows)
            rows -= 1
            growing.batch_select_indices(stay)
            copying.batch_select_indices(stay)
        assert torch.equal(growing.keys, copying.keys)
        assert torch.equal(growing.values, copying.values)
        assert growing.get_seq_length() == copying.get_seq_length()


def test_tokens_within_the_room_are_written_behind_and_nothing_moves() -> None:
    layer = GrowingLayer(room=10)
    layer.update(*tokens(2, 4, 0.0))
    layer.update(*tokens(2, 1, 100.0))
    place = layer.keys.data_ptr()
    for number in range(9):
        layer.update(*tokens(2, 1, 200.0 + number))
    assert layer.keys.data_ptr() == place
    assert layer.get_seq_length() == 14


def test_a_tensor_that_someone_else_put_there_is_kept() -> None:
    layer = GrowingLayer(room=10)
    layer.update(*tokens(2, 4, 0.0))
    layer.update(*tokens(2, 1, 100.0))
    layer.reorder_cache(torch.tensor([1, 0]))
    swapped = layer.keys.clone()
    keys, _ = layer.update(*tokens(2, 1, 300.0))
    assert torch.equal(keys[:, :, :5], swapped)


def test_layers_come_as_the_model_needs_them() -> None:
    cache = growing_cache(room=3)
    cache.update(*tokens(1, 2, 0.0), 1)
    assert [type(layer) for layer in cache.layers] == [GrowingLayer, GrowingLayer]
    assert cache.get_seq_length(0) == 0
    assert cache.get_seq_length(1) == 2
