"""The three sample applications of ``examples/shop``, and the answers they would give if they ran."""

from lab.applications.manifests import applications, integrations
from lab.applications.server import HealthServer

__all__ = ["HealthServer", "applications", "integrations"]
