from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from medtrust.cli.embed import SHOWN, Watch, about
from medtrust.cli.mine_images import describe
from medtrust.core.records import ImageRef
from medtrust.data.phantom.mined import Truth
from medtrust.mining.encoder import EncoderIdentity
from medtrust.mining.encoding import Encoded, Problem
from medtrust.mining.pictures import Picture, Pictures


def encoded(n_problems: int = 0, *, copies: tuple[tuple[str, str], ...] = ()) -> Encoded:
    return Encoded(
        identity=EncoderIdentity("hf", "tiny", "abc"),
        pictures=tuple(Picture(f"{n}.png", ImageRef("sha256:a")) for n in range(3)),
        digests=("a", "b", "c"),
        vectors=np.eye(3, dtype=np.float32),
        copies=copies,
        problems=tuple(
            Problem(f"p{n}", "image-empty", f"Image p{n} is empty.") for n in range(n_problems)
        ),
        n_encoded=2,
    )


def test_what_was_done_and_left_is_said() -> None:
    pictures = Pictures((), Counter({".dcm": 4, ".txt": 1}))
    assert about(pictures, encoded(1, copies=(("d.png", "a.png"),))) == [
        "hf/tiny@abc?dtype=float32&pooling=none: 2 images encoded, 1 from the store.",
        "Copies of other files, without a row of their own: 1.",
        "Files that are no images by name: 5 (.dcm 4, .txt 1).",
        "Images without a vector: 1.",
        "  image-empty: Image p0 is empty.",
    ]


def test_many_problems_are_cut_short_with_the_way_to_all() -> None:
    said = about(Pictures(()), encoded(SHOWN + 5))
    assert len(said) == 1 + 1 + SHOWN + 1
    assert said[-1] == "  ... and 5 more: --json lists them."


def test_the_truth_stands_beside_chance() -> None:
    truth = Truth(
        pairs=40, differ=10, by_label=Counter(finding=9, side=1),
        all_pairs=1000, all_differ=100, one_modality=200,
    )  # fmt: skip
    assert describe(truth) == (
        "By their labels 10 of 40 pairs (25.0%) differ in what can be asked (finding 9, side 1); "
        "of all pairs of these images 10.0% do, of those of one modality 50.0%."
    )
    nothing = Truth(0, 0, Counter(), 10, 1, 4)
    assert describe(nothing) == "No pair to compare with the labels."


def test_a_quiet_watch_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Watch(quiet=True) as watch:
        watch(1, 2)
    assert capsys.readouterr().err == ""
