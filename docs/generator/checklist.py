"""The production checklist, from the list that is carried out: what is documented is what is judged."""

from collections.abc import Iterator
from typing import Final

from docs.generator.markdown import MARK, code, table
from ideogram_operator.checks.check import Check, Section
from ideogram_operator.checks.checklist import CHECKLIST
from ideogram_operator.resource.words import Environment

_INTRODUCTION = f"""# The production checklist

The preflight carries out the production checklist for an integration: {len(CHECKLIST)} checks, each with its result,
how that is known, what was seen, and what to do. They are in `status.preflight.checks`; the column PREFLIGHT counts
them.

**Results.** `Pass`. `Warn`: it holds, but not as it should. `Fail`: it was looked at and does not hold. `Unknown`: it
applies and could not be told. `Skipped`: it does not apply, or was left out on purpose. The count `24/26` is passed of
those that apply: skipped ones are left out, warnings have not passed.

**Evidence.** No check claims more than its evidence. `Probed`: the operator did it just now. `Inspected`: read from
cluster objects. `Observed`: measured on the application's own traffic, objects or drills. `Attested`: a named person
said so. Where several are listed, the strongest comes first; what is seen and wrong stays wrong, however much somebody
attests it.

**Attestations** are for what nobody can see from outside. They count from `at` until `expires`, and only for checks
whose evidence lists `Attested`. An expired one fails its check.

```yaml
spec:
  attestations:
    - check: moderation-layer
      by: dana@example.com
      at: "2026-11-01T00:00:00Z"
      evidence: https://wiki.example.com/moderation
      expires: "2027-11-01T00:00:00Z"
```

**When it runs.** When an integration is new, when its spec or its API key changes, every `spec.preflight.interval`, and
on request. In between, what was found wrong is looked at again, free of charge: seconds after it was found, and rarer
the longer it lasts. To ask:

```sh
kubectl annotate idi NAME ideogram-operator.io/preflight=$(date +%s) --overwrite
```

**What it costs.** One image, paid for within `spec.probe.generate.dailyBudgetUSD`, and one test message to each
receiver. Neither is repeated each time: their earlier results stand, with their time. All else is free.

**Which checks are required** follows `spec.environment`, unless `spec.preflight.required` names them. A required check
must have passed, warnings will do; a skipped one does not count against it unless it was named. The condition
`PreflightPassed` and the gate wait for the required checks; the others are told all the same.

**The gate** (`spec.preflight.gate: GoLive`) opens once, when the required checks have passed, and never closes again.
It waits for all of them but `rollback-tested`: a drill needs targets that are live. Then all targets are given back
together, whatever `spec.recovery.order` says: that order watches over an API that was ill.

"""

_REQUIRED: Final = {
    frozenset(Environment): "everywhere",
    frozenset({Environment.PRODUCTION, Environment.STAGING}): "Production, Staging",
    frozenset({Environment.PRODUCTION}): "Production",
}


def checklist_page() -> str:
    """The page `docs/checklist.md`."""
    return MARK + _INTRODUCTION + "\n".join(_sections())


def _sections() -> Iterator[str]:
    head = ["Check", "What must hold", "Evidence", "What is done", "What to do", "Required in"]
    for section in Section:
        rows = (_row(check) for check in CHECKLIST if check.section is section)
        yield f"## {section}\n\n{table(head, rows)}"


def _row(check: Check) -> list[str]:
    evidence = ", ".join(code(one) for one in check.evidence)
    return [code(check.id), check.holds, evidence, check.does, check.hint, _REQUIRED[check.required_in]]
