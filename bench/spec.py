"""What the measured integrations ask for."""

from typing import Any

Json = dict[str, Any]


def spec(url: str, *, probe: Json, **more: Any) -> Json:
    """A spec without targets and key. Preflights come once a month: they are no part of what is measured.

    Args:
        url: the provider's.
        probe: ``spec.probe``.
        more: further fields.
    """
    return {"api": {"baseURL": url}, "probe": probe, "preflight": {"interval": "720h"}, **more}
