"""The custom resource: its words, its spec and status, and the CRD made from them."""
