"""What is published about each of the seven sets: names, places, licences, access."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from medtrust.core.records import Access
from medtrust.data.vocabulary import UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class CaresSet:
    """One of the seven question files.

    Attributes:
        name: Folder below ``data/`` and value of ``strata["dataset"]``.
        file: Name of the question file.
        access: Access class when the user declares none.
        always_gated: A credentialed set: no declaration makes it public.
        licence: Of the questions and of the images.
        strata: Properties that hold for all its samples, in the words of `data.vocabulary`.
        image_folders: Folders of images, relative to the set's folder.
        obtain: Where the images come from, for people.
    """

    name: str
    file: str
    access: Access
    licence: str
    strata: tuple[tuple[str, str], ...]
    image_folders: tuple[str, ...] = ("images", "")
    always_gated: bool = False
    obtain: str = ""

    @property
    def stem(self) -> str:
        """File name without ending: the middle of sample ids."""
        return self.file.removesuffix(".jsonl")


IU_XRAY: Final = CaresSet(
    name="IU-Xray",
    file="iuxray_factuality.jsonl",
    access=Access.PUBLIC,
    licence="questions CC BY 4.0; images CC BY-NC-ND 4.0 (Open-i)",
    strata=(("modality", "X-ray"), ("region", "chest")),
    obtain="the R2Gen folder of IU X-Ray images",
)
HAM10000: Final = CaresSet(
    name="HAM10000",
    file="HAM10000_factuality.jsonl",
    access=Access.PUBLIC,
    licence="questions CC BY 4.0; images CC BY-NC (Harvard Dataverse DBW86T)",
    strata=(("modality", "dermoscopy"), ("region", "skin")),
    obtain="Harvard Dataverse, DOI 10.7910/DVN/DBW86T",
)
OL3I: Final = CaresSet(
    name="OL3I",
    file="OL3I_factuality.jsonl",
    access=Access.GATED,
    licence="questions CC BY 4.0; images Stanford AIMI research agreement",
    strata=(("modality", "CT"), ("region", "abdomen")),
    obtain="Stanford AIMI, data set OL3I; `medtrust data images ol3i` writes them out",
)
FAIRVLMED: Final = CaresSet(
    name="Harvard-FairVLMed",
    file="fundus_factuality.jsonl",
    access=Access.GATED,
    licence="questions CC BY 4.0; images CC BY-NC-ND 4.0, by request",
    strata=(("modality", "fundus photography"), ("region", "eye")),
    obtain="Harvard-FairVLMed; `medtrust data images fairvlmed` writes them out of the npz files",
)
MIMIC: Final = CaresSet(
    name="MIMIC-CXR",
    file="mimic_factuality.jsonl",
    access=Access.GATED,
    licence="PhysioNet Credentialed Health Data License 1.5.0",
    strata=(("modality", "X-ray"), ("region", "chest")),
    image_folders=(
        "mimic-cxr-jpg",
        "mimic-cxr-jpg/files",
        "mimic-cxr-jpg/2.0.0/files",
        "mimic-cxr-jpg/2.1.0/files",
        "images",
        "files",
        "2.0.0/files",
        "2.1.0/files",
        "",
    ),
    always_gated=True,
    obtain="PhysioNet, mimic-cxr-jpg (credentialed)",
)
OMNIMEDVQA: Final = CaresSet(
    name="OmniMedVQA",
    file="omnimedvqa_factuality.jsonl",
    access=Access.GATED,
    licence="questions CC BY 4.0; images per subset, part by request",
    strata=(),  # modality and region differ from row to row
    obtain="OpenGVLab Multi-Modality-Arena, OmniMedVQA",
)
PMC_OA: Final = CaresSet(
    name="PMC-OA",
    file="pmcoa_factuality.jsonl",
    access=Access.PUBLIC,
    licence="questions CC BY 4.0; images per article",
    strata=(("modality", UNKNOWN), ("region", UNKNOWN)),
    obtain="Hugging Face, axiong/pmc_oa",
)

ALL_SETS: Final = (IU_XRAY, HAM10000, OL3I, FAIRVLMED, MIMIC, OMNIMEDVQA, PMC_OA)
