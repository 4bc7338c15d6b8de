"""The words that all checks share: sentences, lists of names, days, sizes, and the commands that hints end in."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from ideogram_operator.checks.facts import Facts
from ideogram_operator.resource.words import DRILL_ANNOTATION, PREFLIGHT_ANNOTATION

TIMES: Final = "\N{MULTIPLICATION SIGN}"
MOST_NAMED: Final = 3
ROOM: Final = 96
"""Characters that a list of names may take: the sentence around it has to fit too."""
_ENDINGS: Final = ("!", "?", "…")


def sentence(text: str) -> str:
    """`text` in one line that begins like a sentence and ends with a full stop."""
    line = " ".join(text.split()).rstrip(".") or "nothing was told"
    first = line.partition(" ")[0]
    # What is not a plain word is a name, such as spec.storage: names keep their spelling.
    line = line[0].upper() + line[1:] if first.isascii() and first.isalpha() else line
    return line if line.endswith(_ENDINGS) else f"{line}."


def listed(names: Iterable[str], *, room: int = ROOM) -> str:
    """The names, each once: at most three, as far as there is room, and how many more there are."""
    every = tuple(dict.fromkeys(names))
    shown = every[:1]
    for name in every[1:MOST_NAMED]:
        if len(", ".join((*shown, name))) > room:
            break
        shown = (*shown, name)
    more = len(every) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def about(name: str, text: str) -> str:
    """What is said of a target, with its name before it unless the text has it: ``Deployment/web: it is paused``."""
    bare = re.escape(name.partition("/")[2])
    named = bare and re.search(rf"(?<![\w.-]){bare}(?![\w.-])", text)
    return text if named else f"{name}: {text}"


def counted(number: int, noun: str) -> str:
    """``1 pod``, ``3 pods``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def day(moment: datetime) -> str:
    """The date alone: ``2026-11-22``."""
    return moment.date().isoformat()


def ago(span: timedelta) -> str:
    """How long ago: ``today``, ``1 day ago``, ``21 days ago``."""
    return f"{counted(span.days, 'day')} ago" if span.days > 0 else "today"


def size(count: int) -> str:
    """Bytes as people read them: ``1.2 MB``, ``340 kB``."""
    return f"{count / 1e6:.1f} MB" if count >= 10**6 else f"{(count + 999) // 1000} kB"


def ask_again(facts: Facts) -> str:
    """The command that has the preflight carried out once more."""
    return _annotate(facts, PREFLIGHT_ANNOTATION)


def rehearse(facts: Facts) -> str:
    """The command that asks for a drill."""
    return _annotate(facts, DRILL_ANNOTATION)


def describe(namespace: str, name: str) -> str:
    """The command that shows all that is known of an integration."""
    return f"kubectl -n {namespace} describe idi {name}"


def _annotate(facts: Facts, annotation: str) -> str:
    return f"kubectl -n {facts.namespace} annotate idi {facts.name} {annotation}=$(date +%s) --overwrite"
