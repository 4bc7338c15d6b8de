"""The list of reasons, from the enumeration that the operator takes them from."""

from docs.generator.markdown import MARK, code, table
from ideogram_operator.resource.reasons import Reason

_INTRODUCTION = """# Reasons

The one list of reasons. The same word means the same in `status.reason`, in conditions, on targets and in Events.
A reason says why in one word, for people and for scripts; the message beside it says what was seen and what to do.
Reasons may be added, never renamed. Some belong to parts of the resource that this version stores but does not act
on yet; `docs/resource.md` marks those.

"""


def reasons_page() -> str:
    """The page `docs/reasons.md`."""
    return MARK + _INTRODUCTION + table(["Reason", "Meaning"], [(code(reason), reason.meaning) for reason in Reason])
