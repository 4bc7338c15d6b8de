"""The first contact with the cluster: what is missing is said while a person is still looking."""

import structlog

from ideogram_operator.cluster.addresses import Address
from ideogram_operator.cluster.connection import Unreachable
from ideogram_operator.cluster.errors import ClusterError, Forbidden, Gone, NotFound
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.runtime.agenda import Key
from ideogram_operator.runtime.clock import Clock
from ideogram_operator.runtime.store import key_of
from ideogram_operator.runtime.writer import INTEGRATIONS

log = structlog.get_logger(__name__)

AGAIN = 5.0


async def make_contact(gateway: Gateway, clock: Clock, namespaces: tuple[str, ...]) -> frozenset[Key]:
    """Returns the integrations that there are, once they can be listed; waits for a CRD or a permission.

    Raises:
        Unreachable: the API server does not answer.
    """
    where = [Address(resource=INTEGRATIONS, namespace=namespace) for namespace in namespaces or ("",)]
    while True:
        try:
            found = {
                key_of(raw) for one in where async for page in gateway.pages(one, metadata_only=True) for raw in page
            }
        except NotFound:
            log.warning("the CustomResourceDefinition is not installed; apply what 'ideogram-operator crd' prints")
        except Forbidden as error:
            log.warning("not allowed to list integrations", error=str(error), rule=error.rule)
        except Gone:
            continue  # a page was asked for too late
        except ClusterError as error:
            raise Unreachable(f"the cluster at {gateway.connection.server} does not answer: {error}") from error
        else:
            return frozenset(found)
        await clock.sleep(AGAIN)
