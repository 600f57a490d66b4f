"""Run all tests against fresh databases; words after the command go to pytest.

The glue addon is tested first, in a database that also has OCA's `queue_job`, so that
the addon itself is tested without; then a database of the version before is upgraded.
The last line is pytest's own closing line and the exit code is pytest's: where the
glue's tests fail, they are the last that run. Words choose among the addon's tests, or
the glue's when one names its folder.
"""

from __future__ import annotations

import os
import subprocess
import sys

from scripts import postgres, upgrade
from scripts.console import main, say
from scripts.layout import GLUE, PYTHON, ROOT
from scripts.odoo_process import Place
from scripts.templates import copy_of_installed


def run() -> int:
    """Install the addons where needed, then let pytest run in copies."""
    words = sys.argv[1:]
    glue = any(word.startswith(GLUE) for word in words)
    code = 0
    with postgres.server("test") as variables:
        if glue or not words:
            say(f"Tests of {GLUE}: a fresh database with queue_job")
            with copy_of_installed(variables, f"test_{os.getpid()}", True) as place:
                code = _pytest(place, words or [f"{GLUE}/tests"])
        if not (words or code):
            say("Upgrade: a database of the version before, with demo data")
            upgrade.check(variables)
        if not (glue or code):
            say("Tests: a fresh database with the addon")
            with copy_of_installed(variables, f"test_{os.getpid()}") as place:
                code = _pytest(place, words)
    return code


def _pytest(place: Place, words: list[str]) -> int:
    """Run pytest as a child; Ctrl-C reaches it too, and it says what was done."""
    command = [str(PYTHON), "-m", "pytest", *words]
    with subprocess.Popen(command, cwd=ROOT, env=place.variables) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


if __name__ == "__main__":
    main(run)
