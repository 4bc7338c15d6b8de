"""The preflight: the production checklist, carried out. The modules here are pure; ``gathering`` does the reading."""
