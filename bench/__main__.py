"""``python -m bench``: measures, and writes what was measured; ``report`` only writes the pages anew."""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

from bench.bounds import broken
from bench.keys import measure_keys
from bench.plot import growth_plot
from bench.raw import Raw
from bench.readme import readme
from bench.rig import Rig, open_rig
from bench.scale import measure_scale
from bench.sizes import FULL, PARTS, SMOKE, Sizes
from bench.storm import measure_storm
from ideogram_operator.runtime.loop import EventLoop
from lab.kubeconfig import read_kubeconfig

HERE: Final = Path(__file__).resolve().parent
RESULTS: Final = HERE / "results"


def main() -> int:
    """Returns the exit code: 1 if a bound is broken, or pages that were to be checked are not up to date."""
    line = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    line.add_argument("what", choices=["full", "smoke", "report"])
    line.add_argument("--only", choices=PARTS, action="append", help="some parts; repeatable")
    line.add_argument("--check", action="store_true", help="with report: only tell whether the pages are up to date")
    asked = line.parse_args()
    if asked.what == "report":
        return _report(check=asked.check)
    if asked.what == "smoke":
        return _smoke(asked.only or SMOKE.parts)
    for part in asked.only or FULL.parts:
        _write(part, _measure(part, FULL))
    return _report(check=False)


def _smoke(parts: tuple[str, ...]) -> int:
    wrong = broken({part: _measure(part, SMOKE) for part in parts})
    for one in wrong:
        _say(one)
    if not wrong:
        _say("all bounds hold")
    return 1 if wrong else 0


def _measure(part: str, sizes: Sizes) -> Any:
    # A cluster for each: what one part leaves behind must not be what the next one measures.
    began = time.monotonic()
    _say(f"{part}: begins")
    # On the operator's event loop: its floor must not be higher than it need be.
    with open_rig() as rig, asyncio.Runner(loop_factory=EventLoop) as runner:
        found = runner.run(_part(part, rig, sizes))
    _say(f"{part}: took {time.monotonic() - began:.0f} s")
    return found


async def _part(part: str, rig: Rig, sizes: Sizes) -> Any:
    rig.rest = sizes.rest
    access = read_kubeconfig(rig.cluster.kubeconfig), read_kubeconfig(rig.account)
    async with Raw.open(access[0]) as admin, Raw.open(access[1]) as floor:
        ways: dict[str, Callable[[], Coroutine[Any, Any, Any]]] = {
            "storm": lambda: measure_storm(rig, admin, floor, sizes),
            "scale": lambda: measure_scale(rig, admin, floor, sizes),
            "keys": lambda: measure_keys(rig, admin, sizes),
        }
        found = await ways[part]()
    _say(json.dumps(found))
    return found


def _write(part: str, figures: Any) -> None:
    RESULTS.mkdir(exist_ok=True)
    # How busy the machine was with others' work, so that a reader can judge the figures.
    document = {"processors": os.cpu_count(), "load_at_end": round(os.getloadavg()[1], 1), "figures": figures}
    (RESULTS / f"{part}.json").write_text(json.dumps(document, indent=1) + "\n")


def _report(*, check: bool) -> int:
    results = {path.stem: json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))}
    pages = {HERE / "README.md": readme(results)}
    if "scale" in results:
        pages[HERE / "growth.svg"] = growth_plot(results["scale"]["figures"])
    behind = [path for path, text in pages.items() if not path.exists() or path.read_text() != text]
    if check:
        for path in behind:
            _say(f"{path.relative_to(HERE.parent)} is not up to date: run python -m bench report")
        return 1 if behind else 0
    for path, text in pages.items():
        path.write_text(text)
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"bench: {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
