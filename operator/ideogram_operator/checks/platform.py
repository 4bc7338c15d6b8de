"""The checks of the section "Platform": what the operator needs to be of any use."""

from collections.abc import Iterator, Sequence
from typing import Final

from ideogram_operator.checks.facts import ApiFacts, Facts, GenerationFacts, Lack, Refusal, TargetFacts
from ideogram_operator.checks.finding import Finding, failed, passed, unknown
from ideogram_operator.checks.lacks import of_lack
from ideogram_operator.checks.wording import about, ask_again, counted, listed
from ideogram_operator.resource.checklist import CheckEvidence
from ideogram_operator.resource.words import Cause, Health, ProbeMethod

PROBED, INSPECTED = CheckEvidence.PROBED, CheckEvidence.INSPECTED
RULES_ROOM: Final = 160
Flaw = tuple[str, str]
"""What is wrong with a target, and what to do."""


def judge_targets_exist(facts: Facts) -> Finding:
    """Every target is there, whole, not paused, and nobody sets its switch to another value."""
    if isinstance(facts.targets, Lack):
        return of_lack(facts, facts.targets, INSPECTED)
    unseen = [target for target in facts.targets if target.remedy]
    flaws = [flaw for target in facts.targets if target not in unseen for flaw in _flaws(target)]
    if flaws:
        return failed(INSPECTED, listed(what for what, _ in flaws), flaws[0][1])
    if unseen:
        return unknown(listed(about(target.name, target.trouble) for target in unseen), unseen[0].remedy)
    if not facts.targets:
        return unknown("spec.targets names nothing that was found", "Correct the selectors in spec.targets.")
    return passed(INSPECTED, f"{counted(len(facts.targets), 'target')}: {listed(_names(facts.targets))}")


def _names(targets: Sequence[TargetFacts]) -> Iterator[str]:
    return (target.name for target in targets)


def _flaws(target: TargetFacts) -> Iterator[Flaw]:
    name = target.name
    if target.trouble:
        yield about(target.name, target.trouble), "Create it, or correct it in spec.targets."
    if target.missing_containers:
        lost = listed(target.missing_containers)
        yield f"{name} has no container {lost}", f"Correct the containers of {name} in spec.targets."
    for hindrance in target.hindrances:
        hint = (
            f"Let the pods of {name} follow: kubectl rollout resume, or updateStrategy RollingUpdate without partition."
        )
        yield about(name, hindrance), hint
    for rival in target.rivals:
        yield f"{name}: {rival}", f"Let all integrations on {name} use the same switch and fallbackValue."


def judge_permissions(facts: Facts) -> Finding:
    """The operator may do all it needs: a refusal that is found during an outage is found too late."""
    if isinstance(facts.permissions, Lack):
        return of_lack(facts, facts.permissions, INSPECTED)
    if facts.permissions:
        refused = listed(refusal.what for refusal in facts.permissions)
        return failed(
            INSPECTED, f"The operator may not {refused}", f"Add to the operator's Role: {_rules(facts.permissions)}"
        )
    return passed(INSPECTED, "The operator may do all that it needs for this integration")


def _rules(refusals: Sequence[Refusal]) -> str:
    """As many rules as have room, and how many more there are."""
    return listed((refusal.rule for refusal in refusals), room=RULES_ROOM)


def judge_model_accepted(facts: Facts) -> Finding:
    """The API accepts the model. A dry run says so, and a paid check; a key check alone does not."""
    api, generation = facts.api, facts.generation
    if isinstance(api, ApiFacts) and _asked_about_model(api):
        if api.cause in {Cause.REJECTED, Cause.PROBE_UNSUPPORTED}:
            hint = "Let spec.api.model name one that the API has, and change the application with it."
            return failed(PROBED, f"The API does not accept {_subject(facts, api)}: {api.message}", hint)
        if api.health is Health.HEALTHY:
            return passed(PROBED, f"The API accepts {_subject(facts, api)} {_price(api)}")
    if isinstance(generation, GenerationFacts) and generation.health is Health.HEALTHY:
        return passed(PROBED, f"An image was generated with {facts.spec.api.model}; its price was not quoted")
    return _unproven(facts)


def _asked_about_model(api: ApiFacts) -> bool:
    return api.method is not ProbeMethod.KEY_CHECK


def _subject(facts: Facts, api: ApiFacts) -> str:
    model = facts.spec.api.model
    return model if api.subject in {"", model} else f"{api.subject} (family of {model})"


def _price(api: ApiFacts) -> str:
    return "but quotes no price" if api.quote is None else f"for {api.quote:f} USD an image"


def _unproven(facts: Facts) -> Finding:
    if isinstance(facts.api, Lack):
        return of_lack(facts, facts.api, PROBED)
    model = facts.spec.api.model
    if _asked_about_model(facts.api):
        hint = f"Ask again once the API answers: {ask_again(facts)}"
        return unknown(f"Whether the API accepts {model} could not be told: {facts.api.message}", hint)
    hint = "Let a paid check prove it: spec.probe.generate with an interval and a daily budget above zero."
    return unknown(f"No free check asks about {model}, and no image was generated", hint)
