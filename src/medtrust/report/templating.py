"""How every page is filled in: everything is escaped, and a name that is not there is an error."""

from __future__ import annotations

import jinja2


def environment() -> jinja2.Environment:
    """A fresh environment over the report's templates; pages add their own filters."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("medtrust.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
