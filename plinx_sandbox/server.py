# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The server: its listeners, and what a test or a person does with it."""

import socket
import socketserver
import threading
from collections import Counter, deque
from datetime import datetime, timedelta, timezone

from . import seed
from .contract import Contract
from .faults import FaultState
from .handler import Handler
from .store import Store
from .webhooks import RETRY_DELAYS, WebhookSender

KEPT_REQUESTS = 5000
SHOWN_REQUESTS = 50


class _Listener(socketserver.ThreadingTCPServer):
    """One listening socket whose open connections can be cut."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, sandbox, address, name):
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self.sandbox = sandbox
        self.name = name
        self._connections = set()
        self._guard = threading.Lock()
        super().__init__(address, Handler)
        self._thread = threading.Thread(
            target=self.serve_forever,
            args=(0.05,),
            name=f"plinx-sandbox-{name}",
            daemon=True,
        )
        self._thread.start()

    def process_request(self, request, client_address):
        with self._guard:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        with self._guard:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request, client_address):
        """Say nothing of a client that hung up; that is what faults are for."""

    def stop(self, spare=None):
        """Stop listening and cut what is connected, but for the spared socket."""
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._guard:
            for connection in self._connections - {spare}:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue


class SandboxServer:
    """A Plinx server to play with; use it as a context manager, or start and stop.

    :param str token: the bearer token that the contract's calls need
    :param str host: address to listen on
    :param int port: 0 picks a free one
    :param int control_port: a second listener that answers the page and
        ``/sandbox/...`` even while the fault "refused" is on; 0 picks a free one
    :param str webhook_url: where events go
    :param str webhook_secret: ``whsec_<base64>``
    :param retry_delays: seconds between the tries of a webhook
    :param str tenant: name shown by the health call and in webhooks
    :param bool messages: whether it speaks contract 1.1, which shows messages
    """

    def __init__(
        self,
        token="secret",
        host="127.0.0.1",
        port=0,
        *,
        control_port=0,
        webhook_url=None,
        webhook_secret=None,
        retry_delays=RETRY_DELAYS,
        tenant="sandbox",
        messages=True,
    ):
        self.token = token
        self.host = host
        self._ports = {"api": port, "control": control_port}
        self._listeners = {}
        self._reserved = None
        self._lock = threading.RLock()
        self._timer = None
        self.stopping = threading.Event()
        self.faults = FaultState()
        self._store = Store(self.now)
        self.contract = Contract(self._store, self.now, tenant, messages)
        self._webhooks = WebhookSender(self.now, tenant, retry_delays)
        self._requests = deque(maxlen=KEPT_REQUESTS)
        self._counts = Counter()
        if webhook_url:
            self.set_webhook(webhook_url, webhook_secret)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_error):
        self.stop()

    def start(self):
        """Listen, and return self.

        :raise OSError: the address is taken or not ours
        """
        with self._lock:
            for name in ("api", "control"):
                self._listen(name)
        return self

    def stop(self):
        """Stop listening, cut the connections and end the threads."""
        self.stopping.set()
        with self._lock:
            if self._timer:
                self._timer.cancel()
            for listener in self._listeners.values():
                listener.stop()
            self._listeners.clear()
            self._release_port()
        self._webhooks.stop()

    @property
    def url(self):
        """Base URL of the contract, without the ``/v1``."""
        return self._url("api")

    @property
    def control_url(self):
        """Base URL of the listener that no fault touches."""
        return self._url("control")

    @property
    def port(self):
        """Port of :attr:`url`."""
        return self._ports["api"]

    @property
    def requests(self):
        """Copies of the API calls received so far, oldest first.

        Each is a dict: number, at, listener ("api" or "control"), method, path,
        query, operation ("health", "lookup", "batch", "list", "messages" or None),
        headers (names in lower case), body (parsed JSON or None), authorized, fault
        (kind), status (None while, or if never, answered) and request_id.
        """
        with self._lock:
            return [dict(entry) for entry in self._requests]

    def count(self, operation=None):
        """Return how many API calls came in, all or of one operation."""
        with self._lock:
            if operation is None:
                return self._counts.total()
            return self._counts[operation]

    @property
    def deliveries(self):
        """Copies of the latest webhooks: id, type, tries, status, error, done."""
        return self._webhooks.deliveries

    def now(self):
        """Return the sandbox's aware time, which the fault clock-skew moves."""
        return datetime.now(timezone.utc) + timedelta(seconds=self.faults.skew())

    def open_conversation(self, wa_id, **fields):
        """Open or change a conversation and return its record.

        :param str wa_id: WhatsApp id (digits), or a business-scoped user id
        :param fields: any field of the contract's conversation, ``bsuid``, and
            ``messages``, dicts ``{at, from, text, kind}`` of which all but ``from``
            have defaults
        :return: ``{state, conversation, identities}``
        :raise ValueError: a bad identifier or field
        """
        return self.put_conversation(wa_id, fields)

    def put_conversation(self, key, fields):
        """Do as :meth:`open_conversation` with the fields in one dict."""
        with self._lock:
            event, record = self._store.put(key, fields)
            self._announce(event, record)
        return record

    def close_conversation(self, wa_id):
        """Close a conversation and return its record; closed stays closed.

        :raise KeyError: no such conversation
        """
        with self._lock:
            event, record = self._store.close(wa_id)
            if event:
                self._announce(event, record)
        return record

    def conversations(self):
        """Return every conversation's record, the last changed last."""
        return self._store.page(None, None, 0, 10**9)[0]

    def forget_conversations(self):
        """Close every open conversation (webhooks go out) and forget all."""
        for record in self.conversations():
            key = record["identities"]["wa_id"] or record["identities"]["bsuid"]
            self.close_conversation(key)
        self._store.clear()

    def load(self, path):
        """Open the conversations of a seed file and return how many.

        :raise ValueError: a bad file
        """
        entries = seed.read(path, self.now())
        for key, fields in entries:
            self.open_conversation(key, **fields)
        return len(entries)

    def set_fault(self, fault, spare=None):
        """Switch a fault on, or off with ``{"kind": "none"}``; return it.

        :param spare: a connection that "refused" does not cut
        :raise ValueError: not a fault
        """
        with self._lock:
            answer = self.faults.set(fault)
            self._apply(answer, spare)
        return answer

    def _apply(self, fault, spare):
        """Bring the API listener in line with a fault."""
        with self._lock:
            if self._timer:
                self._timer.cancel()
                self._timer = None
            if fault["kind"] != "refused":
                self._listen("api")
                return
            self._refuse(spare)
            if "seconds" in fault:
                self._timer = threading.Timer(
                    fault["seconds"], self.set_fault, [{"kind": "none"}]
                )
                self._timer.daemon = True
                self._timer.start()

    def set_webhook(self, url, secret=None, previous_secret=None):
        """Send events to this address; None stops.

        :raise ValueError: not an http(s) address, or a bad secret
        """
        self._webhooks.set_target(url, secret, previous_secret)

    def ping(self):
        """Queue the event "ping" and return its id, or None without a target."""
        return self._webhooks.send("ping", {})

    def send_event(self, kind, data):
        """Queue an event of any type and return its id, or None without a target."""
        return self._webhooks.send(kind, data)

    def wait_webhooks(self, timeout=10):
        """Wait until no webhook is on its way; False on a time-out."""
        return self._webhooks.wait(timeout)

    @property
    def webhook_url(self):
        """Where events go, or None."""
        return self._webhooks.target

    def clear(self):
        """Forget conversations, fault, requests and waiting webhooks, silently.

        The webhook's address and secret stay.
        """
        self.set_fault({"kind": "none"})
        self._store.clear()
        self._webhooks.clear()
        with self._lock:
            self._requests.clear()
            self._counts.clear()

    def expire_cursors(self, seconds=601):
        """Make every cursor given out so far older, by over ten minutes if not told."""
        self.contract.age_cursors(seconds)

    def record(self, entry):
        """Keep one API call; used by the handler."""
        with self._lock:
            self._counts[entry["operation"] or "other"] += 1
            entry["number"] = self._counts.total()
            self._requests.append(entry)

    def finish(self, entry, status):
        """Note the status that an API call was answered with."""
        with self._lock:
            entry["status"] = status

    def summary(self):
        """Return counters and the latest API calls without headers or token."""
        with self._lock:
            latest = list(self._requests)[-SHOWN_REQUESTS:]
            hidden = ("headers",)
            return {
                "total": self._counts.total(),
                "counts": dict(self._counts),
                "requests": [
                    {k: v for k, v in entry.items() if k not in hidden}
                    for entry in latest
                ],
            }

    def _announce(self, event, record):
        data = {name: record[name] for name in ("conversation", "identities")}
        self._webhooks.send(event, data)

    def _url(self, name):
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self._ports[name]}"

    def _listen(self, name):
        if name in self._listeners or self.stopping.is_set():
            return
        if name == "api":
            self._release_port()
        listener = _Listener(self, (self.host, self._ports[name]), name)
        self._ports[name] = listener.server_address[1]
        self._listeners[name] = listener

    def _refuse(self, spare):
        """Stop listening, yet keep the port: bound and not listening refuses."""
        listener = self._listeners.pop("api", None)
        if not listener:
            return
        listener.stop(spare)
        self._reserved = socket.socket(listener.address_family)
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reserved.bind((self.host, self._ports["api"]))

    def _release_port(self):
        if self._reserved:
            self._reserved.close()
            self._reserved = None
