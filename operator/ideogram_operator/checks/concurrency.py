"""The check concurrency: all that shares a key shares the account's ten requests in flight.

Each workload counts once, with the most pods that it may have, over every integration that uses the key. What cannot
be counted makes the sum unknown, unless the known part alone is too much.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ideogram_operator.checks.facts import Facts, Lack, PodCount, TargetFacts
from ideogram_operator.checks.finding import Finding, failed, passed, unknown
from ideogram_operator.checks.lacks import of_lack
from ideogram_operator.checks.settings import told, whole_number
from ideogram_operator.checks.wording import MOST_NAMED, TIMES, ask_again, counted, listed
from ideogram_operator.resource.checklist import CheckEvidence
from ideogram_operator.resource.words import TargetKind

MOST: Final = 8
"""Of the account's ten; two are left for probes and for people."""
VARIABLE: Final = "IDEOGRAM_CONCURRENCY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A workload that can be counted.

    Attributes:
        own: whether it is a target of this integration.
        each: requests in flight of one pod.
        setters: containers of a pod that set it; each of them would be lowered.
    """

    name: str
    own: bool
    pods: PodCount
    each: int
    setters: int

    @property
    def total(self) -> int:
        """Requests in flight of all its pods."""
        return max(0, self.pods.most) * self.each

    def __str__(self) -> str:
        return f"{counted(max(0, self.pods.most), 'pod')} {TIMES} {self.each} ({self.name})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something that cannot be counted, why, and what would help. ``wrong``: it is no number."""

    name: str
    why: str
    hint: str = ""
    wrong: bool = False


Part = Load | Gap
Named = tuple[str, bool, TargetFacts]
"""A target with its name for people, and whether it is this integration's own."""


def judge_concurrency(facts: Facts) -> Finding:
    """Concurrency times pods, summed over all that shares the key, is at most eight."""
    if isinstance(facts.targets, Lack):
        return of_lack(facts, facts.targets, CheckEvidence.INSPECTED)
    parts = (*_counted(facts), *_uncounted_peers(facts))
    loads = sorted((part for part in parts if isinstance(part, Load)), key=lambda load: -load.total)
    gaps = [part for part in parts if isinstance(part, Gap)]
    wrong = [gap for gap in gaps if gap.wrong]
    if wrong:
        names = listed(gap.name for gap in wrong)
        hint = f"Set {VARIABLE} to a whole number from 1 on {names}."
        return failed(CheckEvidence.INSPECTED, f"{VARIABLE} is not a whole number from 1 in {names}", hint)
    return _weighed(facts, loads, gaps)


def _weighed(facts: Facts, loads: Sequence[Load], gaps: Sequence[Gap]) -> Finding:
    total = sum(load.total for load in loads)
    terms = " + ".join(str(load) for load in loads[:MOST_NAMED])
    rest = f" + {len(loads) - MOST_NAMED} more" if len(loads) > MOST_NAMED else ""
    if total > MOST:
        least = "at least " if gaps else ""
        return failed(CheckEvidence.INSPECTED, f"{terms}{rest} = {least}{total} of at most {MOST}", advice(loads))
    if gaps:
        others = f"; the others make {total} of at most {MOST}" if loads else ""
        message = f"{listed(gap.name for gap in gaps)} cannot be counted: {gaps[0].why}{others}"
        return unknown(message, gaps[0].hint or f"Mend it, then ask again: {ask_again(facts)}")
    if not loads:
        hint = f"Set {VARIABLE} on the workloads that call the API and name them in spec.targets."
        return unknown(f"No target says how many requests it has in flight: none sets {VARIABLE}", hint)
    return passed(CheckEvidence.INSPECTED, f"{terms}{rest} = {total} of at most {MOST}")


def _counted(facts: Facts) -> Iterator[Part]:
    targets = tuple(_named_once(facts))
    for name, own, target in targets:
        if target.kind is TargetKind.CONFIG_MAP:
            yield from _unread(name, target, targets)
        else:
            yield _part(name, target, own=own)


def _named_once(facts: Facts) -> Iterator[Named]:
    """Own targets and the peers', each once. Those of other namespaces are told apart by their namespace."""
    seen: set[str] = set()
    for prefix, own, targets in _groups(facts):
        for target in targets:
            name = f"{prefix}{target.name}"
            if name not in seen:
                yield name, own, target
            seen.add(name)


def _groups(facts: Facts) -> Iterator[tuple[str, bool, Sequence[TargetFacts]]]:
    yield "", True, () if isinstance(facts.targets, Lack) else facts.targets
    for peer in () if isinstance(facts.peers, Lack) else facts.peers:
        namespace = peer.name.partition("/")[0]
        prefix = "" if namespace == facts.namespace else f"{namespace}/"
        yield prefix, False, () if isinstance(peer.targets, Lack) else peer.targets


def _uncounted_peers(facts: Facts) -> Iterator[Gap]:
    if isinstance(facts.peers, Lack):
        yield Gap(name="What else uses the key", why=facts.peers.message, hint=facts.peers.hint)
        return
    for peer in facts.peers:
        if isinstance(peer.targets, Lack):
            yield Gap(name=peer.name, why=peer.targets.message, hint=peer.targets.hint)


def _part(name: str, target: TargetFacts, *, own: bool) -> Part:
    if target.trouble:
        return Gap(name=name, why=target.trouble, hint=target.remedy)
    settings = [container.settings[VARIABLE] for container in told(target) if VARIABLE in container.settings]
    numbers = [whole_number(setting.value) for setting in settings if setting.value is not None]
    each = sum(number for number in numbers if number)
    # Zero means no limit to some clients: it is not taken for a small number.
    if not all(numbers):
        return Gap(name=name, why=f"{VARIABLE} is not a whole number", wrong=True)
    if isinstance(target.pods, PodCount) and target.pods.most <= 0:
        return Load(name=name, own=own, pods=target.pods, each=each, setters=len(settings))
    hidden = any(container.hiding and VARIABLE not in container.settings for container in told(target))
    if hidden or not settings or len(numbers) < len(settings):
        hint = next((lack.hint for lack in target.unread.values() if lack.hint), _set_it(name))
        return Gap(name=name, why=f"{VARIABLE} is not set where it can be seen", hint=hint)
    if isinstance(target.pods, PodCount):
        return Load(name=name, own=own, pods=target.pods, each=each, setters=len(settings))
    return _podless(name, target.pods)


def _podless(name: str, lack: Lack | None) -> Gap:
    if lack is None:
        return Gap(name=name, why="how many pods it may have is not known")
    return Gap(name=name, why=lack.message, hint=lack.hint)


def _set_it(name: str) -> str:
    return f"Set {VARIABLE} on {name} as a plain value; pods {TIMES} {VARIABLE} may be {MOST} in sum."


def _unread(name: str, target: TargetFacts, targets: Sequence[Named]) -> Iterator[Gap]:
    """A ConfigMap that sets it counts with the workloads that read it; if none does, nobody knows how many do."""
    if target.trouble:
        yield Gap(name=name, why=target.trouble, hint=target.remedy)
    elif any(VARIABLE in container.settings for container in target.containers) and not _read(name, target, targets):
        hint = f"Name the workloads that read {target.name} in spec.targets, so that their pods are counted."
        yield Gap(name=name, why=f"no target takes its {VARIABLE} from it", hint=hint)


def _read(name: str, config_map: TargetFacts, targets: Sequence[Named]) -> bool:
    """Whether a workload of the same namespace takes its concurrency from this ConfigMap."""
    source = f"ConfigMap {config_map.name.partition('/')[2]}"
    prefix = name.removesuffix(config_map.name)
    near = (target for other, _, target in targets if other == f"{prefix}{target.name}")
    readers = (container for target in near for container in told(target))
    sources = (reader.settings[VARIABLE].source for reader in readers if VARIABLE in reader.settings)
    return any(found == source or found.startswith(f"{source},") for found in sources)


def advice(loads: Sequence[Load]) -> str:
    """What to lower so that the sum fits: one workload, own ones and large ones first, or all of them."""
    total = sum(load.total for load in loads)
    for load in sorted(loads, key=lambda load: (not load.own, -load.total)):
        ways = tuple(_ways(load, MOST - (total - load.total)))
        if ways:
            return f"Lower {', or '.join(ways)}."
    return _advice_for_all(loads)


def _ways(load: Load, room: int) -> Iterator[str]:
    """How to fit one workload into the room that the others leave."""
    share = room // (load.pods.most * load.setters) if load.total else 0
    if share >= 1:
        yield f"{VARIABLE} of {load.name} to {share}"
    pods = room // load.each if load.total else 0
    if pods >= 1 and (field := _replicas(load)):
        yield f"{field} to {pods}"


def _replicas(load: Load) -> str:
    """What to lower for fewer pods; empty where pods are as many as there are nodes or jobs."""
    source = load.pods.source
    fields = {
        "spec.replicas": f"the replicas of {load.name}",
        "HorizontalPodAutoscaler": f"maxReplicas of {source}",
        "ScaledObject": f"maxReplicaCount of {source}",
    }
    return fields.get(source.partition(" ")[0], "")


def _advice_for_all(loads: Sequence[Load]) -> str:
    busy = [load for load in loads if load.total]
    slots = sum(load.pods.most * load.setters for load in busy)
    if slots <= MOST:
        return f"Lower {VARIABLE} to {MOST // slots} on each of {listed(load.name for load in busy)}."
    return f"Lower the number of pods: even with {VARIABLE}=1 they make {slots}, and {MOST} may be in flight."
