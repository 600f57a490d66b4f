"""Check style: ruff, pylint-odoo, the README, and what must not stand in the tree.

eslint and prettier need node and run through `.pre-commit-config.yaml` only.
"""

from __future__ import annotations

import re
import subprocess

from scripts.console import main, say
from scripts.layout import ADDON, LOGS, ROOT, VENV, read_setup

# The classes keep a pattern from finding itself in this file.
FORBIDDEN = {
    "a path of one machine": r"(^|[^\w.~])/(work|farm|root|opt|home)/\w",
    "a registry's host": r"(pypi[.]org|pythonhosted[.]org|registry[.]npmjs[.]|"
    r"deb[.]debian[.]org|security[.]debian[.]org)",
    "something left undone": r"\b(TOD[O]|FIXM[E]|XX[X]|raise NotImplemente[d]Error)\b",
    "a skipped test": r"(pytest[.]mark[.]skip|unittest[.]skip|[@]skip|[.]skipTes[t])",
}
UNCHECKED = {"LICENSE"}


def run() -> int:
    """Return 0 when every check passes; all of them run."""
    checks = {
        "ruff check": [VENV / "bin" / "ruff", "check", "."],
        "ruff format": [VENV / "bin" / "ruff", "format", "--check", "."],
        "pylint-odoo": [VENV / "bin" / "pylint", "--rcfile=.pylintrc", ADDON],
        "readme": [VENV / "bin" / "python", "-m", "scripts.readme", "--check"],
    }
    failed = [name for name, command in checks.items() if not _passes(name, command)]
    say("tree")
    if findings := _findings():
        say("\n".join(findings))
        failed.append("tree")
    say(f"Failed: {', '.join(failed)}" if failed else "All checks passed.")
    return bool(failed)


def _passes(name: str, command: list) -> bool:
    say(name)
    words = [str(word) for word in command]
    environment = {"PYTHONPATH": read_setup()["odoo"], "PYLINTHOME": str(LOGS)}
    return subprocess.run(words, cwd=ROOT, env=environment, check=False).returncode == 0


def _findings() -> list[str]:
    """Return one line for each place with something that must not be there."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [
        f"{name}:{number}: {what}: {line.strip()[:100]}"
        for name in names
        if name not in UNCHECKED
        for number, line in _lines(name)
        for what, pattern in FORBIDDEN.items()
        if re.search(pattern, line)
    ]


def _lines(name: str) -> list[tuple[int, str]]:
    """Return a text file's numbered lines, none for a picture or a removed file."""
    try:
        return list(enumerate((ROOT / name).read_text().splitlines(), 1))
    except (UnicodeDecodeError, OSError):
        return []


if __name__ == "__main__":
    main(run)
