# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Command line: ``python -m plinx_sandbox --port 8099 --token secret``."""

import argparse
import signal
import sys
import threading

from .server import SandboxServer


def parse_arguments(arguments=None):
    """Return the command line's values; exits with 2 and a sentence if wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m plinx_sandbox",
        description="A stand-in Plinx server for trying out and testing.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="default %(default)s")
    parser.add_argument(
        "--port", type=int, default=8099, help="default %(default)s, 0: a free one"
    )
    parser.add_argument(
        "--control-port",
        type=int,
        default=0,
        help="page and controls that no fault touches, default: a free one",
    )
    parser.add_argument("--token", required=True, help="bearer token of the API")
    parser.add_argument("--seed", help="JSON file with conversations to open")
    parser.add_argument("--webhook-url", help="where events go")
    parser.add_argument("--webhook-secret", help="whsec_ and base64")
    values = parser.parse_args(arguments)
    if bool(values.webhook_url) != bool(values.webhook_secret):
        parser.error("--webhook-url and --webhook-secret go together")
    return values


def main(arguments=None):
    """Run until Ctrl-C or SIGTERM and return the exit status."""
    values = parse_arguments(arguments)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_args: ended.set())
    try:
        server = SandboxServer(
            token=values.token,
            host=values.host,
            port=values.port,
            control_port=values.control_port,
            webhook_url=values.webhook_url,
            webhook_secret=values.webhook_secret,
        )
        server.start()
        opened = server.load(values.seed) if values.seed else 0
    except (OSError, ValueError, OverflowError) as error:
        print(f"plinx_sandbox: {error}", file=sys.stderr)
        return 1
    print(f"Plinx sandbox: {server.url} (page and API)", flush=True)
    print(f"Controls while connections are refused: {server.control_url}", flush=True)
    if opened:
        print(f"Conversations from the seed file: {opened}", flush=True)
    ended.wait()
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
