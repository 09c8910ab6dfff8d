"""Phantoms are pure functions of their keys."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from medtrust.core.errors import UserError
from medtrust.core.records import ImageRef
from medtrust.imaging.load import load_image
from medtrust.imaging.phantom.draw import draw
from medtrust.imaging.phantom.key import phantom_from_key, phantom_key
from medtrust.imaging.phantom.labels import MAX_SEED, VALUES, Phantom, phantom
from medtrust.imaging.phantom.region import region

seeds = st.integers(0, MAX_SEED)
forced_labels = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(values) for name, values in VALUES.items()}
)


@st.composite
def phantoms(draw_value: st.DrawFn) -> Phantom:
    try:
        return phantom(draw_value(seeds), **draw_value(forced_labels))
    except UserError:
        assume(False)
        raise


@given(phantoms())
def test_a_key_names_one_phantom_and_a_phantom_has_one_key(p: Phantom) -> None:
    assert phantom_from_key(phantom_key(p)) == p


@given(phantoms())
def test_what_is_forced_is_so(p: Phantom) -> None:
    for name, value in p.forced:
        assert (getattr(p, name) or "none") == value


@given(seeds)
def test_forcing_what_was_drawn_anyway_changes_no_pixel(seed: int) -> None:
    drawn = phantom(seed)
    again = phantom(seed, modality=drawn.modality, finding=drawn.finding)
    assume(drawn.view != "lateral" or again.view == "lateral")
    assert draw(again).tobytes() == draw(drawn).tobytes()


@settings(max_examples=40)
@given(phantoms())
def test_the_key_alone_gives_the_same_bytes(p: Phantom) -> None:
    assert load_image(ImageRef(phantom_key(p))).tobytes() == draw(p).tobytes()


@settings(max_examples=60)
@given(phantoms())
def test_a_region_lies_in_the_image_and_exists_where_a_finding_does(p: Phantom) -> None:
    box = region(p)
    assert (box is None) == (p.finding == "normal")
    if box is not None:
        x0, y0, x1, y1 = box
        assert 0 <= x0 < x1 <= 112
        assert 0 <= y0 < y1 <= 112


def test_another_process_draws_the_same_bytes() -> None:
    keys = [phantom_key(phantom(seed)) for seed in range(30)]
    program = (
        "import sys; from hashlib import sha256; from medtrust.imaging.made import made_pixels\n"
        "for key in sys.argv[1:]: sys.stdout.write(sha256(made_pixels(key)).hexdigest() + chr(10))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *keys], capture_output=True, text=True, check=True
    )
    here = [sha256(load_image(ImageRef(key)).tobytes()).hexdigest() for key in keys]
    assert done.stdout.split() == here
