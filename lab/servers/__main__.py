"""``python -m lab.servers --check``: whether Debian's servers are there; says what to install and fails otherwise."""

import sys

from lab.servers.packages import advice, missing_packages

if gone := missing_packages():
    sys.exit(f"the tests need real servers, and {', '.join(gone)} cannot be found; on Debian: {advice()}")
