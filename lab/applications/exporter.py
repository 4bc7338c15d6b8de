"""What an application that draws with Ideogram exports of it: the metrics of IDEOGRAM_API.md, moved by a test."""

from typing import Final, Self

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server

BUCKETS: Final = (2, 5, 10, 15, 20, 30, 60)


class Exporter:
    """Serves ``/metrics`` on a port of localhost inside its ``with`` block, in threads of its own.

    A status has no series before its first generation, as in every application that uses a client library plainly.

    Attributes:
        port: where it listens.
        target: ``ADDRESS:PORT``, as a Prometheus wants it.
        url: ``http://ADDRESS:PORT/metrics``.
    """

    def __init__(self, *, address: str = "127.0.0.1", port: int = 0) -> None:
        """``address``: any of 127.0.0.0/8, so that several can have one port, as pods do; ``port`` 0 is a free one."""
        registry = CollectorRegistry()
        self._generations = Counter(
            "ideogram_generations_total", "Generations by how they ended.", ["model", "status"], registry=registry
        )
        self._durations = Histogram(
            "ideogram_generation_duration_seconds",
            "How long generations took.",
            ["model", "style", "status"],
            buckets=BUCKETS,
            registry=registry,
        )
        self._cost = Counter(
            "ideogram_estimated_cost_usd", "What generations cost, by list price.", ["model"], registry=registry
        )
        self._server, self._thread = start_http_server(port, addr=address, registry=registry)
        self.port: int = self._server.server_port
        self.target = f"{address}:{self.port}"
        self.url = f"http://{self.target}/metrics"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def generated(
        self, status: str = "success", *, times: int = 1, seconds: float = 8.0, model: str = "V_2_TURBO"
    ) -> None:
        """Counts generations that ended so, each after ``seconds``."""
        self._generations.labels(model=model, status=status).inc(times)
        for _ in range(times):
            self._durations.labels(model=model, style="GENERAL", status=status).observe(seconds)
        if status == "success":
            self._cost.labels(model=model).inc(0.05 * times)
