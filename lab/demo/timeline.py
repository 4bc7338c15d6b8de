"""When what happened: from the history in status and from watching, in seconds after its cause."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lab.kube import Json

HEADERS: Final = (
    "scene",
    "application",
    "trigger",
    "detected",
    "patched",
    "ready",
    "disabled",
    "patched",
    "ready",
    "enabled",
)
AFTER_CAUSE: Final = ("detected", "patched", "ready", "disabled")
"""The columns that count from the beginning of the trouble; the last three count from its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One application's flip, one way.

    Attributes:
        flip: as it is told in ``status.history``.
        said: when the application and all its pods were seen to say so.
    """

    flip: Json
    said: datetime | None

    def moment(self, name: str) -> datetime | None:
        """A time of the flip by its name in status."""
        told = self.flip.get(name)
        return datetime.fromisoformat(told) if told else None


@dataclass(slots=True, kw_only=True)
class Episode:
    """One trouble from its beginning to its end, for all applications."""

    scene: str
    began: datetime
    ended: datetime | None = None
    falls: Mapping[str, Turn]
    returns: Mapping[str, Turn]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One application in one scene; times in seconds, None if they are not known."""

    scene: str
    application: str
    trigger: str
    detected: float | None
    patched: float | None
    ready: float | None
    disabled: float | None
    back_patched: float | None
    back_ready: float | None
    enabled: float | None

    def cells(self) -> tuple[str, ...]:
        """The row as text, in the order of `HEADERS`."""
        times = (
            *(self.detected, self.patched, self.ready, self.disabled),
            *(self.back_patched, self.back_ready, self.enabled),
        )
        return (self.scene, self.application, self.trigger, *(_seconds(time) for time in times))


def rows(episodes: Iterable[Episode]) -> Iterator[Row]:
    """A row for each application in each episode; the scene is named in its first only."""
    for episode in episodes:
        for index, name in enumerate(episode.falls):
            yield _row(episode, name, episode.scene if index == 0 else "")


def _row(episode: Episode, name: str, scene: str) -> Row:
    fall, back = episode.falls[name], episode.returns.get(name)
    began, ended = episode.began, episode.ended
    return Row(
        scene=scene,
        application=name,
        trigger=str(fall.flip.get("trigger", "")),
        detected=_after(fall.moment("detected"), began),
        patched=_after(fall.moment("patched"), began),
        ready=_after(fall.moment("ready"), began),
        disabled=_after(fall.said, began),
        back_patched=_after(back.moment("patched"), ended) if back else None,
        back_ready=_after(back.moment("ready"), ended) if back else None,
        enabled=_after(back.said, ended) if back else None,
    )


def _after(moment: datetime | None, start: datetime | None) -> float | None:
    return (moment - start).total_seconds() if moment and start else None


def _seconds(time: float | None) -> str:
    return "" if time is None else f"{time:.1f} s"


NOTES: Final = (
    "detected to disabled: seconds after the trouble began. patched to enabled: after it was over.",
    "detected, patched, ready: as status.history tells. disabled, enabled: as all pods and /health were seen to say.",
)
