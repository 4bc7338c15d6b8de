"""Any order of claims, releases, deploys, edits and repeats: in the end the target is what its people made of it.

Beside the target runs its shadow: the same deploys and edits, and no operator. While anybody claims, the target is off;
when nobody does, it is its shadow.
"""

import copy
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ideogram_operator.cluster.switch import plan
from ideogram_operator.cluster.wishes import Release
from ideogram_operator.resource.words import FALLBACK_ANNOTATION, TargetKind
from tests.cluster.shapes import OTHERS, SWITCHES, claim, served, sources, workloads

INTEGRATIONS = ("shop", "batch", "api")
WISHES = st.sampled_from(
    [{SWITCHES[0]: "false"}, {SWITCHES[0]: "off"}, {SWITCHES[1]: "2"}, {SWITCHES[0]: "false", SWITCHES[1]: "2"}]
)
KIND = TargetKind.DEPLOYMENT


def containers(live: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = live["spec"]["template"]["spec"]["containers"]
    return found


class Life(RuleBasedStateMachine):
    @initialize(live=workloads())
    def begin(self, live: dict[str, Any]) -> None:
        self.live = live
        self.shadow = copy.deepcopy(live)
        self.claims: dict[str, dict[str, str]] = {}
        self.kept_up = True

    def ask(self, change: Any = None) -> None:
        planned = plan(KIND, self.live, change)
        self.live = served(self.live, planned.operations)
        self.kept_up = True

    @rule(who=st.sampled_from(INTEGRATIONS), wish=WISHES, flip=st.integers(1, 3))
    def claims_it(self, who: str, wish: dict[str, str], flip: int) -> None:
        self.claims[who] = wish
        self.ask(claim(who, flip=flip, **wish))

    @rule(who=st.sampled_from(INTEGRATIONS))
    def lets_go(self, who: str) -> None:
        self.claims.pop(who, None)
        self.ask(Release(integration=who))

    @rule()
    def is_asked_again_after_a_crash(self) -> None:
        self.ask()

    @rule(name=st.sampled_from(OTHERS).flatmap(sources))
    def a_deploy_adds_a_variable(self, name: dict[str, Any]) -> None:
        for one in (self.live, self.shadow):
            containers(one)[0].setdefault("env", []).insert(0, copy.deepcopy(name))

    @rule(number=st.integers(1, 9))
    def a_deploy_changes_the_image(self, number: int) -> None:
        for one in (self.live, self.shadow):
            containers(one)[-1]["image"] = f"app:{number}"

    @rule(env=st.lists(st.sampled_from(SWITCHES + OTHERS).flatmap(sources), max_size=5))
    def a_deploy_replaces_the_template(self, env: list[dict[str, Any]]) -> None:
        """As Helm or a replace would: the pod template is theirs again, our annotation on the metadata stays."""
        theirs = copy.deepcopy(containers(self.shadow)[0])
        theirs["env"] = [entry for entry in env if entry.get("value") not in {"false", "off", "2"}]
        if not theirs["env"]:
            del theirs["env"]
        for one in (self.live, self.shadow):
            rest = copy.deepcopy(containers(self.shadow)[1:])
            one["spec"]["template"]["spec"]["containers"] = [copy.deepcopy(theirs), *rest]
        self.kept_up = not self.claims
        if not all(_free(entry) for one in containers(self.shadow) for entry in one.get("env", [])):
            # A value that reads like ours is ours while the ledger says so: keep those out of this comparison.
            self.ask()

    @invariant()
    def is_off_while_anybody_claims(self) -> None:
        if not hasattr(self, "live") or not self.kept_up:
            return
        wanted: dict[str, str] = {}
        for wish in self.claims.values():
            for name, value in wish.items():
                wanted.setdefault(name, value)
        for one in containers(self.live):
            for name in wanted:
                found = [entry.get("value") for entry in one.get("env", []) if entry["name"] == name]
                assert found
                allowed = {wish[name] for wish in self.claims.values() if name in wish}
                assert set(found) <= allowed

    @invariant()
    def nothing_is_left_to_send(self) -> None:
        if hasattr(self, "live") and self.kept_up:
            assert not plan(KIND, self.live).changed

    @invariant()
    def is_its_shadow_when_nobody_claims(self) -> None:
        if hasattr(self, "live") and not self.claims and self.kept_up:
            assert FALLBACK_ANNOTATION not in self.live["metadata"].get("annotations", {})
            assert self.live["spec"] == self.shadow["spec"]


def _free(entry: dict[str, Any]) -> bool:
    return entry["name"] not in SWITCHES or entry.get("value") not in {"false", "off", "2"}


Life.TestCase.settings = settings(max_examples=150, stateful_step_count=20, deadline=None)
TestLife = Life.TestCase
