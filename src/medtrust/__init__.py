"""Measures whether a medical vision-language model can be trusted.

Everything the command line does is a call in `medtrust.run`.
"""

from __future__ import annotations

__version__ = "0.1.0"
