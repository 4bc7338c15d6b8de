"""``python -m lab.servers --check``: whether Debian's packages are there; says what to install, and fails."""

import sys

from lab.servers.packages import advice, missing_packages

if gone := missing_packages():
    sys.exit(f"the tests need what Debian has, and {', '.join(gone)} cannot be found; on Debian: {advice()}")
