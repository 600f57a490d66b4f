"""Run all tests against a fresh database; words after the command go to pytest.

The last line is pytest's own closing line and the exit code is pytest's.
"""

from __future__ import annotations

import os
import subprocess
import sys

from scripts import postgres
from scripts.console import main, say
from scripts.layout import PYTHON, ROOT
from scripts.odoo_process import Place
from scripts.templates import copy_of_installed


def run() -> int:
    """Install the addon where needed, then let pytest run in a copy."""
    say("Tests: a fresh database with the addon")
    with postgres.server("test") as variables:
        with copy_of_installed(variables, f"test_{os.getpid()}") as place:
            code = _pytest(place, sys.argv[1:])
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
