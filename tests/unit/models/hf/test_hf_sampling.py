from __future__ import annotations

from collections import Counter
from math import log

import numpy as np
import pytest

from medtrust.core.records import GREEDY, Decoding

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from tokenizers import Tokenizer, decoders, models, pre_tokenizers  # noqa: E402
from transformers import PreTrainedTokenizerFast  # noqa: E402

from medtrust.models.hf.jobs import Prompt, Row  # noqa: E402 - needs torch
from medtrust.models.hf.sampling import Chooser, letter_tokens, nucleus  # noqa: E402

PROMPT = Prompt((1, 2, 3))
PROBABILITIES = (0.5, 0.25, 0.125, 0.125)
FOUR = torch.tensor([[log(p) for p in PROBABILITIES]])
LOGITS = torch.nn.functional.pad(FOUR + 3.0, (0, 8), value=-torch.inf)  # 3.0 changes nothing
WARM = Decoding(max_tokens=50, temperature=1.0)
EVERYTHING = frozenset(
    {"token_entropies", "letter_logprobs", "top_tokens", "top_logprobs", "sampling_logprobs"}
)
RECORDED = (0.6221918984598854, 0.40117921611609175, 0.9665966953570521)
WORDS = ("A", "ĠA", "(A", "Ġ(A", "B", "ĠB", "AB", "a", "ĠC)", "D", "yes", "end")


def tokenizer(words: tuple[str, ...] = WORDS) -> PreTrainedTokenizerFast:
    """A real tokenizer that knows these words only, written as byte-level vocabularies do."""
    whole = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, "end"))
    whole.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    whole.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=whole)


def chooser(*, ends: frozenset[int] = frozenset(), signals: frozenset[str] = EVERYTHING) -> Chooser:
    return Chooser(tokenizer(), ends, signals, 2)


def row(number: int = 0, decoding: Decoding = WARM, *, draw: int = 0) -> Row:
    return Row(PROMPT, f"request-{number}", draw, decoding, decoding.max_tokens)


def drawn(rows: list[Row], steps: int = 12) -> dict[tuple[str, int], list[int]]:
    """Tokens by request and draw, all rows together over fixed logits that change by step."""
    own = chooser(signals=frozenset())
    for step in range(steps):
        logits = torch.sin(torch.arange(12.0) * (step + 1))
        own.choose(logits.expand(len(rows), -1), rows)
    return {(one.request_id, one.draw): one.tokens for one in rows}


def test_a_draw_is_the_same_alone_together_and_in_any_order() -> None:
    several = [row(n, draw=draw) for n in range(4) for draw in range(3)]
    together = drawn(several)
    backward = drawn([row(n, draw=draw) for n in range(3, -1, -1) for draw in range(2, -1, -1)])
    alone = drawn([row(2, draw=1)])
    assert together == backward
    assert alone == {("request-2", 1): together["request-2", 1]}
    assert len({tuple(tokens) for tokens in together.values()}) == 12


def test_a_stream_is_the_same_in_every_process_on_every_machine() -> None:
    """Recorded; a change here draws other answers under the same request and number."""
    one = row(7, draw=3)
    first = [one.uniform() for _ in range(3)]
    assert first == pytest.approx(RECORDED, abs=1e-15)
    one.restart()
    assert [one.uniform() for _ in range(3)] == first


def test_draws_come_as_often_as_they_are_likely() -> None:
    rows = [row(draw=draw) for draw in range(4000)]
    chooser().choose(LOGITS.expand(4000, -1), rows)
    counts = Counter(one.tokens[0] for one in rows)
    for token, probability in enumerate(PROBABILITIES):
        spread = (4000 * probability * (1 - probability)) ** 0.5
        assert abs(counts[token] - 4000 * probability) < 4 * spread


def test_the_nucleus_is_the_smallest_set_with_enough_mass() -> None:
    """By hand: of .5, .25, .125, .125 the first two hold .75, the first three .875."""
    mass = torch.tensor([0.7, 0.8, 0.4, 1.0, 1e-9])
    kept = nucleus(FOUR.expand(5, -1), mass).exp()
    expected: list[list[float]] = [
        [2 / 3, 1 / 3, 0, 0], [4 / 7, 2 / 7, 1 / 7, 0], [1, 0, 0, 0],
        [*PROBABILITIES], [1, 0, 0, 0],
    ]  # fmt: skip
    np.testing.assert_allclose(kept[:, :2], [one[:2] for one in expected], atol=1e-6)
    # of two equally likely tokens either may be the one that is kept
    np.testing.assert_allclose(
        kept[:, 2:].sort(descending=True).values, [one[2:] for one in expected], atol=1e-6
    )


def test_tokens_outside_the_nucleus_are_never_drawn() -> None:
    rows = [row(draw=n, decoding=Decoding(9, temperature=1.0, top_p=0.7)) for n in range(500)]
    chooser().choose(LOGITS.expand(500, -1), rows)
    counts = Counter(one.tokens[0] for one in rows)
    assert set(counts) == {0, 1}
    assert abs(counts[0] - 1000 / 3) < 45
    for one in rows:
        token = one.tokens[0]
        assert one.logprobs[0] == pytest.approx(log(PROBABILITIES[token]), abs=1e-6)
        assert one.sampling_logprobs[0] == pytest.approx(log((2 / 3, 1 / 3)[token]), abs=1e-6)


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_the_models_own_log_probability_stands_apart_from_that_of_sampling(
    temperature: float,
) -> None:
    rows = [row(draw=n, decoding=Decoding(9, temperature=temperature)) for n in range(40)]
    chooser().choose(LOGITS.expand(40, -1), rows)
    powers = [p ** (1 / temperature) for p in PROBABILITIES]
    assert {one.tokens[0] for one in rows} >= {0, 1}
    for one in rows:
        token = one.tokens[0]
        assert one.logprobs[0] == pytest.approx(log(PROBABILITIES[token]), abs=1e-6)
        expected = log(powers[token] / sum(powers))
        assert one.sampling_logprobs[0] == pytest.approx(expected, abs=1e-6)


def test_rows_of_all_kinds_stand_side_by_side() -> None:
    greedy, forced = row(decoding=GREEDY), row(1, decoding=GREEDY)
    forced.forced = (3, 1)
    nothing_else = row(2)
    chooser().choose(LOGITS.expand(3, -1), [greedy, forced, nothing_else])
    assert (greedy.tokens, forced.tokens) == ([0], [3])
    assert forced.logprobs == pytest.approx([log(0.125)], abs=1e-6)
    assert greedy.sampling_logprobs == forced.sampling_logprobs == []
    assert greedy.entropies == pytest.approx([1.75 * log(2)], abs=1e-6)  # 1.75 bits by hand
    ((likeliest, logprobs),) = greedy.top
    assert likeliest == [0, 1]
    assert logprobs == pytest.approx([log(0.5), log(0.25)], abs=1e-6)
    assert (greedy.ended, forced.ended) == ("", "")
    chooser().choose(LOGITS, [forced])
    assert (forced.tokens, forced.ended) == ([3, 1], "stop")


def test_a_letter_is_found_however_its_token_is_written() -> None:
    found = letter_tokens(tokenizer())
    assert found[:4] == [[0, 1, 2, 3], [4, 5], [], [9]]
    assert letter_tokens(tokenizer(("▁A", "end")))[0] == [0]
    assert len(found) == 26


def test_the_mass_of_a_letter_is_that_of_its_spellings() -> None:
    masses = torch.tensor([[1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]])
    one = row(decoding=GREEDY)
    chooser().choose(masses.log(), [one])
    expected = [log(10 / 78), log(11 / 78), -np.inf, log(10 / 78)]
    assert one.letters[:4] == pytest.approx(expected, abs=1e-6)
    assert len(one.letters) == 26
    first = list(one.letters)
    chooser().choose(masses.flip(1).log(), [one])
    assert one.letters == first  # of the first token only


def test_an_end_token_ends_the_answer_and_is_not_part_of_it() -> None:
    one, scored = row(decoding=GREEDY), row(1, decoding=GREEDY)
    scored.forced = (0, 0)
    own = chooser(ends=frozenset({0}))
    own.choose(LOGITS.expand(2, -1), [one, scored])
    assert (one.ended, one.tokens, one.logprobs, one.entropies) == ("stop", [], [], [])
    assert (scored.ended, scored.tokens) == ("", [0])


def test_an_answer_ends_at_its_limit_and_at_a_stop_text() -> None:
    short = row(decoding=Decoding(max_tokens=2))
    stopping = row(1, decoding=Decoding(max_tokens=9, stop=("A(", "never")))
    own = chooser()
    for token in (0, 2):
        assert short.open
        assert stopping.open
        logits = torch.zeros(1, 12)
        logits[0, token] = 9.0
        own.choose(logits.expand(2, -1), [short, stopping])
    assert (short.ended, stopping.ended) == ("length", "stop")


def test_the_last_tokens_of_a_large_vocabulary_can_be_drawn() -> None:
    """262,144 tokens as in Gemma: sums in single precision would never reach the last ones."""
    size = 262_144
    logits = torch.zeros(1, size)
    logits[0, -4:] = 16.0
    rows = [row(draw=n) for n in range(60)]
    chooser(signals=frozenset()).choose(logits.expand(60, -1), rows)
    tokens = {one.tokens[0] for one in rows}
    assert tokens >= set(range(size - 4, size))


def test_logits_that_are_not_numbers_are_no_answer_and_spoil_no_neighbour() -> None:
    good, bad = row(0), row(1)
    logits = LOGITS.repeat(2, 1)
    logits[1] = torch.nan
    chooser().choose(logits, [good, bad])
    assert bad.failure is not None
    assert bad.failure.reason == "logits-not-numbers"
    assert not bad.open
    assert bad.tokens == []
    assert len(good.tokens) == 1
