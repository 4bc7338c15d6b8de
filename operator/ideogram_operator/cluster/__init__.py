"""Kubernetes as the operator speaks it: reading, switching and restoring targets."""
