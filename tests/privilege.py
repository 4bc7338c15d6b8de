"""At the end of a run: what the operator asked the shared cluster for, against the rights that the chart grants it.

Judged where all requests are in one log, by the process that outlives the workers. That nothing was asked for which is
not granted holds for every run; that all that is granted was used, only for one in which every test that drives the
operator was collected, and passed.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from lab.audit import WATCHED, Findings, Log, compare, everybodys, granted_by, read_log
from lab.cluster import Cluster
from lab.operator import ACCOUNT, chart_objects

TESTS = Path(__file__).resolve().parent
DRIVING = ("e2e", "preflight", "tenants", "chart")
"""The folders whose tests run the operator as its account."""
COLLECTED = "privilege_collected"
WANTED = "(cluster)"
"""Among the files of a session: a test of it needs the shared cluster."""
BINDING = f"{{home}}-{ACCOUNT}"
"""How the chart names the bindings of a release ``ideogram-operator`` in the namespace ``home``."""


def files_collected(items: Iterable[pytest.Item]) -> list[str]:
    """The files with tests of a session, relative to ``tests/``."""
    paths = {item.path for item in items}
    return sorted(str(path.relative_to(TESTS)) for path in paths if path.is_relative_to(TESTS))


def is_whole(files: Iterable[str], config: pytest.Config) -> bool:
    """Whether these are all the files of the driving folders, and none of their tests was left out."""
    wanted = {str(path.relative_to(TESTS)) for name in DRIVING for path in (TESTS / name).glob("**/test_*.py")}
    chosen = any(getattr(config.option, name, None) for name in ("keyword", "markexpr", "deselect", "lf"))
    return wanted <= set(files) and not chosen and not any("::" in argument for argument in config.args)


def judge(cluster: Cluster) -> tuple[Log, Findings]:
    """The cluster's log against the chart.

    Raises:
        LookupError: it keeps none.
    """
    if cluster.audit_log is None:
        raise LookupError("the cluster keeps no audit log")
    objects = chart_objects(namespace="home", values={"namespaces": [WATCHED], "crds.install": False})
    with cluster.audit_log.open(errors="replace") as lines:
        log = read_log(lines, account=ACCOUNT)
    granted = granted_by(objects, home="home")
    return log, compare(log, granted, free=everybodys(cluster.kube), binding=BINDING)


class Privilege:
    """The plugin; ``shared`` finds the run's cluster, None if it did not start."""

    def __init__(self, shared: Callable[[pytest.Config], Cluster | None]) -> None:
        self._shared = shared
        self._files: set[str] = set()
        self._told: list[str] = []
        self._failed = False

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """In each worker, or where there are none."""
        wanted = any("cluster" in getattr(item, "fixturenames", ()) for item in session.items)
        collected = [*files_collected(session.items), *([WANTED] if wanted else [])]
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[COLLECTED] = collected
        elif not session.config.option.collectonly:
            self._files.update(collected)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """In the controller: a worker has ended."""
        self._files.update(getattr(node, "workeroutput", {}).get(COLLECTED, ()))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        cluster = self._shared(session.config) if WANTED in self._files else None
        if cluster is None or cluster.audit_log is None:
            return
        log, findings = judge(cluster)
        if not log.asked:
            return
        whole = exitstatus == pytest.ExitCode.OK and is_whole(self._files, session.config)
        wrong = [*findings.beyond, *(findings.idle if whole else ())]
        accounts = {one.home for one in log.asked}
        scope = "all of its rights were used" if whole else "not judged: whether all of its rights are used"
        self._told = wrong or [f"{len(accounts)} operators asked for nothing that the chart does not grant; {scope}"]
        self._failed = bool(wrong)
        if wrong:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self._told:
            terminalreporter.section("least privilege", red=self._failed, green=not self._failed)
            for line in self._told:
                terminalreporter.line(line)
