"""From two looks at an application to what happened in between, in words."""

from collections.abc import Iterator, Mapping

from lab.demo.sight import Sight


def changes(before: Mapping[str, Sight], after: Mapping[str, Sight]) -> Iterator[str]:
    """One line for each thing that is different now, with the applications of which it is true."""
    found = [(what, name) for name, now in after.items() if name in before for what in _changes(before[name], now)]
    for what in dict.fromkeys(what for what, _ in found):
        whose = [name for told, name in found if told == what]
        yield f"{'all three' if len(whose) == len(after) else ', '.join(whose)}: {what}"


def described(sight: Sight) -> str:
    """All that is seen of an application, in one line."""
    pods = f", {pods_of(sight)}" if sight.pods else ""
    state = f"{sight.state} ({sight.health}, {sight.reason})" if sight.state else "no status yet"
    return f"{sight.name}: {state}, told {sight.switch}{pods}, its /health says {sight.says or 'nothing'}"


def pods_of(sight: Sight) -> str:
    """The pods by what they say, such as ``2 pods disabled, 1 not ready``."""
    said = [pod.says or "not ready" for pod in sight.pods]
    return ", ".join(f"{said.count(word)} {word}" for word in sorted(set(said)))


def _changes(before: Sight, now: Sight) -> Iterator[str]:
    if before.state and now.state != before.state:
        yield f"{before.state} → {now.state} ({now.reason})"
    if now.switch != before.switch:
        yield f"told {now.switch}"
    if now.says != before.says and now.says:
        yield f"its /health says ideogram: {now.says}"
