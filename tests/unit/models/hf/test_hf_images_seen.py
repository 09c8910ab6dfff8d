from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
from transformers.modeling_outputs import BaseModelOutputWithPooling

from medtrust.models.hf.counters import Counters
from medtrust.models.hf.images_seen import ImagesSeen


class Tower(torch.nn.Module):
    """A tower that notes how many rows it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.looked: list[int] = []

    def forward(self, pixel_values: torch.Tensor, **_named: Any) -> BaseModelOutputWithPooling:
        self.looked.append(len(pixel_values))
        states = pixel_values.flatten(1)
        return BaseModelOutputWithPooling(
            last_hidden_state=states * 2, pooler_output=None, hidden_states=(states, states + 1)
        )


class Model(torch.nn.Module):
    def __init__(self, tower: Tower) -> None:
        super().__init__()
        self.vision_tower = tower


def make(most_bytes: int = 1 << 20) -> tuple[Tower, ImagesSeen, Counters]:
    tower, counters = Tower(), Counters()
    return tower, ImagesSeen(Model(tower), counters, most_bytes), counters


def images(*shades: float) -> torch.Tensor:
    return torch.stack([torch.full((3, 2, 2), shade) for shade in shades])


def look(tower: Tower, seen: ImagesSeen, *shades: float, n_images: int = 0) -> Any:
    seen.showing(n_images or len(shades))
    return tower(images(*shades), return_dict=True)


def test_an_image_goes_through_the_tower_once_alone_or_among_others() -> None:
    tower, seen, counters = make()
    look(tower, seen, 1.0)
    assert seen.row_wise
    given = look(tower, seen, 2.0, 1.0, 3.0, 2.0)
    assert tower.looked == [1, 2], "only the two new ones, each once"
    assert counters.image_encodes == 3
    assert given.last_hidden_state[:, 0].tolist() == [4.0, 2.0, 6.0, 4.0]
    assert given.hidden_states[1][:, 0].tolist() == [3.0, 2.0, 4.0, 3.0]
    assert given.pooler_output is None
    again = look(tower, seen, 3.0)
    assert again.last_hidden_state.tolist() == [[6.0] * 12]
    assert tower.looked == [1, 2]


def test_a_tower_with_several_rows_an_image_is_given_whole_calls() -> None:
    tower, seen, counters = make()
    look(tower, seen, 1.0, 2.0, n_images=1)
    assert not seen.row_wise
    look(tower, seen, 1.0, 2.0, 3.0, 4.0, n_images=2)
    look(tower, seen, 1.0, 2.0, 3.0, 4.0, n_images=2)
    assert tower.looked == [2, 4]
    assert counters.image_encodes == 3


def test_what_was_not_seen_for_long_is_forgotten_and_looked_at_again() -> None:
    size = 3 * 12 * 4  # three tensors of twelve numbers
    tower, seen, counters = make(most_bytes=2 * size)
    look(tower, seen, 1.0)
    given = look(tower, seen, 2.0, 3.0, 4.0)
    assert given.last_hidden_state[:, 0].tolist() == [4.0, 6.0, 8.0]
    look(tower, seen, 4.0)
    assert tower.looked == [1, 3]
    look(tower, seen, 1.0)
    assert tower.looked == [1, 3, 1]
    assert counters.image_encodes == 5


def test_forgetting_everything_gives_the_memory_back() -> None:
    tower, seen, _ = make()
    look(tower, seen, 1.0)
    seen.forget()
    look(tower, seen, 1.0)
    assert tower.looked == [1, 1]


def test_writing_into_what_came_back_changes_nothing_remembered() -> None:
    tower, seen, _ = make()
    look(tower, seen, 1.0).last_hidden_state = None
    assert look(tower, seen, 1.0).last_hidden_state is not None
