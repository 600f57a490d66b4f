# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The command line, as a process of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

PACKAGE = Path(__file__).parents[1]


def start(*arguments):
    """Start the sandbox as a person would."""
    return subprocess.Popen(
        [sys.executable, "-m", "plinx_sandbox", *arguments],
        cwd=PACKAGE.parent,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_runs_with_the_demo_seed_until_it_is_told_to_end(number):
    seed = str(PACKAGE / "demo.json")
    with start("--port", "0", "--token", "t", "--seed", seed) as process:
        address = process.stdout.readline().split()[2]
        headers = {"Authorization": "Bearer t"}
        data = requests.get(f"{address}/sandbox/conversations", timeout=5).json()[
            "data"
        ]
        assert any(row["state"] == "active" for row in data)
        health = requests.get(f"{address}/v1/health", headers=headers, timeout=5)
        assert health.status_code == 200
        process.send_signal(number)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""


def test_a_taken_port_is_one_clear_sentence(sandbox):
    with start("--port", str(sandbox.port), "--token", "t") as process:
        assert process.wait(10) == 1
        assert process.stderr.read().count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--token", "t", "--port", "x"),
        ("--token", "t", "--webhook-url", "http://127.0.0.1/"),
    ],
)
def test_wrong_arguments_are_told(arguments):
    with start(*arguments) as process:
        assert process.wait(10) == 2
        assert "error:" in process.stderr.read()
