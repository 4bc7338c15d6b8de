"""The running operator: watch, probe, schedule, reconcile, report."""
