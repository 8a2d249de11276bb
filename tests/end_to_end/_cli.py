"""Running `aft-sim` in tests: in this process for speed, or as a new user would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from click.testing import Result  # noqa: F401
