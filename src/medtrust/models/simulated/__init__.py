"""Responders with planted properties: the instrument must find what was planted.

``simulated/constant``  the same answer always: ``-M answer=TEXT`` or ``-M option=first``
``simulated/planted``   right with probability ``accuracy``, and whatever else is planted, see
                        `planted` and ``docs/simulated.md``
``simulated/cares``     everything the CARES tasks look for, each a named share, see `cares`
``simulated/mediconfusion``  confusable pairs in every way they are asked, see `mediconfusion`
``simulated/judge``     scores an open answer: ``high`` when it repeats the reference, else ``low``;
                        says yes with chance ``complied`` whether an instruction was followed, and
                        marks how rude an answer is

They read the gold from the call's origin, never from the request. Every draw is a pure function of
the run's seed and the request, so equal runs give equal answers.
"""

from __future__ import annotations

from medtrust.models.simulated.chance import correlated, uniform
from medtrust.models.simulated.responder import SimulatedModel, open_model

__all__ = ["SimulatedModel", "correlated", "open_model", "uniform"]
