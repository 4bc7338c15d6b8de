"""Logging: one line an event, for people or for machines, the same for our own loggers and for the libraries'.

Keys never reach a logger: they are values that do not print themselves. What the HTTP libraries would log of a request
is silenced at any level all the same.
"""

import logging
import sys
from enum import StrEnum

import structlog
from structlog.typing import Processor

from ideogram_operator.ideogram.sender import silence_http_logs
from ideogram_operator.runtime.log_outlet import LogOutlet

STDERR = 2


class LogFormat(StrEnum):
    """How a line looks."""

    CONSOLE = "console"
    JSON = "json"


def configure_logs(form: LogFormat, level: str) -> None:
    """Sends all logging of the process to standard error in one form."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = LogOutlet(STDERR)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # Local variables of a frame may hold anything: tracebacks are told without them.
                structlog.processors.format_exc_info,
                _renderer(form),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # kopf tells at info what it does with each object; our own words for it are enough.
    logging.getLogger("kopf").setLevel(max(logging.WARNING, root.level))
    logging.getLogger("asyncio").setLevel(max(logging.WARNING, root.level))
    silence_http_logs()


def _renderer(form: LogFormat) -> Processor:
    if form is LogFormat.JSON:
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
