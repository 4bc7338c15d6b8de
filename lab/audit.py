"""The API server's audit log against the chart's role: what the operator asked for, and what it is granted.

Both directions count. A verb that is used and not granted is a feature that fails in production; one that is granted
and never used is a right that a thief would have for nothing. The rights come from the rendered chart and from the
cluster's own roles for everybody, never from a list of this module's.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from lab.kube import USER_AGENT, Json, Kube

_USER: Final = "system:serviceaccount:"
_REFUSED: Final = frozenset({401, 403})
_WRITES: Final = frozenset({"create", "patch", "update"})
_BINDINGS: Final = frozenset({"rolebindings", "clusterrolebindings"})
_EVERYBODY: Final = frozenset({"system:authenticated", "system:serviceaccounts"})
HOME: Final = "home"
WATCHED: Final = "watched"
EVERYWHERE: Final = ""
"""The namespace of what has none, and of a request for all of them."""


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One verb on one resource, as a rule has it; ``resource`` may be ``RESOURCE/SUBRESOURCE`` or a URL's path."""

    group: str
    resource: str
    verb: str

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}{f' ({self.group})' if self.group else ''}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A kind of request that an account made, however often.

    Attributes:
        home: the account's own namespace.
        namespace: where it asked; `EVERYWHERE` for all namespaces.
        name: of the object; empty for a list or a watch.
        permitted: whether the authorizer let it pass, whatever came of it.
    """

    home: str
    right: Right
    namespace: str
    name: str
    permitted: bool


@dataclass(frozen=True, slots=True)
class Grant:
    """Where a right is granted: in `HOME`, the release's namespace, or where it is `WATCHED`.

    Attributes:
        names: the objects that it is for; none: all.
    """

    scope: str
    names: frozenset[str] = frozenset()


Granted = Mapping[Right, frozenset[Grant]]


@dataclass(frozen=True, slots=True)
class Log:
    """What an audit log says.

    Attributes:
        asked: what the accounts asked for.
        bound: name and namespace of every binding that was written: by these, namespaces are told to an account.
    """

    asked: frozenset[Asked]
    bound: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong; one sentence each.

    Attributes:
        beyond: what was asked for and not granted.
        idle: what is granted and was never used.
    """

    beyond: tuple[str, ...]
    idle: tuple[str, ...]


def read_log(lines: Iterable[str], *, account: str) -> Log:
    """The requests of every ServiceAccount of that name, whatever its namespace, and the bindings that were written.

    What a test itself asks as that account, to see it refused, say, is not the operator's.

    Args:
        lines: of the log, one JSON object each; a last one that is cut off is passed over.
        account: such as ``ideogram-operator``.
    """
    asked: set[Asked] = set()
    bound: set[tuple[str, str]] = set()
    user, binding = f':{account}"', 'rolebindings"'
    for line in lines:
        if user not in line and binding not in line:
            continue  # nearly all of it, and parsing is what takes the time
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if (one := _asked(entry, account)) is not None:
            asked.add(one)
        if (name := _bound(entry)) is not None:
            bound.add(name)
    return Log(asked=frozenset(asked), bound=frozenset(bound))


def rights_of(rules: Iterable[Json]) -> Iterator[Right]:
    """Every right that some rules of a role grant."""
    for rule in rules:
        for verb in rule["verbs"]:
            yield from (Right("", path, verb) for path in rule.get("nonResourceURLs") or ())
            yield from (Right(group, one, verb) for group in rule.get("apiGroups") or () for one in rule["resources"])


def granted_by(objects: Iterable[Json], *, home: str) -> dict[Right, frozenset[Grant]]:
    """What the rendered chart grants to its account, and where.

    Args:
        objects: of a release in the namespace ``home`` that watches another one.
        home: that namespace.
    """
    found: dict[Right, frozenset[Grant]] = {}
    for role in (item for item in objects if item["kind"] == "Role"):
        scope = HOME if role["metadata"]["namespace"] == home else WATCHED
        for rule in role["rules"]:
            grant = Grant(scope, frozenset(rule.get("resourceNames") or ()))
            for right in rights_of([rule]):
                found[right] = found.get(right, frozenset()) | {grant}
    return found


def everybodys(kube: Kube) -> frozenset[Right]:
    """What this cluster's own roles grant to every account: to ask what one may do, and what the API has."""
    base = "/apis/rbac.authorization.k8s.io/v1"
    bindings = kube.get(f"{base}/clusterrolebindings")["items"]
    names = {
        binding["roleRef"]["name"]
        for binding in bindings
        if any(subject["name"] in _EVERYBODY for subject in binding.get("subjects") or ())
    }
    roles = (kube.get(f"{base}/clusterroles/{name}") for name in sorted(names))
    return frozenset(right for role in roles for right in rights_of(role.get("rules") or ()))


def compare(log: Log, granted: Granted, *, free: frozenset[Right], binding: str) -> Findings:
    """The log against the rights, in both directions.

    A request that was refused counts as asked for: a test that takes a right away makes no other requests, only fewer
    successes. So nothing needs to be said about such tests.

    Args:
        log: of the whole run.
        granted: by the chart.
        free: what everybody may ask.
        binding: the name of an account's bindings, with ``{home}`` for its namespace: they say where it may work.
    """
    beyond = {_beyond(one, log, granted, free, binding) for one in log.asked} - {""}
    used = {one.right for one in log.asked if one.permitted}
    idle = sorted(right for right in granted if right not in used)
    return Findings(
        beyond=tuple(sorted(beyond)), idle=tuple(f"{right} is granted and was never used" for right in idle)
    )


def _beyond(one: Asked, log: Log, granted: Granted, free: frozenset[Right], binding: str) -> str:
    """Why the request is beyond its account's rights; empty if it is not."""
    if any(_matches(right, one.right) for right in free):
        return ""
    grants = granted.get(one.right, frozenset())
    if not grants:
        return f"{one.right} is used and not granted"
    name = binding.format(home=one.home)
    told = one.namespace if (name, EVERYWHERE) not in log.bound else EVERYWHERE
    where = {WATCHED: (name, told) in log.bound, HOME: one.namespace == one.home}
    fitting = [grant for grant in grants if where[grant.scope]]
    if not fitting:
        place = f"namespace {one.namespace}" if one.namespace else "all namespaces"
        return f"{one.right} is used in {place}, which the account of {one.home} was not told"
    if not any(not grant.names or one.name in grant.names for grant in fitting):
        return f"{one.right} is used on {one.name or 'all'}, and granted on another name only"
    return ""


def _matches(right: Right, asked: Right) -> bool:
    pairs = ((right.group, asked.group), (right.resource, asked.resource), (right.verb, asked.verb))
    return all(fnmatchcase(value, pattern) for pattern, value in pairs)


def _asked(entry: Json, account: str) -> Asked | None:
    home, _, name = entry["user"]["username"].removeprefix(_USER).partition(":")
    if name != account or "responseStatus" not in entry or entry.get("userAgent", "").startswith(USER_AGENT):
        return None
    about = entry.get("objectRef")
    if about is None:
        right, namespace, object_name = Right("", entry["requestURI"].partition("?")[0], entry["verb"]), EVERYWHERE, ""
    else:
        parts = (about["resource"], about.get("subresource", ""))
        right = Right(about.get("apiGroup", ""), "/".join(part for part in parts if part), entry["verb"])
        namespace, object_name = about.get("namespace", EVERYWHERE), about.get("name", "")
    return Asked(home, right, namespace, object_name, entry["responseStatus"].get("code") not in _REFUSED)


def _bound(entry: Json) -> tuple[str, str] | None:
    about = entry.get("objectRef") or {}
    if about.get("resource") not in _BINDINGS or entry["verb"] not in _WRITES or "name" not in about:
        return None
    return about["name"], about.get("namespace", EVERYWHERE)
