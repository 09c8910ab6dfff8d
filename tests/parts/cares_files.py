"""Small question files in the seven schemas of CARES, made up here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from medtrust.core.dataset import Dataset, DataSource
from medtrust.data.cares.loader import load

Rows = Sequence[Mapping[str, Any]]

IU_TAIL = " Please choose from the following two options: [yes, no]\n<image>"
HAM_FRAME = (
    "This is a medical Question with several Options. The Question is:{question}"
    "The candidate Options are:[{options}]\n"
)


def iu_row(question: str, answer: str, image: str = "CXR7_IM-0001-0001/0.png") -> dict[str, Any]:
    text = question + IU_TAIL
    return {"question": text, "answer": answer, "image": image, "question_id": 0, "text": text}


def ham_row(question: str, options: str, gold: str, image: str, age: int = 45) -> dict[str, Any]:
    return {
        "question_id": image,
        "options": options,
        "fig_caption": gold,
        "age": age,
        "gender": "female",
        "image": f"ham10000_testset/{image}.jpg",
        "text": HAM_FRAME.format(question=question, options=options),
    }


def ol3i_row(text: str, options: str, answer: str, age: str = "61") -> dict[str, Any]:
    return {
        "label": 0,
        "age": age,
        "gender": "male",
        "options": options,
        "answer": answer,
        "question_id": 0,
        "text": text,
        "image": "ab+c_d=.jpg",
    }


def fundus_row(number: int, text: str = "What is seen?", answer: str = "A disc.") -> dict[str, Any]:
    return {
        "question_id": number,
        "image": f"slo_fundus_{number:05d}.jpg",
        "text": text,
        "answer": answer,
    }


def mimic_row(text: str = "Is there an effusion?", answer: str = "No.") -> dict[str, Any]:
    return {
        "id": "aaaa-bbbb",
        "study_id": 50000001,
        "subject_id": 10000001,
        "split": "test",
        "gender": "F",
        "age": 67,
        "race": "Asian",
        "answer": answer,
        "question_id": "aaaa-bbbb-1",
        "text": text,
        "image": "p10/p10000001/s50000001/aaaa-bbbb.jpg",
    }


def omni_row(answer: str = "mild", **options: str) -> dict[str, Any]:
    columns = options or {"option_A": "none", "option_B": "mild", "option_C": "severe"}
    return {
        "question_id": "X_1",
        "dataset": "Some Set",
        "text": "How severe is it?",
        "answer": answer,
        **columns,
        "image": "Images/Some Set/1.png",
    }


def pmc_row(figure: int = 1) -> dict[str, Any]:
    return {
        "question_id": f"q{figure}",
        "text": "What does the figure show?",
        "answer": "A cell.",
        "image": f"PMC123_F{figure}_99.jpg",
    }


FILES = {
    "IU-Xray": "iuxray_factuality.jsonl",
    "HAM10000": "HAM10000_factuality.jsonl",
    "OL3I": "OL3I_factuality.jsonl",
    "Harvard-FairVLMed": "fundus_factuality.jsonl",
    "MIMIC-CXR": "mimic_factuality.jsonl",
    "OmniMedVQA": "omnimedvqa_factuality.jsonl",
    "PMC-OA": "pmcoa_factuality.jsonl",
}


def write_set(root: Path, name: str, rows: Rows) -> Path:
    """Write one question file into the layout of the repository; returns the set's folder."""
    folder = root / "data" / name
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (folder / FILES[name]).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def write_all_seven(root: Path) -> None:
    """One small file for each set."""
    sites = "A:ear, B:hand, C:back, D:neck"
    nevi = "A:melanoma, B:melanocytic nevi, C:dermatofibroma, D:vascular lesions"
    write_set(root, "IU-Xray", [iu_row("Is the heart large?", "No."), iu_row("Is it?", "- Yes")])
    ham = [
        ham_row("Where is it?", sites, "C:back", "ISIC_1"),
        ham_row("What is it? ", nevi, "B:melanocytic nevi", "ISIC_1"),
    ]
    write_set(root, "HAM10000", ham)
    yes_no = "A:Yes, it is seen, B:No, it is not"
    write_set(root, "OL3I", [ol3i_row("Is it seen?", yes_no, "B:No, it is not", age="90+")])
    write_set(root, "Harvard-FairVLMed", [fundus_row(8001), fundus_row(8002)])
    write_set(root, "MIMIC-CXR", [mimic_row(), mimic_row(text="")])
    write_set(root, "OmniMedVQA", [omni_row(), omni_row(answer="huge")])
    write_set(root, "PMC-OA", [pmc_row(1), pmc_row(2)])


def load_cares(path: Path, **options: Any) -> Dataset:
    """Load a folder in the repository's layout."""
    return load(DataSource(name="cares", path=path, **options))
