"""Asking one question: our words or the published ones, and what conditions change."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from medtrust.core.errors import UserError
from medtrust.core.keys import request_id
from medtrust.core.records import Alteration, ImageRef, Kind
from medtrust.core.task import Ask, Skip
from medtrust.probes.question import BLANK_KEY, DECODING, option_order, own_text, question
from parts.questions import SIDES, choice, open_ended, setting, yes_no

OFFICIAL = {"question": "the text field of the question files"}
WRITTEN = "A:left half, B:right half, C:nowhere"


def text_of(ask: Ask) -> str:
    return str(ask.request.messages[0].content[-1])


def test_a_choice_lists_its_options_by_letter_and_a_yes_no_question_none() -> None:
    shown = text_of(question(choice(), setting()))
    assert "A. left half\nB. right half\nC. nowhere" in shown
    assert "A." not in text_of(question(yes_no(), setting()))
    assert text_of(question(open_ended(), setting())).startswith("What is seen?")


def test_braces_in_a_question_are_text() -> None:
    assert "{options} {0}" in own_text(Kind.CHOICE, "{options} {0}", ("{question}", "b"))


def test_images_come_before_the_text_in_the_order_of_the_sample() -> None:
    images = (ImageRef("sha256:1"), ImageRef("sha256:2"))
    (message,) = question(replace(yes_no(), images=images), setting()).request.messages
    assert message.content[:2] == images
    assert message.role == "user"


def test_every_image_becomes_the_same_grey_one() -> None:
    images = (ImageRef("sha256:1"), ImageRef("sha256:2"))
    ask = question(replace(yes_no(), images=images), setting("image=blank"))
    assert ask.request.messages[0].content[:2] == (ImageRef(BLANK_KEY),) * 2


def test_equal_questions_on_the_grey_image_are_one_request() -> None:
    one, other = (question(yes_no(i), setting("image=blank")).request for i in (1, 2))
    assert request_id(one) == request_id(other)
    one, other = (question(yes_no(i), setting()).request for i in (1, 2))
    assert request_id(one) != request_id(other)


def test_noise_is_an_alteration_of_each_image_that_the_seed_and_the_image_decide() -> None:
    images = (ImageRef("sha256:1", path="there.png"), ImageRef("sha256:2"))
    sample = replace(yes_no(), images=images)

    def asked(condition: str, seed: int = 0) -> list[ImageRef]:
        (message,) = question(sample, setting(condition, seed=seed)).request.messages
        return [part for part in message.content if isinstance(part, ImageRef)]

    one, two = asked("noise=gaussian-0.2")
    (step,) = one.alterations
    assert (step.operation, step.parameters) == ("gaussian-noise@1", (("sigma", 0.2),))
    assert (one.key, one.path) == ("sha256:1", "there.png")
    assert step.seed != two.alterations[0].seed
    assert asked("noise=gaussian-0.2") == [one, two]
    assert asked("noise=gaussian-0.2", seed=1)[0].alterations[0].seed != step.seed
    assert asked("noise=gaussian-0.4")[0].alterations[0].seed == step.seed


def test_noise_goes_on_top_of_what_was_done_before() -> None:
    before = Alteration("resize@1", (("width", 8), ("height", 8)))
    sample = replace(yes_no(), images=(ImageRef("sha256:1", (before,)),))
    (message,) = question(sample, setting("noise=gaussian-1")).request.messages
    (image, _) = message.content
    assert isinstance(image, ImageRef)
    assert [step.operation for step in image.alterations] == ["resize@1", "gaussian-noise@1"]


@pytest.mark.parametrize("noise", ["gaussian", "gaussian-", "gaussian-much", "speckle-0.2"])
def test_a_noise_nobody_knows_is_refused(noise: str) -> None:
    with pytest.raises(UserError, match=r"write noise=gaussian-0\.2"):
        question(yes_no(), setting(f"noise={noise}"))


@pytest.mark.parametrize("kind", [Kind.CHOICE, Kind.YES_NO, Kind.OPEN, Kind.INSTRUCTION])
def test_questions_are_asked_at_temperature_0(kind: Kind) -> None:
    assert DECODING[kind].temperature == 0


def test_shuffled_options_are_shown_and_handed_on_in_the_same_order() -> None:
    ask = question(choice(3), setting("options=shuffled"))
    assert ask.options is not None
    listed = "\n".join(f"{letter}. {text}" for letter, text in zip("ABC", ask.options, strict=True))
    assert listed in text_of(ask)
    assert sorted(ask.options) == sorted(SIDES)


def test_an_order_depends_on_sample_and_seed_and_on_nothing_else() -> None:
    orders = {option_order(f"mine:{i}", 5, seed) for i in range(30) for seed in range(2)}
    assert len(orders) > 30
    assert option_order("mine:1", 5, 0) == option_order("mine:1", 5, 0)
    assert question(choice(), setting(seed=1)) == question(choice(), setting(seed=2))


def test_all_orders_of_three_options_are_about_equally_frequent() -> None:
    counts = Counter(option_order(f"mine:{i}", 3, 0) for i in range(6_000))
    assert len(counts) == 6
    assert min(counts.values()) > 850  # 5 standard deviations under 1,000
    assert max(counts.values()) < 1_150


def test_published_text_is_asked_as_it_stands_without_the_image_token() -> None:
    sample = yes_no(source={"text": "Is there a spot? [yes, no]\n<image>", "answer": "Yes."})
    assert text_of(question(sample, setting(official=OFFICIAL))) == "Is there a spot? [yes, no]"


def test_published_options_are_shuffled_where_the_text_lists_them() -> None:
    text = f"Where is it? The candidate Options are:[{WRITTEN}]\n"
    moved = 0
    for number in range(10):
        sample = choice(number, source={"text": text, "options": WRITTEN})
        ask = question(sample, setting("options=shuffled", official=OFFICIAL))
        assert ask.options is not None
        listed = ", ".join(
            f"{letter}:{option}" for letter, option in zip("ABC", ask.options, strict=True)
        )
        assert f"[{listed}]" in text_of(ask)
        moved += ask.options != sample.options
    assert moved > 3


@pytest.mark.parametrize(
    "source",
    [{"text": "Where is it?", "options": WRITTEN}, {"text": "Where is it?"}],
    ids=["options not in the text", "no options written"],
)
def test_a_published_order_that_cannot_be_changed_skips_every_sample_alike(
    source: dict[str, str],
) -> None:
    """Else only samples whose drawn order is the published one would stay: no shuffle at all."""
    orders = set()
    for number in range(20):
        sample = choice(number, 0, ("yes", "no"), source=source)
        orders.add(option_order(sample.id, 2, 0))
        with pytest.raises(Skip, match="published-order-fixed"):
            question(sample, setting("options=shuffled", official=OFFICIAL))
    assert orders == {(0, 1), (1, 0)}
