"""Where things are in the checkout, and how a finished step is remembered."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDON = "dialer_plinx_gate"
ADDON_DIR = ROOT / ADDON
GLUE = f"{ADDON}_queue_job"
GLUE_DIR = ROOT / GLUE
SANDBOX = "plinx_sandbox"

STATE = ROOT / ".state"
VENV = STATE / "venv"
PYTHON = VENV / "bin" / "python"
HOOKS = STATE / "hooks"
ODOO_TREE = STATE / "odoo"
ODOO_GIT = STATE / "odoo-git"
MORE_ADDONS = STATE / "addons"
DOWNLOADS = STATE / "downloads"
LOGS = STATE / "logs"
DATA = STATE / "data"
CONF = STATE / "conf"
POSTGRES = STATE / "postgres"
SETUP_FILE = STATE / "setup.json"

ODOO_REQUIREMENTS = ROOT / "scripts" / "odoo-requirements.txt"
ODOO_ADDONS = ROOT / "scripts" / "odoo-addons.txt"
REQUIREMENTS = ROOT / "requirements.txt"
TEST_REQUIREMENTS = ROOT / "test-requirements.txt"

# Neither changes what a database holds once the addon is installed.
NOT_INSTALLED = {"tests", "readme", "newsfragments", "__pycache__"}


def digest(*parts: str | bytes) -> str:
    """Return a short hash of the parts, in their order."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(b"%d:" % len(data) + data)
    return total.hexdigest()[:16]


def addon_digest(folder: Path = ADDON_DIR) -> str:
    """Return a hash of every file of an addon that an installation depends on."""
    parts: list[str | bytes] = []
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and not NOT_INSTALLED.intersection(relative.parts):
            parts += [str(relative), path.read_bytes()]
    return digest(*parts)


def read_setup() -> dict:
    """Return what the set-up found (`odoo`, `addons`, `postgres`, `chromium`).

    An absent or unreadable file gives an empty dict: the set-up then runs again.
    """
    try:
        return json.loads(SETUP_FILE.read_text())
    except (OSError, ValueError):
        return {}


def write_whole(path: Path, text: str) -> None:
    """Write the file so that a reader sees the old text or the new, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text)
    part.replace(path)


def rebuild(folder: Path, key: str, make: Callable[[], None]) -> None:
    """Make a folder anew, unless it was made to its end with the same key."""
    stamp = folder / "installed"
    if stamp.exists() and stamp.read_text() == key:
        return
    shutil.rmtree(folder, ignore_errors=True)
    make()
    write_whole(stamp, key)


# PostgreSQL refuses root and runs as another user, who may be closed out of the
# checkout. Nobody but root can make a folder here, so none can be there before.
ROOTS_POSTGRES = Path("/var/lib") / f"dialer-{digest(str(ROOT))}"
