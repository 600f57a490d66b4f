"""Plinx in a simulated day: a sandbox that is watched, and a bad postman."""

from __future__ import annotations

import json
import random
import threading
import time
import uuid
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
from day_truth import Lookup, key_of

from plinx_sandbox import SandboxServer, sign

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
OTHER = "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="
# Of hundred events of a conversation, how many fare how.
FATES = {
    "on time": 47,
    "lost": 25,
    "doubled": 8,
    "late": 8,
    "out of order": 6,
    "forged": 6,
}
FORGERIES = ("wrong secret", "changed body", "old stamp")
LATE_SECONDS = 1, 6
# How long an event waits for the next one of its conversation to go before it.
OVERTAKEN_SECONDS = 6
GOOD_FAULTS = ("none", "slow")


class Provider(SandboxServer):
    """A sandbox that tells the oracle of every lookup and how it was answered."""

    truth = None

    def record(self, entry):
        """Note the beginning of a call, before its answer is worked out."""
        super().record(entry)
        body = entry["body"]
        if self.truth is None or not isinstance(body, dict):
            return
        items = body.get("items") or [body]
        ids = [wa_id for item in items for wa_id in item.get("wa_ids", ())]
        lookup = Lookup(self.truth.clock(), frozenset(map(key_of, ids)))
        entry["lookup"] = lookup
        self.truth.lookups.append(lookup)

    def finish(self, entry, status):
        """Note the end of a call, before the client can have the answer."""
        if lookup := entry.get("lookup"):
            lookup.end = self.truth.clock()
            lookup.good = status == 200 and entry["fault"] in GOOD_FAULTS
        super().finish(entry, status)


class Postman(ThreadingHTTPServer):
    """Takes the sandbox's events and carries them on, some of them badly.

    What becomes of an event depends on the seed and on which event of which number
    it is, not on the time.

    :param truth: day_truth.Truth, which counts
    :param int seed: of the day
    """

    daemon_threads = True

    def __init__(self, truth, seed: int):
        super().__init__(("127.0.0.1", 0), _Letterbox)
        self.truth, self.seed, self.target = truth, seed, None
        self._events, self._waiting = Counter(), {}
        self._guard, self._under_way = threading.Condition(), 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where the sandbox sends its events."""
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def take(self, headers: dict, raw: bytes) -> None:
        """Decide what becomes of one event, and see to it."""
        event = json.loads(raw)
        conversation = event["data"]["conversation"]["id"]
        wa_id = event["data"]["identities"]["wa_id"]
        with self._guard:
            self._events[wa_id] += 1
            number = self._events[wa_id]
            overtaken = self._waiting.pop(conversation, None)
        dice = random.Random(f"{self.seed} {wa_id} {number}")
        fate = dice.choices([*FATES], [*FATES.values()])[0]
        self.truth.count(self.truth.faults, f"push {fate}")
        if fate == "out of order":
            self._hold_back(conversation, headers, raw)
        elif fate != "lost":
            self._post(dice.uniform(*LATE_SECONDS) * (fate == "late"), headers, raw)
        if fate == "doubled":
            self._post(dice.uniform(0, 1), headers, raw)
        if fate == "forged":
            self._forge(dice.choice(FORGERIES), event)
        if overtaken:
            self._post(0.5, *overtaken)

    def settle(self, seconds: float) -> bool:
        """Wait until nothing is under way any more; False on a time-out."""
        with self._guard:
            left = [*self._waiting]
        for conversation in left:
            self._release(conversation)
        with self._guard:
            return self._guard.wait_for(lambda: not self._under_way, seconds)

    def _hold_back(self, conversation, headers, raw):
        """Keep an event until the next one of its conversation has gone."""
        with self._guard:
            self._waiting[conversation] = headers, raw
        later = threading.Timer(OVERTAKEN_SECONDS, self._release, [conversation])
        later.daemon = True
        later.start()

    def _release(self, conversation):
        with self._guard:
            kept = self._waiting.pop(conversation, None)
        if kept:
            self._post(0, *kept)

    def _forge(self, kind, event):
        """Say, without the right to, that the conversation is over."""
        event["id"], event["type"] = f"evt_{uuid.uuid4().hex}", "conversation.closed"
        honest = json.dumps(event).encode()
        event["data"]["conversation"].update(status="closed", sequence=2**40)
        raw = json.dumps(event).encode()
        stamp = int(time.time()) - 400 * (kind == "old stamp")
        secret = OTHER if kind == "wrong secret" else SECRET
        signed = honest if kind == "changed body" else raw
        headers = {
            "Content-Type": "application/json",
            "webhook-id": event["id"],
            "webhook-timestamp": str(stamp),
            "webhook-signature": sign(secret, event["id"], stamp, signed),
        }
        self._post(0.2, headers, raw, wanted=401)

    def _post(self, delay, headers, raw, wanted=200):
        with self._guard:
            self._under_way += 1
        letter = threading.Timer(delay, self._deliver, [headers, raw, wanted])
        letter.daemon = True
        letter.start()

    def _deliver(self, headers, raw, wanted):
        try:
            answer = requests.post(self.target, raw, headers=headers, timeout=30)
            status = answer.status_code
        except requests.RequestException as error:
            status = type(error).__name__
        if status != wanted:
            self.truth.count(
                self.truth.errors, f"webhook: {status} instead of {wanted}"
            )
        with self._guard:
            self._under_way -= 1
            self._guard.notify_all()


class _Letterbox(BaseHTTPRequestHandler):
    """Answers every event with 200: what is lost is lost on the way."""

    def do_POST(self):
        """Take one event."""
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        kept = {
            name: value
            for name, value in self.headers.items()
            if name.lower().startswith(("webhook-", "content-type"))
        }
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.take(kept, raw)

    def log_message(self, *_words):
        """Keep quiet."""
