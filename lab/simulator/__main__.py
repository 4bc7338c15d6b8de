"""The simulator as a process: ``python -m lab.simulator``. Its first line of output says, as JSON, where it is."""

import argparse
import asyncio
import json
import os
import signal
import ssl
from dataclasses import asdict
from decimal import Decimal

from lab.simulator.settings import Config, Latency, Settings, new_secret
from lab.simulator.simulator import serving


def parser() -> argparse.ArgumentParser:
    """The command line."""
    line = argparse.ArgumentParser(prog="python -m lab.simulator", description=__doc__)
    for name in ("port", "control-port", "admin-port", "elsewhere-port"):
        line.add_argument(f"--{name}", type=int, default=0, help="0: a free one")
    line.add_argument("--credit", type=Decimal, default=Decimal(100), help="USD of the default account")
    line.add_argument("--latency", type=float, default=0.02, help="median seconds of a generation")
    line.add_argument("--sigma", type=float, default=0.0, help="its spread (log-normal)")
    line.add_argument("--seed", type=int, default=0, help="of everything drawn at random")
    line.add_argument("--tls-cert", help="PEM; with --tls-key the API's port speaks TLS")
    line.add_argument("--tls-key", help="PEM")
    return line


def configuration(arguments: argparse.Namespace) -> Config:
    """What the command line asks for; the key comes from SIMULATOR_KEY, so that it is in no process list."""
    context = None
    if arguments.tls_cert:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(arguments.tls_cert, arguments.tls_key)
    return Config(
        port=arguments.port,
        control_port=arguments.control_port,
        admin_port=arguments.admin_port,
        elsewhere_port=arguments.elsewhere_port,
        key=os.environ.get("SIMULATOR_KEY") or new_secret(),
        credit=arguments.credit,
        seed=arguments.seed,
        settings=Settings(latency=Latency(median=arguments.latency, sigma=arguments.sigma)),
        ssl_context=context,
    )


async def run(config: Config) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(config) as endpoints:
        print(json.dumps({**asdict(endpoints), "key": config.key}), flush=True)
        await stop.wait()


def main() -> None:
    """The command."""
    asyncio.run(run(configuration(parser().parse_args())))


if __name__ == "__main__":
    main()
