"""Where an image may be asked for: a template of addresses, filled for one image.

The addresses inside the data set (``dlink``) are of a service that was closed in 2026. Single files
of open-access articles now lie in a public bucket, ``<PMCID>.<version>/<file name>``. So public
programs read it; it was never tried with these 228 images.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, urlsplit

from medtrust.core.errors import UserError
from medtrust.data.mediconfusion.layout import Article
from medtrust.data.mediconfusion.pair import Slot

PMC_BUCKET: Final = "https://pmc-oa-opendata.s3.amazonaws.com/{pmcid}.{version}/{file_name}"

FIELDS: Final = ("pmcid", "file_name", "version", "local", "roco")
"""What may stand in braces: article, its name of the picture, version of the article, local number,
path in ROCO."""

VERSIONS: Final = (1, 2, 3)
"""Tried in turn where the template names a version; nearly all articles have one only."""

_NAMES_AN_IMAGE: Final = ("file_name", "local", "roco")


class Template:
    """Addresses of images, or of records about their articles.

    Args:
        text: E.g. ``https://host/{pmcid}/{file_name}``.
        option: How it was typed, for errors.
        naming: Fields of which one must stand in it, lest all addresses be one.

    Raises:
        UserError: If it is no http address, a field is unknown, or all images would be one.
    """

    def __init__(
        self,
        text: str,
        *,
        option: str = "--url-template",
        naming: tuple[str, ...] = _NAMES_AN_IMAGE,
    ) -> None:
        try:
            found = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
            parts = urlsplit(text)
        except ValueError as problem:
            raise UserError(f"{option} has a broken brace or address ({problem}).") from None
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise UserError(f"{option} must begin with http:// or https:// and a host.")
        if "{" in parts.netloc:
            raise UserError(f"{option} may not fill in its host.")
        unknown = sorted(found - set(FIELDS))
        if unknown:
            raise UserError(
                f"{option} has {{{unknown[0]}}}; there are "
                f"{', '.join(f'{{{name}}}' for name in FIELDS)}."
            )
        if not found & set(naming):
            wanted = " or ".join(f"{{{name}}}" for name in naming)
            raise UserError(f"{option} must hold {wanted}.")
        self._text = text
        self._fields = found

    def addresses(self, slot: Slot | None, article: Article | None) -> Iterator[str]:
        """Addresses of one image or article, best first; none where what it needs is unknown."""
        values: dict[str, str] = {}
        if slot is not None:
            values |= {"local": str(slot.local), "roco": quote(slot.roco)}
        if article is not None:
            values |= {"pmcid": article.pmcid, "file_name": quote(article.file_name, safe="")}
        if not self._fields <= {*values, "version"}:
            return
        for version in VERSIONS if "version" in self._fields else (1,):
            yield self._text.format(version=version, **values)
