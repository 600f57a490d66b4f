"""Stop what runs in this checkout and remove all that was made.

Standard library only: it must also work where the set-up did not.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

from scripts.console import Failure, main, say
from scripts.layout import ROOTS_POSTGRES, STATE

PATIENCE_SECONDS = 20


def run() -> int:
    """Remove the state folder, and root's databases outside of it."""
    _stop_all()
    for folder in (STATE, ROOTS_POSTGRES):
        if folder.exists():
            say(f"Removing {folder}")
            shutil.rmtree(folder)
    return 0


def _stop_all() -> None:
    """End the processes that work in our folders, and wait until they are gone.

    :raise Failure: when one stays.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while found := _processes():
        if time.monotonic() > deadline:
            raise Failure(f"these processes do not end: {found}")
        for pid in found:
            # PostgreSQL ends at once, closing its connections, on SIGINT.
            _send(pid, signal.SIGINT)
        time.sleep(0.5)


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _processes() -> list[int]:
    """Return the processes of this checkout: Odoo, sandbox, PostgreSQL, commands."""
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and int(entry.name) != os.getpid() and _ours(entry)
    ]


def _ours(entry: Path) -> bool:
    """Tell a process by where it works (PostgreSQL) or by its Python (the rest)."""
    folders = (str(STATE), str(ROOTS_POSTGRES))
    try:
        words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        place = os.readlink(entry / "cwd")
    except OSError:
        return False
    return any(
        place.startswith(f"{folder}/") or words[0].startswith(f"{folder}/")
        for folder in folders
    )


if __name__ == "__main__":
    main(run)
