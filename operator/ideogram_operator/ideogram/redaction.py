"""Foreign text made fit for status, logs and events: bounded, printable and without the key."""

from collections.abc import Iterable
from typing import Final

LONGEST: Final = 200
_TELLING: Final = 8


def harmless(text: str, secrets: Iterable[str], *, longest: int = LONGEST) -> str:
    """``text`` on one line of at most ``longest`` characters, with every trace of ``secrets`` replaced.

    A trace is eight consecutive characters of a secret, so that a server that echoes half a key gives nothing away.
    The replacing comes first: cutting first could leave a half that no longer looks like the secret.
    """
    for secret in secrets:
        text = _without(text, secret)
    text = "".join(character if character.isprintable() else " " for character in text)
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _without(text: str, secret: str) -> str:
    width = min(_TELLING, len(secret))
    pieces = {secret[start : start + width] for start in range(len(secret) - width + 1)}
    shown: list[str] = []
    position = covered = 0
    while position < len(text):
        if text[position : position + width] in pieces:
            if covered <= position:
                shown.append("[redacted]")
            covered = max(covered, position + width)
        if position >= covered:
            shown.append(text[position])
        position += 1
    return "".join(shown)
