"""Which names a switch may have.

Whoever may create an integration need not be allowed to edit Deployments. A free choice of name would let them
inject ``LD_PRELOAD`` into every container, or send the application's key elsewhere.
"""

import re
from collections.abc import Iterable
from typing import Final

_USUAL: Final = re.compile(r"IDEOGRAM_[A-Z0-9_]+")
_DIVERTING: Final = re.compile(
    r"(?:API|BASE|HTTPS?)?(?:UR[IL]|HOST|HOSTNAME|PORT|ENDPOINT|BASE|SERVER|ADDR|ADDRESS|DOMAIN|ORIGIN|GATEWAY|PROXY|"
    r"WEBHOOK|CALLBACK|KEY|TOKEN|SECRET|PASSWORD|PASSWD|AUTH|AUTHORIZATION|CREDENTIAL|HEADER|CA|CERT|CERTIFICATE|"
    r"BUNDLE|COMMAND|CMD|ARG|OPT|OPTION|PLUGIN|MODULE|LIB|PATH|DIR|FILE)(?:E?S)?"
)
"""Words that make a name an address, a credential, or code to load: nothing to switch."""
_DIVERTING_AT_THE_END: Final = frozenset({"API", "APIS"})
_HARMLESS_ENDS: Final = frozenset({"ENABLED", "DISABLED", "CONCURRENCY", "LIMIT", "RETRIES", "TIMEOUT", "SECONDS"})
"""Last words that leave nothing to divert: ``IDEOGRAM_WEBHOOK_ENABLED`` is a switch."""


def switch_name_allowed(name: str, extra_patterns: Iterable[str] = ()) -> bool:
    """Whether `name` may be switched or throttled.

    Args:
        name: the environment variable or ConfigMap key.
        extra_patterns: regular expressions from the operator's own configuration, each for a whole name.

    Raises:
        re.error: a pattern is not a regular expression; the operator checks its configuration at start.
    """
    if _USUAL.fullmatch(name) and not _diverts(name):
        return True
    return any(re.fullmatch(pattern, name) for pattern in extra_patterns)


def _diverts(name: str) -> bool:
    _, *words = name.split("_")
    if words[-1] in _HARMLESS_ENDS:
        return False
    return words[-1] in _DIVERTING_AT_THE_END or any(_DIVERTING.fullmatch(word) for word in words)
