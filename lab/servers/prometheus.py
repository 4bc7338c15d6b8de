"""A real Prometheus on localhost that scrapes what it is told to, with a past if one is given.

Debian's package ``prometheus`` has both programs: the server, and promtool, which makes a past out of a text.
"""

import json
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Self

import httpx
import yaml

from lab.folders import run_folder
from lab.processes import Child
from lab.servers.packages import program
from lab.waiting import wait_until

START_TIMEOUT: Final = 30.0
INTERVAL: Final = "200ms"


class Prometheus:
    """One server; running inside its ``with`` block. Everything it writes is gone at the end.

    It starts in 0.3 s. Its first scrape is 5 s later, which cannot be configured: share one that scrapes.

    Attributes:
        url: ``http://127.0.0.1:PORT``, with ``prefix`` behind it.
    """

    def __init__(
        self,
        targets: Sequence[str] = (),
        *,
        labels: Mapping[str, str] | None = None,
        history: str = "",
        prefix: str = "",
        interval: str = INTERVAL,
    ) -> None:
        """Nothing is started yet.

        Args:
            targets: what to scrape, as ``127.0.0.1:PORT``.
            labels: put on every series scraped, as service discovery does with ``namespace``.
            history: samples of the past, as OpenMetrics text with timestamps.
            prefix: a path such as ``/prometheus`` under which everything is served.
            interval: of scrapes.
        """
        self._config = _config(targets, labels or {}, interval)
        self._history = history
        self._prefix = prefix
        self._ends = ExitStack()

    def __enter__(self) -> Self:
        """Starts it; returns once it answers queries.

        Raises:
            PackageMissingError: Debian's package ``prometheus`` is not installed.
            ChildDiedError: it ended while starting.
        """
        server, tool = program("prometheus"), program("promtool")
        with ExitStack() as undo:
            folder = undo.enter_context(run_folder("prometheus"))
            (folder / "prometheus.yml").write_text(yaml.safe_dump(self._config))
            if self._history:
                _write_past(tool, self._history, folder)
            child = Child("prometheus", _command(server, folder, self._prefix), folder=folder)
            undo.callback(child.kill)
            address = wait_until(lambda: _address(child), "Prometheus to listen", timeout=START_TIMEOUT)
            self.url = f"http://{address}{self._prefix}"
            wait_until(lambda: _ready(child, self.url), "Prometheus to be ready", timeout=START_TIMEOUT)
            self._child = child
            self._ends = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def freeze(self) -> None:
        """SIGSTOP: connections are taken and nothing answers."""
        self._child.freeze()

    def thaw(self) -> None:
        """SIGCONT."""
        self._child.thaw()

    def value(self, promql: str) -> float | None:
        """The first value that a query returns now; None if it returns nothing."""
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": promql}, trust_env=False).json()
        result = answer["data"]["result"]
        return float(result[0]["value"][1]) if result else None

    def wait_for(self, promql: str) -> float:
        """Returns the value as soon as a query returns any: write a comparison to wait for more than presence.

        Raises:
            NeverHappenedError: it never did.
        """
        # In a tuple: a value of 0 has come all the same.
        found = wait_until(lambda: (value,) if (value := self.value(promql)) is not None else None, promql)
        return found[0]


def _config(targets: Sequence[str], labels: Mapping[str, str], interval: str) -> dict[str, Any]:
    job = {"job_name": "applications", "static_configs": [{"targets": list(targets), "labels": dict(labels)}]}
    return {"global": {"scrape_interval": interval, "scrape_timeout": interval}, "scrape_configs": [job]}


def _command(binary: Path, folder: Path, prefix: str) -> list[str]:
    """It takes a port that is free (0) and logs which: one found free by us could be taken meanwhile."""
    return [
        str(binary),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--web.listen-address=127.0.0.1:0",
        f"--web.external-url=http://127.0.0.1{prefix}",
        "--log.format=json",
    ]


def _write_past(tool: Path, history: str, folder: Path) -> None:
    source = folder / "history.txt"
    source.write_text(history)
    command = [str(tool), "tsdb", "create-blocks-from", "openmetrics", "--quiet", str(source), str(folder / "data")]
    subprocess.run(command, check=True, capture_output=True)


def _address(child: Child) -> str | None:
    child.must_live()
    for line in child.log.read_text(errors="replace").splitlines():
        if '"Listening on"' in line:
            return str(json.loads(line)["address"])
    return None


def _ready(child: Child, url: str) -> bool:
    child.must_live()
    try:
        return httpx.get(f"{url}/-/ready", trust_env=False).is_success
    except httpx.TransportError:
        return False
