"""The Ideogram Operator: switches applications into fallback and back when the Ideogram API needs it."""

__version__ = "0.1.0"
