"""A plugin of pytest: tells which row each collected test measures, for whoever reads its output."""

import pytest


def pytest_collection_finish(session: pytest.Session) -> None:
    for item in session.items:
        if "row" in getattr(item, "fixturenames", ()):
            marker = item.get_closest_marker("row")
            print(f"row: {marker.args[0].id if marker else item.nodeid}")  # noqa: T201 - its output is read
