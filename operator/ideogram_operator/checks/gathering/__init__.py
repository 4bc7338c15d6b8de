"""All the reading of a preflight: one module per inquiry, each of which ends in facts and in its own time."""
