"""The checks of the section "API configuration": where the key and the address come from."""

from collections.abc import Sequence

from ideogram_operator.checks.attestations import attested, nobody
from ideogram_operator.checks.facts import Facts, KeyFacts, Lack, PeerFacts, TargetFacts
from ideogram_operator.checks.finding import Finding, failed, passed, unknown, warned
from ideogram_operator.checks.lacks import of_lack
from ideogram_operator.checks.settings import everywhere, unseen, where
from ideogram_operator.checks.wording import listed
from ideogram_operator.resource.checklist import CheckEvidence, CheckId
from ideogram_operator.resource.words import Environment

INSPECTED = CheckEvidence.INSPECTED
BASE_URL = "IDEOGRAM_BASE_URL"


def judge_key_in_secret(facts: Facts) -> Finding:
    """The key comes from a Secret, is clean, and stands nowhere in clear."""
    if isinstance(facts.key, Lack):
        return of_lack(facts, facts.key, INSPECTED)
    if facts.key.spaced:
        hint = "Write the Secret again with the bare key: with printf %s, not with echo, which adds a line end."
        return failed(INSPECTED, f"{facts.key.place}: there is white space or a line end around the key", hint)
    if isinstance(facts.targets, Lack):
        return of_lack(facts, facts.targets, INSPECTED)
    return _carried(facts, facts.targets) or _kept(facts.key)


def _carried(facts: Facts, targets: Sequence[TargetFacts]) -> Finding | None:
    """What is wrong with how the targets get the key; None if nothing is."""
    ref = facts.spec.api.key_secret_ref
    take = f"Take it from the Secret: valueFrom: {{secretKeyRef: {{name: {ref.name}, key: {ref.key}}}}}"
    every = tuple(everywhere(targets))
    exposed = [f"{where(*pair)} ({place})" for pair in every for place in pair[1].exposed]
    if exposed:
        return failed(INSPECTED, f"The key stands in clear: {listed(exposed)}", f"{take}; then make a new key.")
    others = [f"{where(*pair)} ({place})" for pair in every for place in pair[1].other_keys]
    if others:
        return failed(INSPECTED, f"Another key stands in clear: {listed(others)}", f"{take}.")
    unread = unseen(targets)
    if unread:
        return unknown(f"Whether the key stands in clear cannot be told of {listed(unread.names)}", unread.hint)
    foreign = [f"{where(*pair)} from {pair[1].foreign_key}" for pair in every if pair[1].foreign_key]
    if foreign:
        hint = f"{take}, or let spec.api.keySecretRef name the Secret that is used."
        return warned(INSPECTED, f"A key that is not the integration's is taken: {listed(foreign)}", hint)
    return None


def _kept(key: KeyFacts) -> Finding:
    manager = f", managed by {key.manager}" if key.manager else "; no secret manager that is known owns it"
    return passed(INSPECTED, f"The key comes from {key.place}{manager}")


def judge_key_separate(facts: Facts) -> Finding:
    """No integration of another environment uses the same key."""
    if isinstance(facts.peers, Lack):
        return of_lack(facts, facts.peers, INSPECTED)
    foreign = [peer for peer in facts.peers if peer.environment is not facts.spec.environment]
    if foreign:
        ref = facts.spec.api.key_secret_ref
        hint = f"Make a key for {facts.spec.environment} alone and put it into Secret {ref.name}, key {ref.key}."
        return failed(INSPECTED, f"The same key is used by {listed(_named(foreign))}", hint)
    sharing = f"; others of this one that use it: {len(facts.peers)}" if facts.peers else ""
    return passed(INSPECTED, f"No integration of another environment uses this key{sharing}")


def _named(peers: Sequence[PeerFacts]) -> list[str]:
    return [f"{peer.name} ({peer.environment})" for peer in peers]


def judge_auto_top_up(facts: Facts) -> Finding:
    """Auto top-up is on, with a limit: the API tells nobody, so a person has to."""
    check = CheckId.AUTO_TOP_UP
    return attested(facts, check, otherwise=nobody(check, "auto top-up billing is on, with a limit"))


def judge_base_url(facts: Facts) -> Finding:
    """The address is https, on an allowed host, and the same for everybody."""
    plain = facts.spec.api.base_url.startswith("http://")
    careful = facts.spec.environment is not Environment.DEVELOPMENT
    secure = "Let spec.api.baseURL begin with https://: over http everybody on the way can read the key."
    if plain and careful:
        return failed(INSPECTED, "spec.api.baseURL is http: the key would be sent in clear", secure)
    if facts.host_problem:
        hint = "Correct spec.api.baseURL, or allow its host with the operator's --allow-host (chart value allowHosts)."
        return failed(INSPECTED, facts.host_problem, hint)
    if isinstance(facts.targets, Lack):
        return of_lack(facts, facts.targets, INSPECTED)
    disagreeing = _disagreement(facts, facts.targets)
    if disagreeing is not None:
        return disagreeing
    if plain:
        return warned(INSPECTED, "spec.api.baseURL is http: the key is sent in clear", secure)
    return passed(INSPECTED, f"{facts.spec.api.base_url}{_agreement(facts.targets)}")


def _disagreement(facts: Facts, targets: Sequence[TargetFacts]) -> Finding | None:
    """What is wrong with the targets' own addresses. None is quoted: a URL may hold a password."""
    base = facts.spec.api.base_url
    told = [
        (where(*pair), pair[1].settings[BASE_URL].value) for pair in everywhere(targets) if BASE_URL in pair[1].settings
    ]
    odd = [(place, value) for place, value in told if value is not None and value != base]
    if odd:
        slash = all(value.rstrip("/") == base for _, value in odd)
        what = "ends with a slash" if slash else "is not spec.api.baseURL"
        names = listed(place for place, _ in odd)
        hint = f"Set {BASE_URL} to {base} there" + ("." if slash else ", or correct spec.api.baseURL.")
        return failed(INSPECTED, f"{BASE_URL} {what} in {names}", hint)
    unread = unseen(targets)
    if unread:
        return unknown(f"Which address is used cannot be told of {listed(unread.names)}", unread.hint)
    return None


def _agreement(targets: Sequence[TargetFacts]) -> str:
    settings = [
        (where(*pair), pair[1].settings[BASE_URL]) for pair in everywhere(targets) if BASE_URL in pair[1].settings
    ]
    unseen = [f"{place} ({setting.source})" for place, setting in settings if setting.value is None]
    if unseen:
        return f"; {BASE_URL} cannot be seen in {listed(unseen)}"
    return f"; {BASE_URL} agrees wherever it is set" if settings else f"; no target sets {BASE_URL}"
