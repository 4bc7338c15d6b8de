"""A receiver's URL taken apart by Apprise, and what of it is refused before anything is sent.

Apprise's plugins are foreign code over a tenant's text: whatever one of them raises means a URL that is no good, and
its text, which may hold the URL, goes nowhere.
"""

import functools
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import apprise
import apprise.plugins

from ideogram_operator.services import receiver_log
from ideogram_operator.services.lines import Line
from ideogram_operator.services.receiver_sites import REFUSED_PARAMETERS, SITES, Place, Site
from ideogram_operator.services.results import ServiceError

HINT: Final = "Compare the URL in the Secret with its service's page on https://appriseit.com/services/."

NATIVE: Final = "https"
"""The scheme of a webhook URL as the service itself shows it; Apprise knows most of them."""

LONGEST_PAUSE: Final = 2.0
"""Seconds that a receiver may have its thread wait before the next request."""

_SCHEME: Final = re.compile(r"([A-Za-z0-9]{2,20})://")
_SEVERAL: Final = re.compile(r"\s|[,;][A-Za-z0-9]{2,20}://")
_LONGEST: Final = 4096

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Receiver:
    """A URL, taken apart.

    Attributes:
        scheme: Apprise's name of the service.
        plugin: Apprise's plugin, which holds credentials.
        site: what is known of the service.
        place: the host that the URL names; None if it names none.
    """

    scheme: str
    plugin: Any
    site: Site
    place: Place | None


def scheme_of(url: str) -> str:
    """The URL's scheme in lower case; empty if there is none."""
    found = _SCHEME.match(url.strip())
    return found[1].lower() if found else ""


def take_apart(url: str, *, timeout: float, authorities: str | None) -> Receiver:
    """The receiver behind ``url``. Asks nobody; loads the plugin, so call it in a thread.

    Args:
        url: one Apprise URL, or a service's own webhook URL.
        timeout: seconds for each of the plugin's connections, whatever the URL says.
        authorities: a PEM file of certificate authorities; None: the plugin's own.

    Raises:
        ServiceError: it is not one complete URL of a known service.
    """
    parts = _parse(url.strip())
    scheme = parts["schema"]
    site = SITES[scheme]
    with Line().laid():  # a constructor has nothing to ask anybody
        plugin = _foreign(lambda: apprise.Apprise.instantiate(parts, asset=_asset()))
    if plugin is None:
        raise ServiceError(f"the URL is not complete for {scheme}", hint=HINT)
    _bound(plugin, timeout, authorities)
    return Receiver(scheme=scheme, plugin=plugin, site=site, place=site.place(plugin))


def _parse(url: str) -> dict[str, Any]:
    """What Apprise makes of the URL, if it is one that may be used."""
    if len(url) > _LONGEST:
        raise ServiceError("the Secret's value is too long for a URL", hint=HINT)
    if _SEVERAL.search(url):
        raise ServiceError("the Secret's value is more than one URL", hint="Write one entry of spec.notify for each.")
    if (scheme := scheme_of(url)) not in SITES and scheme != NATIVE:
        raise _unknown()
    receiver_log.listen()
    parts = _foreign(lambda: apprise.plugins.url_to_dict(url))  # type: ignore[no-untyped-call] # Apprise annotates a part of itself
    if not parts:
        raise ServiceError("the URL is not one that Apprise understands", hint=HINT)
    if parts["schema"] not in SITES:
        raise _unknown()
    _check_parameters(parts)
    return dict(parts)


def _check_parameters(parts: dict[str, Any]) -> None:
    refused = sorted(REFUSED_PARAMETERS & {str(key).lower() for key in parts.get("qsd") or {}})
    if refused:
        raise ServiceError(
            f"the URL has the parameter {refused[0]}, which is not allowed", hint="Remove it.", untried=True
        )


def _bound(plugin: Any, timeout: float, authorities: str | None) -> None:
    """Overrides what the URL's own parameters may have set."""
    plugin.redirects = False
    plugin.socket_connect_timeout = plugin.socket_read_timeout = timeout
    plugin.request_rate_per_sec = 0
    kind: Any = type(plugin)
    plugin.__class__ = _tame(kind)
    if authorities is not None and plugin.verify_certificate:
        plugin.verify_certificate = authorities


@functools.cache
def _tame(kind: Any) -> Any:
    """The plugin's class without what it would do outside of the line and the deadline.

    Matrix logs out when it is thrown away, in whatever thread that happens, the event loop's even, and waits as long as
    the server likes. So the session of a login with a password stays; one with an access token makes none.
    """
    return type(kind.__name__, (kind,), {"__del__": lambda _: None, "throttle": _with_short_waits})


def _with_short_waits(_: Any, last_io: Any = None, wait: float | None = None) -> None:  # noqa: ARG001 - Apprise's names
    """Instead of a sleep as long as a server says, in one of the threads that all receivers share.

    A short one is granted: between the parts of a long message, to fail would be to send the first part again.
    """
    if wait and wait > LONGEST_PAUSE:
        raise OSError(receiver_log.LEFT_ALONE)
    time.sleep(max(0.0, wait or 0.0))


def _foreign(work: Callable[[], Made]) -> Made | None:
    try:
        return work()
    except Exception:  # noqa: BLE001 - an action is carried out here, by foreign code
        return None


def _unknown() -> ServiceError:
    return ServiceError(
        "the URL is of no service that the operator sends to",
        hint="Use an Apprise URL such as slack://, pagerduty://, mailtos:// or jsons://.",
        untried=True,
    )


def _asset() -> apprise.AppriseAsset:
    """Apprise without redirects, plugins of others, files, templates, and pictures from elsewhere."""
    return apprise.AppriseAsset(
        app_id="Ideogram Operator",
        app_desc="Ideogram Operator",
        app_url="https://ideogram-operator.io",
        image_url_mask="",
        image_url_logo="",
        image_path_mask=False,
        http_redirects=False,
        pgp_autogen=False,
        pem_autogen=False,
        allow_templates=False,
        secure_logging=True,
        storage_mode="memory",
        timezone="UTC",
        language="en",
    )
