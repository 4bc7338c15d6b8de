"""What the targets' containers are set to: the variables whose names begin with ``IDEOGRAM_``.

Only numbers are ever quoted. A variable may hold anything, a key by mistake too.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ideogram_operator.checks.facts import ContainerFacts, TargetFacts
from ideogram_operator.resource.words import TargetKind

MEND_TARGETS: Final = "Mend the targets that the check targets-exist names."

_NUMBER: Final = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")
_WHOLE: Final = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A variable as one container has it.

    Attributes:
        place: ``Deployment/storefront``, with the container where there are several.
        number: None if it is no number.
    """

    place: str
    target: str
    number: Decimal | None

    def __str__(self) -> str:
        told = "not a number" if self.number is None else f"{self.number:f}"
        return f"{told} in {self.place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A variable over all targets.

    Attributes:
        values: those that can be seen.
        lacking: targets of which it cannot be seen: they do not set it, take it from a Secret, or cannot be read.
    """

    values: tuple[Value, ...]
    lacking: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether it is seen, and nowhere lacking."""
        return bool(self.values) and not self.lacking


def look(targets: Sequence[TargetFacts], variable: str) -> Sight:
    """The variable in all containers that are told. A ConfigMap must have it only where there is no workload."""
    asked = [target for target in targets if target.kind is not TargetKind.CONFIG_MAP] or targets
    return Sight(
        values=tuple(value for target in targets for value in _values(target, variable)),
        lacking=tuple(target.name for target in asked if target.trouble or _lacks(target, variable)),
    )


def told(target: TargetFacts) -> tuple[ContainerFacts, ...]:
    """The containers that run the application: told by the integration, and no init containers."""
    return tuple(container for container in target.containers if container.told and not container.init)


def everywhere(targets: Sequence[TargetFacts]) -> Iterator[tuple[TargetFacts, ContainerFacts]]:
    """Every container of every target, init containers and those that are not told too."""
    return ((target, container) for target in targets for container in target.containers)


def where(target: TargetFacts, container: ContainerFacts) -> str:
    """A container for people: ``Deployment/storefront container web``."""
    kind = "init container" if container.init else "container"
    return f"{target.name} {kind} {container.name}" if container.name else target.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """What is not known of the targets' containers, so that nobody can say that something is nowhere.

    Attributes:
        names: targets that could not be read, or else ConfigMaps that containers read: ``ConfigMap shop-settings``.
        hint: what would help.
    """

    names: tuple[str, ...]
    hint: str


def unseen(targets: Sequence[TargetFacts]) -> Unseen | None:
    """What is not known of the targets; None if all of them and all that their containers read was read."""
    names = troubled(targets)
    if names:
        return Unseen(names=names, hint=MEND_TARGETS)
    unread = {f"ConfigMap {name}": lack for target in targets for name, lack in target.unread.items()}
    if unread:
        hints = (lack.hint for lack in unread.values() if lack.hint)
        return Unseen(names=tuple(unread), hint=next(hints, "Let the operator read it."))
    return None


def troubled(targets: Sequence[TargetFacts]) -> tuple[str, ...]:
    """The targets that could not be read; the check targets-exist says why."""
    return tuple(target.name for target in targets if target.trouble)


def number(text: str) -> Decimal | None:
    """The number that the text is; None if it is none."""
    return Decimal(text.strip()) if _NUMBER.fullmatch(text.strip()) else None


def whole_number(text: str) -> int | None:
    """The whole number from zero that the text is; None if it is none."""
    return int(text.strip()) if _WHOLE.fullmatch(text.strip()) else None


def _values(target: TargetFacts, variable: str) -> Iterator[Value]:
    containers = told(target)
    for container in containers:
        setting = container.settings.get(variable)
        if setting is not None and setting.value is not None:
            place = f"{target.name} ({container.name})" if len(containers) > 1 else target.name
            yield Value(place=place, target=target.name, number=number(setting.value))


def _lacks(target: TargetFacts, variable: str) -> bool:
    """Whether no container sets it, or one does or may do so unseen. Sidecars set nothing: one that does is enough."""
    containers = told(target)
    settings = [container.settings[variable] for container in containers if variable in container.settings]
    hidden = any(container.hiding and variable not in container.settings for container in containers)
    return bool(containers) and (not settings or hidden or any(setting.value is None for setting in settings))
