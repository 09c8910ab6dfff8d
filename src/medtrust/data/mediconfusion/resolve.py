"""Where the images of the pairs may lie.

The place that the user named is tried first, then the folders beside the questions. In each, an
image is looked for

1. under its local number, as the released script keeps it (``20192.jpg``);
2. in a ROCO tree (``roco-dataset/data/train/radiology/images/ROCO_28778.jpg``, or below);
3. in an unpacked article (``PMC3284869/1752-1947-6-45-2.jpg``);
4. in the package of its article (``PMC3284869.tar.gz``), out of which it is copied (`packages`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from medtrust.core.errors import DataError
from medtrust.core.records import ImageRef
from medtrust.data.images import ImageFinder
from medtrust.data.mediconfusion.layout import Article, Layout
from medtrust.data.mediconfusion.packages import Packages
from medtrust.data.mediconfusion.pair import Slot
from medtrust.data.rows import Row


@dataclass(frozen=True, slots=True)
class Resolved:
    """Which images are there.

    Attributes:
        images: By ROCO path, all of them; ``path`` is None for a missing one.
        notes: What stood in the way of one that should be there.
    """

    images: Mapping[str, ImageRef]
    notes: Sequence[str] = ()


def resolve(layout: Layout, place: Path | None) -> Resolved:
    """Look for the image of every slot.

    Args:
        layout: As read.
        place: Folder that the user named, or None.

    Raises:
        DataError: If ``place`` is no folder.
    """
    if place is not None and not place.is_dir():
        raise DataError(f"There is no folder of images {place}: check `--images`.")
    roots = [*([place] if place else []), layout.folder, layout.folder.parent]
    finder = ImageFinder("mediconfusion", roots)
    packages = Packages([place] if place else [])
    found: dict[str, ImageRef] = {}
    notes: list[str] = []
    for line, pair in enumerate(layout.pairs):
        for slot in pair.slots:
            if slot.roco in found:
                continue
            article = layout.articles.get(slot.roco)
            row = Row("images", line, {}, line + 1)
            found[slot.roco] = _image(slot, article, finder, packages, row, notes)
    return Resolved(found, tuple(notes))


def image_folders(layout: Layout, place: Path | None) -> list[Path]:
    """Folders in which images lie by local number, the one that the user named first."""
    roots = [*([place] if place else []), layout.folder, layout.folder.parent]
    return [folder for root in roots for folder in (root, root / "images")]


def file_name(slot: Slot) -> str:
    """Name under which the released script keeps an image, and `medtrust data get` writes it."""
    return f"{slot.local}.jpg"


def _image(
    slot: Slot,
    article: Article | None,
    finder: ImageFinder,
    packages: Packages,
    row: Row,
    notes: list[str],
) -> ImageRef:
    """The image, or a reference without a path; whatever goes wrong is a note."""
    name = file_name(slot)
    try:
        image = finder.ref(name, row, also=_other_places(slot, article))
        if image.path is None and article is not None:
            image = packages.ref(article, slot.local) or image
    except DataError as problem:  # one unreadable file must not cost the other images
        notes.append(f"MediConfusion: {problem}")
        return ImageRef(key=f"mediconfusion:{name}")
    return image


def _other_places(slot: Slot, article: Article | None) -> tuple[str, ...]:
    """Relative paths under which the image may lie besides its local number."""
    local = file_name(slot)
    roco = slot.roco
    unpacked = (f"{article.pmcid}/{article.file_name}",) if article else ()
    return (
        f"images/{local}",
        f"data/images/{local}",
        f"roco-dataset/data/{roco}",
        f"data/roco-dataset/data/{roco}",
        f"data/{roco}",
        roco,
        *unpacked,
    )
