"""A stand-in for the Ideogram API that really listens, bills and breaks.

It serves the API's contract (keys, prepaid credit, ten generations in flight, dry runs, safety verdicts, image URLs
that expire, usage) on one port, the provider's status page on a second, and does on request, over a third, what a
provider does at three in the morning.

    from lab.simulator import Simulator

    with Simulator() as sim:                       # or: async with Simulator() as sim
        sim.url, sim.key                           # the API and a key with 100 USD of credit
        sim.control_url                            # the status page's summary
        sim.admin.fault("status", status=503, routes=["dry_run"], times=3, headers={"Retry-After": "1"})
        sim.admin.fault("refused", for_seconds=2)  # nobody listens, open connections are cut, the port stays ours
        sim.admin.fault("hang", host="control")    # the status page fails as well: our own network, perhaps
        sim.admin.heal()
        sim.admin.revoke(sim.key)                  # 401 from now on; restore(sim.key) undoes it
        sim.admin.set_credit("0.04")               # the next V_2_TURBO image is 402
        sim.admin.settings(latency=31, dry_run_checks_balance=True, retired_models=["V_1"])
        sim.admin.wait_for_count(3, route="dry_run", timeout=5)
        sim.admin.requests(status=503)             # what was sent, by which key, over which connection, and billed
        sim.admin.account().peak_in_flight

Routes, for ``routes=``: ``generate`` (legacy), ``generate_v1``, ``generate_v2``, ``dry_run``, ``models``, ``jwks``,
``usage``, ``image``, ``summary`` (of the status page), ``other``. Hosts: ``api``, ``control``, ``elsewhere`` (where
redirects lead; it says yes to everything, so that a client that follows is noticed). Faults are told one by one in
``words.FaultKind`` and with their parameters in ``faults.Fault``; the youngest that fits a request wins.

Prompts with ``[blocked]`` are 422; with ``[unsafe]`` they give an image without a URL. The log names keys and never
shows them; ``key_seen_in`` says where one was found. ``Config(ssl_context=…)`` serves the API over TLS. As a process:
``python -m lab.simulator --port 8080``, whose first line of output says where it is, with the key in SIMULATOR_KEY.

Where the published documents leave a gap the simulator chooses, and says so at the place: an untyped error body is
problem+json, a 402 and a 429 have their ``reject_reason`` on v2 only.
"""

from lab.simulator.admin import AccountView, AdminClient, AdminError, IssuedKey
from lab.simulator.contract import Contract
from lab.simulator.faults import Fault
from lab.simulator.records import Record
from lab.simulator.settings import Config, Latency, Settings
from lab.simulator.simulator import Endpoints, Simulator
from lab.simulator.words import FaultKind, Host, Route

__all__ = [
    "AccountView",
    "AdminClient",
    "AdminError",
    "Config",
    "Contract",
    "Endpoints",
    "Fault",
    "FaultKind",
    "Host",
    "IssuedKey",
    "Latency",
    "Record",
    "Route",
    "Settings",
    "Simulator",
]
