"""A real Kubernetes control plane on localhost, built from its Go modules."""

from lab.controlplane.plane import ControlPlane

__all__ = ["ControlPlane"]
