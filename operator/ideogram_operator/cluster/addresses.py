"""Where things are in the Kubernetes API: group, version, resource, and the path of one object or of a list."""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One kind of object as the API server names it.

    Attributes:
        group: the API group, empty for the core group.
        version: the version that is spoken.
        plural: the name in paths and in RBAC rules: ``deployments``.
    """

    group: str
    version: str
    plural: str

    @property
    def api_version(self) -> str:
        """What an object's ``apiVersion`` says."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """The name for people: ``deployments.apps``, ``configmaps``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One object, or (without a name) the list of a resource, in one namespace or (without one) everywhere."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def path(self) -> str:
        """The URL path, each part quoted: a hostile name cannot leave its place."""
        root = f"/apis/{self.resource.group}" if self.resource.group else "/api"
        parts = [root, self.resource.version]
        if self.namespace:
            parts += ["namespaces", quote(self.namespace, safe="")]
        parts.append(self.resource.plural)
        parts += [quote(part, safe="") for part in (self.name, self.subresource) if part]
        return "/".join(parts)

    def __str__(self) -> str:
        where = f" in namespace {self.namespace}" if self.namespace else ""
        return f"{self.resource.qualified} {self.name}{where}" if self.name else f"{self.resource.qualified}{where}"


SECRETS = Resource(group="", version="v1", plural="secrets")
EVENTS = Resource(group="events.k8s.io", version="v1", plural="events")
