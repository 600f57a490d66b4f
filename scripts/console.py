"""Numbered steps on the terminal, and commands whose failure is explained."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from scripts.layout import LOGS

TAIL_LINES = 15


class Failure(Exception):
    """A step cannot be done; the text says what failed and what to do."""


def say(text: str) -> None:
    """Print one line at once, also when the output is a pipe."""
    print(text, flush=True)


class Steps:
    """Counts the steps of one command, so that progress can be seen."""

    def __init__(self, total: int):
        self.total = total
        self.number = 0

    @contextmanager
    def step(self, text: str):
        """Announce a step, then tell how long it took when that was long."""
        self.number += 1
        say(f"[{self.number}/{self.total}] {text}")
        start = time.monotonic()
        yield
        seconds = time.monotonic() - start
        if seconds >= 2:
            say(f"      done in {seconds:.0f} s")


def tail(path: Path, lines: int = TAIL_LINES) -> str:
    """Return the last lines of a log, or an empty text when there is none."""
    if not path.exists():
        return ""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


def call(command: list, *, log: str, advice: str, **options) -> None:
    """Run a command with its output in `.state/logs/<log>.log`.

    :raise Failure: with the end of the log and the advice, when it fails.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{log}.log"
    words = [str(word) for word in command]
    with path.open("wb") as output:
        output.write((" ".join(words) + "\n").encode())
        output.flush()
        try:
            code = subprocess.run(
                words,
                stdin=None if "input" in options else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                **options,
            ).returncode
        except OSError as error:
            raise Failure(f"{words[0]}: {error}\n{advice}") from error
    if code:
        raise Failure(
            f"{Path(words[0]).name} ({log}) ended with code {code}:\n\n{tail(path)}\n\n"
            f"{advice}\nThe whole output: {path}"
        )


def main(function) -> None:
    """Run a command's function; a failure is one message and exit code 1."""
    try:
        sys.exit(function())
    except Failure as failure:
        say(f"\nFailed: {failure}")
        sys.exit(1)
    except KeyboardInterrupt:
        say("\nInterrupted. The next run goes on from here.")
        sys.exit(130)
