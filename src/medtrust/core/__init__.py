"""Records, keys, protocols, errors and the registry: the words everything else speaks in."""
