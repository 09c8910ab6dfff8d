"""Which data may go to which host: decided before the first request.

Data marked ``gated`` or ``phi`` goes to models in this process and on loopback addresses only.
Any other host must be allowed by name, and that is recorded in the manifest.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from medtrust.core.errors import PolicyError
from medtrust.core.model import ModelIdentity
from medtrust.core.records import Access, Sample


def is_loopback(host: str | None) -> bool:
    """Whether requests to a host stay on this machine.

    Only the name ``localhost`` and literal loopback addresses count: a name that merely resolves
    to one today may resolve elsewhere tomorrow.
    """
    if host is None:
        return True
    name = host.strip("[]").lower()
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def check_egress(
    samples: Iterable[Sample], respondents: Iterable[ModelIdentity], allowed: frozenset[str]
) -> None:
    """Refuse protected data for hosts that were not allowed.

    Args:
        samples: All samples that would be asked about.
        respondents: The model and the judge.
        allowed: Host names from ``--allow-host``.

    Raises:
        PolicyError: One sentence naming data, host and the way out.
    """
    names = {host.lower() for host in allowed}
    outside = [
        identity
        for identity in respondents
        if not is_loopback(identity.host) and str(identity.host).lower() not in names
    ]
    if not outside:
        return
    protected: dict[Access, dict[str, int]] = {}
    for sample in samples:
        if sample.access is not Access.PUBLIC:
            name = sample.strata.get("dataset") or sample.id.partition(":")[0]
            counts = protected.setdefault(sample.access, {})
            counts[name] = counts.get(name, 0) + 1
    if not protected:
        return
    what = "; ".join(
        f"{access.value}: {', '.join(f'{name} ({n} samples)' for name, n in counts.items())}"
        for access, counts in protected.items()
    )
    host = outside[0].host
    raise PolicyError(
        f"Refused: protected data would leave this machine for {host} ({what}). Use a model on "
        "this machine, declare the access class of data that is public, or add "
        f"--allow-host {host} if your agreement permits it."
    )
