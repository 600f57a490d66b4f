"""What taking in a pushed event costs, against a route that does nothing.

Starts an Odoo server of its own with ``bench/addons``, whose trivial route has the
same kind of access, and sends to both in turn over one kept connection.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import sys
import time
import uuid
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import urlsplit

import world

from odoo.tools import config

from plinx_sandbox import sign
from scripts.services import odoo

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
OTHER = "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="
ADDONS = Path(__file__).parent / "addons"
LIMIT = 1.7


class Sender:
    """Sends events over one connection, each with an id and a sequence of its own."""

    def __init__(self, url: str, path: str):
        parts = urlsplit(url)
        self._link = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        self._path = path
        self._sequence = 0

    def send(self, path: str, kind: str, status: str, secret: str, wanted: int):
        """Send one event; give the seconds that the answer took."""
        self._sequence += 1
        event_id = f"evt_{uuid.uuid4().hex}"
        raw = self._body(event_id, kind, status)
        stamp = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": event_id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": sign(secret, event_id, stamp, raw),
        }
        begin = time.perf_counter()
        self._link.request("POST", path, raw, headers)
        answer = self._link.getresponse()
        answer.read()
        spent = time.perf_counter() - begin
        assert answer.status == wanted, (path, answer.status)
        return spent

    def _body(self, event_id: str, kind: str, status: str) -> bytes:
        now = datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")
        number = self._sequence % 5000
        conversation = {
            "id": f"cnv_{number}",
            "status": status,
            "business_number": "554733001000",
            "assignee": "Bia",
            "opened_at": now,
            "last_inbound_at": now,
            "last_outbound_at": None,
            "window_expires_at": None,
            "url": f"https://plinx.example/c/{number}",
            "sequence": time.time_ns() // 1000,
        }
        event = {
            "id": event_id,
            "type": kind,
            "version": "1",
            "occurred_at": now,
            "tenant": "bench",
            "data": {
                "conversation": conversation,
                "identities": {"wa_id": f"55479{80000000 + number}", "bsuid": None},
            },
        }
        return json.dumps(event).encode()

    def cases(self):
        """What is compared: path, type, status, secret and the answer wanted."""
        opened, closed = "conversation.opened", "conversation.closed"
        return {
            "trivial": ("/bench/trivial/x", opened, "open", SECRET, 200),
            "opened": (self._path, opened, "open", SECRET, 200),
            "closed": (self._path, closed, "closed", SECRET, 200),
            "ping": (self._path, "ping", "open", SECRET, 200),
            "bad signature": (self._path, opened, "open", OTHER, 401),
            "unknown address": (
                "/plinx/webhook/" + "x" * 32,
                opened,
                "open",
                OTHER,
                401,
            ),
        }


def prepare() -> str:
    """Give the bench's company a secret; return the path of its address."""
    with world.environment(world.registry()) as env:
        company = world.make_company(env)
        company.plinx_webhook_secret = SECRET
        return f"/plinx/webhook/{company.plinx_webhook_key}"


def clean() -> None:
    """Remove what the events left behind."""
    with world.environment(world.registry()) as env:
        company = world.make_company(env)
        for table in ("plinx_conversation", "plinx_webhook_event"):
            env.cr.execute(f"DELETE FROM {table} WHERE company_id = %s", [company.id])
        company.plinx_webhook_secret = False


def server():
    """Run Odoo with the trivial route loaded beside what is installed."""
    paths = ",".join([*config["addons_path"], str(ADDONS)])
    words = ["--addons-path", paths, "--load", "base,web,bench_trivial"]
    words += ["--max-cron-threads", "0", "--log-level", "warn"]
    return odoo(dict(os.environ), *words)


def measure(sender: Sender, times: int) -> dict[str, list[float]]:
    """Seconds of each case, all cases in turn, so that all meet the same weather."""
    cases = sender.cases()
    spent = {name: [] for name in cases}
    for number in range(times + 20):
        for name, case in cases.items():
            seconds = sender.send(*case)
            if number >= 20:
                spent[name].append(seconds)
    return spent


def main() -> int:
    """Return 1 when an event costs more than the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=400)
    options = parser.parse_args()
    path = prepare()
    with server() as (url, _child):
        spent = measure(Sender(url, path), options.times)
    clean()
    base = world.p50(spent["trivial"])
    rows = [("what", "p50 ms", "p95 ms", "to trivial")]
    for name, seconds in spent.items():
        p50, p95 = world.p50(seconds), world.p95(seconds)
        rows.append((name, f"{p50:.2f}", f"{p95:.2f}", f"{p50 / base:.2f}"))
    world.table(f"One pushed event, {options.times} of each in turn", rows)
    ratios = [world.p50(spent[name]) / base for name in ("opened", "closed")]
    bad = world.p50(spent["bad signature"]) / base
    print(f"\ngood to trivial {max(ratios):.2f} (limit {LIMIT})")
    print(f"bad signature to good {bad / min(ratios):.2f} (limit 1)")
    return int(max(ratios) > LIMIT or bad > min(ratios))


if __name__ == "__main__":
    sys.exit(main())
