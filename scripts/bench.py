"""Run every benchmark of `bench/`, one after the other, on a database made for it.

Words after the command go to each benchmark.
"""

from __future__ import annotations

import subprocess
import sys

from scripts.console import main, say
from scripts.layout import PYTHON, ROOT
from scripts.services import services


def run() -> int:
    """Return 0 when every benchmark did."""
    scripts = sorted((ROOT / "bench").glob("bench_*.py"))
    if not scripts:
        say("There is no benchmark in bench/ (bench_*.py).")
        return 0
    failed = []
    with services("bench") as place:
        for script in scripts:
            say(f"\n{script.name}")
            command = [str(PYTHON), str(script), *sys.argv[1:]]
            result = subprocess.run(command, cwd=ROOT, env=place.variables, check=False)
            if result.returncode:
                failed.append(script.name)
    if failed:
        say(f"\nFailed: {', '.join(failed)}")
    return bool(failed)


if __name__ == "__main__":
    main(run)
