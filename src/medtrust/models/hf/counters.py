"""What a local model did, counted where it happens."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Counters:
    """Counts since the model was loaded.

    Attributes:
        token_positions: Tokens sent through the language model, padding left out.
        padding_positions: Places computed for nothing beside them.
        image_encodes: Images sent through the vision tower.
        forward_calls: Calls of the language model.
        trial_positions: Token positions spent on finding out whether the cache can be branched;
            not part of ``token_positions``.
    """

    token_positions: int = 0
    padding_positions: int = 0
    image_encodes: int = 0
    forward_calls: int = 0
    trial_positions: int = 0

    def as_dict(self) -> dict[str, int]:
        """Counts by name, for the manifest."""
        return asdict(self)

    def move_to_trial(self) -> None:
        """Book everything so far as the cost of the trial."""
        self.trial_positions += self.token_positions + self.padding_positions
        self.token_positions = self.padding_positions = 0
        self.image_encodes = self.forward_calls = 0
