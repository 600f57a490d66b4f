# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Every way in which Plinx can fail, and what becomes of the agent's next customer."""

from typing import NamedTuple

# What every company decides about an answer that is no answer.
UNKNOWN = {"hold": "hold", "ask": "ask", "dial": "dial"}
# The answer was good enough, late or on a second try.
ANSWERED = {"hold": "dial", "ask": "dial", "dial": "dial"}


class FaultCase(NamedTuple):
    """A fault of the sandbox with the reason and the decision it leads to.

    ``fault`` is what the sandbox plays, ``reason`` the code in the ledger,
    ``decisions`` the decision by failure policy. ``talks``: the customer has a
    conversation; ``patience``: seconds that the agent waits at most.
    """

    name: str
    fault: dict
    reason: str
    decisions: dict = UNKNOWN
    talks: bool = False
    patience: float = 0.6


# Plinx is well and has no answer about this one customer: the next one is taken.
SET_ASIDE = dict(ANSWERED)
RETRY_DATE = "Wed, 01 Jan 2098 00:00:00 GMT"
FAULT_CASES = (
    FaultCase("connection refused", {"kind": "refused"}, "refused"),
    FaultCase("connection reset", {"kind": "reset"}, "reset"),
    FaultCase("drips byte by byte", {"kind": "drip", "interval": 0.3}, "timeout"),
    FaultCase("slow answer", {"kind": "slow", "seconds": 4}, "timeout"),
    FaultCase("slow headers", {"kind": "slow-headers", "interval": 0.3}, "timeout"),
    FaultCase("302 to another host", {"kind": "redirect"}, "redirect"),
    FaultCase("200 with HTML", {"kind": "html"}, "bad_json"),
    FaultCase("200 with garbage", {"kind": "garbage"}, "bad_json"),
    FaultCase("truncated JSON", {"kind": "truncated"}, "truncated"),
    FaultCase("oversized body", {"kind": "oversized"}, "too_large"),
    FaultCase(
        "missing ref in a batch", {"kind": "missing-ref"}, "missing_ref", SET_ASIDE
    ),
    FaultCase(
        "doubled ref in a batch", {"kind": "double-ref"}, "doubled_ref", SET_ASIDE
    ),
    FaultCase(
        "unknown status",
        {"kind": "unknown-status"},
        "unknown_status",
        SET_ASIDE,
        talks=True,
    ),
    FaultCase("401", {"kind": "http-401"}, "token_refused"),
    FaultCase("403", {"kind": "http-403"}, "forbidden"),
    FaultCase("404", {"kind": "http-404"}, "wrong_address"),
    FaultCase("413", {"kind": "http-413"}, "request_too_large"),
    FaultCase("429, seconds", {"kind": "http-429", "retry_after": 7}, "rate_limited"),
    FaultCase(
        "429, date",
        {"kind": "http-429", "retry_after_date": RETRY_DATE},
        "rate_limited",
    ),
    FaultCase("500", {"kind": "http-500"}, "server_error"),
    FaultCase(
        "503 then 200",
        {"kind": "503-then-200"},
        "no_conversation",
        ANSWERED,
        patience=2.5,
    ),
    FaultCase(
        "clock an hour ahead",
        {"kind": "clock-skew", "seconds": 3600},
        "no_conversation",
        ANSWERED,
    ),
)
