"""Check style: ruff, pylint-odoo, eslint, prettier, the README, and the whole tree.

The tree must not hold a machine's path, a skipped test and the like. eslint and
prettier come from npm, with the versions of `.pre-commit-config.yaml`; a machine
without npm is told that they were not run. `--fix` mends what can be mended.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import yaml

from scripts.console import call, main, say
from scripts.layout import (
    ADDON,
    LOGS,
    NODE,
    ROOT,
    VENV,
    digest,
    read_setup,
    write_whole,
)

# The classes keep a pattern from finding itself in this file.
FORBIDDEN = {
    "a path of one machine": r"(^|[^\w.~])/(work|farm|root|opt|home)/\w",
    "a registry's host": r"(pypi[.]org|pythonhosted[.]org|registry[.]npmjs[.]|"
    r"deb[.]debian[.]org|security[.]debian[.]org)",
    "something left undone": r"\b(TOD[O]|FIXM[E]|XX[X]|raise NotImplemente[d]Error)\b",
    "a skipped test": r"(pytest[.]mark[.]skip|unittest[.]skip|[@]skip|[.]skipTes[t])",
}
UNCHECKED = {"LICENSE"}
PRE_COMMIT = ROOT / ".pre-commit-config.yaml"


def run() -> int:
    """Return 0 when every check passes; all of them run."""
    fix = "--fix" in sys.argv[1:]
    ruff = VENV / "bin" / "ruff"
    checks = {
        "ruff check": [ruff, "check", *(["--fix"] if fix else []), "."],
        "ruff format": [ruff, "format", *([] if fix else ["--check"]), "."],
        "pylint-odoo": [VENV / "bin" / "pylint", "--rcfile=.pylintrc", ADDON],
        "readme": [VENV / "bin" / "python", "-m", "scripts.readme", "--check"],
        **_node_checks(fix),
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
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": read_setup()["odoo"],
        "PYLINTHOME": str(LOGS),
        # where the configurations of eslint and prettier find their plugins
        "NODE_PATH": str(NODE / "node_modules"),
    }
    return subprocess.run(words, cwd=ROOT, env=environment, check=False).returncode == 0


def _node_checks(fix: bool) -> dict[str, list]:
    """Return the commands of the checks that need node, none without npm."""
    if not shutil.which("npm"):
        say("eslint and prettier: not run, npm is not on this machine")
        return {}
    hooks = _hooks()
    _provide_node(hooks)
    programs = NODE / "node_modules" / ".bin"
    how = ["--write"] if fix else ["--check"]
    return {
        "eslint": [
            programs / "eslint",
            *(["--fix"] if fix else []),
            *_files(hooks["eslint"]["files"], r"\.js$"),
        ],
        "prettier": [
            programs / "prettier",
            *how,
            "--log-level=warn",
            *_files(hooks["prettier"]["files"]),
        ],
    }


def _hooks() -> dict[str, dict]:
    """Return the hooks of pre-commit that run in node, by their names."""
    repos = yaml.safe_load(PRE_COMMIT.read_text())["repos"]
    hooks = [hook for repo in repos for hook in repo["hooks"]]
    return {hook["id"]: hook for hook in hooks if hook.get("language") == "node"}


def _provide_node(hooks: dict[str, dict]) -> None:
    """Install the packages of these hooks, unless the same ones are there."""
    packages = [
        name for hook in hooks.values() for name in hook["additional_dependencies"]
    ]
    stamp = NODE / "installed"
    if stamp.exists() and stamp.read_text() == digest(*packages):
        return
    shutil.rmtree(NODE, ignore_errors=True)
    NODE.mkdir(parents=True)
    call(
        ["npm", "install", "--no-audit", "--no-fund", "--prefix", NODE, *packages],
        log="npm",
        advice="Check the network and npm's own settings, then try again.",
    )
    write_whole(stamp, digest(*packages))


def _files(*patterns: str) -> list[str]:
    """Return the files of the tree that pre-commit would give to a hook."""
    excluded = yaml.safe_load(PRE_COMMIT.read_text())["exclude"]
    return [
        name
        for name in _tree()
        if all(re.search(pattern, name) for pattern in patterns)
        and not re.search(excluded, name)
        and (ROOT / name).exists()
    ]


def _tree() -> list[str]:
    """Return the names of the files that git knows, or would add."""
    return subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()


def _findings() -> list[str]:
    """Return one line for each place with something that must not be there."""
    return [
        f"{name}:{number}: {what}: {line.strip()[:100]}"
        for name in _tree()
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
