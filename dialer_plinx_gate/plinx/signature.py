# Copyright 2026 dialer_plinx_gate contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Signed events, as Standard Webhooks 1.0 describes them.

Signed are the raw bytes ``id.timestamp.body`` with HMAC-SHA256; the secret is
``whsec_`` and base64 of the key; the header may hold several signatures while a
secret rotates (https://github.com/standard-webhooks/standard-webhooks).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from .verdict import AnswerError, Conversation, parse_conversation, parse_time

MAX_SKEW_SECONDS = 300
MAX_SECRETS = 2
MAX_SIGNATURES = 8
MAX_EVENT_BYTES = 64 * 1024
PING = "ping"
CONVERSATION_TYPES = frozenset(
    ("conversation.opened", "conversation.updated", "conversation.closed")
)
IDENTITY_CHANGED = "contact.identity_changed"
KNOWN_TYPES = CONVERSATION_TYPES | {IDENTITY_CHANGED, PING}

_PREFIX = "whsec_"
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_ID = re.compile(r"[!-~]{1,128}")


class SignatureError(ValueError):
    """The event is not proven to be Plinx's; ``code`` says why.

    Codes: ``not_configured``, ``missing_header``, ``bad_header``, ``too_old``,
    ``bad_signature``.
    """

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


class EventError(ValueError):
    """A signed event that cannot be read.

    Codes: ``bad_json``, ``bad_event``, ``too_large``.
    """

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Event:
    """One pushed event; times are naive UTC.

    ``conversation`` stands in conversation events only. An event of a type
    unknown to us has ``known`` False and is to be ignored.
    """

    id: str
    type: str
    occurred_at: datetime | None = None
    conversation: Conversation | None = None
    wa_id: str | None = None
    bsuid: str | None = None

    @property
    def known(self) -> bool:
        """Whether the type is one of the contract's."""
        return self.type in KNOWN_TYPES


def secret_key(secret: object) -> bytes:
    """The key inside a secret ``whsec_<base64>``.

    :raises ValueError: not such a secret, or an empty one
    """
    if not isinstance(secret, str) or not secret.startswith(_PREFIX):
        raise ValueError("secret")
    try:
        key = base64.b64decode(secret[len(_PREFIX) :].encode(), validate=True)
    except (binascii.Error, UnicodeError) as error:
        raise ValueError("secret") from error
    if not key:
        raise ValueError("secret")
    return key


def sign(secret: str, event_id: str, timestamp: int, raw: bytes) -> str:
    """The signature of one event, ``v1,<base64>``.

    :param timestamp: seconds since 1970
    :raises ValueError: the secret is none
    """
    return "v1," + base64.b64encode(
        _digest(secret_key(secret), event_id, str(timestamp), raw)
    ).decode("ascii")


@dataclass(frozen=True)
class SignedHeaders:
    """What the headers of an event say: which one, when it was signed, and how."""

    event_id: str
    stamp: str
    signatures: tuple[bytes, ...]


def read_headers(headers: Mapping[str, str], now: datetime) -> SignedHeaders:
    """Read the headers of an event; the first step, which needs no secret.

    :param headers: the request's headers, names in any case
    :param now: the present, naive UTC
    :raises SignatureError: they cannot belong to a proven event of now
    """
    found = {str(name).lower(): value for name, value in headers.items()}
    values = [found.get(f"webhook-{name}") for name in ("id", "timestamp", "signature")]
    if not all(isinstance(value, str) and value for value in values):
        raise SignatureError("missing_header")
    event_id, stamp, signatures = values
    if not (_ID.fullmatch(event_id) and _TIMESTAMP.fullmatch(stamp)):
        raise SignatureError("bad_header")
    seconds = now.replace(tzinfo=timezone.utc).timestamp()
    if abs(seconds - int(stamp)) > MAX_SKEW_SECONDS:
        raise SignatureError("too_old")
    return SignedHeaders(event_id, stamp, _signatures(signatures))


def check(signed: SignedHeaders, raw: bytes, secrets: Iterable[str]) -> str:
    """Check the signature of an event and return its id; the second step.

    :param signed: what :func:`read_headers` returned
    :param raw: the body exactly as received
    :param secrets: the company's secrets, the current one first; two at most
    :raises SignatureError: it is not proven. Never raises anything else.
    """
    keys = _keys(secrets)
    if not keys:
        raise SignatureError("not_configured")
    for key in keys:
        digest = _digest(key, signed.event_id, signed.stamp, raw)
        expected = base64.b64encode(digest)
        # a plain comparison would tell by its time how much of a forgery is right
        if any(hmac.compare_digest(expected, one) for one in signed.signatures):
            return signed.event_id
    raise SignatureError("bad_signature")


def parse_event(event_id: str, raw: bytes, http_hosts: tuple[str, ...] = ()) -> Event:
    """Read the body of a verified event.

    :param event_id: what :func:`check` returned
    :param http_hosts: as in the rules of an active conversation
    :raises EventError: it cannot be read
    """
    if len(raw) > MAX_EVENT_BYTES:
        raise EventError("too_large")
    try:
        body = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise EventError("bad_json") from error
    if not isinstance(body, dict) or body.get("id") != event_id:
        raise EventError("bad_event")
    kind, data = body.get("type"), body.get("data", {})
    if not isinstance(kind, str):
        raise EventError("bad_event")
    # What is of no interest may hold anything: refused, it would be sent again.
    if kind not in KNOWN_TYPES or kind == PING:
        return Event(event_id, kind)
    if not isinstance(data, dict):
        raise EventError("bad_event")
    try:
        return _event(event_id, kind, body, data, http_hosts)
    except AnswerError as error:
        raise EventError("bad_event") from error


def _event(
    event_id: str,
    kind: str,
    body: dict[str, object],
    data: dict[str, object],
    http_hosts: tuple[str, ...],
) -> Event:
    conversation = parse_conversation(data, http_hosts)
    if kind in CONVERSATION_TYPES and conversation is None:
        raise AnswerError("conversation")
    identities = data.get("identities")
    known = identities if isinstance(identities, dict) else {}
    texts = {"wa_id": known.get("wa_id"), "bsuid": known.get("bsuid")}
    if not all(text is None or isinstance(text, str) for text in texts.values()):
        raise AnswerError("identities")
    return Event(
        event_id,
        kind,
        occurred_at=parse_time(body.get("occurred_at")),
        conversation=conversation,
        **texts,
    )


def _keys(secrets: Iterable[str]) -> list[bytes]:
    keys = []
    for secret in list(secrets)[:MAX_SECRETS]:
        try:
            keys.append(secret_key(secret))
        except ValueError:
            continue
    return keys


def _signatures(header: str) -> tuple[bytes, ...]:
    # Bytes, because comparing texts with characters beyond ASCII raises.
    parts = [part.partition(",") for part in header.split()[:MAX_SIGNATURES]]
    return tuple(
        value.encode("utf-8", "replace")
        for scheme, _c, value in parts
        if scheme == "v1"
    )


def _digest(key: bytes, event_id: str, stamp: str, raw: bytes) -> bytes:
    signed = b".".join((event_id.encode("ascii"), stamp.encode("ascii"), raw))
    return hmac.digest(key, signed, hashlib.sha256)
