# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How each fault changes, or replaces, the answer to one API call."""

import contextlib
import gzip
import json
import socket
import struct
from email.utils import formatdate

from .contract import ApiError

HTML = b"<!doctype html><title>Sign in</title><h1>Please sign in</h1>"
GARBAGE = bytes(range(128, 256)) + b'{"state": "inact'
# linger switched on with zero seconds: close() then sends RST instead of FIN
_RST_ON_CLOSE = struct.pack("ii", 1, 0)


def play(handler, fault, status, value, headers):
    """Send the answer the way the fault wants it.

    :param handler: the connection's request handler
    :param dict fault: a checked fault, ``{"kind": "none"}`` for none
    :param int status: the status of the true answer
    :param value: the JSON value of the true answer
    :param list headers: further headers as (name, value)
    """
    kind = fault["kind"]
    if kind.startswith(("http-", "503-")):
        number = kind.removeprefix("http-").partition("-")[0]
        _status(handler, fault, int(number))
        return
    if kind in _BODY_FAULTS and status == 200:
        _BODY_FAULTS[kind](fault, value)
    body = json.dumps(value).encode()
    player = _PLAYERS.get(kind, _plain)
    player(handler, fault, status, body, headers)


def _plain(handler, _fault, status, body, headers):
    handler.send(status, body, headers=headers)


def _status(handler, fault, status):
    headers = []
    date = fault.get("retry_after_date")
    if isinstance(date, str):
        headers.append(("Retry-After", date))
    elif date is not None:
        moment = handler.sandbox.now().timestamp() + date
        headers.append(("Retry-After", formatdate(moment, usegmt=True)))
    elif "retry_after" in fault:
        headers.append(("Retry-After", f"{fault['retry_after']:g}"))
    error = ApiError(status, "The sandbox plays this fault.")
    body = json.dumps({"error": error.body(handler.request_id)}).encode()
    _plain(handler, fault, status, body, headers)


def _reset(handler, _fault, _status, _body, _headers):
    handler.close_connection = True
    with contextlib.suppress(OSError):
        handler.connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE
        )
    # The handler's reader and writer hold the socket open; RST waits for the last.
    handler.rfile.close()
    handler.connection.close()


def _slow(handler, fault, status, body, headers):
    handler.sandbox.stopping.wait(fault["seconds"])
    _plain(handler, fault, status, body, headers)


def _drip(handler, fault, status, body, headers):
    head = handler.head(status, len(body), headers=headers)
    _trickle(handler, fault, head, body, b"")


def _slow_headers(handler, fault, status, body, headers):
    head = handler.head(status, len(body), headers=headers)
    _trickle(handler, fault, b"", head, body)


def _trickle(handler, fault, before, slow, after):
    handler.write(before)
    for byte in slow:
        if not handler.write(bytes((byte,))):
            return
        if handler.sandbox.stopping.wait(fault["interval"]):
            handler.close_connection = True
            return
    handler.write(after)


def _redirect(handler, fault, _status, _body, _headers):
    location = fault.get("location")
    if location is None:
        port = handler.sandbox.control_url.rpartition(":")[2]
        location = f"http://localhost:{port}{handler.path}"
    handler.send(fault["status"], b"", None, [("Location", location)])


def _html(handler, _fault, _status, _body, _headers):
    handler.send(200, HTML, "text/html; charset=utf-8")


def _garbage(handler, _fault, _status, _body, _headers):
    handler.send(200, GARBAGE)


def _truncated(handler, fault, status, body, headers):
    half = body[: len(body) // 2]
    handler.close_connection = True
    length = len(half) if fault["honest_length"] else len(body)
    handler.write(handler.head(status, length, headers=headers) + half)


def _oversized(handler, fault, status, body, headers):
    body = json.dumps({**json.loads(body), "padding": "x" * fault["bytes"]}).encode()
    headers = list(headers)
    if fault["encoding"] == "gzip":
        body = gzip.compress(body)
        headers.append(("Content-Encoding", "gzip"))
    if fault["encoding"] != "chunked":
        handler.send(status, body, headers=headers)
        return
    headers.append(("Transfer-Encoding", "chunked"))
    handler.write(handler.head(status, None, headers=headers))
    for start in range(0, len(body), 65536):
        piece = body[start : start + 65536]
        if not handler.write(b"%x\r\n%b\r\n" % (len(piece), piece)):
            return
    handler.write(b"0\r\n\r\n")


def _chosen(fault, results):
    """Return the index of the result that the fault is about, the first if none."""
    refs = [result["ref"] for result in results]
    return refs.index(fault["ref"]) if fault.get("ref") in refs else 0


def _missing_ref(fault, value):
    if value.get("results"):
        del value["results"][_chosen(fault, value["results"])]


def _double_ref(fault, value):
    """Name one ref twice, and the second time say the opposite."""
    if value.get("results"):
        first = value["results"][_chosen(fault, value["results"])]
        opposite = "inactive" if first.get("state") == "active" else "active"
        value["results"].append({**first, "state": opposite})


def _foreign_ref(_fault, value):
    if value.get("results"):
        value["results"].append({**value["results"][0], "ref": "never-asked"})


def _unknown_status(fault, value):
    for answer in value.get("results") or value.get("data") or [value]:
        if answer.get("conversation"):
            answer["conversation"]["status"] = fault["status"]
        if "state" in fault and "state" in answer:
            answer["state"] = fault["state"]


_BODY_FAULTS = {
    "missing-ref": _missing_ref,
    "double-ref": _double_ref,
    "foreign-ref": _foreign_ref,
    "unknown-status": _unknown_status,
}
_PLAYERS = {
    "reset": _reset,
    "down": _reset,
    "slow": _slow,
    "drip": _drip,
    "slow-headers": _slow_headers,
    "redirect": _redirect,
    "html": _html,
    "garbage": _garbage,
    "truncated": _truncated,
    "oversized": _oversized,
}
