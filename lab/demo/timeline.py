"""When what happened: from the history in status and from watching, in seconds after its cause."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Final

from lab.kube import Json

HEADERS: Final = (
    *("scene, trigger", "application"),
    *("detected", "patched", "ready", "disabled"),
    "│",
    *("patched", "ready", "enabled"),
)
LEFT: Final = frozenset({0, 1, 6})
"""The columns that are words; the others are numbers."""
NOTES: Final = (
    "Seconds, left of the line since the trouble began, right of it since it was over. Detected, patched and ready",
    "are the times in status.history; disabled and enabled: when all pods and /health were seen to say so.",
)


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

    words: str
    application: str
    detected: float | None
    patched: float | None
    ready: float | None
    disabled: float | None
    back_patched: float | None
    back_ready: float | None
    enabled: float | None

    def cells(self) -> tuple[str, ...]:
        """The row as text, in the order of `HEADERS`."""
        fall = (self.detected, self.patched, self.ready, self.disabled)
        back = (self.back_patched, self.back_ready, self.enabled)
        return (self.words, self.application, *map(_seconds, fall), "│", *map(_seconds, back))


def rows(episodes: Iterable[Episode]) -> Iterator[Row]:
    """A row for each application in each episode; its first has the scene's title, its second the trigger."""
    for episode in episodes:
        triggers = {str(turn.flip.get("trigger", "")) for turn in episode.falls.values()}
        words = (episode.scene, f"  {', '.join(sorted(triggers))}")
        for name, told in zip_longest(episode.falls, words[: len(episode.falls)], fillvalue=""):
            yield _row(episode, name, told)


def _row(episode: Episode, name: str, words: str) -> Row:
    fall, back = episode.falls[name], episode.returns.get(name)
    began, ended = episode.began, episode.ended
    return Row(
        words=words,
        application=name,
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
    return "" if time is None else f"{time:.1f}"
