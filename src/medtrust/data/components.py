"""Connected components: samples that share any token belong together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def components(tokens: Sequence[Iterable[str]]) -> list[int]:
    """Number of the component of each item; items that share a token share a component.

    Args:
        tokens: Tokens of each item; an item without tokens stands alone.

    Returns:
        One number per item: the index of the component's first item.
    """
    parent = list(range(len(tokens)))

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    owner: dict[str, int] = {}
    for item, names in enumerate(tokens):
        for name in names:
            first, second = root(owner.setdefault(name, item)), root(item)
            # the smaller index stays root, so that a component is named by its first item
            parent[max(first, second)] = min(first, second)
    return [root(item) for item in range(len(tokens))]
