"""The rig of a run: a cluster, a simulator in a process of its own, and the operator, looked at from outside."""

import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
import psutil

from bench.exposition import PREFIX, Reading
from lab.cluster import Cluster, start_cluster
from lab.folders import run_folder
from lab.kubeconfig import read_kubeconfig
from lab.operator import Flags, Operator, grant_rights, operator_kubeconfig
from lab.processes import Child
from lab.simulator.admin import AdminClient

HOME: Final = "ideogram-system"
UNTHROTTLED: Final = ("--max-rollouts", "1000000", "--max-flips-per-minute", "1000000")
COUNTERS: Final = (
    "integrations_decided",
    "reconciles_total",
    "status_writes_total",
    "target_patches_total",
    "probes_total",
    "loop_delay_seconds_bucket",
    "probe_lateness_seconds_bucket",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A simulated provider in a process of its own."""

    url: str
    key: str
    admin: AdminClient
    process: psutil.Process


@dataclass(slots=True, kw_only=True)
class Rig:
    """All parts of a run.

    Attributes:
        folder: what they write.
        operator: not started; it acts as the chart's ServiceAccount.
        rest: seconds without a write after which it is taken to rest.
    """

    cluster: Cluster
    provider: Provider
    operator: Operator
    folder: Path
    account: Path
    rest: float = 3.0

    def process(self) -> psutil.Process:
        """The operator's."""
        return psutil.Process(self.operator.pid)

    async def reading(self) -> Reading:
        """The operator's own counters, without the integrations' series, so that reading costs it next to nothing."""
        names = "&".join(f"name[]={PREFIX}{name}" for name in COUNTERS)
        return Reading.of(await self.scrape(f"?{names}"))

    async def scrape(self, query: str = "") -> str:
        """What `/metrics` says; nothing while it does not listen yet."""
        timeout = aiohttp.ClientTimeout(total=30.0)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            try:
                async with session.get(f"{self.operator.url}/metrics{query}") as answer:
                    return await answer.text()
            except aiohttp.ClientConnectionError:
                self.operator.must_live()
                return ""

    async def until(
        self, holds: Callable[[Reading], bool], what: str, *, patience: float = 240.0, pause: float = 0.1
    ) -> float:
        """The moment (monotonic) at which the counters said so.

        Raises:
            TimeoutError: they did not in time.
        """
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if holds(await self.reading()):
                return time.monotonic()
            await asyncio.sleep(pause)
        raise TimeoutError(f"waited {patience:g} s for {what}; the log ends with\n{self.operator.log_tail()}")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The operator stands still: a floor is what the cluster can do for somebody who is alone with it."""
        self.operator.freeze()
        try:
            yield
        finally:
            self.operator.thaw()

    async def quiet(self, *, seconds: float = 0.0, patience: float = 240.0) -> None:
        """Returns once nothing was written for so many seconds, and for ``rest``."""
        last, since = -1.0, time.monotonic()

        def still(now: Reading) -> bool:
            nonlocal last, since
            written = now.total("status_writes_total") + now.total("target_patches_total")
            if written != last:
                last, since = written, time.monotonic()
            return time.monotonic() - since >= max(seconds, self.rest)

        await self.until(still, "the operator to come to rest", patience=patience, pause=0.25)


@contextmanager
def open_rig() -> Iterator[Rig]:
    """A rig of its own; everything ends with the block. From the main thread only."""
    with ExitStack() as ends:
        folder = ends.enter_context(run_folder("bench"))
        cluster = ends.enter_context(start_cluster(audit=True, name="bench-cluster"))
        cluster.kube.create("/api/v1/namespaces", {"metadata": {"name": HOME}})
        grant_rights(cluster, HOME, values={"namespaces": []})
        account = operator_kubeconfig(read_kubeconfig(cluster.kubeconfig), HOME, folder / "account")
        provider = ends.enter_context(provide(folder, "provider"))
        flags = Flags(kubeconfig=account, namespaces=(), allow_hosts=(provider.url,), more=UNTHROTTLED)
        operator = Operator(flags, folder=folder)
        ends.callback(operator.kill)
        yield Rig(cluster=cluster, provider=provider, operator=operator, folder=folder, account=account)


@contextmanager
def provide(folder: Path, name: str) -> Iterator[Provider]:
    """A simulator in a process of its own."""
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); sys.argv[0] = 'simulator';"
        "from lab.simulator.__main__ import main; main()"
    )
    child = Child(name, [sys.executable, "-c", code, str(Path(__file__).resolve().parents[1])], folder=folder)
    try:
        told = json.loads(_first_line(child))
        yield Provider(
            url=told["url"],
            key=told["key"],
            admin=AdminClient(told["admin_url"]),
            process=psutil.Process(child.pid),
        )
    finally:
        child.kill()


def _first_line(child: Child) -> str:
    deadline = time.monotonic() + 30.0
    while time.monotonic() < deadline:
        child.must_live()
        line, ended, _ = child.log.read_text().partition("\n")
        if ended:
            return line
        time.sleep(0.02)
    raise TimeoutError("the simulator does not say where it is")


def processor_seconds(process: psutil.Process) -> float:
    """CPU time that a process has used so far."""
    used = process.cpu_times()
    return float(used.user + used.system)


def megabytes(process: psutil.Process) -> float:
    """Resident memory in MB."""
    return float(process.memory_info().rss) / 1e6
