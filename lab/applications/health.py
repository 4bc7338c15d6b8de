"""What an application's ``/health`` says, from what its pods were told: pure functions over Kubernetes objects.

The applications of ``examples/shop`` say ``disabled`` for the value ``false`` and ``enabled`` otherwise. A container
hears its environment when it starts, so it is the *pods* that answer, not the template: in the middle of a rollout
the application is still ``enabled`` as long as one ready pod is.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final

from lab.kube import Json

SWITCH: Final = "IDEOGRAM_ENABLED"
READ_CONFIG_MAP = Callable[[str], Json | None]


class Service(StrEnum):
    """What the document says of Ideogram."""

    ENABLED = "enabled"
    DISABLED = "disabled"


def document(state: Service) -> Json:
    """The body of ``/health``."""
    return {"status": "ok", "services": {"ideogram": state.value}}


def of_pods(pods: Iterable[Json], read_config_map: READ_CONFIG_MAP) -> Service | None:
    """What the ready pods say together: enabled if one of them is. None: nobody is there to answer."""
    said = {_of_pod(pod, read_config_map) for pod in pods if _answers(pod)}
    if not said:
        return None
    return Service.ENABLED if Service.ENABLED in said else Service.DISABLED


def of_cron_job(cron_job: Json) -> Service:
    """A suspended CronJob starts nothing."""
    return Service.DISABLED if cron_job["spec"].get("suspend") else Service.ENABLED


def _of_pod(pod: Json, read_config_map: READ_CONFIG_MAP) -> Service:
    entries = [entry for container in pod["spec"]["containers"] for entry in container.get("env", [])]
    # Of duplicate names the last one wins, as in a real container.
    told = [entry.get("value", "") for entry in entries if entry["name"] == SWITCH][-1:]
    # A mounted ConfigMap is read at every request: no restart.
    names = [volume["configMap"]["name"] for volume in pod["spec"].get("volumes", []) if "configMap" in volume]
    told += [(settings or {}).get("data", {}).get(SWITCH, "") for settings in map(read_config_map, names)]
    return Service.DISABLED if "false" in told else Service.ENABLED


def _answers(pod: Json) -> bool:
    conditions = pod["status"].get("conditions", [])
    ready = any(entry["type"] == "Ready" and entry["status"] == "True" for entry in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]
