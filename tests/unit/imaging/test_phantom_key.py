from __future__ import annotations

import pytest

from medtrust.core.errors import ImageError
from medtrust.imaging.phantom.key import phantom_from_key, phantom_key
from medtrust.imaging.phantom.labels import MAX_SEED, phantom


def test_a_key_says_the_version_the_seed_and_what_was_forced_in_order() -> None:
    assert phantom_key(phantom(17)) == "phantom-1:17"
    forced = phantom(17, side="left", finding="nodule")
    assert phantom_key(forced) == "phantom-1:17?finding=nodule&side=left"


def test_blanks_in_values_are_written_as_plus_signs() -> None:
    p = phantom(0, age_group="60 and over", finding="pleural effusion", device="none")
    key = phantom_key(p)
    assert key == "phantom-1:0?age_group=60+and+over&device=none&finding=pleural+effusion"
    assert phantom_from_key(key) == p


@pytest.mark.parametrize(
    "key", ["blank:9x9", "sha256:00", "cares:set/a.jpg", "phantom:1", "phantom-limbs:1.png", ""]
)
def test_keys_of_other_images_are_left_to_others(key: str) -> None:
    assert phantom_from_key(key) is None


@pytest.mark.parametrize(
    "key",
    [
        "phantom-2:17",
        "phantom-1:",
        "phantom-1:-3",
        "phantom-1:017",
        "phantom-01:17",
        f"phantom-1:{MAX_SEED + 1}",
        "phantom-1:17?",
        "phantom-1:17?side=left&finding=nodule",
        "phantom-1:17?side=left&side=left",
        "phantom-1:17?finding=flu",
        "phantom-1:17?seed=3",
        "phantom-1:17?finding=nodule&modality=CT",
        "phantom-1:17?finding",
        "phantom-1:17 ",
    ],
)
def test_a_key_that_names_no_phantom_or_not_as_it_is_written_is_refused(key: str) -> None:
    with pytest.raises(ImageError, match="cannot be drawn") as caught:
        phantom_from_key(key)
    assert caught.value.reason == "image-unreadable"
