"""Stop what runs in this checkout and remove all that was made.

Standard library only: it must also work where the set-up did not.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from contextlib import suppress
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
            with suppress(ProcessLookupError):
                # PostgreSQL ends at once, closing its connections, on SIGINT.
                os.kill(pid, signal.SIGINT)
        time.sleep(0.5)


def _processes() -> list[int]:
    """Return the processes of this checkout: Odoo, sandbox, PostgreSQL, commands."""
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and int(entry.name) != os.getpid() and _ours(entry)
    ]


def _ours(entry: Path) -> bool:
    """Tell a process by where it works (PostgreSQL) or by its Python (the rest)."""
    try:
        program = (entry / "cmdline").read_bytes().split(b"\0")[0].decode()
        places = (Path(program), (entry / "cwd").readlink())
    except (OSError, UnicodeDecodeError):
        return False
    return any({STATE, ROOTS_POSTGRES}.intersection(place.parents) for place in places)


if __name__ == "__main__":
    main(run)
