"""Every error the package raises on purpose.

MedtrustError
├── UserError              the user can mend it: one clear sentence, exit 2
│   ├── UnknownNameError   a task, suite, model or option that does not exist
│   ├── DataError          a question file, a column, a row; names the file and the line
│   ├── ImageError         an image that cannot be read; becomes the request's reason
│   ├── PolicyError        protected data pointed at a host that may not see it
│   ├── CalibrationError   an escalation policy met a case it was not calibrated for, or expired
│   ├── StoreError         the answer store cannot be opened, read or written
│   ├── ModelError         a model or server that refuses every request the same way
│   └── PlanMismatchError  the run folder holds another plan
├── WorkLeft               the same command goes on where this stopped, exit 3
└── ShapeError             arrays that do not fit together (also a ValueError)
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class MedtrustError(Exception):
    """Root of the tree."""


class UserError(MedtrustError):
    """Something the user can mend; its message is one sentence with the way out."""


class UnknownNameError(UserError):
    """A name that is not known; near names are suggested."""

    @classmethod
    def among(cls, kind: str, name: str, known: Iterable[str]) -> UnknownNameError:
        """Build the sentence: what was asked for, what is near, where the full list is.

        Args:
            kind: What the name names, e.g. ``"task"``.
            name: The name as typed.
            known: All valid names.
        """
        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        if near:
            hint = f"did you mean {' or '.join(near)}?"
        elif names and len(names) <= 12:
            hint = f"there are: {', '.join(names)}."
        else:
            hint = "see `medtrust list`."
        return cls(f"Unknown {kind} {name!r}: {hint}")


class DataError(UserError):
    """A data file that does not hold what it should."""


class ImageError(UserError):
    """An image that cannot be used.

    Attributes:
        reason: Short kebab-case reason kept with the score, e.g. ``"image-missing"``.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class PolicyError(UserError):
    """Protected data may not leave this machine without being allowed to."""


class CalibrationError(UserError):
    """An escalation policy says nothing about this model, prompt, site, kind of case or day."""


class StoreError(UserError):
    """The store of answers cannot do its work; what it holds is intact."""


class ModelError(UserError):
    """The model cannot answer at all (wrong key, unknown name, broken file)."""


class PlanMismatchError(UserError):
    """The run folder belongs to a different plan."""


class WorkLeft(MedtrustError):  # noqa: N818 - it is not an error: the run is merely unfinished
    """The run stopped before its end; the same command resumes it."""


class ShapeError(MedtrustError, ValueError):
    """Arrays whose shapes or ranges do not fit together."""
