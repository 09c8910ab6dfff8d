"""Pairs become samples, whatever the form of the file; what is broken is one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from medtrust.core.errors import DataError, UnknownNameError
from medtrust.core.records import Access, Kind
from medtrust.data.mediconfusion.pair import FIELDS
from medtrust.data.mediconfusion.samples import general_bin, similarity_bin
from parts.mediconfusion_files import Form, load_mediconfusion, pair_record, write_mediconfusion


def test_a_pair_becomes_two_samples_with_opposite_answers(tmp_path: Path) -> None:
    first, second = load_mediconfusion(write_mediconfusion(tmp_path, 1)).samples
    assert (first.id, second.id) == ("mediconfusion/10001/im_1", "mediconfusion/10001/im_2")
    assert first.kind is Kind.CHOICE
    assert first.options == second.options == ("Lesion number 0", "No lesion at 0")
    assert (first.answer, second.answer) == (0, 1)
    assert first.pair == second.pair == "10001"
    assert first.cluster == second.cluster == "mediconfusion:10001"
    assert first.access is Access.PUBLIC


def test_everything_that_prompts_and_tables_need_comes_along(tmp_path: Path) -> None:
    _, second = load_mediconfusion(write_mediconfusion(tmp_path, 1)).samples
    assert second.strata == {
        "dataset": "MediConfusion",
        "categories": "Cerebral|Head and Neck",
        "similarity": "0.90-0.91",
        "similarity_general": "<0.5",
        "split": "train",
        "patterns": "lesion",
    }
    assert second.source == {
        "question": "What is seen at level 0?",
        "option_A": "Lesion number 0",
        "option_B": "No lesion at 0",
        "correct": "B",
        "pair": "10001",
        "local": "20001",
        "roco": "train/radiology/images/ROCO_00001.jpg",
    }
    assert second.images[0].key == "mediconfusion:20001.jpg"
    assert second.images[0].path is None


@pytest.mark.parametrize("form", ["list", "jsonl", "csv"])
def test_every_form_of_the_file_holds_the_same_samples(tmp_path: Path, form: Form) -> None:
    released = load_mediconfusion(write_mediconfusion(tmp_path / "released", 5))
    other = load_mediconfusion(write_mediconfusion(tmp_path / "other", 5, form=form))
    assert list(other.samples) == list(released.samples)


def test_the_data_folder_or_the_file_itself_may_be_named(tmp_path: Path) -> None:
    root = write_mediconfusion(tmp_path, 2)
    whole = load_mediconfusion(root).samples
    assert load_mediconfusion(root / "data").samples == whole
    assert load_mediconfusion(root / "data" / "dataset.json").samples == whole


def test_pairs_that_share_an_image_share_a_cluster(tmp_path: Path) -> None:
    samples = load_mediconfusion(write_mediconfusion(tmp_path, 4)).samples
    clusters = [sample.cluster for sample in samples[::2]]
    assert clusters == [f"mediconfusion:{first}" for first in (10001, 10001, 10003, 10003)]


def test_pairs_that_share_an_article_share_a_cluster_where_it_is_told(tmp_path: Path) -> None:
    root = write_mediconfusion(tmp_path, 2, share=False)
    assert len({s.cluster for s in load_mediconfusion(root).samples}) == 2
    described = root / "data" / "image_dict.json"
    entries = json.loads(described.read_text("utf-8"))
    for entry in entries.values():
        entry["dlink"] = "ftp://example.invalid/PMC7.tar.gz"
    described.write_text(json.dumps(entries), encoding="utf-8")
    assert {s.cluster for s in load_mediconfusion(root).samples} == {"mediconfusion:10001"}
    described.unlink()
    dataset = load_mediconfusion(root)
    assert len({s.cluster for s in dataset.samples}) == 2
    assert any("does not tell the article of 4 of 4 images" in note for note in dataset.notes)


def test_sizes_that_differ_from_the_published_ones_are_noted(tmp_path: Path) -> None:
    notes = load_mediconfusion(write_mediconfusion(tmp_path, 3)).notes
    assert notes[:3] == (
        "MediConfusion: 3 pairs, 176 were published.",
        "MediConfusion: 5 images, 228 were published.",
        "MediConfusion: 6 items, 352 were published.",
    )


def test_hazards_are_computed_from_what_is_there(tmp_path: Path) -> None:
    changes = {1: {"option_B": "A lesion"}, 3: {"option_A": "A flap"}}
    notes = load_mediconfusion(write_mediconfusion(tmp_path, 4, changes=changes)).notes
    hazards = [note for note in notes if note.startswith("Data hazard: ")]
    assert len(hazards) == 4
    assert "4 of 6 images are in ROCO's train split" in hazards[0]
    assert "4 pairs form only 2 components (2 when" in hazards[1]
    assert "2 pairs have an option" in hazards[2]
    assert "(10002, 10004), for option B in 1 of them" in hazards[2]
    assert hazards[3].startswith("Data hazard: 8 items in all; one pair is 25.0 %")


def test_pairs_without_any_hazard_of_dependence_say_nothing_of_it(tmp_path: Path) -> None:
    notes = load_mediconfusion(write_mediconfusion(tmp_path, 2, share=False)).notes
    assert not any("components" in note for note in notes)
    assert not any("article 'A'" in note for note in notes)


@pytest.mark.parametrize("field", FIELDS)
def test_a_missing_field_is_named_with_its_pair(tmp_path: Path, field: str) -> None:
    root = write_mediconfusion(tmp_path, 2, changes={1: {field: None}})
    with pytest.raises(DataError, match=rf"pair 10002: there is no {field};"):
        load_mediconfusion(root)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("im_1_correct", "C", "im_1_correct is neither A nor B"),
        ("im_2_correct", "B", "im_2_correct is that of im_1"),
        ("option_B", "  ", "option_B is empty"),
        ("option_B", "LESION number 1", "option_B is the same as option_A"),
        ("question", 7, "question is no text"),
        ("question", "", "question is empty"),
        ("cap_1", 3, "cap_1 is no text"),
        ("category_1", [], "category_1 is empty"),
        ("category_1", ["Dental"], "category_1 has 'Dental', which is none of the nine"),
        ("category_2", ["Spinal", "Spinal"], "category_2 names a category twice"),
        ("category_2", "import os", "category_2 is no list of categories"),
        ("category_2", [["Spinal"]], "category_2 is no list of categories"),
        ("BiomedCLIP_sim", 1.5, "BiomedCLIP_sim is no cosine"),
        ("BiomedCLIP_sim", "nan", "BiomedCLIP_sim is no cosine"),
        ("DINO_sim", "near", "DINO_sim is no cosine"),
        ("DINO_sim", True, "DINO_sim is no cosine"),
        ("im_1_local", -3, "im_1_local is no whole number"),
        ("im_1_local", 2.5, "im_1_local is no whole number"),
        ("im_1_local", 31337, "im_1_local contradicts another pair"),
        ("im_1", "train/../../etc/passwd", "im_1 is no path inside the ROCO"),
        ("im_1", "/etc/passwd", "im_1 is no path inside the ROCO"),
        ("im_1", "C:\\x.jpg", "im_1 is no path inside the ROCO"),
        ("im_1", "train/radiology/images/ROCO_00002.jpg", "contradicts|is the image of im_1"),
    ],
)
def test_what_is_broken_is_one_sentence_with_pair_and_field(
    tmp_path: Path, field: str, value: Any, why: str
) -> None:
    # a second pair with the right answers B and A, sharing its first image with the first pair
    root = write_mediconfusion(tmp_path, 2, changes={1: {field: value}})
    with pytest.raises(DataError, match=rf"pair 10002: .*(?:{why})") as caught:
        load_mediconfusion(root)
    assert "\n" not in str(caught.value)


def test_no_error_repeats_a_question_or_an_option(tmp_path: Path) -> None:
    same = {"option_A": "same words", "option_B": "same words"}
    with pytest.raises(DataError) as caught:
        load_mediconfusion(write_mediconfusion(tmp_path, 1, changes={0: same}))
    assert "same words" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("[1, 2]", "entry 1 is no object"),
        ("3", "an object of pairs by id was expected"),
        ("{}", "holds no pairs"),
        ('{"10001": [', "no valid JSON"),
        ('{"a/b": {}}', "no plain id"),
        ('[{"question": "x"}]', "no plain id"),
    ],
)
def test_a_file_of_another_shape_is_refused(tmp_path: Path, content: str, why: str) -> None:
    (tmp_path / "dataset.json").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=why):
        load_mediconfusion(tmp_path)


def test_a_pair_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    rows = [{"id": 10001, **pair_record(0)}] * 2
    (tmp_path / "dataset.json").write_text(json.dumps(rows), encoding="utf-8")
    with pytest.raises(DataError, match="pair 10001 is there twice"):
        load_mediconfusion(tmp_path)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"local": 1}, "local is not the number that the pair gives"),
        ({"dlink": "ftp://example.invalid/other.zip"}, "PMC<number>.tar.gz"),
        ({"file_name": "../x.jpg"}, "no plain name"),
        ({"file_name": 3}, "must be text"),
    ],
)
def test_a_broken_list_of_images_is_refused(
    tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    root = write_mediconfusion(tmp_path, 1)
    described = root / "data" / "image_dict.json"
    entries = json.loads(described.read_text("utf-8"))
    next(iter(entries.values())).update(change)
    described.write_text(json.dumps(entries), encoding="utf-8")
    with pytest.raises(DataError, match=f"image of im_1 of pair 10001: .*{why}"):
        load_mediconfusion(root)


def test_a_folder_without_pairs_says_what_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="MShahabSepehri/MediConfusion"):
        load_mediconfusion(tmp_path)
    with pytest.raises(DataError, match="There is no folder"):
        load_mediconfusion(tmp_path / "absent")


def test_nothing_can_be_joined(tmp_path: Path) -> None:
    root = write_mediconfusion(tmp_path, 1)
    with pytest.raises(UnknownNameError, match="join of mediconfusion"):
        load_mediconfusion(root, joins={"mimic": tmp_path})


def test_the_declared_access_goes_first(tmp_path: Path) -> None:
    samples = load_mediconfusion(write_mediconfusion(tmp_path, 1), access=Access.PHI).samples
    assert {sample.access for sample in samples} == {Access.PHI}


def test_bins_hold_their_lower_edge() -> None:
    assert [similarity_bin(v) for v in (0.85, 0.9, 0.91, 0.9299, 0.93, 1.0)] == [
        "<0.90", "0.90-0.91", "0.91-0.92", "0.92-0.93", "0.93+", "0.93+",
    ]  # fmt: skip
    assert [general_bin(v) for v in (0.1, 0.5, 0.65, 0.7)] == ["<0.5", "0.5-0.6", "0.6-0.7", "0.7+"]


def test_a_byte_order_mark_is_tolerated(tmp_path: Path) -> None:
    root = write_mediconfusion(tmp_path, 2)
    before = load_mediconfusion(root).samples
    file = root / "data" / "dataset.json"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert load_mediconfusion(root).samples == before
