# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One HTTP exchange with Plinx that keeps its time, size and address limits.

A socket's own timeout is per read, so a server that sends a byte now and then
holds a caller for as long as it likes. Here the sockets know the deadline of the
exchange that runs in their thread, and every single read or write waits at most
for what is left of it; TLS handshakes and the head of the answer included. (A timer
that shuts the socket needs more lines, a thread an exchange, and a lock lest it shut
the next one's; and what it cuts off looks like an answer that ended.)

Connections are kept per process and per address, never shared across a fork.
"""

from __future__ import annotations

import concurrent.futures
import http.client
import ipaddress
import os
import socket
import ssl
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from http.cookiejar import DefaultCookiePolicy
from typing import NamedTuple

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, IncompleteRead
from urllib3.util.retry import Retry

from .address import peer_allowed

MAX_SESSIONS = 8
MAX_CONNECTIONS = 32
IDLE_SECONDS = 30
CHUNK_BYTES = 16 * 1024
ERROR_BODY_BYTES = 16 * 1024
RESOLVER_THREADS = 2


class Origin(NamedTuple):
    """Where connections lead, and so what they may be shared for.

    ``base_url`` is a checked one; ``private_ok`` when the server's configuration
    names its host; ``ca_path`` a file or folder of certificate authorities.
    """

    base_url: str
    private_ok: bool = False
    ca_path: str | None = None


class Limits(NamedTuple):
    """Limits of one exchange: seconds, a ``time.monotonic`` deadline, bytes."""

    connect: float
    read: float
    deadline: float
    max_bytes: int


class Reply(NamedTuple):
    """What came back; ``headers`` have lower-case names."""

    status: int
    headers: dict[str, str]
    body: bytes


class TransportError(Exception):
    """There was no usable answer.

    ``reason`` is a code of :mod:`reasons`; ``retryable`` tells that the request
    cannot have been answered, so that a second try is fair. The text holds
    neither address nor token.
    """

    def __init__(self, reason: str, retryable: bool = False, **detail: object):
        super().__init__(reason)
        self.reason = reason
        self.retryable = retryable
        self.detail = detail


def exchange(
    origin: Origin,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes | None,
    limits: Limits,
) -> Reply:
    """Send one request and read its whole answer within the limits.

    Redirects are never followed, proxies, cookies and ``.netrc`` never used.

    :param path: what follows the base URL, with its query
    :raises TransportError: there was no usable answer
    """
    call = _Call(limits, origin.private_ok)
    _running.call = call
    try:
        if call.left(limits.deadline) <= 0:
            raise TransportError("timeout", seconds=0.0)
        request = requests.Request(method, origin.base_url + path, headers, data=body)
        session = _session(origin)
        prepared = session.prepare_request(request)
        with session.send(prepared, stream=True, allow_redirects=False) as response:
            return _read(response, limits.max_bytes)
    except (
        requests.RequestException,
        HTTPError,
        http.client.HTTPException,
        OSError,
        ValueError,
        zlib.error,
    ) as error:
        raise call.explain(error) from None
    finally:
        _running.call = None


class _Running(threading.local):
    """The exchange that runs in this thread, for its sockets to see."""

    call: _Call | None = None


class _Call:
    """The course of one exchange: its clock, and the first thing that failed."""

    def __init__(self, limits: Limits, private_ok: bool):
        self.limits = limits
        self.private_ok = private_ok
        self.started = time.monotonic()
        self.connecting = False
        self.reused = True
        self.failure: str | None = None
        self.detail: dict[str, object] = {}

    def left(self, deadline: float) -> float:
        return min(deadline, self.limits.deadline) - time.monotonic()

    def patience(self) -> float:
        """Seconds that the next read or write may take.

        :raises TimeoutError: none are left
        """
        left = self.left(self.limits.deadline)
        if left <= 0:
            raise self.fail("timeout", TimeoutError())
        return min(left, self.limits.read)

    def fail(self, reason: str, error: OSError, **detail: object) -> OSError:
        """Note the first failure and give the error back, to be raised."""
        if self.failure is None:
            self.failure, self.detail = reason, detail
        return error

    def explain(self, error: Exception) -> TransportError:
        """What an exception, however wrapped, means to a person."""
        if isinstance(error, _Unusable):
            return TransportError(error.reason, **error.detail)
        reason, detail = self.failure or _reason(error), self.detail
        if reason == "timeout":
            detail = {"seconds": round(time.monotonic() - self.started, 1)}
        # A kept connection may have been closed by the server while it lay idle.
        stale = self.reused and reason == "reset"
        known = ("refused", "unreachable", "dns", "timeout", "reset")
        retryable = stale or (self.connecting and reason in known)
        return TransportError(reason, retryable, **detail)


class _Unusable(ValueError):
    """The answer came, but must not be used."""

    def __init__(self, reason: str, **detail: object):
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


def _reason(error: Exception) -> str:
    chain = list(_chain(error))
    for kinds, reason in (
        ((http.client.IncompleteRead, IncompleteRead), "truncated"),
        ((http.client.RemoteDisconnected, ConnectionError), "reset"),
        ((ssl.SSLError,), "tls"),
        ((http.client.HTTPException, HTTPError), "not_http"),
    ):
        if any(isinstance(one, kinds) for one in chain):
            return reason
    return "reset" if isinstance(error, OSError) else "bad_answer"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The causes of an error, the innermost first, as the libraries wrap them.

    Their own wrappers are left out where they wrap something.
    """
    inner = [one for one in error.args if isinstance(one, BaseException)]
    for one in (getattr(error, "reason", None), error.__cause__):
        if isinstance(one, BaseException):
            inner.append(one)
    for one in inner:
        yield from _chain(one)
    if not inner and not isinstance(error, requests.RequestException):
        yield error


class _TimedSocket(socket.socket):
    """A socket that waits no longer than the running exchange may."""

    def recv_into(self, *args):
        with _Watch(self):
            return super().recv_into(*args)

    def send(self, *args):
        with _Watch(self):
            return super().send(*args)

    def sendall(self, *args):
        with _Watch(self):
            return super().sendall(*args)


class _TimedTLSSocket(ssl.SSLSocket):
    """The same over TLS; the handshake counts, too."""

    def do_handshake(self, block=False):
        with _Watch(self):
            return super().do_handshake(block)

    def recv_into(self, *args):
        with _Watch(self):
            return super().recv_into(*args)

    def send(self, *args):
        with _Watch(self):
            return super().send(*args)


class _Watch:
    """Set a socket's timeout to what is left, and note why it failed."""

    def __init__(self, sock: socket.socket):
        self.sock = sock

    def __enter__(self) -> None:
        self.call = _running.call
        if self.call:
            self.sock.settimeout(self.call.patience())

    def __exit__(self, kind, error, _traceback) -> None:
        if not self.call or error is None:
            return
        if isinstance(error, TimeoutError):
            self.call.fail("timeout", error)
        elif isinstance(error, ssl.SSLEOFError):
            self.call.fail("reset", error)
        elif isinstance(error, ssl.SSLError):
            text = getattr(error, "verify_message", "") or error.reason or "TLS"
            self.call.fail("tls", error, message=str(text).rstrip("."))


def _connect(connection: HTTPConnection) -> socket.socket:
    """Connect within the exchange's limits, to a peer that is allowed."""
    call = _running.call
    if call is None:
        raise OSError("no exchange is running")
    call.connecting, call.reused = True, False
    deadline = time.monotonic() + call.limits.connect
    problem = call.fail
    reason, error = "unreachable", OSError("no address")
    host = connection._dns_host.strip("[]")
    for family, kind, proto, _name, peer in _resolve(call, host, connection.port):
        if not (call.private_ok or peer_allowed(peer[0])):
            raise problem("address_refused", OSError("address refused"))
        sock = _TimedSocket(family, kind, proto)
        try:
            for option in connection.socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(max(call.left(deadline), 0.001))
            sock.connect(peer)
            if not (call.private_ok or peer_allowed(sock.getpeername()[0])):
                raise problem("address_refused", OSError("address refused"))
            call.connecting = False
            return sock
        except OSError as caught:
            sock.close()
            reason, error = _connect_reason(caught), caught
    raise problem(reason, error)


def _connect_reason(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    return "reset" if isinstance(error, ConnectionError) else "unreachable"


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _resolve(call: _Call, host: str, port: int) -> list[tuple]:
    """Addresses of a host, in no more time than connecting may take.

    The system's resolver cannot be interrupted, so it runs in one of few threads
    of its own; while all of them hang, names are simply not found in time.
    """
    if _is_ip(host):
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    kinds = {"type": socket.SOCK_STREAM}
    answer = _resolver().submit(socket.getaddrinfo, host, port, **kinds)
    try:
        patience = min(call.limits.connect, call.patience())
        return answer.result(timeout=patience)
    except (TimeoutError, concurrent.futures.TimeoutError):
        answer.cancel()
        raise call.fail("timeout", TimeoutError()) from None
    except OSError as error:
        raise call.fail("dns", error) from None


class _Connection(HTTPConnection):
    def _new_conn(self):
        return _connect(self)


class _TLSConnection(HTTPSConnection):
    def _new_conn(self):
        return _connect(self)


class _IdleMixin:
    """A pool that closes connections which lay idle for too long."""

    def _put_conn(self, conn):
        if conn:
            conn.idle_since = time.monotonic()
        kept = super()._put_conn(conn)
        self._close_idle()
        return kept

    def _get_conn(self, timeout=None):
        self._close_idle()
        return super()._get_conn(timeout)

    def _close_idle(self):
        kept = self.pool
        if kept is None:
            return
        oldest = time.monotonic() - IDLE_SECONDS
        with kept.mutex:
            for conn in kept.queue:
                if conn and getattr(conn, "idle_since", oldest) < oldest:
                    conn.close()


class _Pool(_IdleMixin, HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(_IdleMixin, HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class _Adapter(HTTPAdapter):
    """Pools of our connections, certificates always checked.

    The time limits live in the sockets: what a caller, or Odoo's tests, pass as
    ``timeout`` changes nothing.
    """

    def __init__(self, context: ssl.SSLContext):
        self._context = context
        never = Retry(0, redirect=False, read=False, respect_retry_after_header=False)
        super().__init__(1, MAX_CONNECTIONS, max_retries=never, pool_block=False)

    def init_poolmanager(self, *args, **kwargs):
        """Use pools whose sockets know the deadline."""
        made = super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        classes = {"http": _Pool, "https": _TLSPool}
        self.poolmanager.pool_classes_by_scheme = classes
        return made

    def cert_verify(self, conn, url, verify, cert):
        """Leave the authorities to the context, which read them once."""
        conn.cert_reqs = "CERT_REQUIRED"
        conn.ca_certs = conn.ca_cert_dir = None


class _Session(requests.Session):
    """A session that keeps nothing of an answer and follows nowhere."""

    def __init__(self, origin: Origin):
        super().__init__()
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = _Adapter(_context(origin.ca_path))
        for scheme in ("https://", "http://"):
            self.mount(scheme, adapter)

    def get_redirect_target(self, resp):
        """None: the caller treats every 3xx as a wrong setting."""


def _context(ca_path: str | None) -> ssl.SSLContext:
    path = ca_path or requests.certs.where()
    try:
        if os.path.isdir(path):
            context = ssl.create_default_context(capath=path)
        else:
            context = ssl.create_default_context(cafile=path)
    except (OSError, ValueError):
        raise _Unusable("bad_ca") from None
    context.sslsocket_class = _TimedTLSSocket
    return context


def _session(origin: Origin) -> _Session:
    """The session of an origin in this process; the least used one is closed."""
    if _kept.pid != os.getpid():
        _forget()
    with _kept.lock:
        session = _kept.sessions.pop(origin, None) or _Session(origin)
        _kept.sessions[origin] = session
        if len(_kept.sessions) > MAX_SESSIONS:
            _kept.sessions.popitem(last=False)[1].close()
    return session


def _resolver() -> concurrent.futures.ThreadPoolExecutor:
    with _kept.lock:
        if _kept.resolver is None:
            _kept.resolver = concurrent.futures.ThreadPoolExecutor(
                RESOLVER_THREADS, thread_name_prefix="plinx-dns"
            )
        return _kept.resolver


class _Kept:
    """What a process keeps between calls."""

    def __init__(self):
        self.pid = os.getpid()
        self.lock = threading.Lock()
        self.sessions: OrderedDict[Origin, _Session] = OrderedDict()
        self.resolver: concurrent.futures.ThreadPoolExecutor | None = None


def _forget() -> None:
    """Begin anew, as a child of a fork must: the sockets are the parent's."""
    global _kept
    _kept = _Kept()


def close_all() -> None:
    """Close every kept connection of this process, as a test does at its end."""
    with _kept.lock:
        for session in _kept.sessions.values():
            session.close()
        _kept.sessions.clear()


def _read(response: requests.Response, max_bytes: int) -> Reply:
    headers = {name.lower(): value for name, value in response.headers.items()}
    status = response.status_code
    if status != 200:
        # The words of an error are a help, not worth a failure of their own.
        body = b""
        if status >= 400:
            try:
                body = _body(response, headers, ERROR_BODY_BYTES)
            except (_Unusable, HTTPError, OSError, zlib.error):
                response.close()
        return Reply(status, headers, body)
    return Reply(status, headers, _body(response, headers, max_bytes))


def _body(
    response: requests.Response, headers: dict[str, str], max_bytes: int
) -> bytes:
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length[:12]) > max_bytes:
        raise _Unusable("too_large", limit=max_bytes)
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "x-gzip", "deflate"):
        raise _Unusable("bad_answer")
    packed = encoding not in ("identity", "")
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 32) if packed else None
    body = bytearray()
    while True:
        chunk = response.raw.read(CHUNK_BYTES, decode_content=False)
        if not chunk:
            return bytes(body)
        room = max_bytes + 1 - len(body)
        body += inflate.decompress(chunk, room) if inflate else chunk
        if len(body) > max_bytes:
            raise _Unusable("too_large", limit=max_bytes)


_running = _Running()
_kept = _Kept()
os.register_at_fork(after_in_child=_forget)
