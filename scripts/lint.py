"""Run the checks of `.pre-commit-config.yaml` over the whole tree.

What a check can correct it corrects, and counts as failed all the same. Words after the
command go to pre-commit: the name of a check runs only that one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from scripts.console import main, say
from scripts.layout import HOOKS, PYTHON, ROOT


def run() -> int:
    """Return 0 when every check passes; all of them run."""
    environment = {**os.environ, "PRE_COMMIT_HOME": str(HOOKS)}
    if not shutil.which("npm"):
        say("eslint and prettier: not run, npm is not on this machine")
        environment["SKIP"] = "eslint,prettier"
    command = [PYTHON, "-m", "pre_commit", "run", "--all-files", *sys.argv[1:]]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    main(run)
