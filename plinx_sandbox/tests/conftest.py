# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A running sandbox, and a receiver of its webhooks."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from plinx_sandbox import SandboxServer

TOKEN = "a-token"


class Api(requests.Session):
    """A session that knows the sandbox's address and token."""

    def __init__(self, base):
        super().__init__()
        self.base = base
        self.trust_env = False
        self.headers["Authorization"] = f"Bearer {TOKEN}"

    def request(self, method, url, **options):
        """Send a request to a path of the sandbox, or to a whole address."""
        options.setdefault("timeout", 10)
        options["allow_redirects"] = False
        url = url if url.startswith("http") else self.base + url
        return super().request(method, url, **options)

    def lookup(self, *wa_ids, **body):
        """Ask for one contact."""
        body = {"wa_ids": list(wa_ids), **body}
        return self.post("/v1/conversations/lookup", json=body)

    def batch(self, *items):
        """Ask for several contacts."""
        return self.post("/v1/conversations/lookup/batch", json={"items": list(items)})


class Receiver(ThreadingHTTPServer):
    """Takes webhooks and answers with the statuses it was told, then 200."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _ReceiverHandler)
        self.received = []
        self.statuses = []
        self.url = f"http://127.0.0.1:{self.server_port}/hook?company=1"


class _ReceiverHandler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, dict(self.headers), body))
        statuses = self.server.statuses
        self.send_response(statuses.pop(0) if statuses else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args):
        """Keep the test run quiet."""


@pytest.fixture(scope="session")
def server():
    """One sandbox for all tests."""
    with SandboxServer(token=TOKEN, retry_delays=(0.01, 0.01, 0.01)) as running:
        yield running


@pytest.fixture
def sandbox(server):
    """That sandbox, with nothing of an earlier test in it."""
    server.set_webhook(None)
    server.clear()
    return server


@pytest.fixture
def api(sandbox):
    """A client of that sandbox."""
    with Api(sandbox.url) as session:
        yield session


@pytest.fixture
def receiver():
    """A real HTTP server that takes webhooks."""
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
