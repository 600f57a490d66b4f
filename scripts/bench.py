"""Run the benchmarks of `bench/`, one after the other, on a database made for it.

The first words after the command choose some of them (`day` is `bench_day.py`);
without, all run. The words from the first option on go to each benchmark.
"""

from __future__ import annotations

import subprocess
import sys
from itertools import takewhile
from pathlib import Path

from scripts.console import Failure, main, say
from scripts.layout import PYTHON, ROOT
from scripts.services import services


def run() -> int:
    """Return 0 when every benchmark did."""
    names = [*takewhile(lambda word: not word.startswith("-"), sys.argv[1:])]
    words = sys.argv[1 + len(names) :]
    scripts = chosen(names)
    failed = []
    with services("bench") as place:
        for script in scripts:
            say(f"\n{script.name}")
            command = [str(PYTHON), str(script), *words]
            result = subprocess.run(command, cwd=ROOT, env=place.variables, check=False)
            if result.returncode:
                failed.append(script.name)
    if failed:
        say(f"\nFailed: {', '.join(failed)}")
    return bool(failed)


def chosen(names: list[str]) -> list[Path]:
    """The benchmarks of these names, or all.

    :raise Failure: when there is none of a name.
    """
    folder = ROOT / "bench"
    known = {
        path.stem.removeprefix("bench_"): path
        for path in sorted(folder.glob("bench_*.py"))
    }
    if unknown := [name for name in names if name not in known]:
        raise Failure(
            f"There is no benchmark {unknown[0]}; there are: {', '.join(known)}."
        )
    return [known[name] for name in names or known]


if __name__ == "__main__":
    main(run)
