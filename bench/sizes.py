"""How large a run is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What one run measures.

    Attributes:
        storm: integrations on one key, each with a Deployment of its own.
        storms: how often the provider dies and returns.
        stray: whether one bad answer among good ones is measured as well.
        probe: ``spec.probe`` of the storm's integrations.
        hold: ``spec.recovery.hold`` of the storm's integrations.
        growth: numbers of integrations, ascending; the last is the one that the goals are about.
        first: one of these, for which the very first start is measured as well; 0 for none.
        namespaces: over which integrations are spread; each has a key of its own.
        idle: seconds for which the largest number idles; the smaller ones idle for a third of it.
        keys: distinct keys, each of one integration.
        keys_interval: seconds between the probes of each.
        keys_seconds: for how long they are watched.
        rest: seconds without a write after which the operator is taken to rest.
        parts: of the bench that are measured.
    """

    name: str
    storm: int
    storms: int
    stray: bool
    probe: dict[str, object]
    hold: str
    growth: tuple[int, ...]
    first: int
    namespaces: int
    idle: float
    keys: int
    keys_interval: int
    keys_seconds: float
    rest: float
    parts: tuple[str, ...]


PARTS = ("storm", "scale", "keys")
FREE_ONLY = {"interval": "0s"}

FULL = Sizes(
    name="full",
    storm=1000,
    storms=2,
    stray=True,
    probe={"interval": "10s", "suspectInterval": "2s", "generate": FREE_ONLY},
    hold="15s",
    growth=(100, 1000, 3000, 10_000),
    first=3000,
    namespaces=100,
    idle=60.0,
    keys=1000,
    keys_interval=10,
    keys_seconds=60.0,
    rest=3.0,
    parts=PARTS,
)

SMOKE = Sizes(
    name="smoke",
    storm=100,
    storms=1,
    stray=False,
    probe={"interval": "1s", "suspectInterval": "500ms", "generate": FREE_ONLY},
    hold="1s",
    growth=(50, 200),
    first=0,
    namespaces=5,
    idle=4.0,
    keys=50,
    keys_interval=1,
    keys_seconds=6.0,
    rest=1.0,
    # A thousand keys have figures only, and no ratio to hold; nor have a stray answer and the first start ever.
    parts=("storm", "scale"),
)
