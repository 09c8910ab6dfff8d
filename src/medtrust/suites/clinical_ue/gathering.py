"""Gathering what there is to know about one answer: draws, further questions, altered images."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from medtrust.core.records import Alteration, Answer, Kind, Outcome, Sample
from medtrust.core.task import Ask, Setting, Turn, Unanswerable
from medtrust.probes.confidence import confidence_afterwards, true_or_false, with_confidence
from medtrust.probes.nota import Offered, unchanged
from medtrust.probes.question import LETTERS, option_order, question
from medtrust.readers.choice import read_choice
from medtrust.readers.first_token import letter_logprobs, share_of_first, yes_no_logprobs
from medtrust.readers.stated_number import read_stated_number
from medtrust.readers.yes_no import read_yes_no
from medtrust.uncertainty.evidence import Draw, Evidence
from medtrust.uncertainty.letters import MINIMUM_OPTION_MASS

SIGNALS: Final = frozenset({"token_logprobs", "token_entropies", "letter_logprobs", "top_logprobs"})
TEMPERATURE: Final = 1.0
"""Draws come from the model's own distribution: entropies of any other one are not the model's."""

BLURS: Final = (0.6, 0.8, 1.0, 1.2, 1.4)
"""Radii in pixels of the weak blurs of VL-Uncertainty, arXiv 2411.11919."""

Passes = Generator[Ask | list[Ask], Turn | list[Turn], Evidence]


def of_greedy(arm: Offered, turn: Turn) -> Evidence:
    """What the greedy answer itself says; everything else is absent."""
    answer = turn.answer
    meaning = meaning_of(arm, turn)
    return Evidence(
        text=content(arm, turn, meaning),
        meaning=meaning,
        token_logprobs=_numbers(answer, "token_logprobs"),
        token_entropies=_numbers(answer, "token_entropies"),
        option_logprobs=_option_logprobs(arm, turn),
    )


def evidence_of(sample: Sample, answer: Answer) -> Evidence:
    """What the greedy answer to a plain question says by itself, for a policy to decide about.

    Args:
        sample: The question as it was asked, its options in the order shown.
        answer: With its signals; see docs/signals.md.
    """
    return of_greedy(unchanged(sample), Turn(question(sample, Setting()), answer))


def gathered(arm: Offered, turn: Turn, setting: Setting, *, images: bool) -> Passes:
    """Ask everything further and put it beside the greedy answer.

    What cannot be had is absent, with its reason; it never takes anything else with it.

    Args:
        arm: The options as they are offered.
        turn: The greedy question and its answer.
        setting: With the number of draws.
        images: Whether to ask with weakly altered images, and with the confidence in one turn.
    """
    evidence = of_greedy(arm, turn)
    absent: dict[str, str] = {}
    asks = _draws(arm, turn.ask, setting)
    found = yield from _tried(asks)
    draws: tuple[Draw, ...] | None = None
    if isinstance(found, str):
        absent["draws"] = found
    else:
        draws = tuple(_draw(arm, each) for each in found)
    p_true = yield from _p_true(turn, absent)
    two_turns = yield from _two_turns(turn, absent)
    one_turn, perturbed = None, None
    if images:
        one_turn = yield from _one_turn(arm, turn, evidence.meaning, absent)
        perturbed = yield from _perturbed(arm, turn, absent)
    else:
        absent |= {"stated_one_turn": "not-asked-here", "perturbed": "not-asked-here"}
    return replace(
        evidence,
        draws=draws,
        p_true=p_true,
        stated_two_turns=two_turns,
        stated_one_turn=one_turn,
        perturbed=perturbed,
        absent=absent,
    )


def meaning_of(arm: Offered, turn: Turn) -> int | None:
    """Code of the option an answer chooses, in the order of the file; 1 and 0 for yes and no."""
    if turn.answer.outcome is Outcome.FILTERED:
        return None
    if arm.sample.kind is Kind.YES_NO:
        verdict = read_yes_no(turn.text).value
        return None if verdict is None else int(verdict)
    shown = _shown(arm, turn.ask)
    place = read_choice(turn.text, shown).value
    return None if place is None else arm.codes[arm.sample.options.index(shown[place])]


def content(arm: Offered, turn: Turn, meaning: int | None) -> str:
    """The text of the chosen option, or what was said where none was chosen."""
    if meaning is None:
        return turn.text
    if arm.sample.kind is Kind.YES_NO:
        return "yes" if meaning else "no"
    return arm.sample.options[arm.codes.index(meaning)]


def _shown(arm: Offered, ask: Ask) -> tuple[str, ...]:
    return arm.sample.options if ask.options is None else ask.options


def _numbers(answer: Answer, name: str) -> NDArray[np.float64] | None:
    signal = answer.signals.get(name)
    return None if signal is None else signal.astype(np.float64)


def _option_logprobs(arm: Offered, turn: Turn) -> NDArray[np.float64] | None:
    """Of each offered option, in the order in which they are coded."""
    if arm.sample.kind is Kind.YES_NO:
        return yes_no_logprobs(turn.answer)
    shown = _shown(arm, turn.ask)
    if len(shown) > len(LETTERS):
        return None
    found = letter_logprobs(turn.answer, len(shown))
    if found is None or shown == arm.sample.options:
        return found
    return found[[shown.index(text) for text in arm.sample.options]]


def _draws(arm: Offered, ask: Ask, setting: Setting) -> list[Ask]:
    decoding = replace(ask.request.decoding, temperature=TEMPERATURE, seed=setting.seed)
    sampled = replace(ask, request=replace(ask.request, decoding=decoding), role="draw")
    if setting.parameters.get("draws") != "shuffled":
        return sampled.draws(setting.draws)
    # every draw has an order of its own, so that no letter gains by its place
    return [_in_order(arm, sampled, setting, number) for number in range(setting.draws)]


def _in_order(arm: Offered, sampled: Ask, setting: Setting, number: int) -> Ask:
    count = len(arm.sample.options)
    order = option_order(f"{arm.sample.id}\x1f{number}", count, setting.seed)
    options = tuple(arm.sample.options[place] for place in order)
    plain = replace(setting, parameters={}, condition="")
    shown = question(replace(arm.sample, options=options), plain)
    request = replace(sampled.request, messages=shown.request.messages, draw=number)
    return replace(sampled, request=request, options=options)


def _draw(arm: Offered, turn: Turn) -> Draw:
    logprobs = _numbers(turn.answer, "token_logprobs")
    meaning = meaning_of(arm, turn)
    return Draw(
        text=content(arm, turn, meaning),
        meaning=meaning,
        logprob=None if logprobs is None else float(logprobs.sum()),
        tokens=None if logprobs is None else logprobs.size,
    )


def single(ask: Ask) -> Generator[list[Ask], Turn | list[Turn], Turn]:
    """One ask among conversations that also yield several."""
    turns = yield [ask]
    return turns[0] if isinstance(turns, list) else turns


def _tried(asks: list[Ask]) -> Generator[list[Ask], Turn | list[Turn], list[Turn] | str]:
    """Ask; where there is no answer, the reason instead."""
    try:
        turns = yield asks
    except Unanswerable as stop:
        return stop.reason
    return turns if isinstance(turns, list) else [turns]


def _one(ask: Ask) -> Generator[list[Ask], Turn | list[Turn], Turn | str]:
    found = yield from _tried([ask])
    return found if isinstance(found, str) else found[0]


def _p_true(
    turn: Turn, absent: dict[str, str]
) -> Generator[list[Ask], Turn | list[Turn], float | None]:
    told = yield from _one(true_or_false(turn))
    if isinstance(told, str):
        absent["p_true"] = told
        return None
    found = letter_logprobs(told.answer, 2)
    if found is not None and np.exp(np.logaddexp.reduce(found)) < MINIMUM_OPTION_MASS:
        # neither true nor false was what it was about to say
        absent["p_true"] = f"true-false-mass-below-{MINIMUM_OPTION_MASS:g}"
        return None
    share = share_of_first(found)
    if share is None:
        absent["p_true"] = "no-letter-logprobs"
    return share


def _two_turns(
    turn: Turn, absent: dict[str, str]
) -> Generator[list[Ask], Turn | list[Turn], float | None]:
    told = yield from _one(confidence_afterwards(turn))
    if isinstance(told, str):
        absent["stated_two_turns"] = told
        return None
    reading = read_stated_number(told.text, labelled=False)
    if reading.value is None:
        absent["stated_two_turns"] = f"confidence-{reading.status}"
    return reading.value


def _one_turn(
    arm: Offered, turn: Turn, meaning: int | None, absent: dict[str, str]
) -> Generator[list[Ask], Turn | list[Turn], float | None]:
    told = yield from _one(with_confidence(turn.ask))
    if isinstance(told, str):
        absent["stated_one_turn"] = told
        return None
    reading = read_stated_number(told.text, labelled=True)
    if reading.value is None:
        absent["stated_one_turn"] = f"confidence-{reading.status}"
        return None
    if meaning_of(arm, told) != meaning:
        # the number speaks of that answer, not of the one without a request for a number
        absent["stated_one_turn"] = "another-answer"
        return None
    return reading.value


def _perturbed(
    arm: Offered, turn: Turn, absent: dict[str, str]
) -> Generator[list[Ask], Turn | list[Turn], tuple[int | None, ...] | None]:
    if not arm.sample.images:
        absent["perturbed"] = "no-image"
        return None
    found = yield from _tried([_blurred(arm, turn.ask, radius) for radius in BLURS])
    if isinstance(found, str):
        absent["perturbed"] = found
        return None
    return tuple(meaning_of(arm, each) for each in found)


def _blurred(arm: Offered, ask: Ask, radius: float) -> Ask:
    step = Alteration("gaussian-blur@1", (("radius", radius),))
    images = tuple(
        replace(image, alterations=(*image.alterations, step)) for image in arm.sample.images
    )
    (message,) = ask.request.messages
    text = message.content[-1]
    asked = replace(message, content=(*images, text))
    request = replace(ask.request, messages=(asked,))
    return replace(ask, request=request, role=f"blur-{radius}")
