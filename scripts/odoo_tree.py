"""Odoo 19 itself: the person's own, Debian's package unpacked here, or git.

Odoo is not on the Python package index. Debian's package `odoo-19` is in the suite
sid and for every architecture; it needs no installation, only unpacking.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from scripts import system
from scripts.console import Failure, call, say
from scripts.layout import DOWNLOADS, ODOO_GIT, ODOO_TREE, write_whole

SERIES = "19.0"
GIT_ADDRESS = "https://github.com/odoo/odoo.git"
DIST = Path("usr/lib/python3/dist-packages")
ODOO_SUITE = "sid"
# Debian keeps these apart and links to them; unpacked beside Odoo the links resolve.
# The links are to files as this suite has them, later ones moved the fonts.
LINKED_SUITE = "bookworm"
LINKED_PACKAGES = (
    "fonts-font-awesome",
    "fonts-roboto-unhinted",
    "fonts-inconsolata",
    "libjs-jquery",
    "libjs-underscore",
    "libjs-jquery-form",
)
LEFT_OUT = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"
ADVICE = (
    "Check the network and try again, or give an Odoo 19 of your own: "
    "make run ODOO_PATH=/path/to/odoo"
)


def locate() -> Path | None:
    """Return the folder to put on the Python path, if Odoo 19 is here already.

    :raise Failure: when `ODOO_PATH` is given and holds no Odoo 19.
    """
    given = os.environ.get("ODOO_PATH")
    if given:
        path = Path(given).expanduser().resolve()
        for folder in (path, path / DIST, path.parent):
            if _is_odoo(folder):
                return folder
        raise Failure(f"ODOO_PATH={given} holds no Odoo {SERIES}.")
    return next(filter(_is_odoo, (ODOO_TREE / DIST, ODOO_GIT)), None)


def addons_folders(odoo: Path) -> list[Path]:
    """Return Odoo's own addons folders for a folder given by `locate`."""
    inner = odoo / "odoo" / "addons"
    # A checkout keeps the applications apart; an installed Odoo has all in one.
    return [inner] if (inner / "crm").exists() else [inner, odoo / "addons"]


def fetch() -> Path:
    """Put Odoo 19 under the state folder, and return the folder as `locate` does.

    :raise Failure: when neither Debian's archive nor git could give it.
    """
    reason = "no Debian archive on this machine"
    if system.has_debian_archive():
        try:
            return _unpack_debian()
        except Failure as failure:
            reason = str(failure)
    if not shutil.which("git"):
        raise Failure(f"{reason}\n{ADVICE}")
    say("      Debian's package did not come; cloning Odoo with git instead")
    try:
        return _clone()
    except Failure as failure:
        raise Failure(f"{reason}\n\nand then\n\n{failure}") from failure


def _is_odoo(folder: Path) -> bool:
    release = folder / "odoo" / "release.py"
    if not release.exists():
        return False
    found = re.search(r"version_info = \((\d+), (\d+)", release.read_text())
    return bool(found) and ".".join(found.groups()) == SERIES


def _unpack_debian() -> Path:
    """Download with apt, unpack aside, complete it, and only then give it its name."""
    options = _apt_options()
    call(["apt-get", *options, "update"], log="odoo-apt-update", advice=ADVICE)
    linked = [f"{name}/{LINKED_SUITE}" for name in LINKED_PACKAGES]
    command = ["apt-get", *options, "download", f"odoo-19/{ODOO_SUITE}", *linked]
    call(command, log="odoo-download", advice=ADVICE, cwd=DOWNLOADS)
    part = ODOO_TREE.with_name("odoo.part")
    shutil.rmtree(part, ignore_errors=True)
    for archive in sorted(DOWNLOADS.glob("*.deb")):
        call(["dpkg", "-x", archive, part], log="odoo-unpack", advice=ADVICE)
    # Debian left a file out for its licence. The web client's bundle names it; without
    # it the browser's console shows an error.
    script = part / DIST / "odoo/addons" / LEFT_OUT
    script.parent.mkdir(parents=True, exist_ok=True)
    script.touch()
    shutil.rmtree(ODOO_TREE, ignore_errors=True)
    part.rename(ODOO_TREE)
    shutil.rmtree(DOWNLOADS)
    return ODOO_TREE / DIST


def _apt_options() -> list[str]:
    """Give apt a source list and folders of its own, so that no root is needed."""
    source = DOWNLOADS / "odoo.list"
    archive = f"deb [signed-by={system.debian_keyring()}] {_mirror()}"
    suites = (ODOO_SUITE, LINKED_SUITE)
    write_whole(source, "".join(f"{archive} {suite} main\n" for suite in suites))
    return _private_folders("odoo") + _options(
        {
            "Dir::Etc::sourcelist": source,
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::State::status": "/dev/null",
            "Acquire::Languages": "none",
        }
    )


def _private_folders(name: str) -> list[str]:
    lists, cache = DOWNLOADS / f"{name}-lists", DOWNLOADS / f"{name}-cache"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    (cache / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    options = {"Dir::State::lists": lists, "Dir::Cache": cache}
    if system.is_root():
        # Root's downloads are otherwise handed to a user who may not read the checkout.
        options["APT::Sandbox::User"] = "root"
    return _options(options)


def _options(values: dict) -> list[str]:
    return [f"-o{name}={value}" for name, value in values.items()]


def _mirror() -> str:
    """Return the Debian mirror that this machine's own apt is set up with.

    :raise Failure: when apt knows no main Debian archive.
    """
    address = _main_archive([])
    if not address:
        # A machine whose package lists were cleaned away knows no targets yet.
        options = _private_folders("machine")
        call(["apt-get", *options, "update"], log="apt-lists", advice=ADVICE)
        address = _main_archive(options)
    if not address:
        raise Failure("apt on this machine knows no Debian archive.")
    return address


def _main_archive(options: list[str]) -> str | None:
    fields = "$(REPO_URI) $(RELEASE) $(ORIGIN)"
    command = ["apt-get", *options, "indextargets", "--format", fields]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    for line in result.stdout.splitlines():
        address, release, origin = (line.split(" ") + ["", ""])[:3]
        # Suites such as <name>-security and <name>-updates live elsewhere or lack sid.
        if origin == "Debian" and "-" not in release:
            return address
    return None


def _clone() -> Path:
    part = ODOO_GIT.with_name("odoo-git.part")
    shutil.rmtree(part, ignore_errors=True)
    command = ["git", "clone", "--depth", "1", "--branch", SERIES, GIT_ADDRESS, part]
    call(command, log="odoo-clone", advice=ADVICE)
    return part.rename(ODOO_GIT)
