"""Building requests: what is asked, of whom, with which key. Nothing is sent here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.ideogram.models import Route, family, rendering_speed, route
from ideogram_operator.resource.words import ProbeMethod

REFERENCE_PROMPT: Final = "health check: simple blue dot"
"""The checklist's prompt (CHECKLIST.md §2). It is a constant: no user's text is ever in a probe."""

_DRY_RUN_PATH: Final = re.compile(r"/v2/image/generate/[a-z0-9]+(?:[.-][a-z0-9]+)*")


class NotAskableError(ValueError):
    """This method cannot ask about this model; a caller asks :func:`possible` first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, ready to be sent.

    Attributes:
        verb: ``GET`` or ``POST``.
        url: absolute.
        timeout: seconds for the whole of it, from connecting to the last byte.
        key: sent as ``Api-Key``; None for hosts that must not see one.
        body: sent as JSON.
        method: what an answer proves; None for a request that is no probe.
        fresh: over a connection of its own, so that a stuck pooled one cannot look like an outage.
    """

    verb: str
    url: str
    timeout: float
    key: ApiKey | None = None
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    method: ProbeMethod | None = None
    fresh: bool = False

    @property
    def host(self) -> str:
        """Host, and port if it is not the scheme's own: what a message names."""
        return urlsplit(self.url).netloc.rpartition("@")[2]


def possible(method: ProbeMethod, model: str) -> bool:
    """Whether the method can ask about the model. Only a dry run may be impossible: ``V_1`` has no family."""
    return method is not ProbeMethod.DRY_RUN or family(model) is not None


def probe_request(*, base_url: str, key: ApiKey, model: str, method: ProbeMethod, timeout: float) -> Request:
    """The request that carries out a method for a model.

    Raises:
        NotAskableError: a dry run of a model that has no family; a base URL that would swallow the path.
    """
    if "?" in base_url or "#" in base_url:
        raise NotAskableError("the base URL has a query or a fragment")
    if method is ProbeMethod.KEY_CHECK:
        return Request(verb="GET", url=f"{base_url}/models", key=key, timeout=timeout, method=method)
    if method is ProbeMethod.DRY_RUN:
        path, body = _dry_run(model)
    else:
        path, body = _generation(model)
    return Request(verb="POST", url=base_url + path, key=key, timeout=timeout, method=method, body=body)


def _dry_run(model: str) -> tuple[str, Mapping[str, Any]]:
    path = f"{Route.V2}{family(model)}"
    # Every other route ignores the parameter, runs and bills (IDEOGRAM_API.md, "hazard"): hence the list, not trust.
    if family(model) is None or not _DRY_RUN_PATH.fullmatch(path):
        raise NotAskableError(f"there is no dry run for the model {model!r}")
    return f"{path}?dry_run=true", {"prompt": REFERENCE_PROMPT}


def _generation(model: str) -> tuple[str, Mapping[str, Any]]:
    match route(model):
        case Route.V2:
            return f"{Route.V2}{model}", {"prompt": REFERENCE_PROMPT}
        case Route.V1:
            return Route.V1, {"prompt": REFERENCE_PROMPT, "rendering_speed": rendering_speed(model)}
        case Route.LEGACY:
            image_request = {"prompt": REFERENCE_PROMPT, "model": model, "magic_prompt_option": "OFF"}
            return Route.LEGACY, {"image_request": image_request}
