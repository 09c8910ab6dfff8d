"""How a member of a pair is asked: as it is, options exchanged, without its image, with another's.

Each image is asked alone, in a conversation of its own (protocol: single-image). The two members
of a pair get the same question and the same two options; the right one is the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from medtrust.core.records import Decoding, ImageRef, Kind, Message, Request, Sample
from medtrust.core.task import Ask, Setting, Skip

SWAPPED: Final = "options=swapped"
NO_IMAGE: Final = "image=none"
OTHER_IMAGE: Final = "image=other"
CONTROLS: Final = (NO_IMAGE, OTHER_IMAGE)
OTHER_DATA: Final = ("phantom", "folder")


def applies(sample: Sample, condition: str) -> bool:
    """Members of pairs with two options; another pair's image only where the data name one."""
    is_member = bool(sample.pair) and sample.kind is Kind.CHOICE and len(sample.options) == 2
    return is_member and (condition != OTHER_IMAGE or "other_image" in sample.source)


@dataclass(frozen=True, slots=True)
class Shown:
    """A member of a pair under a condition.

    Attributes:
        images: What is shown: its own image, none, or another pair's.
        options: In the order shown.
    """

    images: tuple[ImageRef, ...]
    options: tuple[str, str]

    def ask(self, text: str, decoding: Decoding, *, options: bool = True) -> Ask:
        """One user message: the images, then the text.

        Args:
            text: What is asked.
            decoding: How the answer is drawn.
            options: Whether the text shows the options.
        """
        message = Message("user", (*self.images, text))
        return Ask(Request((message,), decoding), options=self.options if options else ())


def shown(sample: Sample, setting: Setting) -> Shown:
    """What a condition shows of a member."""
    first, second = sample.options
    options = (second, first) if setting.parameters.get("options") == "swapped" else (first, second)
    images = sample.images
    if setting.parameters.get("image") == "none":
        images = ()
    elif setting.parameters.get("image") == "other":
        path = sample.source.get("other_image_path") or None
        images = (ImageRef(sample.source["other_image"], path=path),)
    return Shown(images, options)


def template(setting: Setting, key: str, own: str) -> str:
    """The published template of a mode where the run asks in published words, else ours.

    Raises:
        Skip: If published words are asked for and the checkout does not have this one.
    """
    if not setting.official:
        return own
    if key not in setting.official:
        raise Skip("no-published-text")
    return setting.official[key]


def place_in_file(sample: Sample, shown_options: tuple[str, str], place: int) -> float:
    """The option at a shown place as its place in the file: 0 for A, 1 for B."""
    return float(place if shown_options == sample.options else 1 - place)
