# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The faults that the sandbox can play, and which one is on."""

import threading

OPERATIONS = ("health", "lookup", "batch", "list", "messages")
HTTP_STATUSES = (400, 401, 403, 404, 410, 413, 422, 429, 500, 502, 503, 504)

_REAL = (int, float)
_ANY = {"times": int, "on": str}
_HTTP = {
    f"http-{status}": {"retry_after": _REAL, "retry_after_date": (str, *_REAL)}
    for status in HTTP_STATUSES
}
# The parameters of each kind beside "times" and "on", with their types.
KINDS = {
    "none": {},
    "refused": {"seconds": _REAL},
    "reset": {},
    "down": {},
    "slow": {"seconds": _REAL},
    "drip": {"interval": _REAL},
    "slow-headers": {"interval": _REAL},
    "redirect": {"location": str, "status": int},
    "html": {},
    "garbage": {},
    "truncated": {"honest_length": bool},
    "oversized": {"bytes": int, "encoding": str},
    "missing-ref": {"ref": str},
    "double-ref": {"ref": str},
    "foreign-ref": {},
    "unknown-status": {"status": str, "state": str},
    "clock-skew": {"seconds": _REAL},
    "503-then-200": {},
    **_HTTP,
}
DEFAULTS = {
    "slow": {"seconds": 5},
    "drip": {"interval": 0.1},
    "slow-headers": {"interval": 0.1},
    "redirect": {"status": 302},
    "truncated": {"honest_length": False},
    "oversized": {"bytes": 3 * 1024 * 1024, "encoding": "identity"},
    "unknown-status": {"status": "escalated"},
    "clock-skew": {"seconds": 3600},
    "http-429": {"retry_after": 30},
    "503-then-200": {"times": 1},
}
_MOST_SECONDS = 3600
_MOST_BYTES = 64 * 1024 * 1024


def check_fault(wanted):
    """Return the fault with its defaults filled in.

    :param dict wanted: ``{"kind": ..., **parameters}``
    :raise ValueError: unknown kind or parameter, or a value out of range
    """
    if not isinstance(wanted, dict) or not isinstance(wanted.get("kind"), str):
        raise ValueError('a fault is a JSON object with a "kind"')
    kind = wanted["kind"]
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}; known: {', '.join(KINDS)}")
    given = {name: value for name, value in wanted.items() if value is not None}
    types = {**_ANY, **KINDS[kind], "kind": str}
    for name, value in given.items():
        if name not in types:
            raise ValueError(f"{kind} has no parameter {name!r}")
        wants_bool = types[name] is bool
        if isinstance(value, bool) != wants_bool or not isinstance(value, types[name]):
            raise ValueError(f"{name} has a value of the wrong type")
    fault = {**DEFAULTS.get(kind, {}), **given}
    if "retry_after_date" in given and "retry_after" not in given:
        fault.pop("retry_after", None)
    _check_ranges(fault)
    return fault


def _check_ranges(fault):
    kind = fault["kind"]
    most = 366 * 86400 if kind == "clock-skew" else _MOST_SECONDS
    least = -most if kind == "clock-skew" else 0
    ranges = (
        ("times", 1, 1_000_000),
        ("seconds", least, most),
        ("interval", 0, 60),
        ("bytes", 0, _MOST_BYTES),
        ("retry_after", 0, 365 * 86400),
    )
    for name, low, high in ranges:
        if name in fault and not low <= fault[name] <= high:
            raise ValueError(f"{name} must be between {low} and {high}")
    choices = (
        ("on", OPERATIONS),
        ("encoding", ("identity", "chunked", "gzip")),
    )
    for name, known in choices:
        if name in fault and fault[name] not in known:
            raise ValueError(f"{name} must be one of {', '.join(known)}")
    _check_special(fault)


def _check_special(fault):
    kind = fault["kind"]
    if kind in ("none", "refused", "clock-skew") and {"times", "on"} & fault.keys():
        raise ValueError(f"{kind} is not about single requests")
    if kind == "redirect" and fault["status"] not in (301, 302, 303, 307, 308):
        raise ValueError("status must be one of 301, 302, 303, 307, 308")
    for name in ("location", "retry_after_date"):
        text = fault.get(name, "")
        if isinstance(text, str) and not (text.isascii() and text.isprintable()):
            raise ValueError(f"{name} must be one line of ASCII")


class FaultState:
    """The fault that is on, with how often it was and will be played."""

    def __init__(self):
        self._lock = threading.Lock()
        self._fault = {"kind": "none"}
        self._hits = 0

    def set(self, wanted):
        """Switch to a fault and return it; see :func:`check_fault`.

        :raise ValueError: not a fault
        """
        fault = check_fault(wanted)
        with self._lock:
            self._fault, self._hits = fault, 0
        return dict(fault)

    def get(self):
        """Return the fault that is on, with "hits" and, when limited, "left"."""
        with self._lock:
            answer = {**self._fault, "hits": self._hits}
            if "times" in answer:
                answer["left"] = answer["times"]
            return answer

    def take(self, operation):
        """Return the fault to play on this request; a limited one counts down.

        :param operation: one of OPERATIONS, or None for another path
        """
        with self._lock:
            fault = self._fault
            if fault["kind"] == "none" or fault.get("on", operation) != operation:
                return {"kind": "none"}
            self._hits += 1
            if "times" in fault:
                left = {**fault, "times": fault["times"] - 1}
                self._fault = left if left["times"] else {"kind": "none"}
            return dict(fault)

    def skew(self):
        """Return by how many seconds the sandbox's clock is ahead."""
        with self._lock:
            fault = self._fault
            return fault["seconds"] if fault["kind"] == "clock-skew" else 0
