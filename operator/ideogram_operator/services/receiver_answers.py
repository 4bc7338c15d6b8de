"""A bound on what receivers' answers unpack to.

Apprise calls ``requests`` with no session of ours, and ``requests`` unpacks whatever an answer says it is packed with:
seven kilobytes may be gigabytes. So the one place where it hands out unpacked bytes counts them, in threads that have
a line, and in no others. To refuse packed answers instead would break the services that pack theirs.
"""

import functools
from collections.abc import Iterator
from typing import Any

import requests

from ideogram_operator.services.lines import line_of_this_thread


@functools.cache
def bound_answers() -> None:
    """Sets the bound, once for the process; it cannot be taken back."""
    plain: Any = requests.models.Response.iter_content

    @functools.wraps(plain)
    def iter_content(*args: Any, **given: Any) -> Iterator[Any]:
        line = line_of_this_thread()
        for chunk in plain(*args, **given):
            if line is not None:
                line.take(len(chunk))
            yield chunk

    requests.models.Response.iter_content = iter_content  # type: ignore[method-assign] # this is the place
