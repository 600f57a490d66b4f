"""What the machine must offer: programs on the path, or packages to install."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.console import Failure, call

# The names under which Odoo's test browser looks for Chromium, in its order.
BROWSERS = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
# The first font of Odoo's own list that is free; with another one words are cut off
# elsewhere than on the screens of those who use the product.
FONT = Path("/usr/share/fonts/truetype/roboto")
OLDEST, NEWEST = (3, 10), (3, 13)
POSTGRES_OLDEST = 13


def is_root() -> bool:
    """Tell whether packages of the machine can be installed by this user."""
    return os.geteuid() == 0


def browser() -> str | None:
    """Return the path of Chromium or Chrome, if the machine has one."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def python() -> str | None:
    """Return a Python that Odoo 19 supports: this one, else one on the path."""
    names = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    for candidate in [sys.executable, *names]:
        path = shutil.which(candidate)
        if path and _runs_a_supported_version(path):
            return path
    return None


def _runs_a_supported_version(path: str) -> bool:
    """Ask the interpreter itself: a name on the path may be an empty shim."""
    code = f"import sys; sys.exit(not {OLDEST} <= sys.version_info[:2] <= {NEWEST})"
    return _quiet([path, "-c", code])


def can_make_venv(interpreter: str) -> bool:
    """Tell whether `venv` can put pip into a new environment.

    Debian ships `ensurepip` in a package of its own (python3-venv).
    """
    return _quiet([interpreter, "-c", "import venv, ensurepip"])


def postgres_bin() -> str | None:
    """Return the folder of the newest PostgreSQL programs, 13 or newer."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_major_of_path)
    found = shutil.which("initdb")
    folders += [Path(found).resolve().parent] if found else []
    for folder in reversed(folders):
        if (folder / "initdb").exists() and postgres_major(folder) >= POSTGRES_OLDEST:
            return str(folder)
    return None


def _major_of_path(path: Path) -> int:
    return int(path.parent.name) if path.parent.name.isdigit() else 0


def postgres_major(folder: Path | str) -> int:
    """Return the major version of the programs in the folder, 0 if unreadable."""
    try:
        text = subprocess.run(
            [str(Path(folder) / "postgres"), "--version"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
    except OSError:
        return 0
    found = re.search(r"(\d+)", text)
    return int(found.group(1)) if found else 0


def has_debian_archive() -> bool:
    """Tell whether a Debian package can be fetched and unpacked here."""
    return bool(shutil.which("apt-get") and shutil.which("dpkg") and debian_keyring())


def debian_keyring() -> Path | None:
    """Return the key ring with which Debian signs its archive, if present."""
    folder = Path("/usr/share/keyrings")
    names = ("debian-archive-keyring.gpg", "debian-archive-keyring.pgp")
    return next((folder / name for name in names if (folder / name).exists()), None)


def install(packages: list[str]) -> None:
    """Install Debian packages; for root only.

    :raise Failure: when apt cannot.
    """
    options = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    names = " ".join(packages)
    advice = f"Install them by hand, then try again: apt-get install {names}"
    call(["apt-get", "update"], log="apt-update", advice=advice, **options)
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    call(command, log="apt-install", advice=advice, **options)


def provide(browser_needed: bool) -> None:
    """Install what is missing as root, else name all of it in one message.

    :raise Failure: when something is missing and cannot be installed.
    """
    packages, missing = _lacking(browser_needed)
    if packages and is_root() and shutil.which("apt-get"):
        install(packages)
        packages, missing = _lacking(browser_needed)
    if missing:
        raise Failure(
            "this machine lacks:\n"
            + "".join(f"  - {line}\n" for line in missing)
            + (_ask_for(packages) if packages else "")
            + "Then run the same command again."
        )


def _ask_for(packages: list[str]) -> str:
    return f"On Debian or Ubuntu: sudo apt-get install {' '.join(packages)}\n"


def _lacking(browser_needed: bool) -> tuple[list[str], list[str]]:
    """Return the packages worth installing and the needs that stop us.

    PostgreSQL and the font are only worth it: there is still a wheel, and another font.
    """
    packages, missing = [], []
    interpreter = python()
    if not interpreter:
        packages.append("python3")
        missing.append("Python 3.10, 3.11, 3.12 or 3.13 (none found on the path)")
    elif not can_make_venv(interpreter):
        packages.append("python3-venv")
        missing.append(f"the modules venv and ensurepip of {interpreter}")
    if browser_needed and not browser():
        packages.append("chromium")
        missing.append("Chromium, for the tests in the browser and the screenshots")
    if browser_needed and is_root() and not FONT.exists():
        packages.append("fonts-roboto-unhinted")
    if not (os.environ.get("ODOO_PATH") or has_debian_archive() or shutil.which("git")):
        packages.append("git")
        missing.append("Odoo 19: neither ODOO_PATH nor apt-get and dpkg nor git")
    if is_root() and not os.environ.get("PGHOST") and not postgres_bin():
        packages.append("postgresql")
    return packages, missing


def _quiet(command: list[str]) -> bool:
    try:
        result = subprocess.run(command, capture_output=True, check=False)
    except OSError:
        return False
    return result.returncode == 0
