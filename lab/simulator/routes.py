"""Which route a request means.

``dry_run`` is known to ``/v2/image/generate/*`` only: any other route runs and bills, whatever its query says.
"""

from lab.simulator.messages import Incoming
from lab.simulator.words import Host, Route

V2_PREFIX = "/v2/image/generate/"
IMAGE_PREFIX = "/api/images/ephemeral/"

EXACT = {
    ("POST", "/generate"): Route.GENERATE,
    ("POST", "/v1/ideogram-v3/generate"): Route.GENERATE_V1,
    ("GET", "/models"): Route.MODELS,
    ("GET", "/v1/.well-known/jwks.json"): Route.JWKS,
    ("GET", "/v2/account/usage"): Route.USAGE,
}


def route_of(host: Host, incoming: Incoming) -> Route:
    """The route; OTHER is what the host does not serve."""
    if host is Host.API:
        return _api_route(incoming)
    if host is Host.CONTROL and (incoming.method, incoming.path) == ("GET", "/api/v2/summary.json"):
        return Route.SUMMARY
    return Route.OTHER


def _api_route(incoming: Incoming) -> Route:
    if incoming.method == "POST" and v2_model(incoming):
        return Route.DRY_RUN if incoming.query.get("dry_run", "").lower() == "true" else Route.GENERATE_V2
    if incoming.method == "GET" and incoming.path.startswith(IMAGE_PREFIX):
        return Route.IMAGE
    return EXACT.get((incoming.method, incoming.path), Route.OTHER)


def v2_model(incoming: Incoming) -> str:
    """The model that a v2 path names; empty: it is no v2 path."""
    model = incoming.path.removeprefix(V2_PREFIX) if incoming.path.startswith(V2_PREFIX) else ""
    return "" if "/" in model else model


def known_path(incoming: Incoming) -> bool:
    """Whether another method would be served here: then the answer is 405, not 404."""
    paths = {path for _, path in EXACT}
    return incoming.path in paths or bool(v2_model(incoming)) or incoming.path.startswith(IMAGE_PREFIX)
