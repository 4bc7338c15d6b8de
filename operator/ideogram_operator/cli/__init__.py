"""The commands people type."""

import os
from pathlib import Path

# kubernetes looks up the home folder when it is imported, and the user of a container may have none.
try:
    Path.home()
except RuntimeError:
    os.environ["HOME"] = "/"
