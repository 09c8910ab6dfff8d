"""The seven schemas of CARES, on small files made up here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medtrust.core.errors import DataError, UnknownNameError
from medtrust.core.records import Access, Kind, Sample
from parts.cares_files import (
    fundus_row,
    ham_row,
    iu_row,
    load_cares,
    mimic_row,
    ol3i_row,
    omni_row,
    pmc_row,
    write_all_seven,
    write_set,
)


def only(root: Path) -> Sample:
    (sample,) = load_cares(root).samples
    return sample


def test_all_seven_files_are_read_in_their_order(tmp_path: Path) -> None:
    write_all_seven(tmp_path)
    dataset = load_cares(tmp_path)
    assert [sample.id for sample in dataset.samples] == [
        "cares/iuxray_factuality:0",
        "cares/iuxray_factuality:1",
        "cares/HAM10000_factuality:0",
        "cares/HAM10000_factuality:1",
        "cares/OL3I_factuality:0",
        "cares/fundus_factuality:0",
        "cares/fundus_factuality:1",
        "cares/mimic_factuality:0",
        "cares/mimic_factuality:1",
        "cares/omnimedvqa_factuality:0",
        "cares/omnimedvqa_factuality:1",
        "cares/pmcoa_factuality:0",
        "cares/pmcoa_factuality:1",
    ]
    assert len(dataset.digests) == 7
    assert load_cares(tmp_path / "data").samples == dataset.samples


def test_iu_xray_asks_the_question_alone(tmp_path: Path) -> None:
    row = iu_row("Is the heart large?", "No (as far as one can see).")
    write_set(tmp_path, "IU-Xray", [row])
    sample = only(tmp_path)
    assert sample.question == "Is the heart large?"
    assert (sample.kind, sample.answer, sample.options) == (Kind.YES_NO, False, ())
    assert sample.source == {"text": row["text"], "answer": row["answer"], "image": row["image"]}
    assert sample.strata == {"dataset": "IU-Xray", "modality": "X-ray", "region": "chest"}
    assert sample.cluster == "IU-Xray:CXR7"
    assert sample.images[0].key == "cares:IU-Xray/CXR7_IM-0001-0001/0.png"
    assert sample.access is Access.PUBLIC


def test_ham10000_takes_the_gold_from_fig_caption(tmp_path: Path) -> None:
    options = "A:ear, B:hand, C:upper extremity, D:neck"
    row = ham_row("Where is it? ", options, "C:upper extremity", "ISIC_1")
    write_set(tmp_path, "HAM10000", [row])
    sample = only(tmp_path)
    assert sample.question == "Where is it?"
    assert sample.options == ("ear", "hand", "upper extremity", "neck")
    assert (sample.kind, sample.answer) == (Kind.CHOICE, 2)
    assert sample.groups == {"sex": "female", "age": "45", "age_group": "40-49"}
    assert sample.strata["question_type"] == "site"
    assert sample.strata["position"] == "C"
    assert sample.source["answer"] == "C:upper extremity"
    assert sample.source["options"] == options
    assert sample.cluster == "HAM10000:ISIC_1"


def test_ham10000_tells_diagnoses_from_sites(tmp_path: Path) -> None:
    options = "A:melanoma, B:dermatofibroma, C:vascular lesions, D:melanocytic nevi"
    write_set(tmp_path, "HAM10000", [ham_row("What is it?", options, "A:melanoma", "ISIC_1")])
    assert only(tmp_path).strata["question_type"] == "diagnosis"


@pytest.mark.parametrize(
    "tail",
    [
        "",
        " Please choose from the following two options: [yes, no]\n",
        " Please choose from the following two options: [Seen, Not seen at all]\n",
    ],
)
def test_ol3i_options_hold_commas_and_ages_stay_as_written(tmp_path: Path, tail: str) -> None:
    options = "A: Yes, it is seen, B: No, it is not"
    row = ol3i_row(f"Is it seen?{tail}", options, "B: No, it is not", age="90+")
    write_set(tmp_path, "OL3I", [row])
    sample = only(tmp_path)
    assert sample.question == "Is it seen?"
    assert sample.options == ("Yes, it is seen", "No, it is not")
    assert (sample.kind, sample.answer) == (Kind.CHOICE, 1)
    assert sample.groups == {"sex": "male", "age": "90+", "age_group": "90+"}
    assert sample.source["label"] == "0"
    assert sample.access is Access.GATED


def test_a_gold_that_is_no_option_names_file_and_line(tmp_path: Path) -> None:
    good = ol3i_row("Is it?", "A:Yes, B:No", "B:No")
    write_set(tmp_path, "OL3I", [good, good | {"answer": "C:Perhaps"}])
    with pytest.raises(DataError, match=r"OL3I_factuality\.jsonl, line 2: the gold"):
        load_cares(tmp_path)


def test_fairvlmed_is_open_and_has_no_groups_without_a_join(tmp_path: Path) -> None:
    write_set(tmp_path, "Harvard-FairVLMed", [fundus_row(8001)])
    sample = only(tmp_path)
    assert (sample.kind, sample.answer) == (Kind.OPEN, "A disc.")
    assert sample.groups == {}
    assert sample.cluster == "Harvard-FairVLMed:08001"


def test_mimic_carries_its_demographics_and_clusters_by_patient(tmp_path: Path) -> None:
    write_set(tmp_path, "MIMIC-CXR", [mimic_row()])
    sample = only(tmp_path)
    assert sample.groups == {
        "sex": "female",
        "age": "67",
        "age_group": "60-69",
        "race": "Asian",
    }
    assert sample.cluster == "MIMIC-CXR:10000001"
    assert sample.source["study_id"] == "50000001"


@pytest.mark.parametrize("race", ["Unknown", "UNABLE TO OBTAIN", " unknown "])
def test_people_whose_race_nobody_knows_are_no_group(tmp_path: Path, race: str) -> None:
    write_set(tmp_path, "MIMIC-CXR", [mimic_row() | {"race": race}])
    assert set(only(tmp_path).groups) == {"sex", "age", "age_group"}


def test_mimic_finds_the_patient_in_the_path_when_there_is_no_column(tmp_path: Path) -> None:
    row = mimic_row()
    del row["subject_id"]
    write_set(tmp_path, "MIMIC-CXR", [row])
    assert only(tmp_path).cluster == "MIMIC-CXR:10000001"


@pytest.mark.parametrize(
    ("text", "answer", "defect"),
    [("", "No.", "empty-question"), ("Is it?", "", "empty-answer"), ("Is it?", "No.", "")],
)
def test_empty_questions_and_answers_have_no_usable_gold(
    tmp_path: Path, text: str, answer: str, defect: str
) -> None:
    write_set(tmp_path, "MIMIC-CXR", [mimic_row(text, answer)])
    sample = only(tmp_path)
    assert sample.gold_defect == defect
    assert (sample.answer is None) == bool(defect)


def test_omnimedvqa_takes_two_to_four_options_and_the_gold_by_its_text(tmp_path: Path) -> None:
    two = omni_row("no", option_A="yes", option_B="no", option_C="")
    write_set(tmp_path, "OmniMedVQA", [omni_row(), two])
    first, second = load_cares(tmp_path).samples
    assert (first.options, first.answer) == (("none", "mild", "severe"), 1)
    assert (second.options, second.answer) == (("yes", "no"), 1)
    assert first.strata == {
        "dataset": "OmniMedVQA",
        "modality": "unknown",
        "region": "unknown",
        "subset": "Some Set",
        "position": "B",
    }


def test_omnimedvqa_golds_that_are_no_single_option_are_defects(tmp_path: Path) -> None:
    twice = omni_row("mild", option_A="mild", option_B="mild")
    write_set(tmp_path, "OmniMedVQA", [omni_row("huge"), twice, omni_row("")])
    assert [sample.gold_defect for sample in load_cares(tmp_path).samples] == [
        "gold-not-an-option",
        "repeated-option",
        "empty-answer",
    ]


def test_pmc_oa_clusters_by_article(tmp_path: Path) -> None:
    write_set(tmp_path, "PMC-OA", [pmc_row(1), pmc_row(2)])
    assert {sample.cluster for sample in load_cares(tmp_path).samples} == {"PMC-OA:PMC123"}


def test_absent_files_are_noted(tmp_path: Path) -> None:
    write_set(tmp_path, "PMC-OA", [pmc_row()])
    notes = load_cares(tmp_path).notes
    assert sum("is not there" in note for note in notes) == 6
    assert "PMC-OA: 1 of 1 images are missing" in " ".join(notes)


def test_a_folder_without_any_file_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"No CARES question file under .* richard-peng-xia/CARES"):
        load_cares(tmp_path)


def test_a_path_that_is_absent_or_a_file_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no folder"):
        load_cares(tmp_path / "none")
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="is a file; name the folder"):
        load_cares(tmp_path / "file")


def test_a_row_that_lacks_a_field_names_file_and_line(tmp_path: Path) -> None:
    row = pmc_row()
    del row["answer"]
    write_set(tmp_path, "PMC-OA", [pmc_row(), row])
    with pytest.raises(DataError, match=r"pmcoa_factuality\.jsonl, line 2: there is no 'answer'"):
        load_cares(tmp_path)


def test_an_image_path_that_climbs_out_is_refused(tmp_path: Path) -> None:
    write_set(tmp_path, "PMC-OA", [pmc_row() | {"image": "../../secret.jpg"}])
    with pytest.raises(DataError, match="leaves its folder"):
        load_cares(tmp_path)


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (None, {"OL3I": "gated", "MIMIC-CXR": "gated", "PMC-OA": "public"}),
        (Access.PUBLIC, {"OL3I": "public", "MIMIC-CXR": "gated", "PMC-OA": "public"}),
        (Access.PHI, {"OL3I": "phi", "MIMIC-CXR": "phi", "PMC-OA": "phi"}),
    ],
)
def test_mimic_is_never_public_whatever_is_declared(
    tmp_path: Path, declared: Access | None, expected: dict[str, str]
) -> None:
    write_all_seven(tmp_path)
    found = {
        sample.strata["dataset"]: sample.access.value
        for sample in load_cares(tmp_path, access=declared).samples
    }
    assert {name: found[name] for name in expected} == expected


def test_every_sample_says_its_licence(tmp_path: Path) -> None:
    write_all_seven(tmp_path)
    assert all(sample.licence for sample in load_cares(tmp_path).samples)


def test_equal_groups_and_strata_are_one_object(tmp_path: Path) -> None:
    write_set(tmp_path, "MIMIC-CXR", [mimic_row(), mimic_row("How is it?")])
    one, two = load_cares(tmp_path).samples
    assert one.groups is two.groups
    assert one.strata is two.strata
    assert one.images[0] is two.images[0]


def test_an_unknown_join_suggests_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean fairvlmed"):
        load_cares(tmp_path, joins={"fairvlm": tmp_path})


def test_broken_json_names_the_line(tmp_path: Path) -> None:
    folder = write_set(tmp_path, "PMC-OA", [pmc_row()])
    with (folder / "pmcoa_factuality.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(pmc_row())[:-4] + "\n")
    with pytest.raises(DataError, match=r"pmcoa_factuality\.jsonl, line 2: no valid JSON"):
        load_cares(tmp_path)
