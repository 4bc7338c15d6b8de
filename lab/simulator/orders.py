"""What a generation request asks for, read from the three dialects of the API into one form."""

import re
from dataclasses import dataclass
from typing import Any

from lab.simulator.words import Route

DEFAULT_SIDE = 1024
RATIO = re.compile(r"(?:ASPECT_)?(\d+)[x_](\d+)")
RESOLUTION = re.compile(r"(?:RESOLUTION_)?(\d{2,5})[x_](\d{2,5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One generation. ``product`` is what the price list calls it."""

    product: str
    prompt: str
    num_images: int
    seed: int | None
    width: int
    height: int
    style_type: str


def read_order(route: Route, body: dict[str, Any], v2_model: str) -> Order:
    """The order in a body that its schema has accepted.

    Raises:
        ValueError: the body contradicts itself.
    """
    request = body["image_request"] if route is Route.GENERATE else body
    width, height = _size(request)
    return Order(
        product=_product(route, request, v2_model),
        prompt=request["prompt"],
        num_images=request.get("num_images", 1),
        seed=request.get("seed"),
        width=width,
        height=height,
        style_type=request.get("style_type", "general" if _is_v2(route) else "GENERAL"),
    )


def _is_v2(route: Route) -> bool:
    return route in {Route.GENERATE_V2, Route.DRY_RUN}


def _product(route: Route, request: dict[str, Any], v2_model: str) -> str:
    if _is_v2(route):
        if not v2_model.islower():
            raise ValueError(f"model {v2_model} is not available")
        return v2_model
    if route is Route.GENERATE_V1:
        return f"V_3_{request.get('rendering_speed', 'DEFAULT')}"
    return str(request.get("model", "V_2"))


def _size(request: dict[str, Any]) -> tuple[int, int]:
    if "resolution" in request and "aspect_ratio" in request:
        raise ValueError("aspect_ratio cannot be used in conjunction with resolution")
    if found := RESOLUTION.fullmatch(request.get("resolution", "")):
        return int(found[1]), int(found[2])
    if found := RATIO.fullmatch(request.get("aspect_ratio", "")):
        return _of_ratio(int(found[1]), int(found[2]))
    return DEFAULT_SIDE, DEFAULT_SIDE


def _of_ratio(across: int, down: int) -> tuple[int, int]:
    """A size that Ideogram 3.0 knows, for each of its ratios; about a megapixel for any other."""
    known = {
        (1, 3): (512, 1536), (3, 1): (1536, 512), (1, 2): (704, 1408), (2, 1): (1408, 704),
        (9, 16): (736, 1312), (16, 9): (1312, 736), (10, 16): (800, 1280), (16, 10): (1280, 800),
        (2, 3): (832, 1248), (3, 2): (1248, 832), (3, 4): (864, 1152), (4, 3): (1152, 864),
        (4, 5): (896, 1120), (5, 4): (1120, 896), (1, 1): (1024, 1024),
    }  # fmt: skip
    side = (DEFAULT_SIDE**2 / max(across * down, 1)) ** 0.5
    return known.get((across, down), (round(across * side) // 8 * 8, round(down * side) // 8 * 8))
