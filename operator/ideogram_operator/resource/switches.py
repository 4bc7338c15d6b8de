"""Which names a switch may have.

Whoever may create an integration need not be allowed to edit Deployments. A free choice of name would let them
inject ``LD_PRELOAD`` into every container, or send the application's key elsewhere.
"""

import re
from collections.abc import Iterable
from typing import Final

_USUAL: Final = re.compile(r"IDEOGRAM_[A-Z0-9_]+")
_DIVERTING: Final = re.compile(
    r"IDEOGRAM_(?:[A-Z0-9_]*_)?(?:API|URL|URI|HOST|PORT|ENDPOINT|PROXY|KEY|TOKEN|SECRET|CA|CERT)S?"
)
"""Names inside the usual pattern that applications read as an address or a credential: nothing to switch."""


def switch_name_allowed(name: str, extra_patterns: Iterable[str] = ()) -> bool:
    """Whether `name` may be switched or throttled.

    Args:
        name: the environment variable or ConfigMap key.
        extra_patterns: regular expressions from the operator's own configuration, each for a whole name.

    Raises:
        re.error: a pattern is not a regular expression; the operator checks its configuration at start.
    """
    if _USUAL.fullmatch(name) and not _DIVERTING.fullmatch(name):
        return True
    return any(re.fullmatch(pattern, name) for pattern in extra_patterns)
