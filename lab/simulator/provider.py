"""The API itself: what it answers when nothing is wrong with it.

The order of checks is the API's: key, request, model, (dry run: price), credit, limit in flight, safety, work, bill.
Billing follows its published rule: what completes is billed, also when the client has long gone or the image is
withheld; what is rejected before it runs is not.
"""

import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lab.simulator.accounts import Account, Accounts, Charge, InFlightError, Key, NoCreditError
from lab.simulator.contract import Contract
from lab.simulator.images import Gallery, Picture
from lab.simulator.messages import Answer, Incoming, RejectedError, json_answer, problem, read_body
from lab.simulator.orders import Order, read_order
from lab.simulator.prices import Cost, cost_of, quote
from lab.simulator.routes import known_path, v2_model
from lab.simulator.settings import Settings
from lab.simulator.usage import usage
from lab.simulator.words import PAID_ROUTES, Route

SAFETY_ERROR = "Prompt provided failed safety check due to the inclusion of prohibited content."
JWKS = {"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": "simulator-1", "x": "A" * 43}]}
MAX_SEED = 2**31 - 1


@dataclass(slots=True, kw_only=True)
class Provider:
    """The API of every account. ``now`` gives Unix seconds; ``settings`` is replaced when somebody changes them."""

    accounts: Accounts
    settings: Settings
    gallery: Gallery
    contract: Contract
    dice: random.Random
    now: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    base_url: str = ""

    async def answer(self, route: Route, incoming: Incoming) -> Answer:
        """The answer to one request, after the time it takes."""
        try:
            if route in PAID_ROUTES:
                return await self._generate(route, incoming)
            await self.sleep(self.settings.free_latency.draw(self.dice))
            return self._free(route, incoming)
        except RejectedError as rejected:
            return rejected.answer

    def _free(self, route: Route, incoming: Incoming) -> Answer:
        match route:
            case Route.JWKS:
                return json_answer(JWKS)
            case Route.IMAGE:
                return self.gallery.serve(incoming)
            case Route.MODELS:
                self._key(incoming)
                return json_answer({"models": list(self.settings.models)})
            case Route.USAGE:
                return self._usage(incoming)
            case Route.DRY_RUN:
                return self._dry_run(incoming)
            case _:
                return _not_served(incoming)

    def _key(self, incoming: Incoming) -> Key:
        key = self.accounts.working(incoming.key)
        if key is None:
            raise RejectedError(problem(401, "Unauthorized", "missing or invalid API key"))
        return key

    def _order(self, route: Route, incoming: Incoming) -> tuple[Order, Cost]:
        try:
            order = read_order(route, self._body(route, incoming), v2_model(incoming))
        except ValueError as error:
            raise RejectedError(problem(400, "Bad Request", str(error))) from error
        if order.product not in self.settings.prices or order.product in self.settings.retired_models:
            raise RejectedError(problem(400, "Bad Request", f"model {order.product} is not available"))
        return order, cost_of(self.settings.prices, order.product, order.num_images)

    def _body(self, route: Route, incoming: Incoming) -> dict[str, Any]:
        body = read_body(incoming, self.contract.properties(route))
        if error := self.contract.request_error(route, body):
            raise ValueError(error)
        return dict(body)

    def _dry_run(self, incoming: Incoming) -> Answer:
        key = self._key(incoming)
        _, cost = self._order(Route.DRY_RUN, incoming)
        if self.settings.dry_run_checks_balance and not key.account.covers(cost):
            raise RejectedError(_no_credit(Route.DRY_RUN, key.account))
        return json_answer(quote(cost))

    async def _generate(self, route: Route, incoming: Incoming) -> Answer:
        key = self._key(incoming)
        order, cost = self._order(route, incoming)
        with self._place(route, key.account, cost):
            if self.settings.blocked_marker in order.prompt:
                raise RejectedError(json_answer({"error": SAFETY_ERROR}, status=422))
            await self.sleep(self.settings.latency.draw(self.dice))
        key.account.charge(Charge(at=self.now(), key=key.name, endpoint=incoming.path, cost=cost))
        return json_answer(self._images(route, order), billed=cost.usd)

    @contextmanager
    def _place(self, route: Route, account: Account, cost: Cost) -> Iterator[None]:
        limit = self.settings.max_in_flight
        try:
            with account.generation(cost, limit):
                yield
        except NoCreditError as error:
            raise RejectedError(_no_credit(route, account)) from error
        except InFlightError as error:
            raise RejectedError(_too_many(route, limit)) from error

    def _images(self, route: Route, order: Order) -> dict[str, Any]:
        seed = self.dice.randint(0, MAX_SEED) if order.seed is None else order.seed
        safe = self.settings.unsafe_marker not in order.prompt
        data = [self._image(route, order, (seed + i) % MAX_SEED, safe=safe) for i in range(order.num_images)]
        body: dict[str, Any] = {"created": datetime.fromtimestamp(self.now(), UTC).isoformat(), "data": data}
        if route is Route.GENERATE_V2:
            body |= {"generation_id": f"sim-{seed:x}", "generation_kind": "sampling", "seed": seed}
        return body

    def _image(self, route: Route, order: Order, seed: int, *, safe: bool) -> dict[str, Any]:
        picture = Picture(width=order.width, height=order.height, seed=seed)
        withheld = "" if route is Route.GENERATE else None  # both are documented: empty or null
        lifetime = self.settings.url_lifetime
        return {
            "url": self.gallery.add(picture, base_url=self.base_url, lifetime=lifetime) if safe else withheld,
            "prompt": order.prompt,
            "resolution": f"{order.width}x{order.height}",
            "is_image_safe": safe,
            "seed": seed,
            "style_type": order.style_type,
        }

    def _usage(self, incoming: Incoming) -> Answer:
        key = self._key(incoming)
        if not key.admin:
            return problem(404, "Not Found", "the requested URL was not found")
        now, lag = datetime.fromtimestamp(self.now(), UTC), timedelta(seconds=self.settings.usage_lag)
        try:
            return json_answer(usage(key.account.charges, incoming.query, now, lag))
        except ValueError as error:
            return problem(400, "Bad Request", str(error))


def _not_served(incoming: Incoming) -> Answer:
    if known_path(incoming):
        return problem(405, "Method Not Allowed", "the method is not allowed for this URL")
    return problem(404, "Not Found", "the requested URL was not found")


def _no_credit(route: Route, account: Account) -> Answer:
    if route in {Route.GENERATE_V2, Route.DRY_RUN}:
        body = {"error": "Your balance does not cover this request.", "reject_reason": account.reject_reason}
        return json_answer(body, status=402)
    return problem(402, "Payment Required", "insufficient credits")


def _too_many(route: Route, limit: int) -> Answer:
    if route is Route.GENERATE_V2:
        body = {
            "error": "Too many requests in flight.",
            "reject_reason": "inflight_limit",
            "max_inflight_requests": limit,
            "task_completion_speed": "fast",
        }
        return json_answer(body, status=429)
    return problem(429, "Too Many Requests", "too many requests in flight")
