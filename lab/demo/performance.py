"""Plays the scenes from the first to the last, or to the first that does not happen."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from time import monotonic

import httpx

from lab.controlplane.build import BuildFailedError
from lab.demo.operator import ChartFailedError, short
from lab.demo.play import DidNotHappenError, Play
from lab.demo.scenes import Scene
from lab.demo.sight import Lookout, Sight
from lab.demo.stage import WHAT_IS_REAL, WORDS_ON_HURRY, Stage, set_stage
from lab.demo.story import changes
from lab.demo.timeline import rows
from lab.demo.view import Mark, View
from lab.demo.watcher import Watcher
from lab.kube import KubeError
from lab.processes import ChildDiedError
from lab.waiting import NeverHappenedError

LOG_LINES = 15
FAILURES = (
    *(DidNotHappenError, ChildDiedError, NeverHappenedError, BuildFailedError, ChartFailedError),
    *(KubeError, httpx.HTTPError, subprocess.SubprocessError),
)


def perform(scenes: Sequence[Scene], view: View, *, patience: float) -> bool:
    """Whether everything happened. What did not, and the end of the operator's log, are told through the view."""
    started = monotonic()
    try:
        with _on_stage(view, patience) as play:
            for number, scene in enumerate(scenes, 1):
                play.scene = f"{number} {scene.title}"
                view.scene(f"{number} of {len(scenes)}: {scene.title}", scene.about)
                scene.play(play)
    except FAILURES:
        return False
    _conclude(view, play)
    flips = sum(len(episode.falls) + len(episode.returns) for episode in play.episodes)
    view.line(Mark.PROVEN, f"everything happened: {len(scenes)} scenes, {flips} flips, {monotonic() - started:.0f} s")
    return True


@contextmanager
def _on_stage(view: View, patience: float) -> Iterator[Play]:
    with ExitStack() as ends:
        ends.enter_context(view)
        for note in (WHAT_IS_REAL, WORDS_ON_HURRY):
            view.line(Mark.NOTE, note)
        try:
            stage = ends.enter_context(set_stage(lambda text: view.line(Mark.DONE, text)))
            ends.push(lambda _, error, __: _tell_log(view, stage) if isinstance(error, FAILURES) else None)
            with Watcher(Lookout(stage), lambda before, now: _told(view, before, now)) as watcher:
                yield Play(stage=stage, watcher=watcher, view=view, patience=patience)
        except FAILURES as failure:
            view.line(Mark.MISSING, f"{failure}")
            raise


def _told(view: View, before: Mapping[str, Sight], now: Mapping[str, Sight]) -> None:
    view.sights(now)
    for change in changes(before, now):
        view.line(Mark.SEEN, change)


def _tell_log(view: View, stage: Stage) -> None:
    lines = [short(line) for line in stage.operator.log_tail(LOG_LINES).splitlines()]
    view.screen("The end of the operator's log", "\n".join(lines))


def _conclude(view: View, play: Play) -> None:
    for title, text in play.screens.items():
        view.screen(title, text)
    view.timeline(list(rows(play.episodes)))
