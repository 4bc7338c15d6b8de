"""Scraping the targets' own pods, where there is no Prometheus.

What one scrape can tell is less than what a Prometheus can, and is said to be less. A counter says how much there was
since its pod started, which may be a minute or a month: so there is no number of generations in 24 hours. The rate
limits are those since the pods started, "at least": pods that have ended took theirs with them, pods beyond the bound
or without an answer are not asked. Seen from the version that runs now, that is the truth that matters; but a zero
says little.

A pod on the host's network is not scraped: its address is the node's, and what else listens there is none of the
tenant's business. Whether an address may be asked at all (loopback, link-local) is the fetcher's to decide.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import Final

from ideogram_operator.resource.traffic import PodsSource
from ideogram_operator.signals.exposition import Exposition, read_exposition
from ideogram_operator.signals.fetching import Fetch
from ideogram_operator.signals.pods import Pod
from ideogram_operator.signals.results import SINCE_START, SignalError, Traffic
from ideogram_operator.signals.vocabulary import EXPECTED

MOST_PODS: Final = 20
PAGE_LIMIT: Final = 2 * 1024 * 1024
"""Bytes that are read of a pod's page."""
AT_ONCE: Final = 10
"""Pods that are asked at the same time; with more, each gets only its share of the time."""
_ACCEPT: Final = "text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1"
_OK: Final = 200


async def read(pods: Iterable[Pod], source: PodsSource, *, fetch: Fetch, timeout: float) -> Traffic:  # noqa: ASYNC109 - of all pods together
    """What the pods' metrics say, within ``timeout`` seconds; pods that do not answer are told in ``source``.

    Raises:
        SignalError: there is no pod that may be asked, or the first of them has no metrics.
        Exception: what the fetcher raised for the first pod, if none answered.
    """
    every = sorted({(pod.namespace, pod.name): pod for pod in pods}.values(), key=lambda pod: (pod.namespace, pod.name))
    left_out = Counter(reason for pod in every if (reason := _hindrance(pod)))
    able = [pod for pod in every if not _hindrance(pod)]
    if not able:
        raise _nobody(left_out)
    left_out["beyond the bound"] = len(able[MOST_PODS:])
    replies = await _scraped(able[:MOST_PODS], source, fetch=fetch, timeout=timeout)
    pages = [reply for reply in replies if isinstance(reply, Exposition)]
    failures = [reply for reply in replies if isinstance(reply, BaseException)]
    if not pages:
        raise failures[0]
    left_out["without metrics"] = len(failures)
    seen = frozenset[str]().union(*(page.series for page in pages))
    return Traffic(
        source=_told(len(pages), len(every), source.port, left_out),
        missing=tuple(name for name in EXPECTED if name not in seen),
        rate_limited=_sum(page.rate_limited for page in pages),
        window=SINCE_START,
    )


def url_of(pod: Pod, source: PodsSource) -> str:
    """Where the pod's metrics are."""
    host = f"[{pod.ip}]" if ":" in pod.ip else pod.ip
    return f"http://{host}:{source.port}{source.path}"


async def _scraped(
    pods: list[Pod],
    source: PodsSource,
    *,
    fetch: Fetch,
    timeout: float,  # noqa: ASYNC109 - of all pods together
) -> list[Exposition | BaseException]:
    turns = asyncio.Semaphore(AT_ONCE)
    share = timeout / -(-len(pods) // AT_ONCE)

    async def scrape(pod: Pod) -> Exposition:
        async with turns:
            return await _scrape(pod, source, fetch=fetch, timeout=share)

    return await asyncio.gather(*(scrape(pod) for pod in pods), return_exceptions=True)


async def _scrape(pod: Pod, source: PodsSource, *, fetch: Fetch, timeout: float) -> Exposition:  # noqa: ASYNC109 - of this pod
    place = f"pod {pod.name} on port {source.port}"
    try:
        async with asyncio.timeout(timeout):
            page = await fetch.get(url_of(pod, source), timeout=timeout, limit=PAGE_LIMIT, accept=_ACCEPT)
    except TimeoutError:
        raise SignalError(f"{place} gives no answer within {timeout:g} s", hint=_POD_HINT) from None
    if page.status != _OK:
        raise SignalError(f"{place} answers HTTP {page.status}", hint=_POD_HINT)
    if len(page.body) > PAGE_LIMIT:
        raise SignalError(f"{place} answers with more than {PAGE_LIMIT // 1024 // 1024} MiB", hint=_POD_HINT)
    # In a thread: a page of hostile size takes a while, and others have to be served meanwhile.
    return await asyncio.to_thread(read_exposition, page.body, place=place)


_POD_HINT: Final = "Check that the pods serve metrics on spec.traffic.pods.port and path, in Prometheus' text format."


def _hindrance(pod: Pod) -> str:
    """Why a pod is not asked; empty if it is."""
    if pod.host_network:
        return "on the host's network"
    return "" if pod.ready and pod.ip else "not ready"


def _nobody(left_out: Counter[str]) -> SignalError:
    hint = "Wait until the targets' pods are ready."
    if not left_out:
        return SignalError("the targets have no pods", hint=hint, untried=True)
    if set(left_out) == {"on the host's network"}:
        hint = "Give spec.traffic.prometheus: pods on the host's network are not scraped, their address is the node's."
    return SignalError(f"no pod can be scraped ({_reasons(left_out)})", hint=hint, untried=True)


def _told(answered: int, every: int, port: int, left_out: Counter[str]) -> str:
    of = "" if answered == every else f" of {every}"
    reasons = _reasons(left_out)
    return f"{answered}{of} pod{'' if every == 1 else 's'} on port {port}" + (f" ({reasons})" if reasons else "")


def _reasons(left_out: Counter[str]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in sorted(left_out.items()) if count)


def _sum(counts: Iterable[float | None]) -> float | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
