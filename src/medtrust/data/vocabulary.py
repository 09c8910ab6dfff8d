"""The words for what made an image and for the part of the body it shows.

The 16 modalities and 14 of the regions are those that the figure on the CARES project page names
(``data.png``, in its order of size). The page claims 27 regions; the other 13 are listed nowhere we
could find, so whatever is not named here is ``unknown``. A few terms of our own stand apart, for
images that none of the published terms fits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

UNKNOWN: Final = "unknown"

Terms = Mapping[str, tuple[str, ...]]
"""Canonical terms with their synonyms; case, hyphens and other signs make no difference."""

MODALITIES: Final[Terms] = MappingProxyType(
    {
        "MRI": ("MR", "magnetic resonance", "magnetic resonance imaging", "MR imaging", "MR scan",
                "MRI scan"),
        "CT": ("CT scan", "computed tomography", "computerised tomography",
               "computerized tomography", "CAT scan"),
        "X-ray": ("xray", "CXR", "DX", "CR", "X-ray image", "X-ray imaging", "chest X-ray",
                  "radiograph", "chest radiograph", "plain radiograph", "radiography", "plain film",
                  "mammogram", "mammography"),
        "ultrasound": ("US", "ultrasonography", "sonography", "ultrasound imaging", "sonogram",
                       "echocardiography"),
        "fundus photography": ("fundus", "fundus photograph", "fundus photo", "fundus image",
                               "color fundus photography", "colour fundus photography",
                               "color fundus photograph", "colour fundus photograph", "CFP",
                               "retinal photograph", "retinal photography", "SLO", "SLO fundus",
                               "scanning laser ophthalmoscopy"),
        "pathology": ("histopathology", "histology", "pathology image", "pathology slide",
                      "whole slide image", "WSI", "H&E"),
        "fluorescence": ("fluorescence microscopy", "fluorescence imaging", "immunofluorescence"),
        "dermoscopy": ("dermatoscopy", "dermoscopic imaging", "dermoscopic image", "dermatoscope",
                       "dermoscopy image"),
        "endoscopy": ("endoscopic imaging", "endoscopic image", "colonoscopy", "gastroscopy",
                      "capsule endoscopy", "laparoscopy"),
        "radioisotope": ("radionuclide", "radioisotope imaging", "scintigraphy", "bone scan",
                         "nuclear medicine"),
        "OCT": ("optical coherence tomography", "retinal OCT"),
        "mitotic": ("mitosis", "mitotic figures"),
        "infrared reflectance imaging": ("infrared reflectance", "IR reflectance",
                                         "near infrared reflectance"),
        "PET": ("positron emission tomography", "PET scan"),
        "digital photography": ("digital photograph", "digital photo", "clinical photograph",
                                "clinical photography", "photograph"),
        "colposcopy": ("colposcopic image", "cervicography"),
    }
)  # fmt: skip
"""The 16 modalities of CARES."""

OWN_MODALITIES: Final[Terms] = MappingProxyType(
    {"microscopy": ("microscopy images", "microscopy image", "microscope", "cytology",
                    "blood smear")}
)  # fmt: skip
"""Ours: OmniMedVQA says "Microscopy Images" of single cells, which are not slices of tissue."""

REGIONS: Final[Terms] = MappingProxyType(
    {
        "central nervous system": ("CNS", "brain", "spinal cord"),
        "eye": ("retina", "fundus", "ocular", "eyes"),
        "oral cavity": ("mouth", "dental", "teeth", "oral"),
        "chest": ("lung", "lungs", "thorax", "thoracic", "pulmonary"),
        "cardiac": ("heart", "cardiovascular"),
        "liver": ("hepatic",),
        "stomach": ("gastric",),
        "large intestine": ("colon", "rectum", "colorectal", "large bowel"),
        "small intestine": ("small bowel", "duodenum"),
        "hand": ("hands", "wrist and hand"),
        "pelvic cavity": ("pelvis", "pelvic", "uterine cervix", "cervix", "prostate"),
        "skin": ("dermatology", "cutaneous"),
        "knee": ("articulatio genus", "knee joint"),
        "foot": ("feet",),
    }
)
"""The 14 regions that CARES names."""

OWN_REGIONS: Final[Terms] = MappingProxyType(
    {
        "abdomen": ("abdominal", "abdominal CT"),
        "breast": ("breasts", "mammary"),
        "blood": ("blood cells",),
        "upper limb": ("upper extremity", "arm"),
    }
)
"""Ours: the slice at the third lumbar vertebra of OL3I, and parts of OmniMedVQA."""

CLAIMED_REGIONS: Final = 27
"""Regions that the project page counts; all but those in `REGIONS` are named nowhere."""


def modality(name: str) -> str:
    """The canonical modality, e.g. ``X-ray`` for ``CXR``; ``unknown`` for any other text."""
    return _synonyms("modality").get(_plain(name), UNKNOWN)


def region(name: str) -> str:
    """The canonical region, e.g. ``knee`` for ``articulatio genus``; ``unknown`` otherwise."""
    return _synonyms("region").get(_plain(name), UNKNOWN)


@cache
def _synonyms(noun: str) -> dict[str, str]:
    tables = (MODALITIES, OWN_MODALITIES) if noun == "modality" else (REGIONS, OWN_REGIONS)
    return {
        _plain(word): term
        for table in tables
        for term, words in table.items()
        for word in (term, *words)
    }


def _plain(name: str) -> str:
    """Lower case words alone: neither hyphens nor other signs, and full-width letters as others."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(re.findall(r"[^\W_]+", folded))
