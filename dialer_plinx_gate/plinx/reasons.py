# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Every reason a verdict can have, with its sentence for a supervisor.

The codes are stable: they stand in the ledger. The sentences are English with
named placeholders, filled from the verdict's ``detail``; translations belong to
whoever shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

# What a reason means to the circuit breaker.
OK = "ok"  # Plinx answered
FAILURE = "failure"  # Plinx is ill: counts towards opening
LIMITED = "limited"  # Plinx is well and wants to be left alone for a while
AUTH = "auth"  # Plinx does not take our token
NEUTRAL = "neutral"  # says nothing about Plinx's health


class Reason(NamedTuple):
    """``sentence`` for a person, ``outcome`` for the circuit breaker."""

    sentence: str
    outcome: str = NEUTRAL


REASONS: dict[str, Reason] = {
    # free
    "no_conversation": Reason("Plinx knows no conversation with the customer.", OK),
    "closed": Reason("The conversation is closed.", OK),
    "snoozed": Reason("The conversation is snoozed.", OK),
    "stale": Reason("The customer wrote nothing in the last %(hours)g hours.", OK),
    "broadcast": Reason("There is only a message of ours that nobody answered.", OK),
    "not_counted": Reason(
        'The conversation is "%(status)s", which this company does not count.', OK
    ),
    # active
    "open": Reason("The customer is in conversation on WhatsApp.", OK),
    "waiting": Reason("The customer waits for an answer on WhatsApp.", OK),
    "bot": Reason("The customer is in conversation with a bot on WhatsApp.", OK),
    # unknown: the answer
    "unknown_status": Reason('Plinx gave an unknown status, "%(status)s".', OK),
    "missing_ref": Reason("Plinx left this customer out of its answer.", OK),
    "doubled_ref": Reason("Plinx answered twice for this customer.", OK),
    "wrong_match": Reason("Plinx answered about another number.", OK),
    "invalid_identifier": Reason("Plinx does not accept this number (%(code)s).", OK),
    "bad_answer": Reason("The answer of Plinx has an unexpected form.", FAILURE),
    "bad_json": Reason("The answer of Plinx is not JSON.", FAILURE),
    "truncated": Reason("The answer of Plinx broke off in the middle.", FAILURE),
    "too_large": Reason("The answer of Plinx is over %(limit)d bytes.", FAILURE),
    # unknown: the way there
    "timeout": Reason("No answer in %(seconds).1f s.", FAILURE),
    "dns": Reason("The name of the Plinx server was not found.", FAILURE),
    "refused": Reason("The Plinx server refused the connection.", FAILURE),
    "unreachable": Reason("The Plinx server cannot be reached.", FAILURE),
    "reset": Reason("The Plinx server cut the connection.", FAILURE),
    "tls": Reason("The certificate was not accepted: %(message)s.", FAILURE),
    "not_http": Reason("What answers at the address does not speak HTTP.", FAILURE),
    # unknown: what Plinx said about the request
    "redirect": Reason(
        "The address leads on to another one (HTTP %(status)d); enter the final one."
    ),
    "bad_request": Reason("Plinx did not understand the request (HTTP %(status)d)."),
    "token_refused": Reason("Plinx refused the token (HTTP %(status)d).", AUTH),
    "forbidden": Reason("The token may not do this (HTTP %(status)d).", AUTH),
    "wrong_address": Reason("There is no Plinx service at the address (HTTP 404)."),
    "cursor_expired": Reason("Plinx forgot where the list stopped; it starts again."),
    "request_too_large": Reason("Plinx found the request too large."),
    "rate_limited": Reason("Too many requests; next in %(seconds).0f s.", LIMITED),
    "server_error": Reason("Plinx reported a fault (HTTP %(status)d).", FAILURE),
    "unexpected_status": Reason("Plinx answered with HTTP %(status)d.", FAILURE),
    # unknown: nobody was asked
    "breaker_open": Reason("Plinx does not answer; next try in %(seconds).0f s."),
    "not_configured": Reason("The address or the token of Plinx is missing."),
    "bad_address": Reason("The address of Plinx cannot be used: %(message)s"),
    "address_refused": Reason(
        "The address belongs to a private network, which is not allowed."
    ),
    "bad_token": Reason("The token holds characters that no token can hold."),
    "bad_ca": Reason("The file of certificate authorities cannot be read."),
    "no_identifier": Reason("There was no number to ask Plinx about."),
    "internal": Reason("The question could not be put (%(error)s)."),
    # health only
    "ok": Reason("Plinx answers.", OK),
    "clock": Reason("The clocks differ by %(seconds).0f s.", OK),
    "wrong_contract": Reason('Plinx speaks version "%(contract)s", not 1.', OK),
}


class _Gaps(dict):
    def __missing__(self, name: str) -> float:
        return 0


def sentence(code: str, detail: Mapping[str, object] | None = None) -> str:
    """The English sentence of a reason, with its placeholders filled.

    :param code: a key of :data:`REASONS`; an unknown one is given back as it is
    :param detail: the verdict's ``detail``
    """
    reason = REASONS.get(code)
    return reason.sentence % _Gaps(detail or {}) if reason else code
