"""An integration's targets as they are in the cluster, and those of its neighbours that share its key."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ideogram_operator.checks.facts import Lack, PodCount, TargetFacts
from ideogram_operator.checks.gathering.cluster_reads import Absent, ClusterReads, Live
from ideogram_operator.checks.gathering.containers import View, containers_of, secrets_of, shows, shows_nothing
from ideogram_operator.checks.gathering.pods import most_pods
from ideogram_operator.checks.gathering.subject import Neighbour, Subject
from ideogram_operator.checks.gathering.template import config_maps_of, data_of, pod_spec
from ideogram_operator.cluster import kinds
from ideogram_operator.cluster import targets as cluster_targets
from ideogram_operator.cluster.errors import rbac_rule
from ideogram_operator.cluster.reasons import Reason, Remark
from ideogram_operator.cluster.rollout import hindrances
from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.resource.checklist import CheckResult
from ideogram_operator.resource.targets import POD_KINDS, Target
from ideogram_operator.resource.words import TargetKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Looker:
    """Looks at targets.

    Attributes:
        key: the integration's API key, to find it in clear; None while there is none.
    """

    reads: ClusterReads
    key: ApiKey | None

    async def own(self, subject: Subject, beside: Sequence[Neighbour]) -> tuple[TargetFacts, ...]:
        """Returns the integration's targets, in the order of its spec.

        Args:
            subject: the integration.
            beside: the other integrations of its namespace, which may want another value of the same switch.
        """
        found = await self._all(subject.namespace, subject.spec.targets, rivals_of(subject, beside))
        return tuple(found)

    async def of(self, neighbour: Neighbour) -> tuple[TargetFacts, ...]:
        """Returns a neighbour's targets."""
        return tuple(await self._all(neighbour.namespace, neighbour.spec.targets, {}))

    async def _all(
        self, namespace: str, wishes: Sequence[Target], rivals: Mapping[str, tuple[str, ...]]
    ) -> list[TargetFacts]:
        groups = await asyncio.gather(*(self._entry(namespace, index, wish) for index, wish in enumerate(wishes)))
        distinct: dict[str, TargetFacts] = {}
        for target in (target for group in groups for target in group):
            distinct.setdefault(target.name, target)
        return [_with_rivals(target, rivals.get(target.name, ())) for target in distinct.values()]

    async def _entry(self, namespace: str, index: int, wish: Target) -> Sequence[TargetFacts]:
        labels = wish.selector.match_labels if wish.selector else None
        resolved = await cluster_targets.resolve(
            self.reads.gateway, wish.kind, namespace, name=wish.name or "", match_labels=labels
        )
        place = f"spec.targets[{index}]"
        if resolved.failure is not None:
            return [_unseen(wish.kind, place, _lack_of_listing(resolved.failure, wish.kind, namespace))]
        if not resolved.targets:
            trouble = f"no {wish.kind} in namespace {namespace} has the labels of its selector"
            return [TargetFacts(kind=wish.kind, name=place, trouble=trouble)]
        return await asyncio.gather(*(self._one(namespace, target.name, wish) for target in resolved.targets))

    async def _one(self, namespace: str, name: str, wish: Target) -> TargetFacts:
        told = f"{wish.kind}/{name}"
        live = await self.reads.target(wish.kind, namespace, name)
        if isinstance(live, Absent):
            trouble = f"there is no {wish.kind} {name} in namespace {namespace}"
            return TargetFacts(kind=wish.kind, name=told, trouble=trouble)
        if isinstance(live, Lack):
            return _unseen(wish.kind, told, live)
        view, unread = await self._view(namespace, wish, live)
        containers = containers_of(wish.kind, live, view)
        there = {one.name for one in containers if not one.init}
        return TargetFacts(
            kind=wish.kind,
            name=told,
            unread=unread,
            missing_containers=tuple(one for one in wish.containers if one not in there),
            hindrances=_hindrances(wish.kind, live),
            containers=containers,
            pods=await self._pods(wish.kind, namespace, live),
        )

    async def _view(self, namespace: str, wish: Target, live: Live) -> tuple[View, Mapping[str, Lack]]:
        """How to look at the containers, and which of the ConfigMaps that they read could not be read."""
        names = config_maps_of(pod_spec(wish.kind, live))
        read = await asyncio.gather(*(self.reads.config_map(namespace, name) for name in names))
        found = dict(zip(names, read, strict=True))
        data = {name: data_of(one) for name, one in found.items() if not isinstance(one, (Absent, Lack))}
        foreign = await self._foreign(namespace, secrets_of(wish.kind, live))
        unread = {name: one for name, one in found.items() if isinstance(one, Lack)}
        view = View(
            config_maps=data,
            unread=frozenset(unread),
            shows=shows(self.key.reveal()) if self.key is not None else shows_nothing,
            foreign=lambda secret: secret in foreign,
            told=wish.containers,
        )
        return view, unread

    async def _foreign(self, namespace: str, secrets: Sequence[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        """Which of the Secrets hold another key than the integration's; what may not be read is not accused."""
        if self.key is None:
            return frozenset()
        found = await asyncio.gather(*(self.reads.secret(namespace, name, key) for name, key in secrets))
        ours = self.key.reveal()
        return frozenset(
            secret
            for secret, read in zip(secrets, found, strict=True)
            if read.value is not None and read.value.reveal() != ours
        )

    async def _pods(self, kind: TargetKind, namespace: str, live: Live) -> PodCount | Lack | None:
        if kind not in POD_KINDS:
            return most_pods(kind, live)
        autoscalers, scaled = await asyncio.gather(
            self.reads.autoscalers(namespace), self.reads.scaled_objects(namespace)
        )
        if isinstance(autoscalers, Lack):
            return autoscalers
        # KEDA makes an autoscaler of its own for each ScaledObject: not to see these loses nothing while it runs.
        return most_pods(kind, live, autoscalers=autoscalers, scaled_objects=() if isinstance(scaled, Lack) else scaled)


def rivals_of(subject: Subject, beside: Sequence[Neighbour]) -> dict[str, tuple[str, ...]]:
    """Returns by target who else sets its switch, and to another value."""
    found: dict[str, list[str]] = {}
    for target in subject.spec.targets:
        for other in beside:
            for theirs in other.spec.targets:
                if target.name and (theirs.kind, theirs.name) == (target.kind, target.name) and _differ(target, theirs):
                    name, value = theirs.switch.name, theirs.switch.fallback_value  # type: ignore[union-attr] # they differ
                    found.setdefault(f"{target.kind}/{target.name}", []).append(f"{other} sets {name}={value}")
    return {name: tuple(told) for name, told in found.items()}


def _differ(ours: Target, theirs: Target) -> bool:
    if ours.switch is None or theirs.switch is None or ours.switch.name != theirs.switch.name:
        return False
    return ours.switch.fallback_value != theirs.switch.fallback_value


def _lack_of_listing(failure: Remark, kind: TargetKind, namespace: str) -> Lack:
    """Returns what it means that the targets of a selector could not be listed."""
    if failure.reason is not Reason.FORBIDDEN:
        return Lack(result=CheckResult.UNKNOWN, message=failure.message, hint="Look at the Kubernetes API server.")
    hint = f"Add this rule to the operator's role: {rbac_rule(kinds.address(kind, namespace), 'list')}."
    return Lack(result=CheckResult.UNKNOWN, message=failure.message.partition(";")[0], hint=hint)


def _unseen(kind: TargetKind, name: str, lack: Lack) -> TargetFacts:
    return TargetFacts(kind=kind, name=name, trouble=lack.message, remedy=lack.hint)


def _with_rivals(target: TargetFacts, rivals: tuple[str, ...]) -> TargetFacts:
    return replace(target, rivals=rivals) if rivals else target


def _hindrances(kind: TargetKind, live: Mapping[str, Any]) -> tuple[str, ...]:
    if kind not in POD_KINDS:
        return ()
    # Scaled to nothing is no hindrance to readiness: an autoscaler does that at night.
    spec = live.get("spec") or {}
    scaled = {**live, "spec": {**spec, "replicas": spec.get("replicas") or 1}}
    return tuple(remark.message for remark in hindrances(kind, scaled))


def key_lack(message: str) -> Lack:
    """Returns the lack of everything that needs a key while there is none."""
    return Lack(result=CheckResult.UNKNOWN, message=message, hint="Mend what key-in-secret says first.")
