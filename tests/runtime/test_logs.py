"""What the process writes: one form for all, whoever logs, and never a key."""

import json
import subprocess
import sys

import pytest

CANARY = "ideo-canary-0123456789abcdef"
PROGRAM = f"""
import logging, sys
import structlog
from ideogram_operator.ideogram.key import ApiKey
from ideogram_operator.runtime.logs import LogFormat, configure_logs

configure_logs(LogFormat(sys.argv[1]), sys.argv[2])
log = structlog.get_logger("ideogram_operator.test")
log.info("told", integration="shop/images")
log.debug("a detail")
logging.getLogger("kopf.objects").info("kopf's chatter")
logging.getLogger("kopf.objects").warning("kopf's warning")
logging.getLogger("httpx").info("HTTP Request: POST https://api.ideogram.ai/generate")

def broken():
    key = ApiKey({CANARY!r})
    plain = key.reveal()
    headers = {{"Api-Key": plain}}
    log.info("with a key", key=key)
    raise RuntimeError("boom")

try:
    broken()
except RuntimeError:
    log.exception("it broke", integration="shop/images")
    logging.getLogger("asyncio").exception("so did this")
"""


def written(form: str, level: str = "info") -> list[str]:
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", PROGRAM, form, level], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


@pytest.fixture(scope="module")
def lines() -> list[dict[str, object]]:
    return [json.loads(line) for line in written("json")]


def test_every_line_is_one_json_object(lines: list[dict[str, object]]) -> None:
    assert all({"event", "level", "timestamp", "logger"} <= line.keys() for line in lines)
    assert lines[0]["event"] == "told"
    assert lines[0]["integration"] == "shop/images"


def test_libraries_log_in_the_same_form(lines: list[dict[str, object]]) -> None:
    (line,) = [line for line in lines if line["event"] == "kopf's warning"]
    assert line["level"] == "warning"


@pytest.mark.parametrize("said", ["kopf's chatter", "HTTP Request", "a detail"])
def test_chatter_is_not_told(lines: list[dict[str, object]], said: str) -> None:
    assert not [line for line in lines if said in str(line["event"])]


def test_an_exception_is_told_with_its_traceback_in_its_line(lines: list[dict[str, object]]) -> None:
    (line,) = [line for line in lines if line["event"] == "it broke"]
    assert "RuntimeError: boom" in str(line["exception"])
    assert line["level"] == "error"


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("level", ["debug", "info"])
def test_no_key_is_ever_written(form: str, level: str) -> None:
    """Not as a value that is logged, nor as a local variable of a frame in a traceback."""
    text = "\n".join(written(form, level))
    assert "boom" in text
    assert CANARY not in text


def test_for_people_a_line_is_plain_where_nobody_sees_colours() -> None:
    first = written("console")[0]
    assert "told" in first
    assert "integration=shop/images" in first
    assert "\x1b" not in first


def test_the_least_that_is_told_can_be_chosen() -> None:
    assert any("a detail" in line for line in written("json", "debug"))
    assert not any("told" in line for line in written("json", "error"))
