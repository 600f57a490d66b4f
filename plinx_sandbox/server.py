# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The HTTP side: listeners, request handling and the sandbox's own calls."""

import json
import re
import secrets
import socket
import socketserver
import threading
from collections import Counter, deque
from datetime import datetime, timedelta, timezone
from email.utils import formatdate
from hmac import compare_digest
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from . import seed
from .contract import ApiError, Contract
from .faults import FaultState
from .playback import play
from .store import Store, format_time
from .webhooks import RETRY_DELAYS, WebhookSender

HERE = Path(__file__).parent
MAX_BODY = 1024 * 1024
KEPT_REQUESTS = 5000
SHOWN_REQUESTS = 50
JSON = "application/json"
API_ROUTES = {
    "/v1/health": ("GET", "health"),
    "/v1/conversations/lookup": ("POST", "lookup"),
    "/v1/conversations/lookup/batch": ("POST", "batch"),
    "/v1/conversations": ("GET", "list"),
}
LOOPBACK_NAMES = {"127.0.0.1", "localhost", "::1"}


def parse_json(raw):
    """Return the value of a UTF-8 JSON text.

    :raise ApiError: 400
    """

    def refuse(name):
        raise ValueError(name)

    try:
        return json.loads(raw.decode("utf-8"), parse_constant=refuse)
    except (ValueError, RecursionError):
        raise ApiError(400, "The body is not JSON in UTF-8.") from None


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
        super().__init__(address, _Handler)
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

    def stop(self):
        """Stop listening and cut what is connected."""
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._guard:
            for connection in self._connections:
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
        self.contract = Contract(self._store, self.now, tenant)
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
        query, operation ("health", "lookup", "batch", "list" or None), headers
        (names in lower case), body (parsed JSON or None), authorized, fault
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
        :param fields: any field of the contract's conversation, and ``bsuid``
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

    def set_fault(self, fault):
        """Switch a fault on, or off with ``{"kind": "none"}``; return it.

        :raise ValueError: not a fault
        """
        answer = self.faults.set(fault)
        self.apply_fault()
        return answer

    def apply_fault(self):
        """Bring the API listener in line with the fault that is on."""
        fault = self.faults.get()
        with self._lock:
            if self._timer:
                self._timer.cancel()
                self._timer = None
            if fault["kind"] != "refused":
                self._listen("api")
                return
            self._refuse()
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

    def expire_cursors(self):
        """Make every cursor given out so far older than ten minutes."""
        self.contract.expire_cursors()

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

    def _refuse(self):
        """Stop listening, yet keep the port: bound and not listening refuses."""
        listener = self._listeners.pop("api", None)
        if not listener:
            return
        listener.stop()
        self._reserved = socket.socket(listener.address_family)
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reserved.bind((self.host, self._ports["api"]))

    def _release_port(self):
        if self._reserved:
            self._reserved.close()
            self._reserved = None


class _Handler(BaseHTTPRequestHandler):
    """One connection: routes a request, plays the fault, answers in one write."""

    protocol_version = "HTTP/1.1"
    server_version = "PlinxSandbox/1"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 300

    def __getattr__(self, name):
        """Route every method, known or not, to the same place."""
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    @property
    def sandbox(self):
        """The SandboxServer that this connection belongs to."""
        return self.server.sandbox

    def answer(self):
        """Answer one request."""
        self._parts = urlsplit(self.path)
        wanted = self.headers.get("X-Request-Id", "")
        good = re.fullmatch(r"[\x21-\x7e]{1,128}", wanted)
        self.request_id = wanted if good else f"req_{secrets.token_hex(8)}"
        try:
            raw = self._read_body()
        except ApiError as error:
            self.close_connection = True
            self._send_error(error)
            return
        path = self._parts.path
        own = path in ("/", "/openapi.yaml", "/favicon.ico")
        if own or path == "/sandbox" or path.startswith("/sandbox/"):
            self._answer_sandbox(path, raw)
        else:
            self._answer_api(path, raw)

    def log_message(self, *_args):
        """Keep quiet: the page shows the requests."""

    def send_error(self, code, message=None, explain=None):
        """Answer what is not even HTTP with the contract's error shape."""
        self.request_id = f"req_{secrets.token_hex(8)}"
        self.close_connection = True
        self._send_error(ApiError(code, message or HTTPStatus(code).phrase))

    def send(self, status, body=b"", content_type=JSON, headers=()):
        """Write one whole answer at once."""
        self.write(self.head(status, len(body), content_type, headers) + body)

    def head(self, status, length, content_type=JSON, headers=()):
        """Return the status line and headers as bytes; no length when None."""
        phrase = HTTPStatus(status).phrase
        lines = [
            f"HTTP/1.1 {status} {phrase}",
            f"Server: {self.server_version}",
            f"Date: {formatdate(self.sandbox.now().timestamp(), usegmt=True)}",
            f"X-Request-Id: {self.request_id}",
            "Cache-Control: no-store",
            *(f"{name}: {value}" for name, value in headers),
        ]
        if length is not None:
            lines.append(f"Content-Length: {length}")
        if content_type:
            lines.append(f"Content-Type: {content_type}")
        if self.close_connection:
            lines.append("Connection: close")
        return "\r\n".join((*lines, "", "")).encode("latin-1")

    def write(self, data):
        """Send bytes; a client that hung up ends the connection."""
        if self.command == "HEAD":
            data = data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        try:
            self.wfile.write(data)
        except OSError:
            self.close_connection = True

    def _read_body(self):
        if self.headers.get("Transfer-Encoding"):
            raise ApiError(400, "Send the body with a Content-Length.")
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit()):
            raise ApiError(400, "Content-Length is not a number.")
        if int(length[:20]) > MAX_BODY:
            raise ApiError(413, f"At most {MAX_BODY} bytes.")
        raw = self.rfile.read(int(length))
        if len(raw) < int(length):
            raise ApiError(400, "The body is shorter than its Content-Length.")
        return raw

    def _send_json(self, value):
        self.send(200, json.dumps(value).encode())

    def _send_error(self, error):
        body = {"error": error.body(self.request_id)}
        self.send(error.status, json.dumps(body).encode(), headers=error.headers)

    # The contract's calls

    def _answer_api(self, path, raw):
        method, operation = API_ROUTES.get(path, (None, None))
        if method != self.command:
            operation = None
        fault = self.sandbox.faults.take(operation)
        entry = self._record(operation, raw, fault)
        status, body, headers = self._compute(path, method, operation, raw)
        status = play(self, fault, status, body, headers)
        self.sandbox.finish(entry, status)

    def _record(self, operation, raw, fault):
        try:
            body = json.loads(raw) if raw else None
        except (ValueError, RecursionError):
            body = None
        entry = {
            "number": None,
            "at": format_time(datetime.now(timezone.utc)),
            "listener": self.server.name,
            "method": self.command,
            "path": self._parts.path,
            "query": self._parts.query,
            "operation": operation,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body,
            "authorized": self._authorized(),
            "fault": fault["kind"],
            "status": None,
            "request_id": self.request_id,
        }
        self.sandbox.record(entry)
        return entry

    def _compute(self, path, method, operation, raw):
        """Return ``(status, JSON value, headers)`` as without any fault."""
        try:
            if method is None and not path.startswith("/v1/"):
                raise ApiError(404, "There is nothing here.")
            if not self._authorized():
                challenge = [("WWW-Authenticate", 'Bearer realm="plinx"')]
                raise ApiError(401, "The bearer token is missing or wrong.", challenge)
            if method is None or self.server.name != "api":
                raise ApiError(404, "There is nothing here.")
            if operation is None:
                raise ApiError(405, f"Use {method} here.", [("Allow", method)])
            return 200, self._call(operation, raw), ()
        except ApiError as error:
            body = {"error": error.body(self.request_id)}
            return error.status, body, error.headers

    def _call(self, operation, raw):
        contract = self.sandbox.contract
        if operation == "health":
            return contract.health()
        if operation == "list":
            query = parse_qs(self._parts.query, keep_blank_values=True)
            return contract.list(query)
        if self.headers.get_content_type() != JSON:
            raise ApiError(400, "The body must be application/json.")
        body = parse_json(raw)
        if operation == "lookup":
            return contract.lookup(body)
        return contract.batch(body, self.request_id)

    def _authorized(self):
        scheme, _space, token = self.headers.get("Authorization", "").partition(" ")
        expected = self.sandbox.token.encode()
        right = compare_digest(token.strip().encode("latin-1", "replace"), expected)
        return scheme.lower() == "bearer" and right

    # The sandbox's own calls

    def _answer_sandbox(self, path, raw):
        try:
            self._check_visitor()
            self._route_sandbox(path, raw)
        except ApiError as error:
            self._send_error(error)

    def _check_visitor(self):
        """Refuse a web page of elsewhere, also one behind a rebound DNS name."""
        allowed = LOOPBACK_NAMES | {self.sandbox.host}
        host = self.headers.get("Host", "")
        if urlsplit(f"//{host}").hostname not in allowed:
            raise ApiError(403, "Ask by the address that the sandbox printed.")
        origin = self.headers.get("Origin")
        if origin is not None and origin != f"http://{host}":
            raise ApiError(403, "Requests of other web pages are refused.")
        if self.headers.get("Sec-Fetch-Site") == "cross-site" and self.command != "GET":
            raise ApiError(403, "Requests of other web pages are refused.")

    def _route_sandbox(self, path, raw):
        first, _slash, key = path.removeprefix("/sandbox").strip("/").partition("/")
        if path in ("/", "/openapi.yaml", "/favicon.ico"):
            first = path
        handlers = {
            "/": self._page,
            "/openapi.yaml": self._openapi,
            "/favicon.ico": self._favicon,
            "conversations": self._conversations,
            "fault": self._fault,
            "requests": self._requests,
            "webhook": self._webhook,
        }
        handler = handlers.get(first)
        if handler is None or (key and first not in ("conversations", "webhook")):
            raise ApiError(404, "There is nothing here.")
        handler(self.command, unquote(key), raw)

    def _only(self, *methods):
        if self.command not in methods:
            allow = [("Allow", ", ".join(methods))]
            raise ApiError(405, f"Use {' or '.join(methods)} here.", allow)

    def _page(self, _method, _key, _raw):
        self._only("GET", "HEAD")
        nonce = secrets.token_urlsafe(12)
        page = (HERE / "page.html").read_text(encoding="utf-8")
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; "
            f"style-src 'nonce-{nonce}'; connect-src 'self'; img-src data:; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        body = page.replace("{{nonce}}", nonce).encode()
        headers = [("Content-Security-Policy", policy)]
        self.send(200, body, "text/html; charset=utf-8", headers)

    def _openapi(self, _method, _key, _raw):
        self._only("GET", "HEAD")
        self.send(200, (HERE / "openapi.yaml").read_bytes(), "application/yaml")

    def _favicon(self, _method, _key, _raw):
        self.send(204, b"", None)

    def _conversations(self, method, key, raw):
        sandbox = self.sandbox
        if not key:
            self._only("GET", "DELETE")
            if method == "DELETE":
                sandbox.forget_conversations()
            data = sandbox.conversations()
            self._send_json({"data": data, "webhook_url": sandbox.webhook_url})
            return
        self._only("PUT", "DELETE")
        try:
            if method == "DELETE":
                self._send_json(sandbox.close_conversation(key))
                return
            fields = parse_json(raw) if raw else {}
            if not isinstance(fields, dict):
                raise ApiError(400, "A conversation is a JSON object.")
            self._send_json(sandbox.put_conversation(key, fields))
        except KeyError:
            raise ApiError(404, "There is no such conversation.") from None
        except ValueError as error:
            raise ApiError(400, str(error)) from None

    def _fault(self, method, _key, raw):
        self._only("GET", "PUT", "DELETE")
        sandbox = self.sandbox
        if method != "GET":
            wanted = parse_json(raw) if method == "PUT" else {"kind": "none"}
            try:
                sandbox.faults.set(wanted)
            except ValueError as error:
                raise ApiError(400, str(error)) from None
        answer = {**sandbox.faults.get(), "control_url": sandbox.control_url}
        self._send_json(answer)
        if method != "GET":
            sandbox.apply_fault()

    def _requests(self, _method, _key, _raw):
        self._only("GET")
        self._send_json(self.sandbox.summary())

    def _webhook(self, method, key, raw):
        sandbox = self.sandbox
        if key == "ping":
            self._only("POST")
            self._send_json({"id": sandbox.ping()})
            return
        if key:
            raise ApiError(404, "There is nothing here.")
        self._only("GET", "PUT", "DELETE")
        if method == "DELETE":
            sandbox.set_webhook(None)
        if method == "PUT":
            wanted = parse_json(raw)
            if not isinstance(wanted, dict):
                raise ApiError(400, "A webhook is a JSON object.")
            names = ("url", "secret", "previous_secret")
            try:
                sandbox.set_webhook(*(wanted.get(name) for name in names))
            except ValueError as error:
                raise ApiError(400, str(error)) from None
        answer = {"url": sandbox.webhook_url, "deliveries": sandbox.deliveries}
        self._send_json(answer)
