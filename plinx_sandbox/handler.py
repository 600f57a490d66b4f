# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One connection: the contract's calls, and the sandbox's own."""

import json
import re
import secrets
from datetime import datetime, timezone
from email.utils import formatdate
from hmac import compare_digest
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from .contract import ApiError
from .playback import play
from .store import format_time

HERE = Path(__file__).parent
MAX_BODY = 1024 * 1024
JSON = "application/json"
API_ROUTES = {
    "/v1/health": ("GET", "health"),
    "/v1/conversations/lookup": ("POST", "lookup"),
    "/v1/conversations/lookup/batch": ("POST", "batch"),
    "/v1/conversations": ("GET", "list"),
}
MESSAGES_PATH = re.compile(r"/v1/conversations/([^/]+)/messages")
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


class Handler(BaseHTTPRequestHandler):
    """One connection: routes a request, plays the fault, answers in one write."""

    protocol_version = "HTTP/1.1"
    server_version = "PlinxSandbox/1"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 300
    _entry = None

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
        """Return the status line and headers as bytes; no length when None.

        The status is recorded here: before the client can have the answer, and ask
        the sandbox what it has recorded.
        """
        if self._entry is not None:
            self.sandbox.finish(self._entry, status)
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
        """Send bytes; False, and the connection is over, if the client hung up."""
        if self.command == "HEAD":
            data = data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        try:
            self.wfile.write(data)
        except OSError:
            self.close_connection = True
            return False
        return True

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
        method, operation = self._route(path)
        if method != self.command:
            operation = None
        fault = self.sandbox.faults.take(operation)
        self._entry = self._record(operation, raw, fault)
        try:
            play(self, fault, *self._compute(path, method, operation, raw))
        finally:
            self._entry = None

    def _route(self, path):
        """Return the method and the operation of a path, or two None."""
        if MESSAGES_PATH.fullmatch(path) and self.sandbox.contract.has_messages:
            return "GET", "messages"
        return API_ROUTES.get(path, (None, None))

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
        query = parse_qs(self._parts.query, keep_blank_values=True)
        if operation == "list":
            return contract.list(query)
        if operation == "messages":
            found = MESSAGES_PATH.fullmatch(self._parts.path)
            return contract.messages(unquote(found.group(1)), query)
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
                fault = sandbox.set_fault(wanted, spare=self.connection)
            except ValueError as error:
                raise ApiError(400, str(error)) from None
            if fault["kind"] == "refused" and self.server.name == "api":
                self.close_connection = True
        addresses = {"url": sandbox.url, "control_url": sandbox.control_url}
        answer = {**sandbox.faults.get(), **addresses}
        self._send_json(answer)

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
