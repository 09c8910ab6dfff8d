"""Counts of the seven question files of CARES at commit a743fe0, as counted once by others.

MIMIC-CXR's come from statistics printed by third parties; OmniMedVQA's and PMC-OA's are only known
in round numbers and are therefore not compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from medtrust.data.cares.sets import FAIRVLMED, HAM10000, IU_XRAY, MIMIC, OL3I
from medtrust.data.counts import Count

_IU_XRAY: Final[Mapping[str, Count]] = {
    "rows": 2573,
    "images": 587,
    "distinct texts": 2146,
    "distinct answers": 318,
    "answers beginning with no": 1837,
    "answers beginning with yes": 664,
    "answers beginning otherwise": 72,
    "empty answers": 1,
    "empty questions": 2,
    "answers beginning with a list number": 20,
    "questions with XXXX": 22,
    "answers with XXXX": 24,
    "images with 2 questions": 7,
    "images with 3 questions": 75,
    "images with 4 questions": 199,
    "images with 5 questions": 300,
    "images with 6 questions": 4,
    "images with 7 questions": 2,
}

_HAM10000: Final[Mapping[str, Count]] = {
    "rows": 2000,
    "images": 1000,
    "distinct wordings": 25,
    "distinct option sets": 43,
    "gold A": 461,
    "gold B": 282,
    "gold C": 461,
    "gold D": 796,
    "diagnosis questions": 1000,
    "site questions": 1000,
    "gold melanocytic nevi": 674,
    "gold benign keratosis-like lesions": 119,
    "gold melanoma": 101,
    "gold basal cell carcinoma": 49,
    "gold actinic keratoses and intraepithelial carcinoma": 36,
    "gold vascular lesions": 13,
    "gold dermatofibroma": 8,
    "gold back": 215,
    "gold lower extremity": 202,
    "gold trunk": 143,
    "gold upper extremity": 127,
    "gold abdomen": 104,
    "gold face": 77,
    "gold chest": 45,
    "gold foot": 34,
    "gold neck": 23,
    "gold hand": 10,
    "gold ear": 8,
    "gold scalp": 7,
    "gold genital": 5,
    "images male": 541,
    "images female": 459,
    "images age 0-9": 23,
    "images age 10-19": 13,
    "images age 20-29": 42,
    "images age 30-39": 108,
    "images age 40-49": 230,
    "images age 50-59": 244,
    "images age 60-69": 157,
    "images age 70-79": 127,
    "images age 80-89": 54,
    "images age 90+": 2,
}

_OL3I: Final[Mapping[str, Count]] = {
    "rows": 1000,
    "images": 1000,
    "distinct wordings": 24,
    "distinct option sets": 23,
    "label 0": 953,
    "label 1": 47,
    "gold A": 47,
    "gold B": 953,
    "ages written 90+": 5,
    "images male": 422,
    "images female": 578,
    "label 1 male": 25,
    "label 1 female": 22,
    "images age 10-19": 7,
    "images age 20-29": 105,
    "images age 30-39": 136,
    "images age 40-49": 167,
    "images age 50-59": 219,
    "images age 60-69": 188,
    "images age 70-79": 116,
    "images age 80-89": 57,
    "images age 90+": 5,
}

_FAIRVLMED: Final[Mapping[str, Count]] = {
    "rows": 2838,
    "images": 713,
    "empty questions": 0,
    "empty answers": 0,
    "answers beginning with yes": 55,
    "answers beginning with no": 32,
    "answers beginning otherwise": 2751,
    "mean words of an answer": 31.8,
    "images with 1 questions": 1,
    "images with 2 questions": 1,
    "images with 3 questions": 9,
    "images with 4 questions": 702,
}

_MIMIC: Final[Mapping[str, Count]] = {
    "rows": 10361,
    "images": 1936,
    "studies": 1511,
    "subjects": 273,
    "empty questions": 4,
    "distinct questions": 9842,
    "distinct answers": 10106,
    "distinct ages": 62,
    "rows female, %": 44.5,
    "questions beginning with What": 4320,
    "questions beginning with How": 2019,
    "questions beginning with Is": 1135,
    "questions beginning with Are": 607,
    "questions beginning with Can": 573,
    "questions beginning with In": 555,
    "questions beginning with Does": 363,
}

PUBLISHED: Final[Mapping[str, Mapping[str, Count]]] = {
    IU_XRAY.name: _IU_XRAY,
    HAM10000.name: _HAM10000,
    OL3I.name: _OL3I,
    FAIRVLMED.name: _FAIRVLMED,
    MIMIC.name: _MIMIC,
}
