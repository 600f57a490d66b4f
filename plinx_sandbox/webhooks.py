# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Signed webhooks as Standard Webhooks 1.0 describes them."""

import base64
import binascii
import hashlib
import heapq
import hmac
import http.client
import json
import threading
import time
import uuid
from collections import deque
from urllib.parse import urlsplit

from .store import format_time

RETRY_DELAYS = (1, 3, 10, 30)
TIMEOUT = 5
KEPT_DELIVERIES = 200


def _key(secret):
    if not (isinstance(secret, str) and secret.startswith("whsec_")):
        raise ValueError("a webhook secret starts with whsec_")
    try:
        return base64.b64decode(secret[len("whsec_") :], validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a webhook secret is whsec_ and base64") from None


def sign(secret, event_id, timestamp, body):
    """Return the signature of one event, ``v1,<base64>``.

    :param str secret: ``whsec_<base64>``
    :param str event_id: the value of the header webhook-id
    :param int timestamp: seconds since 1970
    :param bytes body: the raw body
    :raise ValueError: not such a secret
    """
    signed = b".".join((event_id.encode(), str(int(timestamp)).encode(), body))
    digest = hmac.digest(_key(secret), signed, hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode()


class WebhookSender:
    """Send events to one address from a thread of its own.

    A failed try (no answer, or any status but 2xx) is repeated after the given
    delays, with the same id and body and a fresh timestamp and signature.

    :param clock: function that gives the aware time now
    :param str tenant: stands in each body
    :param retry_delays: seconds before the second, third, ... try
    """

    def __init__(self, clock, tenant, retry_delays=RETRY_DELAYS):
        self._clock = clock
        self._tenant = tenant
        self._delays = tuple(retry_delays)
        self._wake = threading.Condition()
        self._heap = []
        self._order = 0
        self._busy = 0
        self._running = True
        self._url = None
        self._secrets = ()
        self._deliveries = deque(maxlen=KEPT_DELIVERIES)
        self._thread = None

    @property
    def target(self):
        """The address that events go to, or None."""
        return self._url

    @property
    def deliveries(self):
        """Copies of the latest deliveries: id, type, tries, status, error, done."""
        with self._wake:
            return [dict(delivery) for delivery in self._deliveries]

    def set_target(self, url, secret, previous_secret=None):
        """Send to this address from now on; None stops sending.

        :param previous_secret: also signs, as while a secret is being changed
        :raise ValueError: not an http(s) address, or a bad secret
        """
        signers = tuple(s for s in (secret, previous_secret) if s)
        if url is not None:
            parts = urlsplit(url) if isinstance(url, str) else None
            if not (parts and parts.scheme in ("http", "https") and parts.hostname):
                raise ValueError("the webhook address must be http or https")
            if not secret:
                raise ValueError("a webhook needs a secret")
            for signer in signers:
                _key(signer)
        with self._wake:
            self._url, self._secrets = url, signers

    def send(self, kind, data):
        """Queue one event; nothing happens while there is no target.

        :param str kind: for example "conversation.opened"
        :param dict data: ``{conversation, identities}``, or empty for a ping
        :return: the event's id, or None
        """
        event_id = f"evt_{uuid.uuid4().hex}"
        event = {
            "id": event_id,
            "type": kind,
            "version": "1",
            "occurred_at": format_time(self._clock()),
            "tenant": self._tenant,
            "data": data,
        }
        with self._wake:
            if not self._url or not self._running:
                return None
            delivery = {
                "id": event_id,
                "type": kind,
                "tries": 0,
                "status": None,
                "error": None,
                "done": False,
            }
            self._deliveries.append(delivery)
            self._push(time.monotonic(), json.dumps(event).encode(), delivery)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="plinx-sandbox-webhooks", daemon=True
                )
                self._thread.start()
        return event_id

    def wait(self, timeout=10):
        """Wait until every event is delivered or given up; False on a time-out."""
        with self._wake:
            return self._wake.wait_for(lambda: not self._busy, timeout)

    def clear(self):
        """Drop what waits and forget the log of deliveries."""
        with self._wake:
            self._busy -= len(self._heap)
            self._heap.clear()
            self._deliveries.clear()
            self._wake.notify_all()

    def stop(self):
        """End the thread; what still waits is dropped."""
        with self._wake:
            self._running = False
            self._wake.notify_all()
        if self._thread:
            self._thread.join(TIMEOUT + 1)

    def _push(self, due, body, delivery):
        self._order += 1
        self._busy += 1
        heapq.heappush(self._heap, (due, self._order, body, delivery))
        self._wake.notify_all()

    def _run(self):
        while True:
            with self._wake:
                while self._running and not self._due():
                    self._wake.wait(self._pause())
                if not self._running:
                    return
                _due, _order, body, delivery = heapq.heappop(self._heap)
                url, signers = self._url, self._secrets
            status, error = self._try(url, signers, delivery["id"], body)
            with self._wake:
                self._record(body, delivery, status, error)

    def _due(self):
        return self._heap and self._heap[0][0] <= time.monotonic()

    def _pause(self):
        return max(0, self._heap[0][0] - time.monotonic()) if self._heap else None

    def _record(self, body, delivery, status, error):
        delivery.update(tries=delivery["tries"] + 1, status=status, error=error)
        delivery["done"] = error is None
        tries = delivery["tries"]
        if error and tries <= len(self._delays) and self._running:
            self._push(time.monotonic() + self._delays[tries - 1], body, delivery)
        self._busy -= 1
        self._wake.notify_all()

    def _try(self, url, signers, event_id, body):
        if not url:
            return None, "no webhook address"
        stamp = int(self._clock().timestamp())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "plinx-sandbox/1",
            "webhook-id": event_id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": " ".join(
                sign(secret, event_id, stamp, body) for secret in signers
            ),
        }
        try:
            status = _post(url, body, headers)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return None, f"{type(error).__name__}: {error}"
        return status, None if 200 <= status < 300 else f"HTTP {status}"


def _post(url, body, headers):
    """Post without proxies or redirects and return the status."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    factory = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = factory(parts.hostname, parts.port, timeout=TIMEOUT)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        response.read(65536)
        return response.status
    finally:
        connection.close()
