"""Specs to try on both judges, the API server and the operator's own models: they have to agree on every one."""

import copy
from dataclasses import dataclass
from typing import Any

from ideogram_operator.resource.words import GROUP, KIND, VERSION

Json = dict[str, Any]

DEPLOYMENT = {"kind": "Deployment", "name": "storefront", "switch": {}}
CRON_JOB = {"kind": "CronJob", "name": "nightly"}
CONFIG_MAP = {"kind": "ConfigMap", "name": "settings", "switch": {"name": "ideogram.enabled"}}
VERIFY = {"url": "http://storefront.shop.svc:8080/health", "path": "services.ideogram", "fallbackValue": "disabled"}
ATTESTATION = {
    "check": "moderation-layer",
    "by": "dana@example.com",
    "at": "2026-11-01T00:00:00Z",
    "evidence": "https://wiki.example.com/moderation",
    "expires": "2027-11-01T00:00:00Z",
}

MINIMAL: Json = {"api": {"keySecretRef": {"name": "ideogram"}}, "targets": [DEPLOYMENT]}

FULL: Json = {
    "mode": "Observe",
    "environment": "Staging",
    "api": {
        "baseURL": "https://api.ideogram.ai",
        "model": "ideogram-4-5",
        "keySecretRef": {"name": "ideogram", "key": "api-key"},
        "standbyKeySecretRef": {"name": "ideogram-standby", "key": "api-key"},
        "activeKeySecret": "ideogram-active",
    },
    "targets": [
        {
            "kind": "Deployment",
            "name": "storefront",
            "containers": ["web"],
            "switch": {"name": "IDEOGRAM_ENABLED", "fallbackValue": "false"},
            "throttle": {"name": "IDEOGRAM_CONCURRENCY", "value": "2"},
            "verify": VERIFY,
        },
        {"kind": "StatefulSet", "selector": {"matchLabels": {"app.kubernetes.io/part-of": "shop"}}, "switch": {}},
        CRON_JOB,
        CONFIG_MAP,
    ],
    "probe": {
        "method": "KeyCheck",
        "interval": "30s",
        "suspectInterval": "500ms",
        "timeout": "5s",
        "generate": {"interval": "12h", "dailyBudgetUSD": "0.50", "timeout": "1m"},
    },
    "traffic": {
        "prometheus": {
            "url": "http://prometheus.monitoring.svc:9090",
            "matchers": 'namespace="shop"',
            "queries": {"latencyP95": "histogram_quantile(0.95, x)"},
        }
    },
    "triggers": {
        "apiUnreachable": {"severity": "P2", "action": "Throttle", "recovery": "Manual", "consecutive": 5},
        "authFailure": {"severity": "P1", "action": "Fallback", "recovery": "Manual"},
        "creditsExhausted": {"severity": "P1", "action": "Fallback", "recovery": "Auto"},
        "rateLimited": {"severity": "P3", "action": "Alert", "recovery": "Auto", "consecutive": 10},
        "slowGeneration": {
            "severity": "P2",
            "action": "Alert",
            "recovery": "Auto",
            "p95": "45s",
            "window": "30m",
            "minSamples": 50,
        },
        "creditsLow": {"severity": "P2", "action": "Alert", "recovery": "Auto", "thresholdUSD": "25.50"},
        "safetyRejections": {
            "severity": "P3",
            "action": "Alert",
            "recovery": "Auto",
            "percent": 5,
            "window": "2h",
            "minSamples": 100,
        },
    },
    "recovery": {
        "successes": 5,
        "hold": "10m",
        "maxHold": "2h",
        "relapseWindow": "3h",
        "maxFlipsPerHour": 6,
        "order": "OneByOne",
    },
    "override": {"mode": "ForceFallback", "reason": "provider maintenance", "until": "2026-12-01T06:00:00Z"},
    "billing": {"balance": {"amountUSD": "100", "asOf": "2026-11-22T00:00:00Z"}},
    "storage": {
        "url": "s3://images/storefront",
        "endpoint": "https://s3.example.com",
        "secretRef": {"name": "images"},
    },
    "database": {"urlSecretRef": {"name": "images-db", "key": "url"}, "table": "public.generations"},
    "notify": [{"severities": ["P1", "P2"], "urlSecretRef": {"name": "oncall", "key": "url"}}],
    "preflight": {
        "interval": "1h",
        "gate": "GoLive",
        "required": ["key-in-secret", "concurrency"],
        "predecessor": {"namespace": "shop-staging", "name": "storefront"},
        "drillMaxAge": "720h",
    },
    "attestations": [ATTESTATION],
    "drill": {
        "interval": "720h",
        "duration": "60s",
        "window": {"days": ["Mon", "Tue"], "start": "09:00", "end": "17:00", "timeZone": "Europe/Berlin"},
    },
}


@dataclass(frozen=True, kw_only=True)
class Example:
    """A spec, and unless it is a good one the place and the words with which it is refused."""

    name: str
    spec: Json
    at: str = ""
    says: str = ""

    def __str__(self) -> str:
        return self.name


def changed(base: Json, **parts: Any) -> Json:
    """`base` with some values replaced: ``probe__interval="1s"`` sets probe.interval, making what is in between."""
    spec = copy.deepcopy(base)
    for path, value in parts.items():
        *steps, last = path.split("__")
        here = spec
        for step in steps:
            here = here.setdefault(step, {})
        here[last] = value
    return spec


def minimal(**parts: Any) -> Json:
    return changed(MINIMAL, **parts)


def target(**fields: Any) -> Json:
    """The minimal spec with one Deployment that has these fields too; None takes one away."""
    merged = DEPLOYMENT | fields
    return minimal(targets=[{name: value for name, value in merged.items() if value is not None}])


def targets(*items: Json) -> Json:
    return minimal(targets=list(items))


def manifest(spec: Json, name: str = "example", namespace: str = "default") -> Json:
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": KIND,
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def _durations(path: str, at: str, says: str, good: list[str], bad: list[str]) -> tuple[list[Example], list[Example]]:
    return (
        [Example(name=f"{at} may be {value}", spec=minimal(**{path: value})) for value in good],
        [Example(name=f"{at} {value}", spec=minimal(**{path: value}), at=at, says=says) for value in bad],
    )


BOUNDED = [
    _durations("probe__interval", "spec.probe.interval", "must be from 1s to 1h", ["1s", "1h"], ["999ms", "61m"]),
    _durations(
        "probe__suspectInterval",
        "spec.probe.suspectInterval",
        "must be from 500ms to 5m",
        ["500ms", "5m"],
        ["499ms", "301s"],
    ),
    _durations("probe__timeout", "spec.probe.timeout", "must be from 100ms to 1m", ["100ms", "1m"], ["99ms", "61s"]),
    _durations(
        "probe__generate__interval",
        "spec.probe.generate.interval",
        "must be 0s (never) or from 1m to 720h",
        ["0s", "1m", "720h"],
        ["59s", "721h"],
    ),
    _durations(
        "probe__generate__timeout", "spec.probe.generate.timeout", "must be from 1s to 5m", ["1s", "5m"], ["1ms", "6m"]
    ),
    _durations("recovery__hold", "spec.recovery.hold", "must be from 0s to 24h", ["0s"], ["25h"]),
    _durations("recovery__maxHold", "spec.recovery.maxHold", "must be from 0s to 168h", ["5m", "168h"], ["168h1ms"]),
    _durations("recovery__relapseWindow", "spec.recovery.relapseWindow", "must be from 0s to 168h", ["0s"], ["169h"]),
    _durations(
        "triggers__slowGeneration__p95",
        "spec.triggers.slowGeneration.p95",
        "must be from 1s to 10m",
        ["1s", "10m", "8.4s"],
        ["0s", "11m"],
    ),
    _durations(
        "triggers__slowGeneration__window",
        "spec.triggers.slowGeneration.window",
        "must be from 1m to 24h",
        ["1m", "24h"],
        ["59.999s", "25h"],
    ),
    _durations(
        "triggers__safetyRejections__window",
        "spec.triggers.safetyRejections.window",
        "must be from 1m to 24h",
        ["1m", "24h"],
        ["1s", "25h"],
    ),
    _durations("preflight__interval", "spec.preflight.interval", "must be from 1m to 720h", ["1m"], ["1s", "721h"]),
    _durations(
        "preflight__drillMaxAge", "spec.preflight.drillMaxAge", "must be from 1h to 8760h", ["1h"], ["59m", "8761h"]
    ),
    _durations("drill__interval", "spec.drill.interval", "must be from 1h to 8760h", ["1h"], ["59m", "8761h"]),
    _durations("drill__duration", "spec.drill.duration", "must be from 1s to 4h", ["1s", "1h"], ["999ms", "241m"]),
]

ACCEPTED = [
    Example(name="the least that works", spec=MINIMAL),
    Example(name="everything", spec=FULL),
    Example(name="a selector", spec=target(name=None, selector={"matchLabels": {"app": "web", "tier": ""}})),
    Example(name="a label key with a prefix", spec=target(name=None, selector={"matchLabels": {"a.b/c-d_e": "x"}})),
    Example(name="containers of a Deployment", spec=target(containers=["web", "worker"])),
    Example(name="a CronJob without a switch", spec=targets(CRON_JOB)),
    Example(name="a ConfigMap with a key", spec=targets(CONFIG_MAP)),
    Example(name="an empty fallback value", spec=target(switch={"fallbackValue": ""})),
    Example(name="a value with dollar signs", spec=target(switch={"fallbackValue": "$$(NAME) $NAME ${NAME} ( $"})),
    Example(name="one name in two kinds", spec=targets(DEPLOYMENT, {**DEPLOYMENT, "kind": "StatefulSet"})),
    Example(name="twenty targets", spec=targets(*({**DEPLOYMENT, "name": f"web-{n}"} for n in range(20)))),
    Example(name="a throttle of another name", spec=target(throttle={"name": "IDEOGRAM_CONCURRENCY", "value": "2"})),
    Example(name="http for a stand-in", spec=minimal(api__baseURL="http://127.0.0.1:8080")),
    Example(name="a base with port and path", spec=minimal(api__baseURL="https://gateway.example.com:8443/ideogram")),
    Example(name="an IPv6 host", spec=minimal(api__baseURL="https://[fd00::1]:8443")),
    Example(name="an address with a query", spec=target(verify=VERIFY | {"url": "http://web:8080/health?full=1"})),
    Example(
        name="a second key in the same Secret", spec=minimal(api__standbyKeySecretRef={"name": "ideogram", "key": "b"})
    ),
    Example(name="a Secret of its own", spec=minimal(api__activeKeySecret="ideogram-active")),
    Example(name="hold as long as maxHold", spec=minimal(recovery={"hold": "30m", "maxHold": "30m"})),
    Example(name="a quick probe alone", spec=minimal(probe__interval="1s")),
    Example(name="pods as traffic", spec=minimal(traffic={"pods": {"port": 9090}})),
    Example(name="Prometheus as traffic", spec=minimal(traffic={"prometheus": {"url": "https://prometheus:9090"}})),
    Example(name="a folder for images", spec=minimal(storage={"url": "file:///var/images"})),
    Example(name="a drill as it comes", spec=minimal(drill={})),
    Example(name="the shortest drill", spec=minimal(drill={"interval": "1h", "duration": "1h"})),
    Example(name="a window over midnight", spec=minimal(drill={"window": {"start": "22:00", "end": "04:00"}})),
    Example(name="a window as it comes", spec=minimal(drill={"window": {}})),
    Example(name="a predecessor next door", spec=minimal(preflight={"predecessor": {"name": "staging"}})),
    Example(name="two attestations", spec=minimal(attestations=[ATTESTATION, ATTESTATION | {"check": "auto-top-up"}])),
    Example(name="a time with an offset", spec=changed(FULL, override__until="2026-12-01T08:00:00.5+02:00")),
    Example(name="two flips an hour", spec=minimal(recovery__maxFlipsPerHour=2)),
    *(example for good, _ in BOUNDED for example in good),
]

EITHER = "give either name or selector, exactly one of the two"
SUSPENDED = "a CronJob is suspended in fallback: remove its switch and throttle"
CONTAINERS = "containers are for Deployment, StatefulSet and DaemonSet: remove them here"
BASE_URL = "must be https://host, with a port or path if need be, but no user name, trailing slash or query"
HTTP_URL = "must be http:// or https:// with a host, and without user name or fragment"
ONE_VALUE = (
    "must be one line without $(NAME): Kubernetes would put the value of another variable there; $$(NAME) is text"
)
STORAGE_URL = "must be a bucket such as s3://bucket/folder, without credentials: those go into the Secret"
OWN_SECRET = "activeKeySecret must be a Secret of its own, not one that holds a given key: it is overwritten"
UNIQUE = "every kind and name may come once: join the entries of a target that is there twice"
EITHER_SOURCE = "give either prometheus or pods, exactly one of the two"

REJECTED = [
    Example(
        name="name and selector",
        spec=target(selector={"matchLabels": {"app": "web"}}),
        at="spec.targets[0]",
        says=EITHER,
    ),
    Example(name="neither name nor selector", spec=target(name=None), at="spec.targets[0]", says=EITHER),
    Example(
        name="a label key that is none",
        spec=target(name=None, selector={"matchLabels": {"-app": "web"}}),
        at="spec.targets[0].selector.matchLabels",
        says="every key must be a label such as app or app.kubernetes.io/name",
    ),
    Example(
        name="a Deployment without a switch",
        spec=target(switch=None),
        at="spec.targets[0]",
        says="give a switch; 'switch: {}' takes IDEOGRAM_ENABLED, set to \"false\" in fallback",
    ),
    Example(name="a CronJob with a switch", spec=target(kind="CronJob"), at="spec.targets[0]", says=SUSPENDED),
    Example(
        name="a CronJob with a throttle",
        spec=targets(CRON_JOB | {"throttle": {"name": "IDEOGRAM_CONCURRENCY", "value": "2"}}),
        at="spec.targets[0]",
        says=SUSPENDED,
    ),
    Example(
        name="containers of a ConfigMap",
        spec=targets(CONFIG_MAP | {"containers": ["web"]}),
        at="spec.targets[0]",
        says=CONTAINERS,
    ),
    Example(
        name="containers of a CronJob",
        spec=targets(CRON_JOB | {"containers": ["web"]}),
        at="spec.targets[0]",
        says=CONTAINERS,
    ),
    Example(name="a container twice", spec=target(containers=["web", "web"]), at="spec.targets[0].containers"),
    Example(
        name="one name for switch and throttle",
        spec=target(throttle={"name": "IDEOGRAM_ENABLED", "value": "2"}),
        at="spec.targets[0]",
        says="switch and throttle must have different names: each needs a value of its own",
    ),
    Example(name="a target twice", spec=targets(DEPLOYMENT, CRON_JOB, DEPLOYMENT), at="spec.targets", says=UNIQUE),
    Example(name="no target", spec=targets(), at="spec.targets"),
    Example(
        name="too many targets",
        spec=targets(*({**DEPLOYMENT, "name": f"web-{n}"} for n in range(21))),
        at="spec.targets",
    ),
    Example(
        name="a switch with a space", spec=target(switch={"name": "IDEOGRAM ON"}), at="spec.targets[0].switch.name"
    ),
    Example(name="a switch with =", spec=target(switch={"name": "A=B"}), at="spec.targets[0].switch.name"),
    *(
        Example(
            name=f"a value {name}",
            spec=target(switch={"fallbackValue": value}),
            at="spec.targets[0].switch.fallbackValue",
            says=ONE_VALUE,
        )
        for name, value in {
            "of two lines": "false\n",
            "that steers a terminal": "\x9b2J",
            "of another variable": "$(DATABASE_URL)",
            "of another variable after a dollar sign": "$$$(DATABASE_URL)",
        }.items()
    ),
    *(
        Example(name=f"base {url}", spec=minimal(api__baseURL=url), at="spec.api.baseURL", says=BASE_URL)
        for url in (
            "https://api.ideogram.ai/",
            "ftp://api.ideogram.ai",
            "https://user:word@api.ideogram.ai",
            "https://api.ideogram.ai?x=1",
            "https://api.ideogram.ai#x",
            "https://",
            "api.ideogram.ai",
            "https://api.ideogram.ai\n",
            "https://api.ideogram.ai@evil.example.com",
        )
    ),
    *(
        Example(
            name=f"verify {url}",
            spec=target(verify=VERIFY | {"url": url}),
            at="spec.targets[0].verify.url",
            says=HTTP_URL,
        )
        for url in ("http://a:b@web/health", "file:///etc/passwd", "http://web/health#top", "web/health")
    ),
    *(
        Example(name=f"storage {url}", spec=minimal(storage={"url": url}), at="spec.storage.url", says=STORAGE_URL)
        for url in ("images", "s3://AKIA:word@images", "s3://images?versionId=1", "/var/images")
    ),
    Example(
        name="the same key twice",
        spec=minimal(api__standbyKeySecretRef={"name": "ideogram"}),
        at="spec.api",
        says="standbyKeySecretRef must name another key than keySecretRef: no key stands in for itself",
    ),
    Example(
        name="the key's own Secret as the active one",
        spec=minimal(api__activeKeySecret="ideogram"),
        at="spec.api",
        says=OWN_SECRET,
    ),
    Example(
        name="the standby's Secret as the active one",
        spec=minimal(api__activeKeySecret="standby", api__standbyKeySecretRef={"name": "standby"}),
        at="spec.api",
        says=OWN_SECRET,
    ),
    Example(
        name="hold longer than maxHold",
        spec=minimal(recovery={"hold": "61m"}),
        at="spec.recovery",
        says="hold must not be longer than maxHold: raise maxHold or lower hold",
    ),
    Example(name="one flip an hour", spec=minimal(recovery__maxFlipsPerHour=1), at="spec.recovery.maxFlipsPerHour"),
    Example(name="a number in quotes", spec=minimal(recovery__successes="3"), at="spec.recovery.successes"),
    Example(
        name="both sources of traffic",
        spec=minimal(traffic={"pods": {"port": 9090}, "prometheus": {"url": "http://prometheus:9090"}}),
        at="spec.traffic",
        says=EITHER_SOURCE,
    ),
    Example(name="no source of traffic", spec=minimal(traffic={}), at="spec.traffic", says=EITHER_SOURCE),
    Example(
        name="a query with an odd name",
        spec=minimal(traffic={"prometheus": {"url": "http://prometheus:9090", "queries": {"a b": "up"}}}),
        at="spec.traffic.prometheus.queries",
        says="every key must be the name of a query: letters and digits, lower case first",
    ),
    Example(
        name="an override without a reason",
        spec=minimal(override={"mode": "Freeze", "until": "2026-12-01T06:00:00Z"}),
        at="spec.override.reason",
    ),
    Example(
        name="an override for ever",
        spec=minimal(override={"mode": "Freeze", "reason": "maintenance"}),
        at="spec.override.until",
    ),
    Example(
        name="an override until someday",
        spec=minimal(override={"mode": "Freeze", "reason": "maintenance", "until": "someday"}),
        at="spec.override.until",
    ),
    Example(
        name="a time without an offset",
        spec=minimal(override={"mode": "Freeze", "reason": "maintenance", "until": "2026-12-01T06:00:00"}),
        at="spec.override.until",
    ),
    Example(
        name="an attestation that ended before it began",
        spec=minimal(attestations=[ATTESTATION | {"expires": "2026-10-01T00:00:00Z"}]),
        at="spec.attestations[0]",
        says="expires must be later than at",
    ),
    Example(
        name="a check attested twice", spec=minimal(attestations=[ATTESTATION, ATTESTATION]), at="spec.attestations"
    ),
    Example(
        name="a check that there is not",
        spec=minimal(preflight={"required": ["sleep-well"]}),
        at="spec.preflight.required[0]",
    ),
    Example(
        name="a severity twice",
        spec=changed(FULL, notify=[FULL["notify"][0] | {"severities": ["P1", "P1"]}]),
        at="spec.notify[0].severities",
    ),
    Example(
        name="money as a float",
        spec=minimal(probe__generate__dailyBudgetUSD=1.5),
        at="spec.probe.generate.dailyBudgetUSD",
    ),
    Example(
        name="money with a sign",
        spec=minimal(probe__generate__dailyBudgetUSD="-1"),
        at="spec.probe.generate.dailyBudgetUSD",
    ),
    Example(name="a duration without a unit", spec=minimal(probe__interval="10"), at="spec.probe.interval"),
    Example(name="a duration in days", spec=minimal(probe__interval="1d"), at="spec.probe.interval"),
    Example(name="a duration as a number", spec=minimal(probe__interval=10), at="spec.probe.interval"),
    Example(name="a negative duration", spec=minimal(probe__interval="-10s"), at="spec.probe.interval"),
    *(example for _, bad in BOUNDED for example in bad),
    Example(
        name="a drill that outlasts its interval",
        spec=minimal(drill={"interval": "1h", "duration": "61m"}),
        at="spec.drill",
        says="interval must not be shorter than duration: a drill has to end before the next",
    ),
    Example(
        name="a window without length",
        spec=minimal(drill={"window": {"start": "09:00", "end": "09:00"}}),
        at="spec.drill.window",
        says="start and end must differ: leave window out to allow drills at any time",
    ),
    Example(
        name="a window at no time", spec=minimal(drill={"window": {"start": "9:00"}}), at="spec.drill.window.start"
    ),
    Example(name="a window on no day", spec=minimal(drill={"window": {"days": []}}), at="spec.drill.window.days"),
    Example(
        name="a time zone that is none",
        spec=minimal(drill={"window": {"timeZone": "../etc/passwd"}}),
        at="spec.drill.window.timeZone",
    ),
]
