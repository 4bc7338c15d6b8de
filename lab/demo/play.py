"""What a scene can do: act, say what it did, and claim what must be seen before the next line."""

import subprocess
import sysconfig
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from lab.controlplane.binaries import kubectl
from lab.demo.sight import Sight
from lab.demo.stage import SHOP, Stage
from lab.demo.story import described
from lab.demo.timeline import Episode, Turn
from lab.demo.view import Mark, View
from lab.demo.watcher import Watcher
from lab.kube import Json
from lab.waiting import NeverHappenedError, wait_until

Claim = Callable[[Sight], bool]


class DidNotHappenError(RuntimeError):
    """A scene claimed what was not seen in time; the message says what, and what was seen instead."""


@dataclass(slots=True, kw_only=True)
class Play:
    """The running demo.

    Attributes:
        patience: seconds after which a claim has failed.
        scene: the title of the scene that plays.
        operator_runs: False while it is killed on purpose; otherwise its end is a failure.
        baseline: what decides how each application runs, as it was deployed.
        episodes: every trouble so far.
        screens: what commands printed, by title, to be shown at the end.
    """

    stage: Stage
    watcher: Watcher
    view: View
    patience: float
    scene: str = ""
    operator_runs: bool = True
    baseline: dict[str, Json] = field(default_factory=dict)
    episodes: list[Episode] = field(default_factory=list)
    screens: dict[str, str] = field(default_factory=dict)

    @property
    def sights(self) -> Sequence[Sight]:
        """The applications as last seen."""
        return tuple(self.watcher.latest.values())

    def sight(self, name: str) -> Sight:
        """One application as last seen."""
        return self.watcher.latest[name]

    def did(self, text: str) -> None:
        """Says what was done to the stage."""
        self.view.line(Mark.DONE, text)

    def expect(self, claim: str, holds: Claim, *, of: Sequence[str] = ()) -> None:
        """Waits until the claim holds for each application, or for those named.

        Raises:
            DidNotHappenError: it did not within `patience`.
            ChildDiedError: the operator ended.
        """
        self.view.doing(claim)
        started = monotonic()
        try:
            wait_until(lambda: self._seen(holds, of), claim, timeout=self.patience, pause=0.05)
        except NeverHappenedError as error:
            raise DidNotHappenError(self._missing(claim, holds, of)) from error
        waited = monotonic() - started
        self.view.line(Mark.PROVEN, claim + (f" ({waited:.1f} s)" if waited > 0.2 else ""))

    def require(self, claim: str, holds: bool) -> None:  # noqa: FBT001 - the claim reads like a sentence with its truth
        """A claim that holds at once or never.

        Raises:
            DidNotHappenError: it does not.
        """
        if not holds:
            raise DidNotHappenError(f"{claim}: it is not so")
        self.view.line(Mark.PROVEN, claim)

    def kubectl(self, *arguments: str) -> str:
        """What kubectl prints, in the applications' namespace.

        Raises:
            DidNotHappenError: it failed.
        """
        return self._printed(kubectl(), arguments)

    def _printed(self, program: Path, arguments: Sequence[str], *, ends: Sequence[int] = (0,)) -> str:
        whose = f"--kubeconfig={self.stage.cluster.kubeconfig}", f"--namespace={SHOP}"
        command = [str(program), *arguments, *whose]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
        if done.returncode not in ends:
            raise DidNotHappenError(f"{program.name} {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def keep_screen(
        self,
        title: str,
        *arguments: str,
        cut: Callable[[str], str] = str,
        plugin: str = "",
        ends: Sequence[int] = (0,),
    ) -> None:
        """Keeps what kubectl, or a plugin of it, prints now for the end: all of it, or what ``cut`` leaves.

        Raises:
            DidNotHappenError: it ended with none of the exit codes ``ends``.
        """
        program = Path(sysconfig.get_path("scripts")) / f"kubectl-{plugin}" if plugin else kubectl()
        words = (plugin, *arguments) if plugin else arguments
        printed = self._printed(program, arguments, ends=ends)
        self.screens[f"{title}: kubectl -n {SHOP} {' '.join(words)}"] = cut(printed)

    def kill_operator(self) -> None:
        """Kills it with -9, in the middle of whatever it is doing."""
        self.operator_runs = False
        self.stage.operator.kill()

    def start_operator(self) -> None:
        """Starts it again; returns when it is at work."""
        self.stage.operator.start()
        self.operator_runs = True

    def trouble(self) -> Episode:
        """An episode that begins now."""
        self.episodes.append(Episode(scene=self.scene, began=datetime.now(UTC), falls={}, returns={}))
        return self.episodes[-1]

    def turns(self) -> dict[str, Turn]:
        """The last flip of every application, as told and as seen."""
        return {
            sight.name: Turn(flip=sight.history[-1], said=self.watcher.agreed_at(sight.name))
            for sight in self.sights
            if sight.history
        }

    def _seen(self, holds: Claim, of: Sequence[str]) -> bool:
        if self.operator_runs:
            self.stage.operator.must_live()
        sights = self._among(of)
        return bool(sights) and all(holds(sight) for sight in sights)

    def _among(self, names: Sequence[str]) -> list[Sight]:
        return [sight for sight in self.sights if not names or sight.name in names]

    def _missing(self, claim: str, holds: Claim, of: Sequence[str]) -> str:
        wrong = [described(sight) for sight in self._among(of) if not holds(sight)]
        return "\n".join((f"not seen within {self.patience:g} s: {claim}", *wrong))
