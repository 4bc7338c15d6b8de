"""The checks of the section "Request handling", but for concurrency, which takes a module of its own.

The settings are conventions: applications that read other names are asked for an attestation instead. What is seen
and wrong is wrong, however much somebody attests it.
"""

from dataclasses import dataclass
from decimal import Decimal

from ideogram_operator.checks.attestations import attested
from ideogram_operator.checks.facts import ApiFacts, Facts, Lack
from ideogram_operator.checks.finding import Finding, failed, passed, unknown, warned
from ideogram_operator.checks.lacks import of_lack
from ideogram_operator.checks.settings import Sight, Value, everywhere, look, unseen, where
from ideogram_operator.checks.wording import ask_again, listed
from ideogram_operator.resource.checklist import CheckEvidence, CheckId, CheckResult
from ideogram_operator.resource.words import Cause, Health

PROBED, INSPECTED = CheckEvidence.PROBED, CheckEvidence.INSPECTED


def judge_api_key_header(facts: Facts) -> Finding:
    """A request with the header ``Api-Key`` is accepted, and no target makes a Bearer header."""
    bearing = _bearing(facts)
    if bearing:
        hint = "Send the key in the header Api-Key and remove the variable: Bearer tokens are for Ideogram's web app."
        return failed(INSPECTED, f"A Bearer header is made by {listed(bearing)}", hint)
    if isinstance(facts.api, Lack):
        return of_lack(facts, facts.api, PROBED)
    if not _accepted(facts.api):
        return _refused(facts, facts.api)
    if isinstance(facts.targets, Lack):
        return of_lack(facts, facts.targets, INSPECTED)
    unread = unseen(facts.targets)
    if unread:
        what = f"The key is accepted; whether it is sent as Bearer too cannot be told of {listed(unread.names)}"
        return unknown(what, unread.hint)
    return passed(PROBED, f"The key is accepted in the header Api-Key: {facts.api.message}")


def _bearing(facts: Facts) -> list[str]:
    targets = () if isinstance(facts.targets, Lack) else facts.targets
    return [f"{where(*pair)} ({place})" for pair in everywhere(targets) for place in pair[1].bearers]


def _accepted(api: ApiFacts) -> bool:
    # Who is told about limits or credit was let in before.
    return api.health is Health.HEALTHY or api.cause in {Cause.RATE_LIMITED, Cause.CREDITS}


def _refused(facts: Facts, api: ApiFacts) -> Finding:
    if api.cause is Cause.CREDENTIALS:
        ref = facts.spec.api.key_secret_ref
        hint = f"Put a working key into Secret {ref.name}, key {ref.key}; it is tried as soon as it is there."
        status = f" with HTTP {api.http_status}" if api.http_status else ""
        return failed(PROBED, f"The API refuses the key{status}", hint)
    hint = f"Ask again once the API answers: {ask_again(facts)}"
    return unknown(f"Whether the key is accepted could not be told: {api.message}", hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What a setting may be.

    Attributes:
        least, most: below and above it fails; None: no bound.
        usual: above it is only warned of.
        wanted: the same in words, such as ``60 or more``.
        unseen: what a good setting still does not prove, to be said.
    """

    check: CheckId
    variable: str
    least: int
    wanted: str
    most: int | None = None
    usual: int | None = None
    unseen: str = ""

    def refuses(self, value: Value) -> bool:
        """Whether the value is wrong: no number, or out of bounds."""
        return value.number is None or value.number < self.least or _above(value.number, self.most)

    def doubts(self, value: Value) -> bool:
        """Whether the value is more than usual."""
        return value.number is not None and _above(value.number, self.usual)


def _above(number: Decimal, bound: int | None) -> bool:
    return bound is not None and number > bound


TIMEOUT = Limit(check=CheckId.REQUEST_TIMEOUT, variable="IDEOGRAM_TIMEOUT_SECONDS", least=60, wanted="60 or more")
RETRIES = Limit(
    check=CheckId.RETRY_POLICY,
    variable="IDEOGRAM_MAX_RETRIES",
    least=1,
    usual=10,
    wanted="from 1 to 10",
    unseen="; the backoff itself cannot be seen",
)
PROMPT_LENGTH = Limit(
    check=CheckId.PROMPT_LENGTH, variable="IDEOGRAM_MAX_PROMPT_CHARS", least=1, most=10_000, wanted="from 1 to 10000"
)


def judge_request_timeout(facts: Facts) -> Finding:
    """The client waits 60 s or more: complex prompts take that long."""
    return _judge(facts, TIMEOUT)


def judge_retry_policy(facts: Facts) -> Finding:
    """The client tries again, and not without end."""
    return _judge(facts, RETRIES)


def judge_prompt_length(facts: Facts) -> Finding:
    """Prompts are at most as long as the API takes them."""
    return _judge(facts, PROMPT_LENGTH)


def _judge(facts: Facts, limit: Limit) -> Finding:
    if isinstance(facts.targets, Lack):
        return attested(facts, limit.check, otherwise=of_lack(facts, facts.targets, INSPECTED))
    sight = look(facts.targets, limit.variable)
    wrong = [value for value in sight.values if limit.refuses(value)]
    if wrong:
        hint = f"Set {limit.variable} to a number {limit.wanted} on {listed(value.target for value in wrong)}."
        return failed(INSPECTED, f"{limit.variable} is {listed(map(str, wrong))}", hint)
    if not sight.whole:
        return _by_word(facts, limit, sight)
    return _doubt(limit, sight) or passed(
        INSPECTED, f"{limit.variable} is {listed(map(str, sight.values))}{limit.unseen}"
    )


def _by_word(facts: Facts, limit: Limit, sight: Sight) -> Finding:
    """What is not seen everywhere has to be attested; what is seen may still be doubtful."""
    names = listed(sight.lacking) or "any target"
    attest = f"attest it in spec.attestations (check: {limit.check})"
    hint = f"Set {limit.variable} to a number {limit.wanted} on {names}, or {attest}."
    found = attested(facts, limit.check, otherwise=unknown(f"{limit.variable} cannot be seen in {names}", hint))
    return (_doubt(limit, sight) or found) if found.result is CheckResult.PASS else found


def _doubt(limit: Limit, sight: Sight) -> Finding | None:
    doubtful = [value for value in sight.values if limit.doubts(value)]
    if not doubtful:
        return None
    hint = f"Set {limit.variable} to a number {limit.wanted} on {listed(value.target for value in doubtful)}."
    return warned(INSPECTED, f"{limit.variable} is {listed(map(str, doubtful))}: more than is of use", hint)
