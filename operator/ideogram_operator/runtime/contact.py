"""The first contact with the cluster: what is missing is said while a person is still looking."""

import structlog

from ideogram_operator.cluster.addresses import Address
from ideogram_operator.cluster.connection import Unreachable
from ideogram_operator.cluster.errors import ClusterError, Forbidden, NotFound
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.writer import INTEGRATIONS

log = structlog.get_logger(__name__)

AGAIN = 5.0


async def make_contact(gateway: Gateway, clock: Clock, namespaces: tuple[str, ...]) -> None:
    """Returns once integrations can be listed; waits for a CRD or a permission that is not there yet.

    Raises:
        Unreachable: the API server does not answer.
    """
    where = [Address(resource=INTEGRATIONS, namespace=namespace) for namespace in namespaces or ("",)]
    while True:
        try:
            for one in where:
                await gateway.list(one, metadata_only=True)
        except NotFound:
            log.warning("the CustomResourceDefinition is not installed; apply what 'ideogram-operator crd' prints")
        except Forbidden as error:
            log.warning("not allowed to list integrations", error=str(error), rule=error.rule)
        except ClusterError as error:
            raise Unreachable(f"the cluster at {gateway.connection.server} does not answer: {error}") from error
        else:
            return
        await clock.sleep(AGAIN)
