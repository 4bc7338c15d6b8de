"""The provider's status page, in Statuspage's shape: the operator's control URL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lab.simulator.messages import Answer, Incoming, json_answer
from lab.simulator.words import Route

DESCRIPTIONS = {
    "none": "All Systems Operational",
    "minor": "Minor Service Outage",
    "major": "Partial System Outage",
    "critical": "Major Service Outage",
}


@dataclass(slots=True, kw_only=True)
class StatusPage:
    """What the provider says about itself: an indicator, and a status for each component."""

    now: Callable[[], float]
    indicator: str = "none"
    components: dict[str, str] = field(default_factory=lambda: {"API": "operational", "Website": "operational"})

    def change(self, *, indicator: str | None = None, components: Mapping[str, str] | None = None) -> None:
        """Say something else.

        Raises:
            ValueError: an indicator that Statuspage does not have.
        """
        if indicator is not None and indicator not in DESCRIPTIONS:
            raise ValueError(f"an indicator is one of {', '.join(DESCRIPTIONS)}")
        self.indicator = indicator or self.indicator
        self.components = {**self.components, **(components or {})}

    async def answer(self, route: Route, _incoming: Incoming) -> Answer:
        """The summary, or a 404 page."""
        if route is not Route.SUMMARY:
            return Answer(status=404, body=b"<html>Not found</html>", media_type="text/html")
        return json_answer(self.summary())

    def summary(self) -> dict[str, Any]:
        """``/api/v2/summary.json``."""
        updated = datetime.fromtimestamp(self.now(), UTC).isoformat()
        return {
            "page": {"id": "simulator", "name": "Ideogram", "time_zone": "Etc/UTC", "updated_at": updated},
            "components": [
                {"id": f"component-{i}", "name": name, "status": status, "updated_at": updated}
                for i, (name, status) in enumerate(self.components.items())
            ],
            "incidents": [],
            "scheduled_maintenances": [],
            "status": {"indicator": self.indicator, "description": DESCRIPTIONS[self.indicator]},
        }
