"""A preflight from a command line: the operator's own gathering and judging, with what only a person decides.

What costs money or disturbs people is left out unless it was asked for, and so is what nobody said whom to ask about.
"""

import asyncio
import secrets
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ideogram_operator.checks.check import Check
from ideogram_operator.checks.checklist import CHECKLIST
from ideogram_operator.checks.facts import Facts, Inquiry, Lack, ReceiverFacts
from ideogram_operator.checks.gathering.equipment import open_equipment
from ideogram_operator.checks.gathering.examiner import Examiner
from ideogram_operator.checks.gathering.making import make_examiner
from ideogram_operator.checks.gathering.once import Once
from ideogram_operator.checks.gathering.subject import Subject
from ideogram_operator.checks.judging import judge
from ideogram_operator.checks.required import Required, required
from ideogram_operator.cli.preflight_breaker import breaker_of
from ideogram_operator.cli.preflight_files import Document
from ideogram_operator.cli.preflight_progress import Progress
from ideogram_operator.cli.preflight_spending import Spending
from ideogram_operator.cli.reports import Report, report_of
from ideogram_operator.cli.running import CouldNotRunError
from ideogram_operator.cli.surroundings import Asked, Reach, look_around
from ideogram_operator.cluster.addresses import Address
from ideogram_operator.cluster.gateway import Gateway
from ideogram_operator.cluster.permissions import allowed
from ideogram_operator.ideogram.hosts import AllowedHosts
from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.ideogram.sender import HttpSender, trust_store
from ideogram_operator.resource.checklist import CheckId, CheckResult
from ideogram_operator.runtime.clock import SystemClock
from ideogram_operator.runtime.preflight.subject import host_problem

AT_ONCE: Final = 10
"""Integrations looked at at the same time."""
FOR_THE_RUN: Final = 3600.0
"""Seconds for which a key that was read, or an image that was paid for, stands: longer than any run."""
NOT_SENT: Final = Lack(
    result=CheckResult.SKIPPED, message="a test message disturbs people; run with --send-test-messages"
)
NO_ACCOUNT: Final = Lack(
    result=CheckResult.SKIPPED,
    message="your own rights say nothing of the operator's; run with --operator-account NAMESPACE/NAME",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a person asked for.

    Attributes:
        operator_account: ``NAMESPACE/NAME`` of the ServiceAccount whose rights are asked about; empty for none.
        only: the checks to carry out; empty for all.
    """

    paid: bool = False
    send_test_messages: bool = False
    operator_account: str = ""
    only: tuple[CheckId, ...] = ()
    allow_hosts: tuple[str, ...] = ()
    ca_file: Path | None = None

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks to carry out."""
        return tuple(check for check in CHECKLIST if not self.only or check.id in self.only)

    @property
    def inquiries(self) -> frozenset[Inquiry]:
        """What has to be asked about for them."""
        wanted = {inquiry for check in self.checks for inquiry in check.needs}
        unasked = set() if self.send_test_messages else {Inquiry.RECEIVERS}
        return frozenset(wanted - (unasked if self.operator_account else unasked | {Inquiry.PERMISSIONS}))


@dataclass(slots=True, kw_only=True)
class Rights:
    """What a ServiceAccount may do, as the API server tells others.

    Attributes:
        untold: whether it would not tell.
    """

    gateway: Gateway
    account: str
    untold: bool = field(default=False)

    async def may(self, address: Address, verb: str) -> bool | None:
        """Returns whether a verb is allowed on an address; None if nobody can say."""
        namespace, _, name = self.account.partition("/")
        said = await allowed(self.gateway, address, verb, user=f"system:serviceaccount:{namespace}:{name}")
        self.untold = self.untold or said is None
        return said

    def completed(self, facts: Facts) -> Facts:
        """Returns the facts with a lack where it would not tell: no answer is no permission."""
        if not self.untold:
            return facts
        message = f"what the ServiceAccount {self.account} may do could not be asked"
        hint = "Get the right to create subjectaccessreviews.authorization.k8s.io, or ask somebody who has it."
        return replace(facts, permissions=Lack(result=CheckResult.UNKNOWN, message=message, hint=hint))


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A run over all documents."""

    wishes: Wishes
    reach: Reach
    examiner: Examiner
    rights: Rights
    hosts: AllowedHosts
    progress: Progress
    limit: asyncio.Semaphore

    async def report(self, document: Document) -> Report:
        """Returns what was found of one integration."""
        wanted, checks = self.wishes.inquiries, self.wishes.checks
        async with self.limit:
            subject = self._subject(document, self.examiner.now())
            facts = await self.examiner.gather(subject, wanted, lambda facts: self.progress.heard(facts, wanted))
        return report_of(
            judge(self._completed(facts), checks),
            _required(document, checks),
            namespace=document.namespace,
            name=document.name,
            environment=document.spec.environment,
            at=facts.now,
            checks=checks,
        )

    def _subject(self, document: Document, now: datetime) -> Subject:
        installed = self.reach.get(document.namespace, document.name)
        return Subject(
            namespace=document.namespace,
            name=document.name,
            uid=f"cli-{document.namespace}-{document.name}",
            spec=document.spec,
            host_problem=host_problem(document.spec, self.hosts),
            breaker=breaker_of(document.spec, installed, now),
        )

    def _completed(self, facts: Facts) -> Facts:
        if not self.wishes.send_test_messages:
            # That nobody would be told is seen without telling anybody.
            unsent = (
                ReceiverFacts(name=f"notify[{index}]", severities=one.severities, failure=NOT_SENT)
                for index, one in enumerate(facts.spec.notify)
            )
            facts = replace(facts, receivers=tuple(unsent))
        if not self.wishes.operator_account:
            return replace(facts, permissions=NO_ACCOUNT)
        return self.rights.completed(facts)


async def carry_out(
    documents: Sequence[Document], *, wishes: Wishes, gateway: Gateway, progress: Progress
) -> tuple[Report, ...]:
    """Returns a report for each document, in their order.

    Raises:
        Unreachable: the cluster does not answer.
        CouldNotRunError: the file with authorities is none.
    """
    progress.say(f"looking at {len(documents)} {'integration' if len(documents) == 1 else 'integrations'}")
    reach = await look_around(gateway, {document.namespace for document in documents})
    async with AsyncExitStack() as ends:
        course = await _made(ends, wishes=wishes, gateway=gateway, reach=reach, progress=progress)
        return tuple(await asyncio.gather(*(course.report(document) for document in documents)))


async def _made(ends: AsyncExitStack, *, wishes: Wishes, gateway: Gateway, reach: Reach, progress: Progress) -> Course:
    clock, salt, hosts = SystemClock(), secrets.token_bytes(32), AllowedHosts.parse(wishes.allow_hosts)
    try:
        trust = trust_store(wishes.ca_file)
    except OSError as error:
        raise CouldNotRunError(f"--ca-file {wishes.ca_file}: it is no PEM file with certificates") from error
    sender = HttpSender(trust)
    ends.push_async_callback(sender.close)
    equipment = await ends.enter_async_context(
        open_equipment(allow_hosts=hosts, trust=trust, ca_file=wishes.ca_file, now=clock.now)
    )
    spending = Spending(paid=wishes.paid, sender=sender, now=clock.now, once=_once())
    rights = Rights(gateway=gateway, account=wishes.operator_account)
    examiner = make_examiner(
        gateway=gateway,
        sender=sender,
        equipment=equipment,
        surroundings=Asked(gateway=gateway, salt=salt, reach=reach, spending=spending, once=_once()),
        now=clock.now,
        monotonic=clock.monotonic,
        salt=salt,
        may=rights.may if wishes.operator_account else None,
    )

    async def quote(subject: Subject, key: ApiKey) -> Any:
        return getattr(await examiner.free_check.ask(subject, key), "quote", None)

    spending.quote = quote
    return Course(
        wishes=wishes,
        reach=reach,
        examiner=examiner,
        rights=rights,
        hosts=hosts,
        progress=progress,
        limit=asyncio.Semaphore(AT_ONCE),
    )


def _once() -> Once[Any]:
    return Once(monotonic=time.monotonic, good_for=FOR_THE_RUN)


def _required(document: Document, checks: Sequence[Check]) -> Required:
    """What must pass of the checks that are carried out."""
    whole, carried_out = required(document.spec), {check.id for check in checks}
    return Required(checks=tuple(one for one in whole.checks if one in carried_out), explicit=whole.explicit)
