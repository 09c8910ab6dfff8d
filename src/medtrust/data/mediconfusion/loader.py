"""The MediConfusion repository as samples, with whichever images are there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from medtrust.core.dataset import Dataset, DataSource
from medtrust.core.errors import UnknownNameError
from medtrust.core.records import Access
from medtrust.data.mediconfusion.hazards import differences, hazards
from medtrust.data.mediconfusion.layout import IMAGE_FILE, Layout, read_layout
from medtrust.data.mediconfusion.licences import read_licences
from medtrust.data.mediconfusion.resolve import Resolved, image_folders, resolve
from medtrust.data.mediconfusion.samples import samples_of
from medtrust.data.shown import plain_errors, shown


@plain_errors()
def load(source: DataSource) -> Dataset:
    """Two samples a pair, in file order.

    Args:
        source: ``path`` is the repository, its ``data`` folder or a file with its columns;
            ``images`` a place of images (`resolve.resolve`); ``access`` may narrow who sees them.

    Returns:
        Samples ``mediconfusion/<pair>/im_1`` and ``.../im_2``; ``notes`` says which sizes differ
        from the published ones, which images are missing and what is hazardous.

    Raises:
        DataError: If no questions are there, or one is broken; names pair and field.
        UnknownNameError: If something is to be joined: nothing can be.
    """
    for name in source.joins:
        raise UnknownNameError.among("join of mediconfusion", name, ())
    layout = read_layout(source.path)
    found = resolve(layout, source.images)
    licences = read_licences(image_folders(layout, source.images))
    notes = (
        *differences(layout.pairs, layout.statistics),
        *_absent(layout, found),
        *_alike(layout, found),
        *found.notes,
    )
    return Dataset(
        name=source.name,
        samples=samples_of(
            layout.pairs, layout.articles, found.images, licences, source.access or Access.PUBLIC
        ),
        digests=layout.digests,
        notes=tuple(map(shown, (*notes, *hazards(layout.pairs, layout.articles)))),
    )


def _absent(layout: Layout, found: Resolved) -> Iterator[str]:
    total = len(found.images)
    missing = sum(image.path is None for image in found.images.values())
    if missing:
        whole = sum(
            all(found.images[slot.roco].path for slot in pair.slots) for pair in layout.pairs
        )
        yield (
            f"MediConfusion: {missing} of {total} images are missing, both images are there for "
            f"{whole} of {len(layout.pairs)} pairs; `medtrust data get mediconfusion` fetches them."
        )
    unknown = total - len(layout.articles)
    if unknown:
        yield (
            f"MediConfusion: {IMAGE_FILE} does not tell the article of {unknown} of {total} "
            "images; pairs that share only an article count as independent there."
        )


def _alike(layout: Layout, found: Resolved) -> Iterator[str]:
    """A server that has lost its images may send one and the same picture for all of them."""
    keys = Counter(image.key for image in found.images.values() if image.path)
    alike = sum(count for count in keys.values() if count > 1)
    if alike:
        pairs = [
            pair.id
            for pair in layout.pairs
            if len({found.images[slot.roco].key for slot in pair.slots}) == 1
        ]
        both = f", among them both images of {', '.join(pairs[:8])}" if pairs else ""
        yield (
            f"MediConfusion: {alike} image files have the bytes of another one{both}; compare "
            "them with their articles."
        )
