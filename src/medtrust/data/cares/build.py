"""One set at a time: what the seven readers share when they turn rows into samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from medtrust.core.dataset import DECADES
from medtrust.core.records import NOTHING, Access, ImageRef, Kind, Sample
from medtrust.data.cares.sets import CaresSet
from medtrust.data.demographics import age_group, known, sex
from medtrust.data.images import ImageFinder
from medtrust.data.option_text import LETTERS
from medtrust.data.pool import ValuePool
from medtrust.data.rows import Row


class SampleBuilder:
    """Builds the samples of one set.

    Args:
        published: The set.
        images: Finds its images.
        access: Access class of all its samples.
        pool: Keeps equal values once.
        people: Joined patient attributes by the set's own patient key; empty without a join.
        age_bins: Lower edges of the bins that ages are put into.
    """

    def __init__(
        self,
        published: CaresSet,
        images: ImageFinder,
        access: Access,
        pool: ValuePool,
        people: Mapping[str, Mapping[str, str]] | None = None,
        age_bins: tuple[int, ...] = DECADES,
    ) -> None:
        self.images = images
        self.people = people or {}
        self._set = published
        self._access = access
        self._pool = pool
        self._age_bins = age_bins

    def image(self, row: Row, *, also: Sequence[str] = ()) -> ImageRef:
        """Reference of the row's image."""
        return self.images.ref(row.text("image"), row, also=also)

    def demographics(self, age: str, gender: str, race: str = "") -> dict[str, str]:
        """Groups of a row that carries age and gender."""
        years = age_group(age, self._age_bins)
        return {"sex": sex(gender), "age": age, "age_group": years, "race": known(race)}

    def joined(self, patient: str) -> Mapping[str, str]:
        """Joined attributes of one patient; empty when there are none."""
        return self.people.get(patient, NOTHING)

    def sample(
        self,
        row: Row,
        *,
        question: str,
        kind: Kind,
        image: ImageRef,
        cluster: str,
        answer: int | bool | str | None,
        gold: str,
        options: tuple[str, ...] = (),
        groups: Mapping[str, str] = NOTHING,
        strata: Mapping[str, str] = NOTHING,
        extra: Mapping[str, str] = NOTHING,
        defect: str = "",
    ) -> Sample:
        """Put the parts together.

        Args:
            row: The raw row; its ``text`` and ``image`` are kept as they are.
            question: The question alone.
            kind: Form of the answer.
            image: Its image.
            cluster: Patient, study, article or image, without the set's name.
            answer: The gold as the corrected reading takes it; None with ``defect``.
            gold: The raw gold string.
            options: Option texts without letters.
            groups: Patient attributes; empty values are left out.
            strata: Beside the data set and what holds for all of its samples.
            extra: Further raw fields for ``source``.
            defect: Why the gold cannot be used.
        """
        if not defect and not question.strip():
            defect = "empty-question"
        if not defect and answer == "":
            defect = "empty-answer"
        properties = {"dataset": self._set.name, **dict(self._set.strata), **strata}
        if kind is Kind.CHOICE and isinstance(answer, int):
            properties["position"] = LETTERS[answer]
        pool = self._pool
        raw = {
            "text": pool.text(row.text("text")),
            "answer": pool.text(gold),
            "image": pool.text(row.text("image")),
        }
        return Sample(
            id=f"cares/{self._set.stem}:{row.line}",
            question=pool.text(question),
            kind=kind,
            images=(image,),
            options=pool.texts(options),
            answer=None if defect else answer,
            groups=pool.mapping(groups),
            strata=pool.mapping(properties),
            cluster=pool.text(f"{self._set.name}:{cluster}"),
            licence=self._set.licence,
            access=self._access,
            source={**raw, **extra, **raw},  # in this order; what was published wins
            gold_defect=defect,
        )
