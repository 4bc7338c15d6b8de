"""The operator's own settings: what ``run`` was told on its command line, in the environment or by the chart."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the person who installs the operator decides, and tenants cannot.

    Attributes:
        kubeconfig: None: the pod's own ServiceAccount.
        namespaces: where integrations are looked for; empty means everywhere.
        allow_hosts: ``HOST[:PORT]`` or ``http://HOST:PORT``: where API keys may be sent.
        control_url: asked to tell the provider's outage from our own network's; empty asks nothing.
        ca_file: PEM bundle added to the system's, for probes.
        read_only: decide and report for all integrations, switch nothing.
        switch_names: regular expressions of switch names allowed beside ``IDEOGRAM_…``.
        max_rollouts: rollouts in progress at once.
        max_flips_per_minute: targets switched in a minute.
        workers: reconciles running at once.
        resync: how often every integration is listed and its targets are looked at, whatever was heard.
        heartbeat: how often status is written though its meaning did not change.
        lease: ``NAMESPACE/NAME`` of the Lease that the one operator that works holds; empty: there is no other.
        lease_duration: seconds after which a holder that died is succeeded.
        identity: what the Lease calls this process; empty: the host's name and something random.
    """

    kubeconfig: Path | None = None
    namespaces: tuple[str, ...] = ()
    allow_hosts: tuple[str, ...] = ("api.ideogram.ai",)
    control_url: str = "https://status.ideogram.ai/api/v2/summary.json"
    ca_file: Path | None = None
    read_only: bool = False
    switch_names: tuple[str, ...] = ()
    listen: str = "0.0.0.0:8080"
    max_rollouts: int = 50
    max_flips_per_minute: int = 600
    log_format: str = "json"
    log_level: str = "info"
    workers: int = 20
    resync: timedelta = timedelta(minutes=10)
    heartbeat: timedelta = timedelta(minutes=10)
    lease: str = ""
    lease_duration: int = 15
    identity: str = ""
