"""The check concurrency: what is summed, what cannot be, and that the advice fits."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideogram_operator.checks.facts import ContainerFacts, Facts, Lack, PodCount, Setting, TargetFacts
from ideogram_operator.checks.wording import TIMES
from ideogram_operator.resource.checklist import CheckId, CheckResult
from tests.checks.cases import FAIL, INSPECTED, UNKNOWN, Case, Table, fails, found, passes, rows, untold
from tests.checks.facts import PERFECT, STOREFRONT, config_map, container, facts, lack, peer, pods, target

SET_IT = f"Set IDEOGRAM_CONCURRENCY on Deployment/storefront as a plain value; pods {TIMES} IDEOGRAM_CONCURRENCY may be 8 in sum."
AGAIN = (
    "Mend it, then ask again: "
    "kubectl -n shop annotate idi storefront ideogram-operator.io/preflight=$(date +%s) --overwrite"
)


def load(name: str, most: int, each: str | None, source: str = "spec.replicas") -> TargetFacts:
    """A workload with one container."""
    return target(name, container(CONCURRENCY=each), pods=pods(most, source))


def loads(*targets: TargetFacts) -> Facts:
    return facts(targets=targets)


READ = replace(
    STOREFRONT,
    containers=(
        ContainerFacts(name="web", settings={"IDEOGRAM_CONCURRENCY": Setting(value="4", source="ConfigMap settings")}),
    ),
)

TABLE: Table = {
    CheckId.CONCURRENCY: (
        passes("two pods with two", PERFECT, INSPECTED, f"2 pods {TIMES} 2 (Deployment/storefront) = 4 of at most 8."),
        passes(
            "just as much as may be",
            loads(load("Deployment/a", 1, "4"), load("CronJob/b", 2, "2", "parallelism")),
            INSPECTED,
            f"1 pod {TIMES} 4 (Deployment/a) + 2 pods {TIMES} 2 (CronJob/b) = 8 of at most 8.",
        ),
        passes(
            "containers of a pod add up",
            loads(
                target("Deployment/a", container("x", CONCURRENCY="1"), container("y", CONCURRENCY="3"), container("z"))
            ),
            INSPECTED,
            f"2 pods {TIMES} 4 (Deployment/a) = 8 of at most 8.",
        ),
        passes(
            "init containers and those that are not told do not count",
            loads(
                target(
                    "Deployment/a",
                    container("x", CONCURRENCY="1"),
                    container("y", init=True, CONCURRENCY="9"),
                    container("z", told=False, CONCURRENCY="9"),
                )
            ),
            INSPECTED,
            f"2 pods {TIMES} 1 (Deployment/a) = 2 of at most 8.",
        ),
        passes(
            "no pods need no setting",
            loads(STOREFRONT, target("Deployment/idle", container(), pods=pods(0))),
            INSPECTED,
            f"2 pods {TIMES} 2 (Deployment/storefront) + 0 pods {TIMES} 0 (Deployment/idle) = 4 of at most 8.",
        ),
        passes(
            "more workloads than can be named",
            loads(*(load(f"Deployment/w{n}", 1, "1") for n in range(5))),
            INSPECTED,
            f"1 pod {TIMES} 1 (Deployment/w0) + 1 pod {TIMES} 1 (Deployment/w1) + 1 pod {TIMES} 1 (Deployment/w2) + 2 more = 5 of at most 8.",
        ),
        passes(
            "a ConfigMap that a target reads counts with its reader",
            loads(READ, config_map(CONCURRENCY="4")),
            INSPECTED,
            f"2 pods {TIMES} 4 (Deployment/storefront) = 8 of at most 8.",
        ),
        passes(
            "a ConfigMap without it does not matter",
            loads(STOREFRONT, config_map(TIMEOUT_SECONDS="90")),
            INSPECTED,
            f"2 pods {TIMES} 2 (Deployment/storefront) = 4 of at most 8.",
        ),
        passes(
            "a workload of two integrations counts once",
            facts(peers=(peer("shop/gallery", STOREFRONT), peer("shop/more", STOREFRONT))),
            INSPECTED,
            f"2 pods {TIMES} 2 (Deployment/storefront) = 4 of at most 8.",
        ),
        passes(
            "one of the same name elsewhere counts by itself",
            facts(peers=(peer("other/gallery", STOREFRONT),)),
            INSPECTED,
            f"2 pods {TIMES} 2 (Deployment/storefront) + 2 pods {TIMES} 2 (other/Deployment/storefront) = 8 of at most 8.",
        ),
        fails(
            "three replicas with eight",
            loads(load("Deployment/web", 3, "8")),
            INSPECTED,
            f"3 pods {TIMES} 8 (Deployment/web) = 24 of at most 8.",
            "Lower IDEOGRAM_CONCURRENCY of Deployment/web to 2, or the replicas of Deployment/web to 1.",
        ),
        fails(
            "an autoscaler's maximum",
            loads(load("Deployment/web", 5, "2", "HorizontalPodAutoscaler web")),
            INSPECTED,
            f"5 pods {TIMES} 2 (Deployment/web) = 10 of at most 8.",
            "Lower IDEOGRAM_CONCURRENCY of Deployment/web to 1, or maxReplicas of HorizontalPodAutoscaler web to 4.",
        ),
        fails(
            "KEDA's maximum",
            loads(load("Deployment/web", 100, "1", "ScaledObject web")),
            INSPECTED,
            f"100 pods {TIMES} 1 (Deployment/web) = 100 of at most 8.",
            "Lower maxReplicaCount of ScaledObject web to 8.",
        ),
        fails(
            "a pod on each node",
            loads(load("DaemonSet/web", 9, "1", "nodes")),
            INSPECTED,
            f"9 pods {TIMES} 1 (DaemonSet/web) = 9 of at most 8.",
            "Lower the number of pods: even with IDEOGRAM_CONCURRENCY=1 they make 9, and 8 may be in flight.",
        ),
        fails(
            "another integration takes it all, so that one has to give way",
            facts(peers=(peer("other/gallery", load("Deployment/big", 1, "20")),)),
            INSPECTED,
            f"1 pod {TIMES} 20 (other/Deployment/big) + 2 pods {TIMES} 2 (Deployment/storefront) = 24 of at most 8.",
            "Lower IDEOGRAM_CONCURRENCY of other/Deployment/big to 4.",
        ),
        fails(
            "two that are too much each",
            loads(load("Deployment/a", 2, "8"), load("Deployment/b", 2, "9")),
            INSPECTED,
            f"2 pods {TIMES} 9 (Deployment/b) + 2 pods {TIMES} 8 (Deployment/a) = 34 of at most 8.",
            "Lower IDEOGRAM_CONCURRENCY to 2 on each of Deployment/b, Deployment/a.",
        ),
        fails(
            "too much, whatever the rest may be",
            loads(load("Deployment/web", 3, "8"), load("Deployment/b", 1, None)),
            INSPECTED,
            f"3 pods {TIMES} 8 (Deployment/web) = at least 24 of at most 8.",
            "Lower IDEOGRAM_CONCURRENCY of Deployment/web to 2, or the replicas of Deployment/web to 1.",
        ),
        *(
            fails(
                name,
                loads(load("Deployment/web", 1, value)),
                INSPECTED,
                "IDEOGRAM_CONCURRENCY is not a whole number from 1 in Deployment/web.",
                "Set IDEOGRAM_CONCURRENCY to a whole number from 1 on Deployment/web.",
            )
            for name, value in (("no number", "four"), ("a part", "1.5"), ("nothing", "0"), ("empty", ""))
        ),
        fails("targets that failed", facts(targets=lack(FAIL)), INSPECTED, "It is wanting.", "Mend it."),
        untold(
            "not set",
            loads(target("Deployment/storefront", container())),
            "Deployment/storefront cannot be counted: IDEOGRAM_CONCURRENCY is not set where it can be seen.",
            SET_IT,
        ),
        untold(
            "from a Secret, beside one that is known",
            loads(load("Deployment/storefront", 1, None), load("Deployment/b", 1, "3")),
            "Deployment/storefront cannot be counted: IDEOGRAM_CONCURRENCY is not set where it can be seen; "
            "the others make 3 of at most 8.",
            SET_IT,
        ),
        untold(
            "pods that are not known",
            loads(target("Deployment/web", container(CONCURRENCY="1"), pods=lack(UNKNOWN, "the autoscaler"))),
            "Deployment/web cannot be counted: the autoscaler is wanting.",
            "Mend the autoscaler.",
        ),
        untold(
            "pods that nobody counted",
            loads(target("Deployment/web", container(CONCURRENCY="1"), pods=None)),
            "Deployment/web cannot be counted: how many pods it may have is not known.",
            AGAIN,
        ),
        untold(
            "a target that is not there",
            loads(target("Deployment/lost", trouble="there is no Deployment lost", containers=(), pods=None)),
            "Deployment/lost cannot be counted: there is no Deployment lost.",
            AGAIN,
        ),
        untold(
            "a ConfigMap that cannot be read",
            loads(replace(config_map(), trouble="it is not there"), STOREFRONT),
            "ConfigMap/settings cannot be counted: it is not there; the others make 4 of at most 8.",
            AGAIN,
        ),
        untold(
            "a ConfigMap that nobody reads",
            loads(STOREFRONT, config_map("other", CONCURRENCY="4")),
            "ConfigMap/other cannot be counted: no target takes its IDEOGRAM_CONCURRENCY from it; "
            "the others make 4 of at most 8.",
            "Name the workloads that read ConfigMap/other in spec.targets, so that their pods are counted.",
        ),
        untold(
            "a ConfigMap that only somebody in another namespace reads",
            facts(
                targets=(load("Deployment/a", 1, "1"), config_map(CONCURRENCY="4")),
                peers=(peer("other/x", replace(READ, pods=pods(1))),),
            ),
            "ConfigMap/settings cannot be counted: no target takes its IDEOGRAM_CONCURRENCY from it; "
            "the others make 5 of at most 8.",
            "Name the workloads that read ConfigMap/settings in spec.targets, so that their pods are counted.",
        ),
        untold(
            "a ConfigMap alone",
            loads(config_map()),
            "No target says how many requests it has in flight: none sets IDEOGRAM_CONCURRENCY.",
            "Set IDEOGRAM_CONCURRENCY on the workloads that call the API and name them in spec.targets.",
        ),
        untold(
            "peers that are not known",
            facts(peers=lack(UNKNOWN)),
            "What else uses the key cannot be counted: it is wanting; the others make 4 of at most 8.",
            "Mend it.",
        ),
        untold(
            "the targets of a peer are not known",
            facts(peers=(replace(peer("other/gallery"), targets=lack(UNKNOWN)),)),
            "other/gallery cannot be counted: it is wanting; the others make 4 of at most 8.",
            "Mend it.",
        ),
    )
}


@pytest.mark.parametrize(("check", "case"), rows(TABLE))
def test_each_row_is_judged_as_the_table_says(check: CheckId, case: Case) -> None:
    assert found(check, case.facts) == case.finding


SOME = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), min_size=1, max_size=4)


def workloads(numbers: list[tuple[int, int]]) -> tuple[TargetFacts, ...]:
    return tuple(load(f"Deployment/w{n}", most, str(each)) for n, (most, each) in enumerate(numbers))


def followed(targets: tuple[TargetFacts, ...], hint: str) -> tuple[TargetFacts, ...]:
    """The targets after somebody did what the hint says first."""
    if all_to := re.match(r"Lower IDEOGRAM_CONCURRENCY to (\d+) on each of", hint):
        return tuple(replace(one, containers=(container(CONCURRENCY=all_to[1]),)) for one in targets)
    if one_to := re.match(r"Lower IDEOGRAM_CONCURRENCY of (\S+) to (\d+)", hint):
        name, value = one_to.groups()
        lowered = (container(CONCURRENCY=value),)
        return tuple(replace(one, containers=lowered) if one.name == name else one for one in targets)
    fewer = re.match(r"Lower the replicas of (\S+) to (\d+)", hint)
    assert fewer, hint
    return tuple(replace(one, pods=pods(int(fewer[2]))) if one.name == fewer[1] else one for one in targets)


@given(SOME)
def test_it_fails_exactly_if_the_sum_is_over_eight(numbers: list[tuple[int, int]]) -> None:
    finding = found(CheckId.CONCURRENCY, facts(targets=workloads(numbers)))
    over = sum(most * each for most, each in numbers) > 8
    assert finding.result is (CheckResult.FAIL if over else CheckResult.PASS)


@given(SOME)
def test_whoever_does_what_the_hint_says_passes(numbers: list[tuple[int, int]]) -> None:
    targets = workloads(numbers)
    finding = found(CheckId.CONCURRENCY, facts(targets=targets))
    if finding.result is CheckResult.FAIL and not finding.hint.startswith("Lower the number of pods"):
        after = found(CheckId.CONCURRENCY, facts(targets=followed(targets, finding.hint)))
        assert after.result is CheckResult.PASS


@given(SOME, st.integers(0, 3))
def test_what_is_not_known_never_makes_it_pass(numbers: list[tuple[int, int]], which: int) -> None:
    targets = list(workloads(numbers))
    hidden: tuple[PodCount | Lack | None, str | None] = ((lack(UNKNOWN), "1"), (None, "1"), (pods(1), None))[which % 3]
    targets[which % len(targets)] = target("Deployment/hidden", container(CONCURRENCY=hidden[1]), pods=hidden[0])
    finding = found(CheckId.CONCURRENCY, facts(targets=tuple(targets)))
    assert finding.result in {CheckResult.UNKNOWN, CheckResult.FAIL}
