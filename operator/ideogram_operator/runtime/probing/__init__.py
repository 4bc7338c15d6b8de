"""Probe streams: who asks the API, how often, over which connection and for whose money."""
