"""Which route generates with a model, and which family a free dry run can ask about instead.

Source: IDEOGRAM_API.md, "Requests" and "family of a legacy model".
"""

import re
from enum import StrEnum
from typing import Final

_FAMILIES: Final = {
    "V_2": "ideogram-2",
    "V_2_TURBO": "ideogram-2",
    "V_2A": "ideogram-2a",
    "V_2A_TURBO": "ideogram-2a",
    "V_3": "ideogram-3",
    "AUTO": "auto",
}
_SPEEDS: Final = {"V_3": "DEFAULT", "V_3_FLASH": "FLASH", "V_3_TURBO": "TURBO", "V_3_QUALITY": "QUALITY"}
_CURRENT: Final = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")


class Route(StrEnum):
    """The three generations of the generating route."""

    LEGACY = "/generate"
    V1 = "/v1/ideogram-v3/generate"
    V2 = "/v2/image/generate/"


def route(model: str) -> Route:
    """The route that generates with this model. Names in lower case are v2's; the others are enums."""
    if _CURRENT.fullmatch(model):
        return Route.V2
    return Route.V1 if model in _SPEEDS else Route.LEGACY


def rendering_speed(model: str) -> str:
    """The rendering speed which a v1 model's name stands for."""
    return _SPEEDS[model]


def family(model: str) -> str | None:
    """The v2 model to dry-run in place of this one; None if there is none (``V_1``) and only a key check is free."""
    if _CURRENT.fullmatch(model):
        return model
    return _FAMILIES.get("V_3" if model in _SPEEDS else model)
