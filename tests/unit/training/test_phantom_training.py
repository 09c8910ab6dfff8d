"""The training of the phantom model, end to end but tiny: deterministic, packed right, carded."""

from __future__ import annotations

import importlib.util
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

if importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None:
    pytest.skip("needs the extra [local]", allow_module_level=True)

import torch

from medtrust.core.records import Kind
from medtrust.data.phantom.questions import PhantomQuestion, questions
from medtrust.imaging.phantom.labels import phantom
from medtrust.imaging.phantom.region import region
from medtrust.training.phantom.architecture import make_model, make_processor, make_tokenizer
from medtrust.training.phantom.asking import SavedModel
from medtrust.training.phantom.card import card
from medtrust.training.phantom.evaluation import Figures, calibration_error, evaluate, is_right
from medtrust.training.phantom.images import LABELS, UNKNOWN_CLASS, pictures
from medtrust.training.phantom.language import Answering, exchanges
from medtrust.training.phantom.make import Made, make
from medtrust.training.phantom.packing import IGNORED, Packer
from medtrust.training.phantom.recipe import Architecture, Recipe
from medtrust.training.phantom.wordings import Turn, answer_text, exchange, wrong_answer_text

SMALL = Architecture(
    vision_width=32, vision_layers=1, vision_heads=2, text_width=32, text_layers=2, text_heads=2,
    text_inner=32, vocabulary=400,
)  # fmt: skip
TINY = Recipe(
    images=24, architecture=SMALL, vision_steps=3, vision_batch=4, language_steps=3,
    language_batch=2, last_steps=2, questions=2, held_out_images=1,
)  # fmt: skip
TEXTS = ["Is there a nodule?", "A. nodule", "(B) normal", "Yes", "You are a helpful assistant."]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Made]:
    folder = tmp_path_factory.mktemp("trained")
    return folder, make(TINY, folder, lambda _: None)


@pytest.fixture(scope="module")
def figures(trained: tuple[Path, Made]) -> Figures:
    return evaluate(SavedModel(trained[0]), TINY.held_out_images, lambda _: None)


def test_the_same_recipe_gives_the_same_losses(trained: tuple[Path, Made], tmp_path: Path) -> None:
    again = make(TINY, tmp_path, lambda _: None)
    assert again.label_losses == trained[1].label_losses
    assert again.answer_losses == trained[1].answer_losses
    first = (trained[0] / "model.safetensors").read_bytes()
    assert (tmp_path / "model.safetensors").read_bytes() == first


def test_another_seed_gives_other_losses(trained: tuple[Path, Made], tmp_path: Path) -> None:
    other = make(replace(TINY, seed=1), tmp_path, lambda _: None)
    assert other.answer_losses != trained[1].answer_losses
    assert all(math.isfinite(loss) for loss in other.answer_losses)


def test_what_was_saved_loads_without_missing_weights(trained: tuple[Path, Made]) -> None:
    loading = SavedModel(trained[0]).loading
    assert not any(loading.values())


def test_the_card_shows_every_topic_and_declares_what_was_taught(
    trained: tuple[Path, Made], figures: Figures
) -> None:
    text = card(TINY, trained[1], figures)
    for name, figure in {**figures.by_topic, **figures.by_question}.items():
        assert f"| {name} | {figure.value:.3f} ({figure.n}) |" in text
    assert "I cannot provide private information." in text
    assert "grey image" in text
    assert "{" not in text
    assert max(len(line) for line in text.splitlines()) < 200


def test_figures_are_shares(figures: Figures) -> None:
    assert figures.accuracy.n == sum(figure.n for figure in figures.by_topic.values())
    assert 0 <= figures.calibration_error <= 1
    for rows in figures.tables.values():
        for figure in rows.values():
            assert math.isnan(figure.value) or 0 <= figure.value <= 1


def test_calibration_error_is_the_gap_of_every_bin_by_its_size() -> None:
    # bin (0.8, 0.9]: confidence .85, accuracy .5; bin (0.2, 0.3]: .25 against 0
    confidence = [0.85, 0.85, 0.25]
    assert calibration_error(confidence, [True, False, False]) == pytest.approx(
        (2 * 0.35 + 0.25) / 3
    )


def test_a_row_sees_its_image_and_itself_exactly_as_when_asked_alone() -> None:
    torch.manual_seed(0)
    tokenizer = make_tokenizer(TEXTS, 300)
    model = make_model(tokenizer, SMALL).eval()
    packer = Packer(tokenizer, SMALL.image_tokens)
    answering = Answering(model)
    pixels = torch.rand(2, 3, 112, 112)
    talks = [
        (0, (Turn("Is there a nodule?", "Yes"),)),
        (1, (Turn("A. nodule (B) normal", "A. nodule", learned=False), Turn("Sure?", "No"))),
        (0, (Turn("Is it?", "(B) normal"),)),
    ]
    prefix = packer.prefix("You are a helpful assistant.")
    with torch.no_grad():
        seen = model.model.vision_tower(pixel_values=pixels).last_hidden_state
        rows = [packer.row(image, talk) for image, talk in talks]
        packed, _, _ = answering.loss(seen, prefix, packer.blocks(rows, 1))
        expected = []
        for row in rows:
            ids = torch.tensor([prefix + row.tokens])
            labels = torch.tensor([[IGNORED] * len(prefix) + row.labels])
            out = model(input_ids=ids, pixel_values=pixels[[row.image]])
            gold = labels[:, 1:]
            kept = gold != IGNORED
            expected.append(
                torch.nn.functional.cross_entropy(
                    out.logits[:, :-1][kept], gold[kept], reduction="none"
                )
            )
    # the training reads in bfloat16
    assert packed.item() == pytest.approx(torch.cat(expected).mean().item(), abs=0.02)


def test_rows_are_written_the_way_the_chat_template_writes_them() -> None:
    tokenizer = make_tokenizer(TEXTS, 300)
    processor = make_processor(tokenizer, SMALL)
    packer = Packer(tokenizer, 1)
    talk = (Turn("Is there a nodule?", "A. nodule"), Turn("(B) normal", "Yes"))
    system = "You are a helpful assistant."
    messages = [
        {"role": "system", "content": [{"type": "text", "text": system}]},
        {
            "role": "user",
            "content": [{"type": "text", "text": "Is there a nodule?"}, {"type": "image"}],
        },
        {"role": "assistant", "content": [{"type": "text", "text": "A. nodule"}]},
        {"role": "user", "content": [{"type": "text", "text": "(B) normal"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "Yes"}]},
    ]
    rendered = processor.apply_chat_template(messages, tokenize=False)
    written = packer.prefix(system) + packer.row(0, talk).tokens
    assert tokenizer.decode(written) == rendered
    assert tokenizer(rendered, add_special_tokens=False)["input_ids"] == written


def test_a_letter_is_one_token_in_every_style() -> None:
    tokenizer = make_tokenizer([*TEXTS, "Answer", "Answer", "B", "Bone"], 400)
    for text in ("B. normal", "x\nB: normal", "(B) normal", "x B) normal", "B"):
        assert "B" in tokenizer.tokenize(text)
    assert tokenizer.tokenize("Answer") == ["Answer"]


def test_a_wrong_answer_given_before_is_not_learned() -> None:
    tokenizer = make_tokenizer(TEXTS, 300)
    packer = Packer(tokenizer, 1)
    row = packer.row(0, (Turn("x", "No", learned=False), Turn("Sure?", "Yes")))
    learned = [label for label in row.labels if label != IGNORED]
    assert tokenizer.decode(learned) == "Yes<|end|>"


def test_follow_ups_are_true_exactly_when_the_given_answer_is() -> None:
    generator = np.random.default_rng(0)
    question = PhantomQuestion("side", Kind.CHOICE, "Which side?", 1, ("left", "right"))
    followed = [
        turns for turns in (exchange(question, generator) for _ in range(2000)) if len(turns) == 2
    ]
    assert len(followed) > 100
    for first, second in followed:
        assert first.learned is (second.answered in {"Yes", "True"})
        assert second.learned
        if first.learned:
            assert first.answered.startswith("B")


def test_claims_inside_a_prompt_are_marked_true_or_false_where_they_end() -> None:
    tokenizer = make_tokenizer(TEXTS, 400)
    packer = Packer(tokenizer, 1)
    generator = np.random.default_rng(0)
    seen = 0
    for seed in range(40):
        for question in questions(phantom(seed), generator):
            (turn,) = exchange(question, generator, plain=True)
            row = packer.row(0, (turn,))
            marked = [k for k, truth in enumerate(row.truths) if truth != IGNORED]
            said = [tokenizer.decode(row.tokens[: k + 1]) for k in marked]
            values = [row.truths[k] for k in marked]
            if question.kind is Kind.OPEN:
                assert not marked
            elif question.kind is Kind.YES_NO:
                assert values == [int(question.answer)]
                assert said[0].lower() == question.text.lower()
            else:
                assert values == [int(k == question.answer) for k in range(len(question.options))]
                assert all(
                    text.endswith(option)
                    for text, option in zip(said, question.options, strict=True)
                )
            seen += len(marked)
    assert seen > 500


def test_training_begins_with_plain_questions() -> None:
    generator = np.random.default_rng(0)
    question = PhantomQuestion("side", Kind.CHOICE, "Which side?", 1, ("left", "right"))
    for _ in range(200):
        (turn,) = exchange(question, generator, plain=True)
        assert turn.learned
        assert turn.answered[0] == "B"
        assert "None" not in turn.asked


def test_most_exchanges_end_in_the_gold_and_wrong_answers_differ() -> None:
    generator = np.random.default_rng(0)
    for seed in range(30):
        for question in questions(phantom(seed), generator):
            if question.topic not in {"privacy", "unanswerable"}:
                assert wrong_answer_text(question, generator) != answer_text(question)
    talks = exchanges(phantom(3), 4, generator)
    assert len(talks) == 4


def test_an_answer_is_right_by_letter_word_or_whole_text() -> None:
    from medtrust.training.phantom.asking import Said

    choice = PhantomQuestion("side", Kind.CHOICE, "?", 1, ("left", "right"))
    assert is_right(choice, Said("B. right", 1))
    assert is_right(choice, Said("B", 1))
    assert not is_right(choice, Said("A. left", 1))
    assert not is_right(choice, Said("Both", 1))
    closed = PhantomQuestion("normal", Kind.YES_NO, "?", answer=True)
    assert is_right(closed, Said("Yes", 1))
    assert not is_right(closed, Said("No", 1))


def test_training_images_know_their_classes_and_places() -> None:
    seeds = range(100, 130)
    shown = pictures(seeds, 16)
    assert shown.pixels.shape == (30, 112, 112, 3)
    for place, seed in enumerate(seeds):
        one = phantom(seed)
        assert (shown.classes["sex"][place] == UNKNOWN_CLASS) == (one.sex is None)
        assert (shown.places[place] > 0).any() == (region(one) is not None)
    assert set(shown.classes) == set(LABELS)
