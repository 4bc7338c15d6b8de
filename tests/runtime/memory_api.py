"""A Kubernetes API in memory, with the semantics that the operator rests on, for tests that make requests fail.

Versions, uids, generations, JSON Patch with its tests, the status subresource, finalizers, label selectors: as the
real one does them (tests/cluster checks those against the real one). What it adds is trouble at a chosen request.
"""

import copy
import itertools
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import jsonpatch

from ideogram_operator.cluster.addresses import Address
from ideogram_operator.cluster.errors import ClusterError, Conflict, Forbidden, NotFound, Unavailable
from ideogram_operator.cluster.gateway import Listing

Json = dict[str, Any]
Place = tuple[str, str, str]
Trouble = Callable[[str, Address], ClusterError | None]


def unavailable(verb: str, address: Address) -> ClusterError:
    return Unavailable(f"{verb} {address}: HTTP 503", address=address, verb=verb)


def forbidden(verb: str, address: Address) -> ClusterError:
    return Forbidden(f"the operator may not {verb} {address}", address=address, verb=verb, rule="a rule")


def conflict(verb: str, address: Address) -> ClusterError:
    return Conflict(f"{verb} {address}: changed by somebody else meanwhile", address=address, verb=verb)


def on(verb: str, plural: str, error: Callable[[str, Address], ClusterError] = unavailable, name: str = "") -> Trouble:
    """Trouble with one kind of request; ``deployments`` is not ``deployments/status``."""

    def trouble(asked: str, address: Address) -> ClusterError | None:
        what = address.resource.plural + (f"/{address.subresource}" if address.subresource else "")
        return error(asked, address) if (asked, what) == (verb, plural) and name in {"", address.name} else None

    return trouble


@dataclass
class MemoryApi:
    """What the gateway talks to. ``asked``: every request, as ``patch deployments/web``; ``pods_follow``: at once."""

    trouble: list[Trouble] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    patches: list[tuple[str, list[Json]]] = field(default_factory=list)
    pods_follow: bool = True
    may: bool = True
    before_patch: Callable[[Address], None] = lambda _: None
    _objects: dict[Place, Json] = field(default_factory=dict)
    _versions: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    # -- what the test does --------------------------------------------------------------------------------------------

    def make(self, plural: str, name: str, *, namespace: str = "shop", **parts: Any) -> Json:
        metadata = {"namespace": namespace, "name": name, "uid": str(uuid.uuid4()), "generation": 1}
        metadata["creationTimestamp"] = "2026-11-22T12:00:00Z"
        metadata |= parts.pop("metadata", {})
        made = {"metadata": metadata} | copy.deepcopy(parts)
        self._objects[plural, namespace, name] = made
        self._touch(plural, made)
        return made

    def there(self, plural: str, name: str, namespace: str = "shop") -> Json | None:
        found = self._objects.get((plural, namespace, name))
        return copy.deepcopy(found) if found is not None else None

    def edit(self, plural: str, name: str, change: Callable[[Json], None], namespace: str = "shop") -> None:
        """Somebody else's write."""
        found = self._objects[plural, namespace, name]
        before = copy.deepcopy(found)
        change(found)
        if before.get("spec") != found.get("spec"):
            found["metadata"]["generation"] += 1
        self._touch(plural, found)

    def remove(self, plural: str, name: str, namespace: str = "shop") -> None:
        """A delete: at once, or when the last finalizer goes."""
        found = self._objects[plural, namespace, name]
        if found["metadata"].get("finalizers"):
            found["metadata"]["deletionTimestamp"] = "2026-11-22T12:00:00Z"
            found["metadata"]["generation"] += 1
            self._touch(plural, found)
        else:
            del self._objects[plural, namespace, name]

    def count(self, text: str) -> int:
        return sum(1 for request in self.asked if request == text)

    # -- what the operator does ----------------------------------------------------------------------------------------

    async def get(self, address: Address) -> Json:
        self._ask("get", address)
        return copy.deepcopy(self._find("get", address))

    async def pages(self, address: Address, *, metadata_only: bool = False) -> AsyncIterator[tuple[Json, ...]]:
        listing = await self.list(address, metadata_only=metadata_only)
        for item in listing.items:
            yield (item,)

    async def list(
        self,
        address: Address,
        *,
        selector: str = "",
        metadata_only: bool = False,  # noqa: ARG002 - the gateway's signature
        chunk: int = 500,  # noqa: ARG002 - likewise
    ) -> Listing:
        self._ask("list", address)
        wanted = dict(pair.split("=") for pair in selector.split(",") if pair)
        found = [
            copy.deepcopy(item)
            for (plural, namespace, _), item in sorted(self._objects.items())
            if plural == address.resource.plural and address.namespace in {"", namespace}
            if wanted.items() <= (item["metadata"].get("labels") or {}).items()
        ]
        return Listing(items=tuple(found), resource_version=str(next(self._versions)))

    async def json_patch(self, address: Address, operations: Sequence[Json], **_: Any) -> Json:
        self.before_patch(address)
        self._ask("patch", address)
        found = self._find("patch", address)
        try:
            after = jsonpatch.apply_patch(found, copy.deepcopy([*operations]))
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
            raise conflict("patch", address) from error
        self.patches.append((f"{address.resource.plural}/{address.name}", [*operations]))
        place = (address.resource.plural, address.namespace, address.name)
        if address.subresource == "status":
            found["status"] = after.get("status", {})
        else:
            status, generation = found.get("status"), found["metadata"]["generation"]
            changed = after.get("spec") != found.get("spec")
            found.clear()
            found.update(after)
            found["metadata"]["generation"] = generation + changed
            if status is not None:
                found["status"] = status
        self._touch(address.resource.plural, found)
        if found["metadata"].get("deletionTimestamp") and not found["metadata"].get("finalizers"):
            del self._objects[place]
        return copy.deepcopy(found)

    async def post(self, address: Address, body: Json) -> Json:
        self._ask("create", address)
        if address.resource.plural == "selfsubjectaccessreviews":
            return {"status": {"allowed": self.may}}
        return body

    # -- inside --------------------------------------------------------------------------------------------------------

    def _ask(self, verb: str, address: Address) -> None:
        subresource = f"/{address.subresource}" if address.subresource else ""
        self.asked.append(f"{verb} {address.resource.plural}/{address.name}{subresource}".rstrip("/"))
        for trouble in self.trouble:
            if (error := trouble(verb, address)) is not None:
                raise error

    def _find(self, verb: str, address: Address) -> Json:
        found = self._objects.get((address.resource.plural, address.namespace, address.name))
        if found is None:
            raise NotFound(f"{address} not found", address=address, verb=verb)
        return found

    def _touch(self, plural: str, found: Json) -> None:
        found["metadata"]["resourceVersion"] = str(next(self._versions))
        if plural == "deployments" and self.pods_follow:
            self.settle(found)

    @staticmethod
    def settle(found: Json) -> None:
        """The controller's word that all pods run the template."""
        pods = (found.get("spec") or {}).get("replicas", 1)
        found["status"] = {
            "observedGeneration": found["metadata"]["generation"],
            "replicas": pods,
            "updatedReplicas": pods,
            "availableReplicas": pods,
        }
