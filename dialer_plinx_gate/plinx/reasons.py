# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Every reason a verdict can have, with its sentence for a supervisor.

The codes are stable: they stand in the ledger. The sentences are English with
named placeholders, filled from the verdict's ``detail``; who shows them passes in
how to translate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

# What a reason means to the circuit breaker.
OK = "ok"  # Plinx answered
FAILURE = "failure"  # Plinx is ill: counts towards opening
LIMITED = "limited"  # Plinx is well and wants to be left alone for a while
AUTH = "auth"  # Plinx does not take our token
NEUTRAL = "neutral"  # says nothing about Plinx's health

# Of the one trouble that only an administrator's settings can end.
NOT_CONFIGURED = "not_configured"


def _lt(sentence: str) -> str:
    """Mark a sentence for the export of translations; it stays as it is."""
    return sentence


class Reason(NamedTuple):
    """``sentence`` for a person, ``outcome`` for the circuit breaker."""

    sentence: str
    outcome: str = NEUTRAL


REASONS: dict[str, Reason] = {
    # free
    "no_conversation": Reason(
        _lt("Plinx knows no conversation with the customer."), OK
    ),
    "closed": Reason(_lt("The conversation is closed."), OK),
    "snoozed": Reason(_lt("The conversation is snoozed."), OK),
    "stale": Reason(
        _lt("The customer has not written in the last %(hours)g hours."), OK
    ),
    "broadcast": Reason(
        _lt("There is only a message from your company that nobody answered."), OK
    ),
    "not_counted": Reason(
        _lt('The conversation is "%(status)s", which this company does not count.'), OK
    ),
    # active
    "open": Reason(_lt("The customer is in conversation on WhatsApp."), OK),
    "waiting": Reason(_lt("The customer waits for an answer on WhatsApp."), OK),
    "bot": Reason(_lt("The customer is in conversation with a bot on WhatsApp."), OK),
    # unknown: the answer
    "unknown_status": Reason(_lt('Plinx gave an unknown status, "%(status)s".'), OK),
    "missing_ref": Reason(_lt("Plinx left this customer out of its answer."), OK),
    "doubled_ref": Reason(_lt("Plinx answered twice for this customer."), OK),
    "wrong_match": Reason(_lt("Plinx answered about another number."), OK),
    "invalid_identifier": Reason(
        _lt("Plinx does not accept this number (%(code)s)."), OK
    ),
    "bad_answer": Reason(_lt("Plinx's answer has an unexpected form."), FAILURE),
    "bad_json": Reason(_lt("Plinx's answer is not JSON."), FAILURE),
    "truncated": Reason(_lt("Plinx's answer broke off in the middle."), FAILURE),
    "too_large": Reason(_lt("Plinx's answer is over %(limit)d bytes."), FAILURE),
    # unknown: the way there
    "timeout": Reason(_lt("No answer in %(seconds).1f s."), FAILURE),
    "dns": Reason(_lt("The name of the Plinx server was not found."), FAILURE),
    "refused": Reason(_lt("The Plinx server refused the connection."), FAILURE),
    "unreachable": Reason(_lt("The Plinx server cannot be reached."), FAILURE),
    "reset": Reason(_lt("The Plinx server cut the connection."), FAILURE),
    "tls": Reason(_lt("No secure connection: %(message)s."), FAILURE),
    "not_http": Reason(
        _lt("What answers at the address does not speak HTTP."), FAILURE
    ),
    # unknown: what Plinx said about the request
    "redirect": Reason(
        _lt("The address leads to another one (HTTP %(status)d); enter the final one.")
    ),
    "bad_request": Reason(
        _lt("Plinx did not understand the request (HTTP %(status)d).")
    ),
    "token_refused": Reason(_lt("Plinx refused the token (HTTP %(status)d)."), AUTH),
    "forbidden": Reason(_lt("The token may not do this (HTTP %(status)d)."), AUTH),
    "wrong_address": Reason(
        _lt("There is no Plinx service at the address (HTTP 404).")
    ),
    "cursor_expired": Reason(_lt("Plinx lost its place in the list; it starts again.")),
    "request_too_large": Reason(_lt("Plinx found the request too large.")),
    "rate_limited": Reason(_lt("Too many requests; next in %(seconds).0f s."), LIMITED),
    "server_error": Reason(_lt("Plinx reported a fault (HTTP %(status)d)."), FAILURE),
    "unexpected_status": Reason(_lt("Plinx answered with HTTP %(status)d."), FAILURE),
    # unknown: nobody was asked
    "breaker_open": Reason(_lt("Plinx does not answer; next try in %(seconds).0f s.")),
    NOT_CONFIGURED: Reason(_lt("The address or the token of Plinx is missing.")),
    "bad_address": Reason(_lt("The Plinx address cannot be used: %(message)s")),
    "address_refused": Reason(
        _lt("The address belongs to a private network, which is not allowed.")
    ),
    "bad_token": Reason(_lt("The token holds characters that no token can hold.")),
    "bad_ca": Reason(_lt("The file of certificate authorities cannot be read.")),
    "not_offered": Reason(_lt("Plinx does not show the messages of conversations.")),
    "no_identifier": Reason(_lt("There was no number to ask Plinx about.")),
    # health only
    "ok": Reason(_lt("Plinx answers."), OK),
    "clock": Reason(_lt("The clocks differ by %(seconds).0f s."), OK),
    "wrong_contract": Reason(_lt('Plinx speaks version "%(contract)s", not 1.'), OK),
}


class _Gaps(dict):
    def __missing__(self, name: str) -> float:
        return 0


def sentence(
    code: str,
    detail: Mapping[str, object] | None = None,
    translate: Callable[[str], str] = str,
) -> str:
    """The sentence of a reason, with its placeholders filled.

    :param code: a key of :data:`REASONS`; an unknown one is given back as it is
    :param detail: the verdict's ``detail``
    :param translate: gives an English sentence in another language
    """
    reason = REASONS.get(code)
    if not reason:
        return code
    values = _Gaps(detail or {})
    if "message" in values:
        values["message"] = translate(str(values["message"]))
    return translate(reason.sentence) % values
