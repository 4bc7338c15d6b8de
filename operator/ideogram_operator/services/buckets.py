"""A bucket, tried as the application uses it: a test object is put, read back, compared and deleted.

Then the names of the newest images are looked at. Each step that fails names itself and the permission it needs. What
a store answers is never repeated, except for its status and a few codes that are known.

obstore's blocking functions are used, in a thread of each trial's own: the others call back from the client's threads,
and a process that ends in that moment is aborted (measured: 3 of 100, exit code 134).
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Final, TypeVar

import obstore
from obstore.exceptions import BaseError

from ideogram_operator.cluster.secrets import SecretValue
from ideogram_operator.ideogram.hosts import entry_for
from ideogram_operator.resource.services import Storage
from ideogram_operator.services.buckets_gate import Gate
from ideogram_operator.services.buckets_names import OWN_FOLDER, Listed, newest_names
from ideogram_operator.services.buckets_place import Kind, Place, cloud_suffixes, own_hosts, read_place
from ideogram_operator.services.buckets_refusals import DELETE, GET, LIST, PUT, Step, explain
from ideogram_operator.services.buckets_stores import Store, open_store
from ideogram_operator.services.guard import Guard
from ideogram_operator.services.results import Bucket, ObjectNames, ServiceError

LOOKED_AT: Final = 1000
"""So many objects are listed at most."""

Answer = TypeVar("Answer")


async def try_bucket(
    storage: Storage,
    credentials: Mapping[str, SecretValue] | Mapping[str, str],
    *,
    guard: Guard,
    namespace: str,
    object_name: str,
    body: bytes,
    timeout: float,  # noqa: ASYNC109 - what may be left behind at its end is to be told
    ca_file: Path | None = None,
) -> Bucket:
    """The bucket, if it took and returned a test object, and whether it deleted that.

    Args:
        storage: what the spec says.
        credentials: the entries of the Secret that it names; empty if it names none: then nothing is signed.
        guard: tells which hosts may be called.
        namespace: the integration's.
        object_name: of the test object, which goes to the folder ``.ideogram-operator`` below the spec's; whoever tries
            one bucket twice at a time gives two names.
        body: its content.
        timeout: seconds, for all of it.
        ca_file: certificates (PEM) that count besides the system's.

    Raises:
        ServiceError: it did not; the message names the step. If the test object may still be there, it says so.
        OSError: ``ca_file`` cannot be read.
    """
    entries = {name: _plain(value) for name, value in credentials.items()}
    place = read_place(storage, entries)
    _allowed(place, guard, namespace)
    _may_have_credentials(place, entries, guard)
    authorities = await asyncio.to_thread(ca_file.read_text) if ca_file else None
    async with AsyncExitStack() as ends:
        gate = await ends.enter_async_context(Gate(place.host, place.port, guard=guard))
        store = open_store(place, entries, proxy=gate.url, timeout=timeout, authorities=authorities)
        trial = _Trial(place, store, gate, place.path(f"{OWN_FOLDER}/{object_name}"))
        ends.callback(trial.close)
        try:
            async with asyncio.timeout(timeout):
                return await trial.run(body)
        except TimeoutError:
            raise trial.with_remains(_silent(place, gate, timeout)) from None


def _plain(value: SecretValue | str) -> str:
    return value if isinstance(value, str) else value.reveal()


def _allowed(place: Place, guard: Guard, namespace: str) -> None:
    if place.endpoint.startswith("http://"):
        guard.http(place.endpoint, namespace=namespace)
    else:
        guard.host(place.host, place.port, namespace=namespace, own=cloud_suffixes(place.host))


def _may_have_credentials(place: Place, entries: Mapping[str, str], guard: Guard) -> None:
    """Returns if the store may be sent what the Secret has.

    A signature of S3 is of no use at another host than the one it was made for. The tokens of the others are: whoever
    chooses the endpoint could have them sent to a server of their own, and use them at the cloud.

    Raises:
        ServiceError: untried; it may not.
    """
    if not place.secret or place.kind is Kind.S3 or place.host in own_hosts(place.kind, entries):
        return
    scheme = place.endpoint.partition("://")[0]
    host = f"[{place.host}]" if ":" in place.host else place.host
    if guard.allowed.lists(scheme, host, place.port):
        return
    account = "" if place.kind is Kind.GCS else "Name the account in the Secret, as AZURE_STORAGE_ACCOUNT_NAME. "
    raise ServiceError(
        f"the credentials of Secret {place.secret} are not sent to {host}:{place.port}, where they could be kept",
        hint=f"{account}If it is meant, allow it: --allow-host {entry_for(scheme, host, place.port)} (chart value "
        "allowHosts).",
        untried=True,
    )


def _silent(place: Place, gate: Gate, timeout: float) -> ServiceError:
    return gate.trouble or ServiceError(
        f"the bucket {place.bucket} did not answer within {timeout:g} s", hint="Look at the store itself."
    )


class _Trial:
    """The steps, and what they may have left behind."""

    def __init__(self, place: Place, store: Store, gate: Gate, path: str) -> None:
        self._place = place
        self._store = store
        self._gate = gate
        self._path = path
        self._left = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="bucket")

    def close(self) -> None:
        """Gives the thread back; one that still waits ends when the gate is closed."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def run(self, body: bytes) -> Bucket:
        self._left = True  # from the moment of asking: an answer that does not come says nothing
        try:
            await self._step(PUT, lambda: obstore.put(self._store, self._path, body, use_multipart=False))
        except ServiceError as error:
            self._left = self._gate.endless  # an answer that was cut off may have been a yes
            if self._left:
                with suppress(ServiceError):
                    await self._delete()
            raise self.with_remains(error) from None
        try:
            await self._compare(body)
        except ServiceError as error:
            with suppress(ServiceError):
                await self._delete()
            raise self.with_remains(error) from None
        return Bucket(place=self._place.url, refusal=await self._refusal(), names=await self._names())

    async def _refusal(self) -> ServiceError | None:
        """Deletes the test object. Where that is refused, the names of the images are worth knowing all the same."""
        try:
            await self._delete()
        except ServiceError as error:
            return error
        return None

    def with_remains(self, error: ServiceError) -> ServiceError:
        """``error``, which also tells of the test object if that may be there still."""
        if not self._left:
            return error
        hint = f"{error.hint} Delete the test object {self._path}.".strip()
        return ServiceError(f"{error.message}; the test object may be left there", hint=hint, untried=error.untried)

    async def _compare(self, body: bytes) -> None:
        if await self._step(GET, lambda: self._content(len(body))) != body:
            raise ServiceError(
                f"the bucket {self._place.bucket} returned another content than it took",
                hint="Look for something between operator and store that changes objects.",
            )

    def _content(self, size: int) -> bytes:
        """The object's content, read to one byte past ``size`` at most."""
        answer = obstore.get(self._store, self._path)
        content = bytearray()
        for chunk in answer.stream(min_chunk_size=size + 1):
            content += bytes(chunk)[: size + 1 - len(content)]
            if len(content) > size:
                break
        return bytes(content)

    async def _delete(self) -> None:
        try:
            await self._step(DELETE, lambda: obstore.delete(self._store, self._path))
        except ServiceError as error:
            raise self.with_remains(error) from None
        self._left = False

    async def _names(self) -> ObjectNames | ServiceError:
        try:
            return newest_names(await self._step(LIST, self._listed))
        except ServiceError as error:
            return error

    def _listed(self) -> list[Listed]:
        found: list[Listed] = []
        prefix = self._place.folder or None
        for page in obstore.list(self._store, prefix=prefix, chunk_size=LOOKED_AT):
            found += [Listed(name=one["path"], modified=one["last_modified"]) for one in page]
            if len(found) >= LOOKED_AT:
                break
        return found[:LOOKED_AT]

    async def _step(self, step: Step, work: Callable[[], Answer]) -> Answer:
        self._gate.begin()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except (BaseError, OSError) as error:
            raise self._why(step, error) from None

    def _why(self, step: Step, error: BaseException) -> ServiceError:
        if self._gate.trouble:
            return self._gate.trouble
        if self._gate.redirected:
            return ServiceError(
                f"the bucket {self._place.bucket} sends to another host, which is not followed",
                hint="Write the store's own address into spec.storage.endpoint, or its region into AWS_REGION.",
            )
        return explain(step, error, self._place)
