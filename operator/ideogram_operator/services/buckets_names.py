"""Whether an image's object name carries the seed it was made with: pure, and careful not to take a date for one.

A seed is what makes an image again. Names are looked at and counted, never repeated: they can hold prompts.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ideogram_operator.services.results import ObjectNames

OWN_FOLDER: Final = ".ideogram-operator"
"""Where the operator's own test objects are, below the folder of the spec."""
NEWEST: Final = 20
_LARGEST_SEED: Final = 2**31 - 1
_IMAGES: Final = (".png", ".jpg", ".jpeg", ".webp")
_SAID: Final = re.compile(r"seed[-_=]?([0-9]+)(?![0-9])", re.IGNORECASE)
_TOKEN: Final = re.compile(r"(?<![0-9A-Za-z])[0-9]{4,10}(?![0-9A-Za-z])")
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_UNIX_TIME: Final = re.compile(r"1[5-9][0-9]{8}")
_YEAR: Final = re.compile(r"(19|20)[0-9]{2}")
_DAY: Final = "%Y%m%d"
_TIME_OF_DAY: Final = "%H%M%S"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One object of a listing; ``name`` is never to be shown."""

    name: str
    modified: datetime


def newest_names(objects: Iterable[Listed]) -> ObjectNames:
    """What the names of the newest twenty images say; the operator's own test objects are not images."""
    images = [one for one in objects if _is_image(one.name)]
    newest = sorted(images, key=lambda one: one.modified, reverse=True)[:NEWEST]
    return ObjectNames(seen=len(newest), seeded=sum(carries_seed(one.name) for one in newest))


def carries_seed(name: str) -> bool:
    """Whether the last part of ``name`` has a number that can be a seed.

    That is ``seed`` and a number from 0 to 2³¹-1 behind it, or a number of 4 to 10 digits that stands alone and is no
    plausible year, day, time of the day after a day, or Unix time, and no part of a UUID.
    """
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    if any(int(number) <= _LARGEST_SEED for number in _SAID.findall(stem[:_LONGEST])):
        return True
    before = ""
    for token in _TOKEN.findall(_UUID.sub("", stem[:_LONGEST])):
        if int(token) <= _LARGEST_SEED and not _is_time(token, after=before):
            return True
        before = token
    return False


_LONGEST: Final = 1024


def _is_image(name: str) -> bool:
    return name.lower().endswith(_IMAGES) and OWN_FOLDER not in name.split("/")


def _is_time(token: str, *, after: str) -> bool:
    if _YEAR.fullmatch(token) or _UNIX_TIME.fullmatch(token):
        return True
    return _reads_as(token, _DAY) or (_reads_as(after, _DAY) and _reads_as(token, _TIME_OF_DAY))


def _reads_as(token: str, pattern: str) -> bool:
    if len(token) != {_DAY: 8, _TIME_OF_DAY: 6}[pattern]:
        return False
    try:
        moment = datetime.strptime(token, pattern)  # noqa: DTZ007 - only whether it can be one
    except ValueError:
        return False
    return pattern == _TIME_OF_DAY or bool(_YEAR.fullmatch(f"{moment.year}"))
