"""The admin port: everything a test may ask of the simulator, as JSON over HTTP. It knows no faults itself.

GET    /                            where the hosts are
POST   /faults                      a fault (lab.simulator.faults.Fault); answers its number
GET    /faults                      those in force, with their hits
DELETE /faults?number=&host=        heal one, a host's, or all
POST   /keys                        {"secret"?, "name"?, "account"?, "admin"?, "credit"?}
POST   /keys/revoke, /keys/restore  {"key": secret or name}
POST   /credit                      {"usd", "account"?, "reject_reason"?}
GET    /accounts                    credit, billed, in flight
POST   /settings                    fields of lab.simulator.settings.Settings
POST   /status-page                 {"indicator"?, "components"?}
GET    /requests?newer_than=&timeout=   the log; with a timeout it waits for news
DELETE /requests                    forget it
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from aiohttp import web

from lab.simulator.accounts import DEFAULT_ACCOUNT
from lab.simulator.faults import parse_fault
from lab.simulator.settings import new_secret
from lab.simulator.words import Host
from lab.simulator.world import World


@web.middleware
async def plain_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """A mistake of the caller is a 400 with a sentence."""
    try:
        return await handler(request)
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)


@dataclass(slots=True, kw_only=True)
class AdminServer:
    """The handlers; each changes the world in one step."""

    world: World

    def application(self) -> web.Application:
        """The routes, ready to be run."""
        app = web.Application(middlewares=[plain_errors])
        app.add_routes(
            [
                web.get("/", self.where),
                web.post("/faults", self.add_fault),
                web.get("/faults", self.list_faults),
                web.delete("/faults", self.heal),
                web.post("/keys", self.add_key),
                web.post("/keys/revoke", self.revoke),
                web.post("/keys/restore", self.restore),
                web.post("/credit", self.credit),
                web.get("/accounts", self.accounts),
                web.post("/settings", self.settings),
                web.post("/status-page", self.status_page),
                web.get("/requests", self.requests),
                web.delete("/requests", self.clear),
            ]
        )
        return app

    async def where(self, _request: web.Request) -> web.Response:
        return _ok({host.value: listener.url for host, listener in self.world.listeners.items()})

    async def add_fault(self, request: web.Request) -> web.Response:
        data = await request.json()
        if data.get("key") is not None:
            data["key"] = self.world.accounts.named(data["key"]).name
        return _ok({"number": await self.world.add_fault(parse_fault(data))})

    async def list_faults(self, _request: web.Request) -> web.Response:
        planned = self.world.faults.planned(self.world.gates[Host.API].clock())
        return _ok([{"number": each.number, "hits": each.hits, **_fault(each.fault)} for each in planned])

    async def heal(self, request: web.Request) -> web.Response:
        number, host = request.query.get("number"), request.query.get("host")
        await self.world.heal(int(number) if number else None, Host(host) if host else None)
        return _ok({})

    async def add_key(self, request: web.Request) -> web.Response:
        data = await request.json()
        accounts = self.world.accounts
        account = accounts.account(data.get("account") or DEFAULT_ACCOUNT, Decimal(str(data.get("credit") or 100)))
        secret = data.get("secret") or new_secret()
        key = accounts.add_key(secret=secret, account=account, name=data.get("name"), admin=bool(data.get("admin")))
        return _ok({"secret": key.secret, "name": key.name, "account": account.name, "admin": key.admin})

    async def revoke(self, request: web.Request) -> web.Response:
        self.world.accounts.named((await request.json())["key"]).revoked = True
        return _ok({})

    async def restore(self, request: web.Request) -> web.Response:
        self.world.accounts.named((await request.json())["key"]).revoked = False
        return _ok({})

    async def credit(self, request: web.Request) -> web.Response:
        data = await request.json()
        account = self.world.accounts.account(data.get("account") or DEFAULT_ACCOUNT)
        account.credit = Decimal(str(data["usd"]))
        account.reject_reason = data.get("reject_reason") or account.reject_reason
        return _ok({})

    async def accounts(self, _request: web.Request) -> web.Response:
        return _ok(self.world.describe())

    async def settings(self, request: web.Request) -> web.Response:
        self.world.provider.settings = self.world.provider.settings.changed(await request.json())
        return _ok({})

    async def status_page(self, request: web.Request) -> web.Response:
        data = await request.json()
        self.world.status_page.change(indicator=data.get("indicator"), components=data.get("components"))
        return _ok({})

    async def requests(self, request: web.Request) -> web.Response:
        log = self.world.log
        newer_than = int(request.query.get("newer_than", 0))
        if timeout := float(request.query.get("timeout", 0)):
            await log.changed(newer_than, timeout)
        records = [record.to_json() for record in log.newer(newer_than)]
        return _ok({"version": log.version, "epoch": log.epoch, "requests": records})

    async def clear(self, _request: web.Request) -> web.Response:
        self.world.log.clear()
        return _ok({})


def _ok(body: Any) -> web.Response:
    return web.json_response(body)


def _fault(fault: Any) -> dict[str, Any]:
    data = asdict(fault)
    return {**data, "routes": sorted(data["routes"]) if data["routes"] else None}
