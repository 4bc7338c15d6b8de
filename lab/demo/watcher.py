"""Looks at the applications all the time, in a thread, and remembers when each began to say what it says."""

import contextlib
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import httpx

from lab.demo.sight import Lookout, Sight
from lab.kube import KubeError

PAUSE = 0.15
OnLook = Callable[[Mapping[str, Sight], Mapping[str, Sight]], None]


class Watcher:
    """Watching inside its ``with`` block; ``on_look`` gets each look and the one before it, in the watcher's thread."""

    def __init__(self, lookout: Lookout, on_look: OnLook) -> None:
        self._lookout = lookout
        self._on_look = on_look
        self._ended = threading.Event()
        self._latest: Mapping[str, Sight] = {}
        self._agreed: dict[str, tuple[str, datetime]] = {}
        self._thread = threading.Thread(target=self._watch, name="watcher", daemon=True)

    @property
    def latest(self) -> Mapping[str, Sight]:
        """The last look, by application; empty before the first."""
        return self._latest

    def agreed_at(self, name: str) -> datetime | None:
        """Since when the application and all its pods say what they say now."""
        return self._agreed[name][1] if name in self._agreed else None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._lookout.close()

    def _watch(self) -> None:
        while not self._ended.wait(PAUSE):
            # A look that fails is no look: whoever waits for something goes on waiting, and says so in the end.
            with contextlib.suppress(KubeError, httpx.HTTPError):
                self._take_in(self._lookout.look())

    def _take_in(self, now: Mapping[str, Sight]) -> None:
        for name, sight in now.items():
            said = sight.says if sight.pods_agree else ""
            if self._agreed.get(name, ("", None))[0] != said:
                self._agreed[name] = said, datetime.now(UTC)
        before, self._latest = self._latest, now
        self._on_look(before, now)
