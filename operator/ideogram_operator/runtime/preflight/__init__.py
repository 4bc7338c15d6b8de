"""The preflight in the cluster: when it is due, its gathering beside the reconciles, and what status keeps of it."""
