"""What the machine must offer: programs on the path, or packages to install."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from scripts.console import Failure, call

# The names under which Odoo's test browser looks for Chromium, in its order.
BROWSERS = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
# The first font of Odoo's own list that is free; with another one words are cut off
# elsewhere than on the screens of those who use the product.
FONT = Path("/usr/share/fonts/truetype/roboto")
OLDEST, NEWEST = (3, 10), (3, 13)
POSTGRES_OLDEST = 13


class Need(NamedTuple):
    """Something to find on the machine, and the Debian package that has it.

    ``sentence`` says what is missing; it is empty where we can do without.
    """

    package: str
    found: bool
    sentence: str = ""


def provide(browser_needed: bool) -> None:
    """Install what is missing as root, else name all of it in one message.

    :raise Failure: when something is missing and cannot be installed.
    """
    missing = _missing(browser_needed)
    if missing and is_root() and shutil.which("apt-get"):
        _install([need.package for need in missing])
        missing = _missing(browser_needed)
    if needed := [need for need in missing if need.sentence]:
        packages = " ".join(need.package for need in needed)
        raise Failure(
            "this machine lacks:\n"
            + "".join(f"  - {need.sentence}\n" for need in needed)
            + f"On Debian or Ubuntu: sudo apt-get install {packages}\n"
            "Then run the same command again."
        )


def _missing(browser_needed: bool) -> list[Need]:
    interpreter = python()
    odoo = os.environ.get("ODOO_PATH") or has_debian_archive() or shutil.which("git")
    needs = [
        Need("python3", bool(interpreter), "Python 3.10 to 3.13, on the path"),
        # Debian ships ensurepip in a package of its own.
        Need(
            "python3-venv",
            not interpreter or _succeeds(interpreter, "import venv, ensurepip"),
            f"the modules venv and ensurepip of {interpreter}",
        ),
        Need("git", bool(odoo), "Odoo 19: neither ODOO_PATH nor apt-get nor git"),
        Need("postgresql", bool(os.environ.get("PGHOST") or postgres_bin())),
    ]
    if browser_needed:
        why = "Chromium, for the tests in the browser and the screenshots"
        needs.append(Need("chromium", bool(browser()), why))
        needs.append(Need("fonts-roboto-unhinted", FONT.exists()))
    return [need for need in needs if not need.found]


def _install(packages: list[str]) -> None:
    options = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    advice = f"Install by hand, then try again: apt-get install {' '.join(packages)}"
    call(["apt-get", "update"], log="apt-update", advice=advice, **options)
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    call(command, log="apt-install", advice=advice, **options)


def is_root() -> bool:
    """Tell whether packages of the machine can be installed by this user."""
    return os.geteuid() == 0


def browser() -> str | None:
    """Return the path of Chromium or Chrome, if the machine has one."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def python() -> str | None:
    """Return a Python that Odoo 19 supports: this one, else one on the path."""
    names = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    # The interpreter itself is asked: a name on the path may be an empty shim.
    code = f"import sys; assert {OLDEST} <= sys.version_info[:2] <= {NEWEST}"
    for path in filter(None, map(shutil.which, [sys.executable, *names])):
        if _succeeds(path, code):
            return path
    return None


def _succeeds(interpreter: str, code: str) -> bool:
    command = [interpreter, "-c", code]
    return not subprocess.run(command, capture_output=True, check=False).returncode


def postgres_bin() -> Path | None:
    """Return the folder of the newest PostgreSQL programs, 13 or newer."""
    folders = list(Path("/usr/lib/postgresql").glob("*/bin"))
    if initdb := shutil.which("initdb"):
        folders.append(Path(initdb).resolve().parent)
    newest = max(folders, key=postgres_major, default=None)
    return newest if newest and postgres_major(newest) >= POSTGRES_OLDEST else None


def postgres_major(folder: Path) -> int:
    """Return the major version of the programs in the folder, 0 without any."""
    if not (folder / "initdb").exists():
        return 0
    command = [folder / "initdb", "--version"]
    text = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = re.search(r"\d+", text)
    return int(found.group()) if found else 0


def has_debian_archive() -> bool:
    """Tell whether a Debian package can be fetched and unpacked here."""
    return bool(shutil.which("apt-get") and shutil.which("dpkg") and debian_keyring())


def debian_keyring() -> Path | None:
    """Return the key ring with which Debian signs its archive, if present."""
    return next(Path("/usr/share/keyrings").glob("debian-archive-keyring.*"), None)
