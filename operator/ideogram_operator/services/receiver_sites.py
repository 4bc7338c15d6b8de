"""The services that may be told something, and where each of them is.

Apprise knows some 180, among them the desktop, the system log, serial devices and mail over a local program. A tenant
chooses the URL, so only services of the network are here, and for each either the hosts that are its own, which
anybody may call, or how to find the host in its URL, which the guard is asked about.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a URL leads: ``scheme`` is ``http``, ``https`` or ``smtp``; ``host`` has no brackets."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One service.

    Attributes:
        own: the service's own hosts, as :func:`covers` reads them.
        place: from Apprise's plugin to the host that the URL names; None if it names none.
    """

    own: tuple[str, ...] = ()
    place: Callable[[Any], Place | None] = lambda _: None


def covers(own: tuple[str, ...], host: str) -> bool:
    """Whether ``host`` is one of ``own`` or below one of them; in those with a ``*`` it stands for one label."""
    return any(_covers(entry, host) for entry in own)


def _covers(entry: str, host: str) -> bool:
    if "*" not in entry:
        return host == entry or host.endswith(f".{entry}")
    labels, wanted = host.split("."), entry.split(".")
    return len(labels) == len(wanted) and all(want in {"*", label} for want, label in zip(wanted, labels, strict=True))


_PORTS: Final = {True: 443, False: 80}


def _web(plugin: Any) -> Place:
    secure = bool(plugin.secure)
    host = str(plugin.host or "").lower().strip("[]")
    return Place(scheme="https" if secure else "http", host=host, port=plugin.port or _PORTS[secure])


def _mail(plugin: Any) -> Place:
    return Place(scheme="smtp", host=str(plugin.smtp_host or "").lower().strip("[]"), port=plugin.port)


def _ntfy(plugin: Any) -> Place | None:
    return None if plugin.mode == "cloud" else _web(plugin)


def _matrix(plugin: Any) -> Place | None:
    return None if plugin.mode == "t2bot" else _web(plugin)


def _zulip(plugin: Any) -> Place:
    return Place(scheme="https", host=f"{plugin.organization}.{plugin.hostname}".lower(), port=443)


_AT_ITS_HOST: Final = Site(place=_web)
_MAIL: Final = Site(
    place=_mail,
    own=(
        "aol.com",
        "email-smtp.*.amazonaws.com",
        "fastmail.com",
        "gmail.com",
        "gmx.net",
        "hotmail.com",
        "mail.me.com",
        "mailgun.org",
        "office365.com",
        "outlook.com",
        "postmarkapp.com",
        "sendgrid.net",
        "yahoo.com",
        "yandex.com",
        "zoho.com",
    ),
)
_TEAMS: Final = Site(place=_web, own=("logic.azure.com", "logic.azure.us", "api.powerplatform.com"))

SITES: Final[Mapping[str, Site]] = MappingProxyType(
    {
        # on call
        "betterstack": Site(own=("incidents.betterstack.com",)),
        "firehydrant": Site(own=("signals.firehydrant.com",)),
        "goalert": _AT_ITS_HOST,
        "goalerts": _AT_ITS_HOST,
        "ilert": Site(own=("api.ilert.com",)),
        "incidentio": Site(own=("api.incident.io",)),
        "jira": Site(own=("api.atlassian.com",)),
        "opsgenie": Site(own=("opsgenie.com",)),
        "pagerduty": Site(own=("pagerduty.com",)),
        "pagertree": Site(own=("api.pagertree.com",)),
        "signl4": Site(own=("connect.signl4.com",)),
        "spike": Site(own=("api.spike.sh",)),
        "splunk": Site(own=("alert.victorops.com",)),
        "squadcast": Site(own=("squadcast.com",)),
        "victorops": Site(own=("alert.victorops.com",)),
        # chat
        "dingtalk": Site(own=("oapi.dingtalk.com",)),
        "discord": Site(own=("discord.com",)),
        "feishu": Site(own=("open.feishu.cn",)),
        "flock": Site(own=("api.flock.co", "api.flock.com")),
        "gchat": Site(own=("chat.googleapis.com",)),
        "lark": Site(own=("open.larksuite.com",)),
        "line": Site(own=("api.line.me",)),
        "matrix": Site(place=_matrix, own=("webhooks.t2bot.io",)),
        "matrixs": Site(place=_matrix, own=("webhooks.t2bot.io",)),
        "mmost": _AT_ITS_HOST,
        "mmosts": _AT_ITS_HOST,
        "rocket": _AT_ITS_HOST,
        "rockets": _AT_ITS_HOST,
        "ryver": Site(own=("ryver.com",)),
        "slack": Site(own=("slack.com", "slack-gov.com")),
        "tgram": Site(own=("api.telegram.org",)),
        "twist": Site(own=("api.twist.com",)),
        "webex": Site(own=("webexapis.com", "api.ciscospark.com")),
        "wecombot": Site(own=("qyapi.weixin.qq.com",)),
        "workflow": _TEAMS,
        "workflows": _TEAMS,
        "wxteams": Site(own=("webexapis.com", "api.ciscospark.com")),
        "zoom": Site(own=("inbots.zoom.us",)),
        "zulip": Site(place=_zulip, own=("zulipchat.com",)),
        # telephones
        "gotify": _AT_ITS_HOST,
        "gotifys": _AT_ITS_HOST,
        "msgbird": Site(own=("rest.messagebird.com",)),
        "nexmo": Site(own=("rest.nexmo.com",)),
        "ntfy": Site(place=_ntfy, own=("ntfy.sh",)),
        "ntfys": Site(place=_ntfy, own=("ntfy.sh",)),
        "pbul": Site(own=("api.pushbullet.com",)),
        "pover": Site(own=("api.pushover.net",)),
        "prowl": Site(own=("api.prowlapp.com",)),
        "sns": Site(own=("sns.*.amazonaws.com",)),
        "twilio": Site(own=("api.twilio.com",)),
        "vonage": Site(own=("rest.nexmo.com",)),
        # mail
        "brevo": Site(own=("api.brevo.com",)),
        "mailgun": Site(own=("mailgun.net",)),
        "mailto": _MAIL,
        "mailtos": _MAIL,
        "postmark": Site(own=("api.postmarkapp.com",)),
        "resend": Site(own=("api.resend.com",)),
        "sendgrid": Site(own=("api.sendgrid.com",)),
        "ses": Site(own=("email.*.amazonaws.com",)),
        "smtp2go": Site(own=("api.smtp2go.com",)),
        "sparkpost": Site(own=("sparkpost.com",)),
        # anything that takes a webhook
        "form": _AT_ITS_HOST,
        "forms": _AT_ITS_HOST,
        "ifttt": Site(own=("maker.ifttt.com",)),
        "json": _AT_ITS_HOST,
        "jsons": _AT_ITS_HOST,
        "xml": _AT_ITS_HOST,
        "xmls": _AT_ITS_HOST,
    }
)
"""By the scheme of the Apprise URL."""

REFUSED_PARAMETERS: Final = frozenset(
    {"attach", "discovery", "e2ee", "hsreq", "pgp", "pgpprv", "pgppub", "redirect", "store", "template", "wkd"}
)
"""Parameters that read or write files, follow redirects or ask further hosts, as far as they are known by name."""
