"""What the application's own metrics say: from Prometheus, or scraped from the targets' pods."""

from typing import Annotated, ClassVar

from pydantic import Field

from ideogram_operator.resource.fields import HttpURL
from ideogram_operator.resource.model import SpecModel
from ideogram_operator.resource.rules import Rule, keys_matching

Query = Annotated[str, Field(min_length=1, max_length=2048)]


class PrometheusSource(SpecModel):
    """A Prometheus that scrapes the application."""

    url: HttpURL
    """Its address, on a host of the same namespace or one that the operator's settings allow."""
    matchers: Annotated[str, Field(max_length=512)] = ""
    """Label matchers that pick this application's series, such as namespace="shop"."""
    queries: Annotated[
        dict[str, Query],
        Field(max_length=16),
        keys_matching(
            r"^[a-z][A-Za-z0-9]{0,62}$", "every key must be the name of a query: letters and digits, lower case first"
        ),
    ] = Field(default_factory=dict)
    """PromQL by name, in place of the built-in queries, for applications with metric names of their own."""


class PodsSource(SpecModel):
    """The targets' own pods, scraped directly: no Prometheus needed."""

    port: Annotated[int, Field(strict=True, ge=1, le=65535)]
    """The port that serves metrics."""
    path: Annotated[str, Field(max_length=256, pattern=r"^/[A-Za-z0-9._~/-]*$")] = "/metrics"
    """The path that serves metrics."""


class Traffic(SpecModel):
    """Where the application's metrics come from."""

    prometheus: PrometheusSource | None = None
    """A Prometheus that scrapes the application."""
    pods: PodsSource | None = None
    """The targets' own pods."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="has(self.prometheus) != has(self.pods)",
            says="give either prometheus or pods, exactly one of the two",
            holds=lambda traffic: (traffic.prometheus is None) != (traffic.pods is None),
        ),
    )
