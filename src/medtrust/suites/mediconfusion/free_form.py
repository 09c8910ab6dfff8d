"""MediConfusion, free form (``gpt4``): an open answer, and which option it is closer to.

The options are not shown to the model. A judge says how close its answer is to each option, from 1
to 10, without image or key; an option is chosen when it is closer by a threshold (3, as released).
The released judge is asked once, in the file's order; ours in both orders, whose means are
compared, since judges favour what stands first. ``closeness`` (A minus B, -9 to 9) is kept, so that
any threshold can be read from the same answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from medtrust.core.conditions import CLEAN
from medtrust.core.records import (
    OK,
    REFUSED,
    Decoding,
    Mark,
    Message,
    Outcome,
    Request,
    Sample,
    missing,
)
from medtrust.core.task import Ask, MeasureKey, Setting, SingleConversation, Skip, Turn, task
from medtrust.probes.question import PROMPTS as QUESTION_PROMPTS
from medtrust.readers.closeness import PROMPTS as JUDGE_PROMPTS
from medtrust.readers.closeness import closeness_ask, read_closeness
from medtrust.readers.official import mediconfusion as official
from medtrust.readers.refusal import is_refusal
from medtrust.suites.mediconfusion.arms import (
    CONTROLS,
    OTHER_DATA,
    applies,
    shown,
    template,
)
from medtrust.suites.mediconfusion.checkout import filled
from medtrust.suites.mediconfusion.marks import (
    KEYS,
    OFFICIAL,
    choice_marks,
    letter_place,
    missing_marks,
)
from medtrust.suites.mediconfusion.metrics import free_form_metrics

KEY: Final = "mediconfusion/gpt4"
THRESHOLD: Final = 3
CLOSENESS: Final = "closeness"
JUDGE_TEXTS: Final = ("judge", "judge-role", "judge-system")
RELEASED_JUDGE: Final = Decoding(max_tokens=512, temperature=0.7)

_DECODING: Final = Decoding(max_tokens=512)
_UNREAD: Final = missing("judge-unparsed")


def measures(_sample: Sample, _condition: str) -> Sequence[MeasureKey]:
    """A choice in both readings, and how much closer the answer was to A."""
    return (*KEYS, MeasureKey(CLOSENESS))


@task(
    "mediconfusion/free_form",
    version=1,
    data="mediconfusion",
    also=OTHER_DATA,
    measures=measures,
    metrics=(free_form_metrics,),
    conditions=(CLEAN, *CONTROLS),
    applies=applies,
    prompts={"question/open": QUESTION_PROMPTS["question/open"], **JUDGE_PROMPTS},
    needs_judge="always",
)
def free_form(sample: Sample, setting: Setting) -> SingleConversation:
    """Confusable pairs, free form: is an open answer closer to the right option for both images?"""
    if not setting.judge:
        raise Skip("no-judge")
    seen = shown(sample, setting)
    own = QUESTION_PROMPTS["question/open"].format(question=sample.question)
    text = own
    if setting.official:
        text = filled(template(setting, KEY, ""), sample.question, *seen.options)
    turn = yield seen.ask(text, _DECODING, options=False)
    first, second = sample.options
    straight = yield _judge_ask(sample, (first, second), turn, setting, "judge")
    crossed = yield _judge_ask(sample, (second, first), turn, setting, "judge-crossed")
    return [
        *_official_marks(sample, straight.text),
        *_corrected_marks(sample, turn, straight.text, crossed.text, setting.judge),
    ]


def _judge_ask(
    sample: Sample, options: tuple[str, str], turn: Turn, setting: Setting, role: str
) -> Ask:
    """Our wording, or the published one with its temperature; options in the order to show."""
    if not setting.official:
        return closeness_ask(sample.question, *options, turn.text, role=role)
    told = {name: template(setting, f"mediconfusion/{name}", "") for name in JUDGE_TEXTS}
    text = official.judge_text(
        told["judge"], sample.question, options, turn.text, role=told["judge-role"]
    )
    messages = (Message("system", (told["judge-system"],)), Message("user", (text,)))
    return Ask(Request(messages, RELEASED_JUDGE), role=role, respondent="judge")


def _official_marks(sample: Sample, reply: str) -> Iterator[Mark]:
    """One order, the strict released parser; where it would end the run, nothing is known."""
    scores = official.judge_scores(reply)
    if scores is None:
        return missing_marks(missing("released-script-stops-at-the-reply"), OFFICIAL)
    letter = official.choice(scores[0], scores[1], threshold=THRESHOLD)
    return choice_marks(sample, _options(sample), letter_place(letter), reading=OFFICIAL)


def _corrected_marks(
    sample: Sample, turn: Turn, straight: str, crossed: str, judge_id: str
) -> Iterator[Mark]:
    """The mean of both orders; a refused answer is no choice, whatever the judge made of it."""
    if turn.answer.outcome is Outcome.FILTERED or is_refusal(turn.text):
        yield from choice_marks(sample, _options(sample), None, status=REFUSED)
        yield Mark(CLOSENESS, 0.0, REFUSED, judge=judge_id)
        return
    one, other = read_closeness(straight).value, read_closeness(crossed).value
    if one is None or other is None:
        yield from missing_marks(_UNREAD, "corrected")
        yield Mark(CLOSENESS, None, _UNREAD, judge=judge_id)
        return
    difference = ((one[0] - one[1]) + (other[1] - other[0])) / 2
    yield from choice_marks(sample, _options(sample), chosen(difference, THRESHOLD))
    yield Mark(CLOSENESS, difference, OK, judge=judge_id)


def chosen(difference: float, threshold: float) -> int | None:
    """The option that is closer by a threshold, or None; at threshold 0 a tie is A, as released."""
    if difference >= threshold:
        return 0
    return 1 if -difference >= threshold else None


def _options(sample: Sample) -> tuple[str, str]:
    first, second = sample.options
    return first, second
