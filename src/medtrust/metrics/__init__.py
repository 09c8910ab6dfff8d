"""Numbers from arrays: rates, comparisons, classification, gaps, and how sure one may be of them.

Every function takes numpy arrays and returns numbers or small records; nothing here knows what a
task, a model or a file is. Which method belongs to which quantity, and how well it was measured to
hold, is written in ``docs/statistics.md``.
"""

from __future__ import annotations
