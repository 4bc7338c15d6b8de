"""What an integration switches: workloads and ConfigMaps, and how each is told."""

from typing import Annotated, ClassVar, Final

from pydantic import Field

from ideogram_operator.resource.fields import ContainerName, HttpURL, ObjectName, SwitchName, SwitchValue
from ideogram_operator.resource.lists import distinct_items
from ideogram_operator.resource.model import SpecModel
from ideogram_operator.resource.rules import Rule, keys_matching
from ideogram_operator.resource.words import TargetKind

DEFAULT_SWITCH: Final = "IDEOGRAM_ENABLED"
DEFAULT_FALLBACK_VALUE: Final = "false"
MAX_TARGETS: Final = 20

POD_KINDS: Final = frozenset({TargetKind.DEPLOYMENT, TargetKind.STATEFUL_SET, TargetKind.DAEMON_SET})
"""The kinds whose pod template carries the switch as an environment variable."""

LabelValue = Annotated[str, Field(max_length=63, pattern=r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")]


class Switch(SpecModel):
    """What tells the application that Ideogram is off: an environment variable, or a key of a ConfigMap."""

    name: SwitchName = DEFAULT_SWITCH
    """The variable or key. IDEOGRAM_… unless the operator's settings allow other names."""
    fallback_value: SwitchValue = DEFAULT_FALLBACK_VALUE
    """Its value in fallback. Back live, what was there before is restored."""


class Throttle(SpecModel):
    """What makes the application ask less: an environment variable, or a key of a ConfigMap."""

    name: SwitchName
    """The variable or key. IDEOGRAM_… unless the operator's settings allow other names."""
    value: SwitchValue
    """Its value while throttled."""


class Verify(SpecModel):
    """Where the application itself says that it is in fallback."""

    url: HttpURL
    """Its health document, JSON, on a host of the same namespace or one that the operator's settings allow."""
    path: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$")]
    """The dotted path to the value, such as services.ideogram."""
    fallback_value: SwitchValue
    """What stands there in fallback."""


class Selector(SpecModel):
    """Which objects, by label."""

    match_labels: Annotated[
        dict[str, LabelValue],
        Field(min_length=1, max_length=10),
        keys_matching(
            r"^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$",
            "every key must be a label such as app or app.kubernetes.io/name",
        ),
    ]
    """Labels that all must be there with these values."""


class Target(SpecModel):
    """A workload or ConfigMap of the same namespace."""

    kind: TargetKind
    """What it is. CronJobs are suspended in fallback, the others are told by their switch."""
    name: ObjectName | None = None
    """The object's name."""
    selector: Selector | None = None
    """Every object of the kind with these labels."""
    containers: Annotated[tuple[ContainerName, ...], Field(min_length=1, max_length=20), distinct_items()] = ()
    """The containers to tell; without it every container, no init container."""
    switch: Switch | None = None
    """How the target is told. Required, {} will do, except for a CronJob, which is suspended instead."""
    throttle: Throttle | None = None
    """How the target is slowed down by the action Throttle; without it that action passes it by."""
    verify: Verify | None = None
    """How to ask the application whether it is in fallback; without it a finished rollout is the proof."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="has(self.name) != has(self.selector)",
            says="give either name or selector, exactly one of the two",
            holds=lambda target: (target.name is None) != (target.selector is None),
        ),
        Rule(
            cel="self.kind == 'CronJob' || has(self.switch)",
            says="give a switch; 'switch: {}' takes IDEOGRAM_ENABLED, set to \"false\" in fallback",
            holds=lambda target: target.kind is TargetKind.CRON_JOB or target.switch is not None,
        ),
        Rule(
            cel="self.kind != 'CronJob' || (!has(self.switch) && !has(self.throttle))",
            says="a CronJob is suspended in fallback: remove its switch and throttle",
            holds=lambda target: target.kind is not TargetKind.CRON_JOB or not (target.switch or target.throttle),
        ),
        Rule(
            cel="!has(self.containers) || self.kind in ['Deployment', 'StatefulSet', 'DaemonSet']",
            says="containers are for Deployment, StatefulSet and DaemonSet: remove them here",
            holds=lambda target: not target.containers or target.kind in POD_KINDS,
        ),
        Rule(
            cel="!has(self.switch) || !has(self.throttle) || self.switch.name != self.throttle.name",
            says="switch and throttle must have different names: each needs a value of its own",
            holds=lambda target: not (target.switch and target.throttle and target.switch.name == target.throttle.name),
        ),
    )


UNIQUE_TARGETS: Final = Rule(
    cel="self.all(a, !has(a.name) || self.exists_one(b, has(b.name) && b.kind == a.kind && b.name == a.name))",
    says="every kind and name may come once: join the entries of a target that is there twice",
    holds=lambda targets: (
        len({(target.kind, target.name) for target in targets if target.name})
        == sum(1 for target in targets if target.name)
    ),
)

Targets = Annotated[tuple[Target, ...], Field(min_length=1, max_length=MAX_TARGETS), UNIQUE_TARGETS]
