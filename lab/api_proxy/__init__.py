"""An HTTP proxy between an operator and its API server: knows each request, spoils some, stops the world at one."""

from lab.api_proxy.asked import Asked, Exchange
from lab.api_proxy.halt import Halt, When
from lab.api_proxy.proxy import ApiProxy
from lab.api_proxy.rules import Fate, Rule

__all__ = ["ApiProxy", "Asked", "Exchange", "Fate", "Halt", "Rule", "When"]
