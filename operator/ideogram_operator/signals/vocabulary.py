"""The names of metrics in use for Ideogram traffic, and so the defaults to read (IDEOGRAM_API.md, "What applications
export"): a counter of generations by how they ended, and a histogram of how long they took.
"""

from enum import StrEnum
from typing import Final

GENERATIONS: Final = "ideogram_generations_total"
DURATIONS: Final = "ideogram_generation_duration_seconds_bucket"
EXPECTED: Final = (GENERATIONS, DURATIONS)
"""The series that an application has to export to be monitored."""

STATUS: Final = "status"
"""The label that says how a generation ended."""


class Ending(StrEnum):
    """How a generation ended, as the label says it."""

    SUCCESS = "success"
    ERROR = "error"
    SAFETY_REJECTED = "safety_rejected"
    RATE_LIMITED = "rate_limited"
